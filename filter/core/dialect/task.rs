//! A wire format's half towards providers for a task that is no chat: to embed, to rank, to moderate, to draw, to speak.
//!
//! A task is one document and its answer, both whole, so there is no hub in between that all formats share: who writes a
//! task's request reads the client's own, and gives what the client's format answers. What the formats of one task have in
//! common is theirs to share.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use super::provider::{Arrival, Written};
use crate::hub::json::{Document, MOST_VALUES, is_crowd};
use crate::hub::{Dropped, Malformed, ProviderError, RequestError, Told};

/// What a format has for one surface.
#[derive(Clone, Copy)]
pub struct Task {
    /// The surface: `embeddings`.
    pub surface: &'static str,
    /// Where its vendor has it, below the API root: a template of [`crate::provider::Path`].
    pub path: &'static str,
    /// How it is translated.
    pub provider: &'static dyn TaskProvider,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.surface)
    }
}

/// How a provider's format says a task.
pub trait TaskProvider: Sync {
    /// Writes the body for `model`, of what a client asks in OpenAI's format (of a ranking: in Cohere's), and reports in
    /// `dropped` what the format cannot express. What the answer depends on is noted in the memo.
    ///
    /// # Errors
    /// What cannot be made valid without losing its meaning: the parameter.
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError>;

    /// Reads a successful answer: what the client gets.
    ///
    /// # Errors
    /// The body is not what the format promises.
    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed>;

    /// What an answer that is none says of why: an error of the provider's, if it is one.
    fn read_refusal(&self, _body: &[u8]) -> Option<ProviderError> {
        None
    }

    /// The kind of answer that is asked for.
    fn accepts(&self) -> &'static str {
        "application/json"
    }
}

/// A body of which every value may be looked at; `field` is where most of them are.
///
/// # Errors
/// They are too many.
pub(super) fn check_crowd(body: &Document, field: &'static str) -> Result<(), RequestError> {
    match is_crowd(body.text()) {
        true => {
            let why = format_args!("more than {MOST_VALUES} values cannot be translated");
            Err(RequestError::unsupported(field, why))
        }
        false => Ok(()),
    }
}

/// Reads what a provider sent. Whoever asks has bounds for how much is in it.
///
/// # Errors
/// It is no `T`.
pub(super) fn read_body<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()))?;
    serde_json::from_str(text).map_err(|error| Malformed::json(&error))
}

/// The answer of a task, as its client gets it.
#[derive(Debug, PartialEq, Eq)]
pub struct TaskAnswer {
    /// The body.
    pub body: Vec<u8>,
    /// What kind of body that is.
    pub media_type: Cow<'static, str>,
    /// What it says of itself.
    pub told: Told,
}

impl TaskAnswer {
    /// An answer in JSON.
    pub const fn json(body: Vec<u8>, told: Told) -> Self {
        Self { body, media_type: Cow::Borrowed("application/json"), told }
    }
}
