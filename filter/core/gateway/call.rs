//! What the gateway asks for itself, beside what clients ask: a credential from its issuer, a provider's list of models.
//! The host carries each out where [`super::Gateway::due`] says so, and brings what came to [`super::Gateway::take`]. What
//! became of an answer that came before it was done is asked for likewise ([`crate::exchange::Attempt::asks`]).

use std::time::Duration;

/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What the gateway asks for, and of which provider, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// A token, for this provider.
    Token(usize),
    /// The models that this provider has.
    Models(usize),
}

/// A request of the gateway's own. It holds secrets, and is for the host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The cluster that is asked.
    pub cluster: String,
    /// Its headers, pseudo-headers included.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
    /// How long the answer may take.
    pub timeout: Duration,
}

/// What came of a call. It may hold a secret, and is shown to nobody.
#[derive(Clone, Copy)]
pub struct CallAnswer<'a> {
    /// The status; 0 where nothing came.
    pub status: u16,
    /// The body, or its first [`Errand::longest`] bytes and one more.
    pub body: &'a [u8],
}

impl Errand {
    /// The longest answer that is read, in bytes.
    pub const fn longest(self) -> usize {
        match self {
            Self::Token(_) => super::token::LONGEST_ANSWER,
            Self::Models(_) => super::catalogue::LONGEST_ANSWER,
        }
    }
}

impl CallAnswer<'_> {
    /// Nothing came.
    pub const NOTHING: Self = Self { status: 0, body: &[] };

    /// The body of an answer that gives what was asked for; `None` for one that says something else.
    ///
    /// # Errors
    /// Nothing came, or more than is read.
    pub(super) fn given(&self, longest: usize) -> Result<Option<&[u8]>, String> {
        match self.status {
            0 => Err("it did not answer".to_owned()),
            200 if self.body.len() > longest => Err("its answer is too long".to_owned()),
            200 => Ok(Some(self.body)),
            _ => Ok(None),
        }
    }
}
