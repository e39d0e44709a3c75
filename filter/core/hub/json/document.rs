//! A text of JSON that is read more than once, and looked through once.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::reader::Reader;
use super::survey::{Surveyed, survey};
use super::unreadable::Unreadable;
use super::watched::Names;
use crate::hub::RequestError;

/// A text that ought to be JSON, and what a survey of it has found.
#[derive(Debug, Default)]
pub struct Document {
    text: String,
    found: Found,
}

#[derive(Debug, Default)]
enum Found {
    /// It was not looked at, since nobody is to read it.
    #[default]
    Nothing,
    /// It is JSON, and this is in it.
    Surveyed(Surveyed),
    /// It is JSON of an odd kind: nested deep, or with half a surrogate pair somewhere.
    Odd,
    /// It is not JSON.
    Broken(RequestError),
}

impl Document {
    /// Surveys a text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let found = match survey(&text) {
            Some(surveyed) => Found::Surveyed(surveyed),
            None => match serde_json::from_str::<IgnoredAny>(&text) {
                Ok(_) => Found::Odd,
                Err(error) => Found::Broken(RequestError::json(&text, &error)),
            },
        };
        Self { text, found }
    }

    /// A text that nobody is to read.
    pub const fn unread(text: String) -> Self {
        Self { text, found: Found::Nothing }
    }

    /// The text.
    pub const fn text(&self) -> &str {
        self.text.as_str()
    }

    /// The watched names that its members have, or may have.
    pub const fn names(&self) -> Names {
        match &self.found {
            Found::Surveyed(surveyed) => surveyed.names,
            Found::Odd => Names::ALL,
            Found::Nothing | Found::Broken(_) => Names::NONE,
        }
    }

    /// The text on its own.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Reads the whole text.
    ///
    /// # Errors
    /// It is no `T`; or no JSON.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, RequestError> {
        let mut reader = match &self.found {
            Found::Nothing => return Err(RequestError::not_json("the body was not kept".to_owned())),
            Found::Broken(error) => return Err(error.clone()),
            Found::Odd => Reader::of_odd(&self.text),
            Found::Surveyed(surveyed) => Reader::new(&self.text, &surveyed.long),
        };
        T::deserialize(&mut reader).map_err(|Unreadable(wrong)| {
            RequestError::json_at(&self.text, wrong.words, wrong.of_value, place(&self.text, wrong.at))
        })
    }
}

/// The line and column, from 1, of the byte before `at`: as `serde_json` counts.
fn place(text: &str, at: Option<usize>) -> (usize, usize) {
    let before = at.and_then(|at| text.as_bytes().get(..at)).unwrap_or(text.as_bytes());
    let mut lines = before.split(|byte| *byte == b'\n');
    (lines.clone().count(), lines.next_back().map_or(0, <[u8]>::len))
}
