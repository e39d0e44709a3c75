//! An answer of our own, whole: status, headers, body.

use super::headers::HeaderBlock;
use crate::dialect::ClientFormat;
use crate::hub::ErrorReport;

/// An answer that no provider gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers beside `:status` and `content-length`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), "application/json".to_owned())], body }
    }

    /// A stream of which nothing more will come but its last event.
    pub fn stream(client: ClientFormat, mut events: Vec<u8>) -> Self {
        let last = client.chat.last_frame();
        if !events.ends_with(last) {
            events.extend_from_slice(last);
        }
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), client.format.framing.media_type().to_owned())],
            body: events,
        }
    }

    /// An error in the client's shape.
    pub fn error(client: ClientFormat, error: &ErrorReport) -> Self {
        Self::json(error.status, client.chat.write_error(error))
    }

    /// All its headers, `:status` and `content-length` included.
    pub fn header_block(&self) -> HeaderBlock {
        let mut block = HeaderBlock::new();
        block.push_number(":status", self.status);
        block.push_number("content-length", self.body.len());
        block.extend(self.headers.iter().map(|(name, value)| (name, value)));
        block
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
