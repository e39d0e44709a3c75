//! What all workers know of one target: its breaker, which of its credentials rest, and how fast it was.
//!
//! A record is plain bytes in memory that all workers share. Whoever changes it reads it, changes it here, and writes
//! it back if nobody was quicker.

mod average;
mod breaker;
mod held;
mod load;
mod record;

pub use self::average::Average;
pub use self::breaker::{Breaker, Ended};
pub use self::held::Held;
pub use self::load::{Load, REFRESHED};
pub use self::record::{Reader, Record, Writer};

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use self::breaker::Circuit;
use crate::routing::Measure;

/// The health of one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    circuit: Circuit,
    /// How fast it has begun streams.
    first_byte: Option<Average>,
    /// How fast it has written whole answers.
    output_token: Option<Average>,
    /// How long its answers were, in tokens.
    output: Option<Average>,
    rests: Vec<Rest>,
}

/// What an answer says of how a target answers.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Which measure its kind of answer goes by.
    pub measure: Measure,
    /// From the attempt's beginning to the answer's end.
    pub took: Duration,
    /// Tokens of output, where the provider counted them.
    pub output_tokens: Option<u64>,
}

/// A credential that the target does not take for now.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rest {
    credential: u64,
    scope: Scope,
    until: Duration,
}

/// For what a credential rests: for one of the models that clients ask a target for by name, or for all of them. So
/// that a client who names a model that the credential is not good for decides nothing for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope(u64);

impl Scope {
    /// All models of the target.
    pub const ALL: Self = Self(0);

    /// One model.
    pub fn of_model(name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self(hasher.finish().max(1))
    }

    /// Whether it is all models.
    pub const fn is_all(self) -> bool {
        self.0 == Self::ALL.0
    }

    const fn holds(self, asked: Self) -> bool {
        self.is_all() || self.0 == asked.0
    }
}

/// The most rests that are remembered. Clients name models as they like; of more, those that end first are forgotten.
const MOST_RESTS: usize = 64;

/// How welcome a request is at a target, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is.
    Ready,
    /// As a probe, if nobody else is one.
    HalfOpen,
    /// It has as many as it may have.
    Full,
    /// None of its credentials may be used before then.
    Resting(Duration),
    /// The breaker is open until then.
    Open(Duration),
}

/// Changes with every change of what is written.
const LAYOUT: u64 = 2;

impl Record for Health {
    const NAME: &'static str = "ferro.health";

    fn read(bytes: &[u8]) -> Self {
        Self::read_words(&mut Reader::new(LAYOUT, bytes)).unwrap_or_default()
    }

    fn write(&self) -> Vec<u8> {
        let mut words = Writer::new(LAYOUT);
        self.circuit.write(&mut words);
        for average in [self.first_byte, self.output_token, self.output] {
            words.average(average);
        }
        for rest in &self.rests {
            words.number(rest.credential).number(rest.scope.0).time(rest.until);
        }
        words.finish()
    }
}

impl Health {
    fn read_words(words: &mut Reader<'_>) -> Option<Self> {
        let circuit = Circuit::read(words)?;
        let (first_byte, output_token, output) = (words.average()?, words.average()?, words.average()?);
        let mut health = Self { circuit, first_byte, output_token, output, rests: Vec::new() };
        while let (Some(credential), Some(scope), Some(until)) =
            (words.number(), words.number(), words.time())
        {
            health.rests.push(Rest { credential, scope: Scope(scope), until });
        }
        Some(health)
    }

    /// How welcome a request with one of these credentials is, for a model of this scope. Whether the target is full is
    /// not known here.
    pub fn standing(
        &self,
        now: Duration,
        credentials: impl IntoIterator<Item = u64>,
        scope: Scope,
    ) -> Standing {
        if let Some(until) = self.circuit.is_open_until(now) {
            return Standing::Open(until);
        }
        let rests = credentials.into_iter().map(|credential| self.rests_until(credential, scope));
        match rests.min().unwrap_or_default() {
            until if now < until => Standing::Resting(until),
            _ if self.circuit.is_closed() => Standing::Ready,
            _ => Standing::HalfOpen,
        }
    }

