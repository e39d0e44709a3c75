//! `breaker`: when a target that fails is left alone, and for how long.

use std::time::Duration;

use super::super::errors::Errors;
use super::super::keys::{Keys, key};
use super::super::section::Node;
use crate::routing::Breaker;

pub(super) const KEYS: Keys = Keys {
    path: "routes[].breaker",
    doc: "When a target that fails is asked last. Failures are 5xx, no connection, silence, a reset, an answer that \
          breaks or cannot be read.",
    keys: &[
        key("failures", "5", "3", "so many failures in a row open it"),
        key(
            "rate",
            "0.5",
            "0.3",
            "so large a part of the attempts within `window` opens it, once there were twice `failures`",
        ),
        key("window", "30s", "1m", "how far back attempts are counted"),
        key("open", "5s", "10s", "when one request probes; if that fails, twice as long"),
        key("max_open", "20s", "1m", "the longest time between probes"),
    ],
    lacking: &[],
};

const MOST_FAILURES: u64 = 1000;

pub(super) fn read(node: &Node<'_>, errors: &mut Errors<'_>) -> Breaker {
    let default = Breaker::default();
    let Some(section) = node.keys(&KEYS, errors) else { return default };
    let failures = section.get("failures").and_then(|node| node.number(1, MOST_FAILURES, errors));
    let rate = section.get("rate").and_then(|node| {
        node.decimal("a share above 0 and at most 1", |rate| rate > 0.0 && rate <= 1.0, errors)
    });
    let mut time = |name: &str| section.get(name)?.positive_duration(errors);
    let (window, open, max_open) = (time("window"), time("open"), time("max_open"));
    if open.zip(max_open).is_some_and(|(open, max_open)| max_open < open) {
        node.error("max_open may not be below open", errors);
    }
    // A default never contradicts what was given.
    let open = open.unwrap_or_else(|| default.open.min(max_open.unwrap_or(Duration::MAX)));
    Breaker {
        failures: failures.and_then(|count| count.try_into().ok()).unwrap_or(default.failures),
        rate: rate.unwrap_or(default.rate),
        window: window.unwrap_or(default.window),
        open,
        max_open: max_open.unwrap_or_else(|| default.max_open.max(open)),
    }
}
