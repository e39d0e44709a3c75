//! When a target that fails is left alone, and for how long.

use std::time::Duration;

/// The breaker's settings of a route. A target rests when either limit is reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// Failures in a row after which a target rests.
    pub failures: u32,
    /// The share of failures within the window at which it rests, above 0 and at most 1.
    pub rate: f64,
    /// Over which time the share is taken.
    pub window: Duration,
    /// The first rest; each one that follows a failed trial is twice as long.
    pub open: Duration,
    /// The longest rest.
    pub max_open: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            failures: 5,
            rate: 0.5,
            window: Duration::from_secs(30),
            open: Duration::from_secs(5),
            max_open: Duration::from_secs(20),
        }
    }
}
