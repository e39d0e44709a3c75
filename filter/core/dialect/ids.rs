//! Ids of calls that a provider gives none.

use super::provider::Stamp;
use crate::hub::json::Str;

/// The ids of one answer's calls.
#[derive(Debug)]
pub(super) struct Ids {
    seed: u64,
    next: usize,
}

impl Ids {
    /// The ids of one answer.
    pub(super) const fn new(stamp: Stamp) -> Self {
        Self { seed: stamp.seed, next: 0 }
    }

    /// The id of the next call: the one that was given, else one of ours.
    pub(super) fn id<'a>(&mut self, given: Option<Str<'a>>) -> Str<'a> {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        let given = given.filter(|id| !id.is_empty());
        given.unwrap_or_else(|| Str::from(format!("call_{:x}_{number}", self.seed)))
    }
}
