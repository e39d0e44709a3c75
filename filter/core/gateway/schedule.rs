//! When the gateway asks for something of its own: again before it is old, and after a failure sooner, then later and
//! later.

use std::time::Duration;

use super::call::PATIENCE;

/// When something is asked for.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// When it is asked for next.
    pub(super) due: Duration,
    /// How long is waited when it is not given.
    failed: Backoff,
    /// When it was asked for, while there is no answer.
    asked: Option<Duration>,
}

/// How long is waited next: twice as long each time.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
    first: Duration,
    last: Duration,
}

impl Schedule {
    /// At once; after failures, once `failed` is over.
    pub const fn new(failed: Backoff) -> Self {
        Self { due: Duration::ZERO, failed, asked: None }
    }

    /// Whether it is to be asked for now. The answer is waited for.
    pub fn begins(&mut self, now: Duration) -> bool {
        // An answer that is this late was lost with whoever waited for it.
        let waits = |asked: Duration| now < asked.saturating_add(PATIENCE.saturating_mul(2));
        let begins = now >= self.due && !self.asked.is_some_and(waits);
        if begins {
            self.asked = Some(now);
        }
        begins
    }

    /// An answer has come. When it was asked for.
    pub fn answered(&mut self, now: Duration) -> Duration {
        self.asked.take().unwrap_or(now)
    }

    /// It was given: the next is asked for then.
    pub const fn given(&mut self, due: Duration) {
        self.due = due;
        self.failed.reset();
    }

    /// It was not given.
    pub fn refused(&mut self, now: Duration) {
        self.due = now.saturating_add(self.failed.next());
    }

    /// The same for another who asks: no answer is under way to that one.
    pub fn handed_over(&self) -> Self {
        Self { asked: None, ..self.clone() }
    }
}

impl Backoff {
    /// So long at first, and at last.
    pub const fn new(first: Duration, last: Duration) -> Self {
        Self { next: first, first, last }
    }

    /// How long is waited now.
    pub fn next(&mut self) -> Duration {
        let doubled = self.next.saturating_mul(2).min(self.last);
        std::mem::replace(&mut self.next, doubled)
    }

    /// Begins anew.
    pub const fn reset(&mut self) {
        self.next = self.first;
    }
}
