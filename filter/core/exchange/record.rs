//! What is told of a request when it is over: to the access log, and to the counters of labels.

use std::rc::Rc;

use crate::config::Redactor;
use crate::hub::Usage;

/// The most of a body that is logged, in bytes.
const MAX_LOGGED_BYTES: usize = 64 * 1024;
/// So much more is looked at, so that the cut leaves no half of a credential.
const MARGIN: usize = 8 * 1024;
/// The most of a path or of a model's name that is logged, in characters.
const MAX_LOGGED_NAME: usize = 256;

/// What is logged of a request. Without our secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The path that the client asked for, without its query.
    pub path: String,
    /// The model as the client named it.
    pub model: Option<String>,
    /// Tokens.
    pub usage: Option<Usage>,
    /// The label of the target that was asked last.
    pub label: Option<Rc<str>>,
    /// The client's body, where bodies are logged.
    pub request: Option<String>,
    /// What the client got, where bodies are logged.
    pub response: Option<String>,
}

/// What became of a request whose last target has a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The route.
    pub route: String,
    /// The target's label.
    pub label: Rc<str>,
    /// Whether the client got the target's answer.
    pub answered: bool,
}

/// The beginning of a body, as it comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Excerpt(Vec<u8>);

impl Excerpt {
    /// The next piece.
    pub fn add(&mut self, piece: &[u8]) {
        let room = MAX_LOGGED_BYTES.saturating_add(MARGIN).saturating_sub(self.0.len());
        self.0.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
    }

    /// As it is logged.
    pub fn text(&self, redactor: &Redactor) -> String {
        let mut text = redactor.redact(&String::from_utf8_lossy(&self.0)).into_owned();
        text.truncate(text.floor_char_boundary(MAX_LOGGED_BYTES));
        text
    }
}

/// A name of the client's, as it is logged.
pub(super) fn logged_name(name: &str, redactor: &Redactor) -> String {
    let name: String = name.chars().take(MAX_LOGGED_NAME).collect();
    redactor.words(&name)
}
