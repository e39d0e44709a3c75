//! How long a released answer has been silent.
//!
//! Until an answer is released, Envoy's per-try timeouts bound every wait. Afterwards its per-try idle timeout ought
//! to, but Envoy deletes that timer once the per-try timeout has passed, even when it ignores that timeout because the
//! answer has begun (`UpstreamRequest::onPerTryTimeout`, seen on 1.40.0). So the host counts: it says at even
//! intervals how much time has passed, and every piece of the answer starts the count anew. No clock is read.

use std::time::Duration;

/// The silence of one answer.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// The answer was released.
    released: bool,
    /// It has ended; what the client has not read yet is Envoy's affair.
    ended: bool,
    lasted: Duration,
}

impl Silence {
    /// The answer was released.
    pub fn begin(&mut self) {
        self.released = true;
        self.lasted = Duration::ZERO;
    }

    /// A piece has come.
    pub fn break_off(&mut self) {
        self.lasted = Duration::ZERO;
    }

    /// The answer has ended.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// So much time has passed; whether the silence has now lasted `limit`.
    pub fn grow(&mut self, by: Duration, limit: Duration) -> bool {
        self.lasted = self.lasted.saturating_add(by);
        // The first interval had begun before the silence did.
        self.released && !self.ended && self.lasted > limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_released_answer_that_stays_silent_is_too_long() {
        let second = Duration::from_secs(1);
        let limit = Duration::from_secs(2);
        let mut silence = Silence::default();
        assert!((0..9).all(|_| !silence.grow(second, limit)));
        silence.begin();
        assert!(!silence.grow(second, limit) && !silence.grow(second, limit));
        silence.break_off();
        assert!(!silence.grow(second, limit) && !silence.grow(second, limit) && silence.grow(second, limit));
        silence.end();
        assert!(!silence.grow(second, limit));
    }
}