    /// Until when a credential rests for this scope; long ago if it does not.
    pub fn rests_until(&self, credential: u64, scope: Scope) -> Duration {
        let holds = |rest: &&Rest| rest.credential == credential && rest.scope.holds(scope);
        self.rests.iter().filter(holds).map(|rest| rest.until).max().unwrap_or_default()
    }

    /// The rests that have not ended: the credential, whether it is for all models, and until when.
    pub fn rests(&self, now: Duration) -> impl Iterator<Item = (u64, Scope, Duration)> {
        let lasting = self.rests.iter().filter(move |rest| rest.until > now);
        lasting.map(|rest| (rest.credential, rest.scope, rest.until))
    }

    /// A credential is not to be used before `until` for this scope.
    pub fn rest(&mut self, credential: u64, scope: Scope, now: Duration, until: Duration) {
        let until = until.max(self.rests_until(credential, scope));
        let replaced = |rest: &Rest| rest.credential == credential && scope.holds(rest.scope);
        self.rests.retain(|rest| !replaced(rest) && rest.until > now);
        self.rests.push(Rest { credential, scope, until });
        if self.rests.len() > MOST_RESTS {
            self.rests.sort_by_key(|rest| std::cmp::Reverse((rest.scope.is_all(), rest.until)));
            self.rests.truncate(MOST_RESTS);
        }
    }

    /// Lets one request through a half-open breaker; see [`Standing::HalfOpen`]. It has `patience` to bring an answer.
    /// Until when it is the probe, if it was let through.
    pub fn probe(&mut self, now: Duration, patience: Duration) -> Option<Duration> {
        self.circuit.probe(now, patience)
    }

    /// The probe ended without telling anything: the next request may be one.
    pub fn forget_probe(&mut self, probe: Duration, now: Duration) {
        self.circuit.forget_probe(probe, now);
    }

    /// The target has begun to answer, by a stream, an attempt that began then.
    pub fn begins(&mut self, began: Duration, now: Duration) {
        self.circuit.answers(began);
        let took = microseconds(now.saturating_sub(began));
        self.first_byte = Average::sample(self.first_byte, took, milliseconds(now));
    }

    /// An attempt has ended. `answered` tells of its answer, if it did not fail; `jitter` is any random number. Says for
    /// how long that has opened the breaker, if it has.
    pub fn ends(
        &mut self,
        ended: Ended,
        answered: Answered,
        breaker: &Breaker,
        now: Duration,
        jitter: u64,
    ) -> Option<Duration> {
        let opened = self.circuit.ends(ended, breaker, now, jitter);
        let at = milliseconds(now);
        if ended.failed {
            let latency = match answered.measure {
                Measure::FirstByte => &mut self.first_byte,
                Measure::OutputToken => &mut self.output_token,
            };
            *latency = Some(answered.measure.slow(*latency, at));
        } else if let Some(tokens) = answered.output_tokens.filter(|tokens| *tokens > 0) {
            let tokens = tokens as f64;
            self.output = Average::sample(self.output, tokens, at);
            if answered.measure == Measure::OutputToken {
                self.output_token =
                    Average::sample(self.output_token, microseconds(answered.took) / tokens, at);
            }
        }
        opened
    }

    /// How fast it was.
    pub const fn latency(&self, measure: Measure) -> Option<Average> {
        match measure {
            Measure::FirstByte => self.first_byte,
            Measure::OutputToken => self.output_token,
        }
    }

    /// How long its answers were, in tokens.
    pub fn output_tokens(&self) -> Option<f64> {
        self.output.map(|output| output.value)
    }

