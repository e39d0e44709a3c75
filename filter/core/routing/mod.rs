//! Which targets a request may use, and in which order.
//!
//! A request finds its route ([`Match`]), a model's name its provider ([`Names`]). A route's strategy is a pure function
//! that orders its targets ([`order`]): as listed, by a draw (`weighted`), by caller (`sticky`), by `latency`, by `cost`.
//! Who of them is well is another matter ([`Health`], [`Load`]), and so is what a failed attempt leads to ([`Retry`]'s
//! conditions, judged by [`crate::exchange`]).

mod average;
mod breaker;
mod budget;
mod cost;
mod covers;
mod glob;
mod globs;
mod health;
mod held;
mod latency;
mod load;
mod matching;
mod miss;
mod nearest;
mod order;
mod reason;
mod record;
mod resolve;
mod retry;
mod sticky;
mod takers;
#[cfg(test)]
mod tests;
mod weighted;
mod wording;

pub use average::Average;
pub use breaker::{Breaker, Ended};
pub use budget::Budget;
pub use cost::{Cost, Unpriced, expected_output};
pub use covers::unreachable;
pub use glob::Glob;
pub use globs::Globs;
pub use health::{Answered, Health, Scope, Standing};
pub use held::Held;
pub use latency::Measure;
pub use load::{Load, REFRESHED};
pub use matching::{Feature, HeaderMatch, Match, Subject};
pub use miss::Miss;
pub use nearest::{did_you_mean, nearest};
pub use order::{Contender, Occasion, Place, Strategy, order};
pub use reason::Reason;
pub use record::Record;
pub use resolve::{Name, Names, Owner};
pub use retry::{Backoff, Condition, Retry, Timeouts};
pub use sticky::{Sticky, caller, identity};
pub use takers::Takers;
pub use wording::{Pattern, Word, Wording};
