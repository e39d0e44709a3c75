//! Which targets a request may use, and in which order.
//!
//! A request finds its route ([`Match`]), a model's name its provider ([`owner`]); a route's strategy is a pure
//! function that orders its targets ([`order`]); what a failed attempt leads to is another ([`Retry`]'s conditions,
//! judged by [`crate::exchange`]).

mod covers;
mod glob;
mod matching;
mod miss;
mod nearest;
mod order;
mod resolve;
mod retry;
mod wording;

pub use glob::Glob;
pub use matching::{Feature, HeaderMatch, Match, Subject, Surface};
pub use miss::Miss;
pub use nearest::nearest;
pub use order::{Strategy, order};
pub use resolve::{Name, Owner, owner};
pub use retry::{Backoff, Condition, Retry, Timeouts};
pub use wording::{Pattern, Word, Wording};
