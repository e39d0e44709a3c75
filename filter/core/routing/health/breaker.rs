//! The breaker of one target: when a target that fails is left alone, and for how long.
//!
//! ```text
//!            failures in a row, or too many in the window
//!   closed ────────────────────────────────────────────────► open ◄────────────┐
//!      ▲                                                       │ its time is up  │ the probe fails:
//!      │            the probe brings an answer                 ▼                 │ open for longer
//!      └──────────────────────────────────────────────────── half open ─────────┘
//! ```
//!
//! Every change is a pure function of the state, the time and the route's [`Breaker`]. An attempt that began before
//! the breaker opened says nothing about the time after.

use std::time::Duration;

use super::record::{Reader, Writer};

/// The settings of a route's breakers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// So many failures in a row open it.
    pub failures: u32,
    /// So large a part of the attempts within [`Self::window`] opens it, once there were twice [`Self::failures`].
    pub rate: f64,
    /// How far back attempts are counted.
    pub window: Duration,
    /// How long it stays open the first time. Each failed probe doubles that.
    pub open: Duration,
    /// How long it stays open at most.
    pub max_open: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { failures: 5, rate: 0.5, window: seconds(30), open: seconds(5), max_open: seconds(20) }
    }
}

impl Breaker {
    /// How long it stays open after it was opened `before` times without being closed in between: doubled each time,
    /// and up to a fifth shorter, so that gateways that lost a provider together do not return together.
    fn open_time(&self, before: u32, jitter: u64) -> Duration {
        let factor = 1_u32.checked_shl(before).unwrap_or(u32::MAX);
        let full = self.open.saturating_mul(factor).min(self.max_open);
        // The random number's lowest byte says how much of the fifth is taken off.
        let [part, ..] = jitter.to_le_bytes();
        full.saturating_sub(full.checked_div(5 * 255).unwrap_or_default().saturating_mul(part.into()))
    }

    /// Whether enough attempts were made to tell, and too many of them failed.
    fn is_exceeded(&self, count: Count) -> bool {
        count.all >= self.failures.saturating_mul(2)
            && f64::from(count.failed) >= f64::from(count.all) * self.rate
    }
}

/// What a breaker remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Circuit {
    state: State,
    /// Failures since the last answer.
    consecutive: u32,
    /// How often it opened since it was last closed.
    openings: u32,
    window: Window,
}

/// What it lets through.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    /// Everything.
    #[default]
    Closed,
    /// Nothing, where there is somebody else.
    Open { since: Duration, until: Duration },
    /// One request, which has until then to bring an answer.
    Probing { since: Duration, until: Duration },
}

/// Attempts of the last while, in two halves: the older one goes when a third begins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Window {
    half: u64,
    newer: Count,
    older: Count,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Count {
    all: u32,
    failed: u32,
}

/// An attempt that has ended, as far as its target's health is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// With a failure that is the target's; otherwise with an answer.
    pub failed: bool,
    /// When it began.
    pub began: Duration,
    /// Until when it was the one request that a half-open breaker let through, if it was: see [`Circuit::probe`].
    pub probe: Option<Duration>,
    /// Answers to other attempts that were not told before.
    pub answers: u32,
}

