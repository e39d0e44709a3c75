//! Which targets a request may use, and in which order.
//!
//! A model's name finds its targets (`resolve`); a route's strategy is a pure function that orders them ([`order`]): as
//! listed, by a draw (`weighted`), by caller (`sticky`), by `latency`, by `cost`. What a failed attempt leads to is
//! another ([`Retry`]'s conditions, judged by [`crate::exchange`]).

mod average;
mod breaker;
mod cost;
mod glob;
mod health;
mod latency;
mod load;
mod nearest;
mod order;
mod reason;
mod record;
mod resolve;
mod retry;
mod sticky;
#[cfg(test)]
mod tests;
mod weighted;

pub use average::Average;
pub use breaker::{Breaker, Ended};
pub use cost::{Cost, Unpriced, expected_output};
pub use glob::Glob;
pub use health::{Answered, Health, Standing};
pub use latency::Measure;
pub use load::{Load, REFRESHED};
pub use nearest::nearest;
pub use order::{Contender, Occasion, Place, Strategy, order};
pub use reason::Reason;
pub use record::Record;
pub use resolve::{Name, Owner, owner};
pub use retry::{Backoff, Condition, Retry, Timeouts};
pub use sticky::{Sticky, caller, identity};
