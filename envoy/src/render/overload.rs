//! What Envoy does before its memory or its file descriptors are used up: it refuses new work while it still can.

use serde_json::{Value, json};

use super::{Surroundings, seconds, typed};
use crate::descriptors::MOST_CONNECTIONS;
use crate::load::Loaded;

/// The overload manager.
pub fn manager(loaded: &Loaded, surroundings: &Surroundings) -> Value {
    let limits = &loaded.config.limits;
    let connections = limits.max_connections.or(surroundings.max_connections).unwrap_or(MOST_CONNECTIONS);
    let actions: Vec<_> = ACTIONS.iter().map(action).chain([reset_the_largest()]).collect();
    json!({
        "refresh_interval": seconds(REFRESH),
        "resource_monitors": [
            monitor(HEAP, "fixed_heap.v3.FixedHeapConfig", json!({ "max_heap_size_bytes": limits.max_heap })),
            monitor(
                "envoy.resource_monitors.global_downstream_max_connections",
                "downstream_connections.v3.DownstreamConnectionsConfig",
                json!({ "max_active_downstream_connections": connections }),
            ),
        ],
        "actions": actions,
        "buffer_factory_config": { "minimum_account_to_track_power_of_two": SMALLEST_TRACKED },
    })
}

const REFRESH: std::time::Duration = std::time::Duration::from_millis(250);

/// Envoy's own heap. The filter's memory is V8's, and not part of it.
const HEAP: &str = "envoy.resource_monitors.fixed_heap";

/// What is done at which part of the heap's limit. What was freed is given back to the system first, since it counts
/// until then: otherwise a peak that is over would go on refusing.
const ACTIONS: [(&str, f64); 3] = [
    ("envoy.overload_actions.shrink_heap", 0.8),
    ("envoy.overload_actions.stop_accepting_requests", 0.9),
    ("envoy.overload_actions.stop_accepting_connections", 0.95),
];

/// Requests that have been accepted may still grow. From here on those that hold most are ended, more of them the
/// nearer the limit is.
const RESET: (f64, f64) = (0.95, 1.0);

/// Streams that hold less than 1 MiB, as a power of two, are not worth ending.
const SMALLEST_TRACKED: u32 = 20;

fn monitor(name: &str, kind: &str, config: Value) -> Value {
    let kind = format!("envoy.extensions.resource_monitors.{kind}");
    json!({ "name": name, "typed_config": typed(&kind, config) })
}

fn action((name, threshold): &(&str, f64)) -> Value {
    json!({ "name": name, "triggers": [{ "name": HEAP, "threshold": { "value": threshold } }] })
}

fn reset_the_largest() -> Value {
    let (scaling, saturation) = RESET;
    json!({
        "name": "envoy.overload_actions.reset_high_memory_stream",
        "triggers": [{
            "name": HEAP,
            "scaled": { "scaling_threshold": scaling, "saturation_threshold": saturation },
        }],
    })
}
