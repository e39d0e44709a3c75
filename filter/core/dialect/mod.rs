//! Wire formats. One place each: the request, the answer, the stream, the error, and the mapping table in its docs.
//!
//! Clients speak OpenAI's chat format. A provider of the same format gets the client's bytes ([`crate::exchange`]
//! splices the model's name in); a provider of another one is reached through [`Translate`], with the hub
//! ([`crate::chat`]) between the two.
//!
//! To add a wire format: a folder here that implements [`Translate`], a variant of [`Dialect`], and its rows in the
//! matches below.

pub mod anthropic;
pub mod gemini;
pub mod openai;
mod quirks;

use crate::chat::{Answer, Chat, Delta, Dropped, Malformed, ProviderError, RequestError};
use crate::frame::sse;
pub use quirks::{Bounds, Count, Quirks};

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Chat Completions: <https://platform.openai.com/docs/api-reference/chat>.
    OpenAi,
    /// Messages: <https://docs.claude.com/en/api/messages>.
    Anthropic,
    /// generateContent: <https://ai.google.dev/api/generate-content>.
    Gemini,
}

/// What is used to make ids and dates that a provider does not give.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Random; the same for all of one answer.
    pub seed: u64,
    /// Unix time in seconds.
    pub created: u64,
}

/// A wire format that is not the client's: the hub to its bytes, and its bytes to the hub.
pub trait Translate: Sync {
    /// Writes the body for `model`, and reports in `dropped` what the format cannot express.
    ///
    /// # Errors
    /// What cannot be made valid without losing its meaning: the field, in the client's spelling.
    fn write_request(
        &self,
        chat: &Chat<'_>,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Vec<u8>, RequestError>;

    /// Reads a whole successful answer.
    ///
    /// # Errors
    /// The body is not what the format promises.
    fn read_answer<'a>(&self, body: &'a str, stamp: Stamp) -> Result<Answer<'a>, Malformed>;

    /// A reader for one streamed answer.
    fn stream(&self, stamp: Stamp) -> Box<dyn ReadStream>;
}

/// Reads one streamed answer, event by event.
pub trait ReadStream {
    /// Reads one event that has data. Appends what it means; nothing is a valid answer.
    ///
    /// # Errors
    /// The event is not what the format promises; it is skipped, and the stream goes on.
    fn read<'a>(&mut self, event: &'a sse::Event<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed>;

    /// The provider's stream has ended, at its terminal event or without it. Appends what was held back: a reader
    /// whose format has its terminal event inside a choice releases [`Delta::Finish`] here at the latest.
    fn finish(&mut self, deltas: &mut Vec<Delta<'static>>);

    /// How far the stream has come.
    fn progress(&self) -> Progress {
        Progress::Open
    }
}

/// How far a stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More of the answer may come.
    Open,
    /// Why it ends was said. What is still to come is its end, most likely.
    Ending,
    /// The format's own last event was read: what follows means nothing, and need not be waited for.
    Over,
}

impl Dialect {
    /// How to translate between the hub and this format; `None` for the format the clients speak.
    pub fn translate(self) -> Option<&'static dyn Translate> {
        match self {
            Self::OpenAi => None,
            Self::Anthropic => Some(&anthropic::Messages),
            Self::Gemini => Some(&gemini::GenerateContent),
        }
    }

    /// Reads an error answer: any status of 400 or more, any body.
    pub fn read_error(self, status: u16, body: &[u8]) -> ProviderError {
        let error = match self {
            Self::OpenAi => openai::read_error(status, body),
            Self::Anthropic => anthropic::read_error(status, body),
            Self::Gemini => gemini::read_error(status, body),
        };
        error.judged()
    }
}
