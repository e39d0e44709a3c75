//! Why a request failed first: what its client gets if nothing better comes.
//!
//! What comes after the first failure is often worse, provoked by our own move to another target. And a provider's own
//! words say more than ours about a connection that broke, however early that was.

use super::reply::Reply;

/// Who says what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// The provider, in its answer.
    Theirs,
    /// We, of a provider that said nothing, or nothing that could be read.
    Ours,
}

/// The first real cause of failure.
#[derive(Debug, Default)]
pub(super) struct FirstCause {
    theirs: Option<Reply>,
    ours: Option<Reply>,
}

impl FirstCause {
    /// Keeps a reply, unless there is an earlier one.
    pub fn keep(&mut self, words: Words, reply: impl FnOnce() -> Reply) {
        let place = match words {
            Words::Theirs => &mut self.theirs,
            Words::Ours => &mut self.ours,
        };
        place.get_or_insert_with(reply);
    }

    /// What the client gets.
    pub fn take(&mut self) -> Option<Reply> {
        self.theirs.take().or_else(|| self.ours.take())
    }
}