impl Circuit {
    /// Until when it is open, or keeps others off for a probe.
    pub fn is_open_until(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Open { until, .. } | State::Probing { until, .. } if now < until => Some(until),
            _ => None,
        }
    }

    /// Whether it lets everything through.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether it is closed, and no failure that it remembers counts any more.
    pub fn is_clean(&self, now: Duration, breaker: &Breaker) -> bool {
        let counts = Window::half_at(now, breaker.window).saturating_sub(self.window.half) <= 1;
        let failed = self.window.newer.failed > 0 || self.window.older.failed > 0;
        self.is_closed() && self.consecutive == 0 && !(counts && failed)
    }

    /// Its state in a word: closed, open, half_open.
    pub fn word(&self, now: Duration) -> &'static str {
        match self.state {
            State::Closed => "closed",
            State::Open { until, .. } if now < until => "open",
            State::Open { .. } | State::Probing { .. } => "half_open",
        }
    }

    /// Failures since the last answer.
    pub const fn consecutive(&self) -> u32 {
        self.consecutive
    }

    /// Lets one request through where it is half open; that has `patience` to bring an answer. Until when it is the
    /// probe, if it was let through: by that the probe is known again, since there may be others after it.
    pub fn probe(&mut self, now: Duration, patience: Duration) -> Option<Duration> {
        match self.state {
            State::Open { since, until } | State::Probing { since, until } if now >= until => {
                let until = now.saturating_add(patience);
                self.state = State::Probing { since, until };
                Some(until)
            }
            _ => None,
        }
    }

    /// The probe ended without telling anything: the next request may be one.
    pub fn forget_probe(&mut self, probe: Duration, now: Duration) {
        match self.state {
            State::Probing { since, until } if until == probe => {
                self.state = State::Open { since, until: now };
            }
            _ => {}
        }
    }

    /// The target has begun to answer an attempt that began then. That alone closes it; whether the attempt succeeds
    /// is known at its end.
    pub fn answers(&mut self, began: Duration) {
        match self.state {
            State::Open { since, .. } | State::Probing { since, .. } if began >= since => {
                *self = Self::default()
            }
            _ => {}
        }
    }

    /// An attempt has ended; `jitter` is any random number. Says for how long that has opened it, if it has.
    pub fn ends(&mut self, ended: Ended, breaker: &Breaker, now: Duration, jitter: u64) -> Option<Duration> {
        if !ended.failed {
            self.answers(ended.began);
        }
        let probed = matches!(self.state, State::Probing { until, .. } if ended.probe == Some(until));
        if !self.is_closed() && !probed {
            return None;
        }
        self.consecutive = if ended.failed { self.consecutive.saturating_add(1) } else { 0 };
        let count = self.window.add(ended, now, breaker.window);
        let opens = probed || self.consecutive >= breaker.failures || breaker.is_exceeded(count);
        (ended.failed && opens).then(|| {
            let time = breaker.open_time(self.openings, jitter);
            self.openings = self.openings.saturating_add(1);
            self.state = State::Open { since: now, until: now.saturating_add(time) };
            self.window = Window::default();
            time
        })
    }

    pub fn read(words: &mut Reader<'_>) -> Option<Self> {
        let (state, since, until) = (words.number()?, words.time()?, words.time()?);
        let state = match state {
            0 => State::Closed,
            1 => State::Open { since, until },
            _ => State::Probing { since, until },
        };
        let (consecutive, openings, half) = (words.small()?, words.small()?, words.number()?);
        let mut count = || Some(Count { all: words.small()?, failed: words.small()? });
        let window = Window { half, newer: count()?, older: count()? };
        Some(Self { state, consecutive, openings, window })
    }

    pub fn write(&self, words: &mut Writer) {
        let (state, since, until) = match self.state {
            State::Closed => (0, Duration::ZERO, Duration::ZERO),
            State::Open { since, until } => (1, since, until),
            State::Probing { since, until } => (2, since, until),
        };
        words.number(state).time(since).time(until);
        words.number(self.consecutive.into()).number(self.openings.into()).number(self.window.half);
        for count in [self.window.newer, self.window.older] {
            words.number(count.all.into()).number(count.failed.into());
        }
    }
}

impl Window {
    /// Which half a moment lies in.
    fn half_at(now: Duration, window: Duration) -> u64 {
        let length = window.as_millis().checked_div(2).unwrap_or_default().max(1);
        let half = now.as_millis().checked_div(length).and_then(|half| u64::try_from(half).ok());
        half.unwrap_or_default()
    }

