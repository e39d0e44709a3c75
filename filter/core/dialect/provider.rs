//! A wire format's half towards providers: the hub to a provider's bytes, and a provider's bytes to the hub.

use super::memo::Memo;
use crate::frame::Frame;
use crate::hub::{Answer, Chat, Delta, Dropped, Malformed, ProviderError, RequestError};

/// A format that providers speak.
pub trait ChatProvider: Sync {
    /// Writes the body for `model`, and reports in `dropped` what the format cannot express.
    ///
    /// # Errors
    /// What cannot be made valid without losing its meaning: the parameter.
    fn write_request(
        &self,
        chat: &Chat<'_>,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError>;

    /// Reads a whole successful answer.
    ///
    /// # Errors
    /// The body is not what the format promises.
    fn read_answer<'a>(&self, body: &'a str, arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed>;

    /// A reader for one streamed answer.
    fn reader(&self, arrival: &Arrival<'_>) -> Box<dyn ReadStream>;

    /// Reads an error answer: any status of 400 or more, any body.
    fn read_error(&self, head: Head<'_>, body: &[u8]) -> ProviderError;
}

/// Reads one streamed answer, frame by frame.
pub trait ReadStream {
    /// Reads one frame that has data. Appends what it means; nothing is a valid answer.
    ///
    /// # Errors
    /// The frame is not what the format promises; it is skipped, and the stream goes on.
    fn read<'a>(&mut self, frame: &'a Frame<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed>;

    /// The provider's stream has ended, at its terminal frame or without it. Appends what was held back: a reader
    /// whose format has its terminal frame inside a choice releases [`Delta::Finish`] here at the latest.
    fn finish(&mut self, deltas: &mut Vec<Delta<'static>>);

    /// How far the stream has come.
    fn progress(&self) -> Progress {
        Progress::Open
    }
}

/// A body that was written for a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The body.
    pub body: Vec<u8>,
    /// What the way back is to undo.
    pub memo: Memo,
    /// A header that it needs: its name, and an element of the list that is its value.
    pub header: Option<(&'static str, &'static str)>,
}

/// What comes with an answer, beside its body.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Its status and headers.
    pub head: Head<'a>,
    /// For what the provider does not give.
    pub stamp: Stamp,
    /// What the way there changed: what [`ChatProvider::write_request`] gave.
    pub memo: &'a Memo,
}

/// The status and the headers of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// HTTP status.
    pub status: u16,
    /// Headers: name in lower case, value.
    pub headers: &'a [(String, Vec<u8>)],
}

/// What is used to make ids and dates that a provider does not give.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Random; the same for all of one answer.
    pub seed: u64,
    /// Unix time in seconds.
    pub created: u64,
}

/// How far a stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More of the answer may come.
    Open,
    /// Why it ends was said. What is still to come is its end, most likely.
    Ending,
    /// The format's own last frame was read: what follows means nothing, and need not be waited for.
    Over,
}

impl Written {
    /// A body that nothing had to be changed for.
    pub fn of(body: Vec<u8>) -> Self {
        Self { body, ..Self::default() }
    }
}

impl<'a> Head<'a> {
    /// A head of which nothing but the status is known.
    pub const fn of(status: u16) -> Self {
        Self { status, headers: &[] }
    }

    /// A header's text; `None` if it is absent or not UTF-8. `name` is in lower case.
    pub fn text(self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }
}
