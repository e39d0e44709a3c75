//! Which targets a request may use, and in which order.
//!
//! A request finds its route ([`Match`]), a model's name its provider ([`Names`]). A route's strategy is a pure function
//! that orders its targets ([`order`]): as listed, by a draw (`weighted`), by caller (`sticky`), by `latency`, by `cost`.
//! Who of them is well is another matter ([`Health`], [`Load`]), and so is what a failed attempt leads to ([`Retry`]'s
//! conditions, judged by [`crate::exchange`]).

mod budget;
mod health;
mod matching;
mod names;
mod order;
mod retry;
#[cfg(test)]
mod tests;

pub use budget::Budget;
pub use health::{
    Answered, Average, Breaker, Ended, Health, Held, Load, REFRESHED, Reader, Record, Scope, Standing, Writer,
};
pub use matching::{Feature, HeaderMatch, Match, Miss, Pattern, Subject, Takers, Word, Wording, unreachable};
pub use names::{Glob, Globs, Name, Names, Owner, did_you_mean, nearest};
pub use order::{
    Contender, Cost, Measure, Occasion, Place, Reason, Sticky, Strategy, Unpriced, caller, expected_output,
    identity, order,
};
pub use retry::{Backoff, Condition, Retry, Timeouts};
