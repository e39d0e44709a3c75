//! Which targets a request may use, and in which order.
//!
//! A model's name finds its targets ([`resolve`]); a route's strategy is a pure function that orders them
//! ([`order`]); what a failed attempt leads to is another ([`Retry`]'s conditions, judged by [`crate::exchange`]).

mod breaker;
mod glob;
mod health;
mod load;
mod nearest;
mod order;
mod price;
mod record;
mod resolve;
mod retry;
mod sticky;

pub use breaker::{Breaker, Ended};
pub use glob::Glob;
pub use health::{Health, Standing};
pub use load::{Load, REFRESHED};
pub use nearest::nearest;
pub use order::{Strategy, order};
pub use price::Unpriced;
pub use record::Record;
pub use resolve::{Name, Owner, owner};
pub use retry::{Backoff, Condition, Retry, Timeouts};
pub use sticky::Sticky;
