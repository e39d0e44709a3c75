//! A strategy is an ordering: which target is asked first, and who follows when it fails.

mod cost;
mod latency;
mod reason;
mod sticky;
mod weighted;

pub use self::cost::{Cost, Unpriced, expected_output};
pub use self::latency::Measure;
pub use self::reason::Reason;
pub use self::sticky::{Sticky, caller, identity};

use self::cost::cheapest;
use self::latency::fastest;
use self::sticky::kept;
use self::weighted::drawn;
use crate::routing::Average;

/// How a route orders its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The only one.
    Single,
    /// As they are written.
    Fallback,
    /// By weighted draw without replacement: the pick goes first, the others follow.
    Weighted,
    /// The one that has answered fastest of late goes first.
    LeastLatency,
    /// The one that is expected to be cheapest goes first.
    Cost,
    /// By weight, and the same caller keeps its variant.
    AbTest,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Single, Self::Fallback, Self::Weighted, Self::LeastLatency, Self::Cost, Self::AbTest];

    /// The word for it in a configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Fallback => "fallback",
            Self::Weighted => "weighted",
            Self::LeastLatency => "least-latency",
            Self::Cost => "cost",
            Self::AbTest => "ab-test",
        }
    }
}

/// A target as an ordering sees it. Whether it can be asked just now is not part of that: an order says who should
/// be asked, whoever walks it leaves out who cannot be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contender {
    /// Who it is: see [`identity`].
    pub identity: u64,
    /// Its share, under the strategies that go by weight.
    pub weight: u32,
    /// How fast it has been, in the unit of the request's [`Measure`]; `None` if that was never measured.
    pub latency: Option<Average>,
    /// What this request is expected to cost; `None` without a price.
    pub cost: Option<Cost>,
}

/// What of a request and its route an ordering goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occasion {
    /// Unix time in milliseconds.
    pub now: u64,
    /// What the contenders' latencies measure.
    pub measure: Measure,
    /// Where those without a price stand.
    pub unpriced: Unpriced,
    /// Who keeps its order: see [`caller`]. `None` for a draw of its own.
    pub caller: Option<u64>,
}

/// A place in an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The contender, by its index.
    pub index: usize,
    /// Why it stands there.
    pub reason: Reason,
}

/// The order in which contenders are asked, each at most once. Left out is who is drained, and under
/// [`Unpriced::Skip`] who has no price. `random` gives a number below its argument, which is never 0.
pub fn order(
    strategy: Strategy,
    contenders: &[Contender],
    occasion: &Occasion,
    mut random: impl FnMut(u64) -> u64,
) -> Vec<Place> {
    match (strategy, occasion.caller) {
        (Strategy::Single | Strategy::Fallback, _) => as_listed(contenders),
        (Strategy::Weighted | Strategy::AbTest, None) => drawn(contenders, &mut random),
        (Strategy::Weighted | Strategy::AbTest, Some(caller)) => kept(contenders, caller),
        (Strategy::LeastLatency, _) => fastest(contenders, occasion.measure, occasion.now, &mut random),
        (Strategy::Cost, _) => cheapest(contenders, occasion.unpriced),
    }
}

fn as_listed(contenders: &[Contender]) -> Vec<Place> {
    (0..contenders.len()).map(|index| Place { index, reason: Reason::Listed }).collect()
}