    /// Whether nothing is held against the target.
    pub fn is_clean(&self, now: Duration, breaker: &Breaker) -> bool {
        self.circuit.is_clean(now, breaker)
    }

    /// The breaker's state in a word: closed, open, half_open.
    pub fn state(&self, now: Duration) -> &'static str {
        self.circuit.word(now)
    }

    /// Until when the breaker is open, or keeps others off for a probe.
    pub fn is_open_until(&self, now: Duration) -> Option<Duration> {
        self.circuit.is_open_until(now)
    }

    /// Failures since the last answer.
    pub const fn consecutive_failures(&self) -> u32 {
        self.circuit.consecutive()
    }
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds.saturating_add(1_000))
    }

    #[test]
    fn a_target_rests_while_all_its_credentials_do() {
        let mut health = Health::default();
        health.rest(1, Scope::ALL, at(0), at(2));
        assert_eq!(health.standing(at(1), [1, 2], Scope::ALL), Standing::Ready);
        health.rest(2, Scope::ALL, at(0), at(5));
        assert_eq!(health.standing(at(1), [1, 2], Scope::of_model("m")), Standing::Resting(at(2)));
        assert_eq!(health.standing(at(2), [1, 2], Scope::ALL), Standing::Ready);
        health.rest(2, Scope::ALL, at(1), at(3));
        assert_eq!(health.rests_until(2, Scope::ALL), at(5), "a rest is never cut short");
        assert_eq!(health.standing(at(2), [], Scope::ALL), Standing::Ready);
    }

    #[test]
    fn a_rest_for_one_model_is_for_no_other() {
        let (one, other) = (Scope::of_model("one"), Scope::of_model("other"));
        let mut health = Health::default();
        health.rest(1, one, at(0), at(9));
        assert_eq!(health.standing(at(1), [1], one), Standing::Resting(at(9)));
        assert_eq!(health.standing(at(1), [1], other), Standing::Ready);
        health.rest(1, Scope::ALL, at(0), at(5));
        assert_eq!(health.standing(at(1), [1], one), Standing::Resting(at(5)));
        assert_eq!(health.standing(at(1), [1], other), Standing::Resting(at(5)));
        for number in 0..1000 {
            health.rest(1, Scope::of_model(&number.to_string()), at(0), at(9));
        }
        assert_eq!(health.rests.len(), MOST_RESTS);
        assert_eq!(health.rests_until(1, other), at(5), "the rest of all models is not pushed out");
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        let mut health = Health::default();
        let breaker = Breaker { failures: 2, ..Breaker::default() };
        health.begins(at(0), at(1));
        for second in 0..3 {
            let ended = Ended { failed: second > 0, began: at(second), probe: None, answers: 0 };
            let measure = if second == 0 { Measure::FirstByte } else { Measure::OutputToken };
            let answered = Answered { measure, took: at(1), output_tokens: Some(second) };
            health.ends(ended, answered, &breaker, at(second), 7);
            health.rest(second, Scope::of_model("m"), at(second), at(9));
            assert_eq!(Health::read(&health.write()), health);
        }
        assert!(matches!(health.standing(at(3), [7], Scope::ALL), Standing::Open(_)));
        let written = health.write();
        for length in 0..written.len() {
            // Whatever is left of a record, reading it does not fail.
            let _ = Health::read(&written[..length]);
        }
        assert_eq!(Health::read(&[0; 256]), Health::default());
    }

    #[test]
    fn the_better_standing_comes_first() {
        let mut standings = [
            Standing::Open(at(1)),
            Standing::Full,
            Standing::Open(at(0)),
            Standing::Resting(at(9)),
            Standing::HalfOpen,
            Standing::Ready,
        ];
        standings.sort();
        assert_eq!(
            standings,
            [
                Standing::Ready,
                Standing::HalfOpen,
                Standing::Full,
                Standing::Resting(at(9)),
                Standing::Open(at(0)),
                Standing::Open(at(1)),
            ]
        );
    }
}
