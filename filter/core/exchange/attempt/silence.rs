//! How long a released answer has been silent.
//!
//! Until an answer is released, Envoy's per-try timeouts bound every wait. Afterwards its per-try idle timeout ought
//! to, but Envoy deletes that timer once the per-try timeout has passed, even when it ignores that timeout because the
//! answer has begun (`UpstreamRequest::onPerTryTimeout`, seen on 1.40.0). So the host counts: it says at even
//! intervals how much time has passed, and every piece of the answer starts the count anew. No clock is read.
//!
//! A provider may also fall silent after its answer's end, and leave out the end of its stream: then we write that.

use std::time::Duration;

/// What an answer's silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silent {
    /// Nothing.
    Not,
    /// The answer has ended, and its provider says no more.
    AfterItsEnd,
    /// It has lasted for longer than the route allows: the answer's transport is to be broken, so that nobody takes
    /// it for whole.
    TooLong,
}

/// The silence of one answer.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// The answer was released.
    released: bool,
    /// It has ended, but its stream has not.
    ending: bool,
    /// It has ended; what the client has not read yet is Envoy's affair.
    ended: bool,
    lasted: Duration,
    /// How many bytes have come.
    passed: usize,
}

/// For a client that reads nothing Envoy holds this of a stream of HTTP/2, and more of HTTP/1.1 (its buffers are rendered
/// so); before it asks a provider to wait, the client's own window is full, too.
const HELD_FOR_A_CLIENT: usize = 256 << 10;

impl Silence {
    /// The answer was released.
    pub fn begin(&mut self) {
        self.released = true;
        self.lasted = Duration::ZERO;
    }

    /// A piece of so many bytes has come.
    pub fn break_off(&mut self, length: usize) {
        self.lasted = Duration::ZERO;
        self.passed = self.passed.saturating_add(length);
    }

    /// Whether it may be the client that is slow: Envoy reads on from a provider only as fast as the client reads, once
    /// it holds as much of the answer as it may.
    pub const fn may_be_the_clients(&self) -> bool {
        self.passed > HELD_FOR_A_CLIENT
    }

    /// The answer has ended.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The answer's end is held until that of its stream.
    pub fn hold_end(&mut self, held: bool) {
        self.ending = held;
    }

    /// So much time has passed: what the silence means now.
    pub fn grow(&mut self, by: Duration, limit: Duration) -> Silent {
        self.lasted = self.lasted.saturating_add(by);
        // The first interval had begun before the silence did.
        match (self.released && !self.ended, self.ending) {
            (false, _) => Silent::Not,
            (true, true) if self.lasted > by => Silent::AfterItsEnd,
            (true, _) if self.lasted > limit => Silent::TooLong,
            (true, _) => Silent::Not,
        }
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
        let grows = |silence: &mut Silence, times: usize| {
            (0..times).map(|_| silence.grow(second, limit)).last().unwrap()
        };
        assert_eq!(grows(&mut silence, 9), Silent::Not);
        silence.begin();
        assert_eq!(grows(&mut silence, 2), Silent::Not);
        silence.break_off(1);
        assert_eq!(grows(&mut silence, 2), Silent::Not);
        assert_eq!(grows(&mut silence, 1), Silent::TooLong);
        silence.break_off(1);
        silence.hold_end(true);
        assert_eq!(grows(&mut silence, 1), Silent::Not);
        assert_eq!(grows(&mut silence, 1), Silent::AfterItsEnd);
        silence.end();
        assert_eq!(grows(&mut silence, 9), Silent::Not);
    }
}