    /// Counts an attempt, and gives the sum of both halves.
    fn add(&mut self, ended: Ended, now: Duration, window: Duration) -> Count {
        let half = Self::half_at(now, window);
        if half != self.half {
            let follows = half.checked_sub(self.half) == Some(1);
            *self = Self {
                half,
                newer: Count::default(),
                older: if follows { self.newer } else { Count::default() },
            };
        }
        self.newer.all = self.newer.all.saturating_add(1).saturating_add(ended.answers);
        self.newer.failed = self.newer.failed.saturating_add(u32::from(ended.failed));
        Count {
            all: self.newer.all.saturating_add(self.older.all),
            failed: self.newer.failed.saturating_add(self.older.failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(1_000_000).saturating_add(Duration::from_millis(milliseconds))
    }

    /// Plays attempts that begin and end at once: `F` fails, `A` is answered, `P` fails as the probe.
    fn play(circuit: &mut Circuit, breaker: &Breaker, attempts: &str, mut now: u64, step: u64) -> u64 {
        for attempt in attempts.chars() {
            let probe = match circuit.state {
                State::Probing { until, .. } if attempt == 'P' => Some(until),
                _ => None,
            };
            let ended = Ended { failed: attempt != 'A', began: at(now), probe, answers: 0 };
            circuit.ends(ended, breaker, at(now), 0);
            now = now.saturating_add(step);
        }
        now
    }

    #[test]
    fn failures_in_a_row_or_in_the_window_open_it() {
        let breaker = Breaker { failures: 3, ..Breaker::default() };
        for (attempts, step, want) in [
            ("FF", 0, "closed"),
            ("FFF", 0, "open"),
            ("FFAFF", 0, "closed"),
            ("AFAFAF", 0, "open"),
            ("AAFAAF", 0, "closed"),
            ("FAFAF", 0, "closed"),
            // Each half of the window is 15 s long; what is older than both is forgotten.
            ("FAFAFA", 14_000, "closed"),
            ("FFF", 3_600_000, "open"),
        ] {
            let mut circuit = Circuit::default();
            let now = play(&mut circuit, &breaker, attempts, 0, step).saturating_sub(step);
            assert_eq!(circuit.word(at(now)), want, "{attempts} {step}");
        }
    }

    #[test]
    fn answers_that_are_told_late_count() {
        let breaker = Breaker { failures: 3, ..Breaker::default() };
        let end = |circuit: &mut Circuit, failed, answers| {
            circuit.ends(Ended { failed, began: at(0), probe: None, answers }, &breaker, at(0), 0);
        };
        for (untold, want) in [(0, "open"), (7, "closed")] {
            let mut circuit = Circuit::default();
            assert!(circuit.is_clean(at(0), &breaker));
            end(&mut circuit, true, untold);
            assert!(!circuit.is_clean(at(0), &breaker));
            for failed in [false, true, false, true, false, true] {
                end(&mut circuit, failed, 0);
            }
            assert_eq!(circuit.word(at(0)), want, "{untold}");
        }
        let mut circuit = Circuit::default();
        end(&mut circuit, true, 0);
        end(&mut circuit, false, 0);
        assert!(!circuit.is_clean(at(14_000), &breaker), "its failure still counts");
        assert!(circuit.is_clean(at(60_000), &breaker));
    }

    #[test]
    fn one_probe_decides() {
        let breaker = Breaker { failures: 1, ..Breaker::default() };
        let (patience, mut circuit) = (Duration::from_secs(20), Circuit::default());
        play(&mut circuit, &breaker, "F", 0, 0);
        assert_eq!(circuit.probe(at(4_999), patience), None, "it is open for five seconds");
        assert_eq!(circuit.word(at(5_000)), "half_open");
        assert_eq!(circuit.probe(at(5_000), patience), Some(at(25_000)));
        assert_eq!(circuit.probe(at(5_001), patience), None, "there is a probe");
        play(&mut circuit, &breaker, "F", 5_002, 0);
        assert_eq!(circuit.word(at(5_003)), "half_open", "who was not the probe decides nothing");
        play(&mut circuit, &breaker, "P", 5_003, 0);
        assert_eq!(circuit.is_open_until(at(5_003)), Some(at(15_003)), "open for twice as long");
        let first = circuit.probe(at(16_000), patience).unwrap();
        circuit.forget_probe(first, at(16_001));
        let second = circuit.probe(at(16_001), patience).expect("the first probe told nothing");
        circuit.forget_probe(first, at(16_002));
        assert_eq!(circuit.probe(at(16_002), patience), None, "what the first gave back was its own");
        assert!(circuit.probe(at(36_002), patience).is_some(), "the second was too slow");
        let late = Ended { failed: true, began: at(16_001), probe: Some(second), answers: 0 };
        assert_eq!(circuit.ends(late, &breaker, at(36_003), 0), None, "it is not the probe any more");
        circuit.answers(at(36_002));
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn the_time_it_is_open_grows_to_its_limit_and_no_further() {
        let breaker = Breaker { failures: 1, ..Breaker::default() };
        let mut circuit = Circuit::default();
        let mut now = play(&mut circuit, &breaker, "F", 0, 0);
        for seconds in [5, 10, 20, 20, 20].into_iter().chain([20; 40]) {
            let until = circuit.is_open_until(at(now)).unwrap();
            assert_eq!(until, at(now) + Duration::from_secs(seconds));
            now += seconds * 1_000;
            assert!(circuit.probe(at(now), Duration::from_secs(1)).is_some());
            play(&mut circuit, &breaker, "P", now, 0);
        }
        for jitter in [0, 1, 255, u64::MAX] {
            for before in [0, 1, 2, 31, 32, u32::MAX] {
                let (full, time) = (breaker.open_time(before, 0), breaker.open_time(before, jitter));
                assert!(time <= full && time >= full * 4 / 5, "{before} {jitter}: {time:?} of {full:?}");
                assert!(full <= breaker.max_open);
            }
        }
    }

    #[test]
    fn what_began_before_it_opened_tells_nothing_about_the_time_after() {
        let breaker = Breaker { failures: 1, ..Breaker::default() };
        let mut circuit = Circuit::default();
        play(&mut circuit, &breaker, "F", 100, 0);
        circuit.ends(Ended { failed: false, began: at(99), probe: None, answers: 0 }, &breaker, at(200), 0);
        assert_eq!(circuit.word(at(200)), "open");
        circuit.ends(Ended { failed: true, began: at(150), probe: None, answers: 0 }, &breaker, at(201), 0);
        assert_eq!(circuit.is_open_until(at(201)), Some(at(5_100)), "nor does a failure make it longer");
        circuit.ends(Ended { failed: false, began: at(150), probe: None, answers: 0 }, &breaker, at(202), 0);
        assert_eq!(circuit.word(at(202)), "closed");
    }
}
