//! What is wrong with a configuration: the first hundred mistakes, and how many more there are.
//!
//! A file of some megabytes may hold a hundred thousand mistakes. Nobody reads them all, and each has a path, and often a
//! hint that takes time to find.

use std::fmt;
use std::ops::Deref;

use serde_json::Value;

use super::meant::Meant;
use crate::routing::Budget;

/// Something wrong in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where: `routes[2].targets[0].weight`.
    pub path: String,
    /// What was found and what is expected.
    pub message: String,
}

/// All that is wrong, in the order found; of many mistakes the first [`ConfigErrors::MOST`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigErrors {
    first: Vec<ConfigError>,
    more: usize,
}

/// Collects what is wrong while a configuration is read, and counts what reading it takes beside its values.
pub struct Errors<'a> {
    found: ConfigErrors,
    any: bool,
    /// The paths whose mistakes count; `None` for all.
    heeded: Option<&'a dyn Fn(&str) -> bool>,
    /// What may be compared to find mistakes that lie between several values.
    pub budget: Budget,
    /// How many regular expressions there are.
    pub patterns: usize,
    /// What knows what was meant; nothing does where nobody reads it.
    pub guess: Option<Guess>,
}

/// Guesses what was meant by a value that cannot be read.
pub type Guess = fn(Meant, &Value) -> Option<String>;

impl ConfigErrors {
    /// How many are kept.
    pub const MOST: usize = 100;

    /// How many there are beside those that are kept.
    pub const fn more(&self) -> usize {
        self.more
    }
}

impl Deref for ConfigErrors {
    type Target = [ConfigError];

    fn deref(&self) -> &Self::Target {
        &self.first
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.is_empty() {
            true => f.write_str(&self.message),
            false => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

impl<'a> Errors<'a> {
    /// Nothing so far. With `heeded`, mistakes at other paths are neither kept nor counted, but mistakes they are.
    pub fn new(heeded: Option<&'a dyn Fn(&str) -> bool>) -> Self {
        Self {
            found: ConfigErrors::default(),
            any: false,
            heeded,
            budget: Budget::default(),
            patterns: 0,
            guess: None,
        }
    }

    /// How many mistakes there are so far.
    pub fn count(&self) -> usize {
        self.found.first.len().saturating_add(self.found.more)
    }

    /// Notes a mistake. Path and message are written out only if it is kept.
    pub fn add(&mut self, path: impl fmt::Display, message: impl fmt::Display) {
        self.any = true;
        if self.heeded.is_some_and(|heeded| !heeded(&path.to_string())) {
            return;
        }
        match self.found.first.len() < ConfigErrors::MOST {
            true => {
                let (path, message) = (path.to_string(), message.to_string());
                self.found.first.push(ConfigError { path, message });
            }
            false => self.found.more = self.found.more.saturating_add(1),
        }
    }

    /// What was read, if nothing is wrong with it.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn check<T>(self, read: Option<T>) -> Result<T, ConfigErrors> {
        match read {
            Some(read) if !self.any => Ok(read),
            _ => Err(self.found),
        }
    }
}
