//! What is wrong with a text that is read, and where: [`Document`](super::Document) makes an error of it.

use std::fmt;

use serde::de::Error;

use crate::hub::error::{complaint, rephrased};

/// A value that is not what was expected. It is told by every step and seldom there, so it is small.
#[derive(Debug)]
pub struct Unreadable(pub Box<Complaint>);

/// What is wrong with a text.
#[derive(Debug)]
pub struct Complaint {
    /// What it is, in our words.
    pub words: String,
    /// Whether it is with the value, and not with the text.
    pub of_value: bool,
    /// How far the text was read.
    pub at: Option<usize>,
}

impl Unreadable {
    /// So it is, at a place that is not known yet: with a value, or with the text.
    #[cold]
    pub fn new(words: String, of_value: bool) -> Self {
        Self(Box::new(Complaint { words, of_value, at: None }))
    }

    /// What `serde_json` says of a value that was read apart.
    #[cold]
    pub fn of(error: &serde_json::Error) -> Self {
        Self::new(complaint(error), error.is_data())
    }

    /// The same with its place, if it has none.
    #[must_use]
    pub fn at(mut self, at: usize) -> Self {
        self.0.at.get_or_insert(at);
        self
    }
}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(cause: T) -> Self {
        Self::new(rephrased(&cause.to_string()), true)
    }
}

impl std::error::Error for Unreadable {}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.words)
    }
}
