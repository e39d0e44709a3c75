//! What clients may ask for: every endpoint is a row of [`SURFACES`].
//!
//! A row says which body comes with a request and which answer goes back, and nobody else asks for its name: the
//! exchange does what the row says, routes match its word, the configuration knows the words from here.

mod path;
mod table;

pub use path::{
    SurfaceMatch, Unfound, below, decoded, filtered, find, is_confined, is_for_admins, parameter, parameters,
    redirected, replaced,
};
pub use table::{PLANNED, SURFACES, by_word, families, is_nameless};

use crate::dialect::Format;

/// An endpoint.
#[derive(Debug, PartialEq, Eq)]
pub struct Surface {
    /// What it is called, and what a provider's operation for it is.
    pub word: &'static str,
    /// Those that it belongs to, as `match.surfaces` and `defaults` name them.
    pub family: &'static str,
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
    /// The model that is meant where none is named, as the format's vendor has it.
    pub unnamed: Option<&'static str>,
    /// Who may ask for it, where callers are told apart.
    pub entry: Entry,
}

/// Who may ask for a surface, where callers are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Everybody: it is a sign of life.
    Everybody,
    /// Who has a key whose role may.
    Callers,
    /// Administrators.
    Admins,
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
    /// What its `content-type` says: JSON, a form, or bytes.
    Any,
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

/// What the paths of surfaces begin with that are no vendor's who speaks OpenAI's format: Cohere's.
const OTHER_VERSION: &str = "/v2";

impl Surface {
    /// Whether a provider serves it.
    pub const fn is_served_by_providers(&self) -> bool {
        !matches!(self.answer, Answer::Own)
    }

    /// The member of its requests that bounds the tokens of an answer, where answers are words: of a chat, every provider
    /// says which; of a response, it is OpenAI's
    /// (<https://platform.openai.com/docs/api-reference/responses/create#responses_create-max_output_tokens>).
    pub fn output_limit(&self) -> Option<&'static str> {
        match (self.answer, self.word) {
            (Answer::Chat, _) => Some("max_tokens"),
            (Answer::Json, "responses") => Some("max_output_tokens"),
            _ => None,
        }
    }

    /// Whether it is for those who may call at all. Whether a gateway lives is no secret.
    pub const fn needs_key(&self) -> bool {
        !matches!(self.entry, Entry::Everybody)
    }

    /// Whether it is for administrators.
    pub const fn needs_admin(&self) -> bool {
        matches!(self.entry, Entry::Admins)
    }

    /// Whether its requests go to who keeps what they are about: nobody else knows it, and no model says who that is.
    pub const fn is_about_kept(&self) -> bool {
        matches!((self.body, self.answer), (Body::Opaque, Answer::Bytes))
    }

    /// Whether it is the same to providers of every format: what a provider keeps, and whatever else it has.
    pub const fn is_of_any_format(&self) -> bool {
        matches!((self.body, self.answer), (Body::Opaque | Body::Any, Answer::Bytes))
    }

    /// Whether whoever speaks its format has it at the format's own place, though nothing says so. What some other vendor
    /// has is not there.
    pub fn is_usual(&self) -> bool {
        !self.path.starts_with(OTHER_VERSION)
    }

    /// Its path below the root of an API, without the version that a provider's endpoint brings itself; `rest` is what
    /// a request has where the path takes more.
    pub fn below_root(&self, rest: &str) -> String {
        let path = self.path.strip_prefix("/v1").unwrap_or(self.path);
        format!("{}{rest}", path.strip_suffix('*').unwrap_or(path))
    }
}
