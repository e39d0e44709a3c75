//! How long a released answer has been silent.
//!
//! Until an answer is released, Envoy's per-try timeouts bound every wait. Afterwards its per-try idle timeout ought
//! to, but Envoy deletes that timer once the per-try timeout has passed, even when it ignores that timeout because the
//! answer has begun (`UpstreamRequest::onPerTryTimeout`, seen on 1.40.0). So the host counts: it says at even
//! intervals how much time has passed, and every piece of the answer starts the count anew. No clock is read.
//!
//! A provider that has said nothing yet may say that it is alive: DeepSeek and OpenRouter send comments for up to ten
//! minutes before an answer (<https://api-docs.deepseek.com/quick_start/rate_limit>,
//! <https://openrouter.ai/docs/api-reference/streaming>). Once that was let go, it is bounded, too.
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
    /// Only signs of life have come since it was released, for so long.
    wordless: Option<Duration>,
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

    /// It was released for its signs of life alone.
    pub fn await_words(&mut self) {
        self.wordless = Some(Duration::ZERO);
    }

    /// Something was said.
    pub fn hear_words(&mut self) {
        self.wordless = None;
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

    /// So much time has passed: what the silence means now, of which there may be so much, and signs of life for so long.
    pub fn grow(&mut self, by: Duration, limit: Duration, patience: Duration) -> Silent {
        self.lasted = self.lasted.saturating_add(by);
        self.wordless = self.wordless.map(|wordless| wordless.saturating_add(by));
        let too_long = self.lasted > limit || self.wordless.is_some_and(|wordless| wordless > patience);
        // The first interval had begun before the silence did.
        match (self.released && !self.ended, self.ending) {
            (false, _) => Silent::Not,
            (true, true) if self.lasted > by => Silent::AfterItsEnd,
            (true, _) if too_long => Silent::TooLong,
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
            (0..times).map(|_| silence.grow(second, limit, 2 * limit)).last().unwrap()
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
        let mut alive = Silence::default();
        alive.begin();
        alive.await_words();
        for want in [Silent::Not, Silent::Not, Silent::Not, Silent::Not, Silent::TooLong] {
            alive.break_off(1);
            assert_eq!(grows(&mut alive, 1), want);
        }
        alive.hear_words();
        assert_eq!(grows(&mut alive, 1), Silent::Not);
    }
}
