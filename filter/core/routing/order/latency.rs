//! The target that has answered fastest of late goes first, and none is forgotten.

use super::reason::Reason;
use super::{Contender, Place};
use crate::routing::Average;

/// What is measured of an answer. The two are never mixed: a whole answer says nothing before it is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Of streams: the time to the first byte, in microseconds.
    #[default]
    FirstByte,
    /// Of whole answers: the time for each token of output, in microseconds.
    OutputToken,
}

impl Measure {
    /// What a failure makes of an average: twice as slow as it was, and never fast.
    pub fn slow(self, before: Option<Average>, now: u64) -> Average {
        const SLOWEST: f64 = 600_000_000.0;
        let least = match self {
            Self::FirstByte => 1_000_000.0,
            Self::OutputToken => 100_000.0,
        };
        let doubled = before.map(|before| before.value * 2.0).filter(|doubled| doubled.is_finite());
        Average { value: doubled.unwrap_or(least).clamp(least, SLOWEST), at: now }
    }
}

/// Those without a sample first, beginning with any of them; then by latency. Once in twenty requests the target
/// whose sample is oldest goes first, if it is older than ten seconds: what was slow may have become fast.
pub(super) fn fastest(
    contenders: &[Contender],
    measure: Measure,
    now: u64,
    random: &mut impl FnMut(u64) -> u64,
) -> Vec<Place> {
    const EXPLORED_ONCE_IN: u64 = 20;
    const OLD: u64 = 10_000;
    let (mut places, mut sampled) = (Vec::with_capacity(contenders.len()), Vec::new());
    for (index, contender) in contenders.iter().enumerate() {
        match contender.latency {
            None => places.push(Place { index, reason: Reason::Unsampled }),
            Some(latency) => sampled.push((index, latency)),
        }
    }
    let unsampled = places.len();
    if unsampled > 1 {
        let first = usize::try_from(random(unsampled as u64)).unwrap_or_default();
        places.rotate_left(first.min(unsampled));
    }
    sampled.sort_by(|(_, one), (_, other)| rank(one.value).total_cmp(&rank(other.value)));
    let explores = places.is_empty() && sampled.len() > 1 && random(EXPLORED_ONCE_IN) == 0;
    let oldest = sampled.iter().map(|(_, latency)| latency.at).min().filter(|_| explores);
    let explored = |latency: &Average| Some(latency.at) == oldest && latency.age(now) > OLD;
    let explored = sampled.iter().position(|(_, latency)| explored(latency));
    if let Some((index, latency)) = explored.map(|position| sampled.remove(position)) {
        places.push(Place { index, reason: Reason::Stale { age: latency.age(now) } });
    }
    let reason = |latency: Average| Reason::Latency { microseconds: latency.value, measure };
    places.extend(sampled.into_iter().map(|(index, latency)| Place { index, reason: reason(latency) }));
    places
}

/// A latency that is not a number is no reason to be asked.
const fn rank(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
}
