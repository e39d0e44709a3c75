//! A host for unit tests: it knows nothing, draws the same every time, and its clock stands.

use std::time::Duration;

use super::Services;

/// The host.
pub(super) struct Still;

impl Services for Still {
    fn now(&self) -> Duration {
        Duration::from_secs(1000)
    }
    fn random(&self) -> u64 {
        7
    }
    fn address(&self) -> Option<std::net::IpAddr> {
        None
    }
    fn held(&self) -> usize {
        0
    }
    fn worker(&self) -> u64 {
        1
    }
    fn shared(&self, _: &str) -> Option<(Vec<u8>, u32)> {
        None
    }
    fn share(&self, _: &str, _: &[u8], _: u32) -> bool {
        true
    }
}
