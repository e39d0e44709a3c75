//! Something wrong in a configuration, as an operator reads it: file, line, column, path, what.

use std::fmt;

use super::path::up_to_secret;
use crate::yaml::{Mistake, Place};

/// Something wrong in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named.
    pub file: String,
    /// Where in the file, if it is there.
    pub place: Option<Place>,
    /// Where in the configuration; may be empty.
    pub path: String,
    /// What was found and what is expected.
    pub message: String,
}

impl Problem {
    /// What the YAML reader found. Of what stands below a secret key, nothing is repeated.
    pub fn from_mistake(file: &str, mistake: Mistake) -> Self {
        let (path, message) = match up_to_secret(&mistake.path) {
            Some(path) => (path.to_owned(), mistake.discreet.to_owned()),
            None => (mistake.path, mistake.message),
        };
        Self { file: file.to_owned(), place: Some(mistake.place), path, message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = self.place {
            write!(f, ":{place}")?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)
    }
}
