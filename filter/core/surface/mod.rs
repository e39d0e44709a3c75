//! What clients may ask for: every endpoint is a row of [`SURFACES`].
//!
//! A row says which body comes with a request and which answer goes back, and nobody else asks for its name: the
//! exchange does what the row says, routes match its word, the configuration knows the words from here.

mod path;
mod table;

pub use path::{SurfaceMatch, Unfound, below, decoded, find, parameter, replaced};
pub use table::{PLANNED, SURFACES, by_word, routed};

use crate::dialect::Format;

/// An endpoint.
#[derive(Debug, PartialEq, Eq)]
pub struct Surface {
    /// What it is called, in `match.surfaces` among others.
    pub word: &'static str,
    /// The methods it is asked by.
    pub methods: &'static [&'static str],
    /// Its path. One that ends in `/*` takes whatever follows, slashes included.
    pub path: &'static str,
    /// What comes with a request.
    pub body: Body,
    /// The wire format that clients speak here.
    pub format: &'static Format,
    /// What goes back.
    pub answer: Answer,
}

/// What comes with a request, and how much of it the gateway reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing that is read: what is asked for stands in the path and its query.
    Nothing,
    /// JSON, read whole.
    Json,
    /// `multipart/form-data`, read as far as its field `model`; files pass.
    Form,
    /// Bytes, not read.
    Opaque,
}

/// What goes back to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A chat's answer, whole or as a stream: held until it is seen to be one, and translated.
    Chat,
    /// JSON, as the provider sends it.
    Json,
    /// Bytes of any kind, as the provider sends them.
    Bytes,
    /// Another protocol on the same connection.
    Upgrade,
    /// The gateway's own.
    Own,
}

impl Surface {
    /// Whether a provider serves it.
    pub const fn is_served_by_providers(&self) -> bool {
        !matches!(self.answer, Answer::Own)
    }

    /// Its path below the root of an API: without the version that a provider's endpoint brings itself.
    pub fn operation(&self) -> &'static str {
        self.path.strip_prefix("/v1").unwrap_or(self.path)
    }
}
