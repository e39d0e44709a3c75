//! Answers of a target that this worker has not told the others of.
//!
//! Telling costs more than counting, and nobody waits to hear that all is well: so it is told now and then, and at once
//! when something goes wrong.

use std::cell::Cell;
use std::time::Duration;

/// How often it is told at least, while there are answers.
const TOLD: Duration = Duration::from_secs(1);

/// The answers of one target.
#[derive(Debug, Default)]
pub struct Tally {
    answers: Cell<u32>,
    told: Cell<Duration>,
}

impl Tally {
    /// Counts one more.
    pub fn add(&self) {
        self.answers.set(self.answers.get().saturating_add(1));
    }

    /// Whether it is time to tell.
    pub fn is_due(&self, now: Duration) -> bool {
        now.saturating_sub(self.told.get()) >= TOLD
    }

    /// What is told now.
    pub fn take(&self, now: Duration) -> u32 {
        self.told.set(now);
        self.answers.take()
    }

    /// What was taken could not be told.
    pub fn put_back(&self, answers: u32) {
        self.answers.set(self.answers.get().saturating_add(answers));
    }
}
