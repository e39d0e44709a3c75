//! File descriptors: how many this process and its Envoy may have, and how many clients that is enough for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most clients, however many descriptors there are: each costs memory, too.
pub const MOST_CONNECTIONS: u32 = 50_000;

/// What Envoy needs for itself: libraries, logs, its workers' event loops, connections kept for the next request.
const RESERVE: u64 = 512;

/// One to the client, one to the provider.
const EACH: u64 = 2;

/// Takes as many descriptors as this process may have, for itself and what it starts, and says how many clients they
/// are enough for.
pub fn connections() -> u32 {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, ..limit };
    let granted = match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => limit.maximum,
        // Some systems name a maximum that they do not grant.
        Err(_) => limit.current,
    };
    enough_for(granted)
}

/// `None`: there is no limit.
fn enough_for(descriptors: Option<u64>) -> u32 {
    let Some(descriptors) = descriptors else { return MOST_CONNECTIONS };
    let pairs = descriptors.saturating_sub(RESERVE).checked_div(EACH).unwrap_or_default();
    u32::try_from(pairs).unwrap_or(u32::MAX).clamp(1, MOST_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_descriptors_a_client_and_a_reserve_fit() {
        for (descriptors, clients) in
            [(None, 50_000), (Some(1 << 20), 50_000), (Some(4096), 1792), (Some(1024), 256), (Some(256), 1)]
        {
            assert_eq!(enough_for(descriptors), clients, "{descriptors:?}");
        }
        assert!(connections() >= 1);
        assert_eq!(getrlimit(Resource::Nofile).current, getrlimit(Resource::Nofile).maximum);
    }
}
