//! What is wrong in a configuration, as an operator reads it: file, line, column, path, what; of many problems the first
//! hundred.

use std::fmt;

use super::path::up_to_secret;
use crate::yaml::{self, Mistake, Place};

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

/// Problems; of many the first [`Problems::MOST`], and how many more there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    first: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// How many are kept.
    pub const MOST: usize = yaml::MOST_MISTAKES;

    /// Adds one, which is made only if it is kept.
    pub fn add(&mut self, problem: impl FnOnce() -> Problem) {
        match self.first.len() < Self::MOST {
            true => self.first.push(problem()),
            false => self.add_more(1),
        }
    }

    /// Counts so many of which nothing else is known.
    pub const fn add_more(&mut self, count: usize) {
        self.more = self.more.saturating_add(count);
    }

    /// How many there are, those that are not kept included.
    pub const fn count(&self) -> usize {
        self.first.len().saturating_add(self.more)
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Puts them in the order of the file.
    pub fn sort(&mut self) {
        self.first.sort_by_key(|problem| problem.place);
    }

    /// A line for each, and one for those that are not kept.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        self.first.iter().map(Problem::to_string).chain(more)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self { first: vec![problem], more: 0 }
    }
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
