//! What the core asks of its host: the time and random numbers.

use std::time::Duration;

use ferro::exchange::Services;

use crate::calls;

/// Envoy's clock and the operating system's randomness.
pub struct Host;

impl Services for Host {
    fn now(&self) -> Duration {
        Duration::from_nanos(calls::now())
    }

    fn random(&self) -> u64 {
        // Without randomness the clock still tells requests apart.
        getrandom::u64().unwrap_or_else(|_| calls::now())
    }
}
