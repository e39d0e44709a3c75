//! What Envoy does before its memory or its file descriptors are used up: it refuses new work while it still can.

use serde_json::{Value, json};

use super::{Surroundings, seconds, typed};
use crate::load::Loaded;
use crate::run::descriptors::MOST_CONNECTIONS;

/// The overload manager.
pub fn manager(loaded: &Loaded, surroundings: &Surroundings) -> Value {
    let limits = &loaded.config.limits;
    let connections = limits.max_connections.or(surroundings.max_connections).unwrap_or(MOST_CONNECTIONS);
    let actions: Vec<_> = ACTIONS.iter().map(action).collect();
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
    })
}

/// What is free is given back to the system, a little at a time: compiling the filter leaves some twelve megabytes of
/// it. What a burst left free is mostly wanted again, and not worth more haste.
pub fn allocator() -> Value {
    json!({ "bytes_to_release": 1 << 20, "memory_release_interval": "1s" })
}

const REFRESH: std::time::Duration = std::time::Duration::from_millis(250);

/// Envoy's own heap. The filter's memory is V8's, and not part of it.
const HEAP: &str = "envoy.resource_monitors.fixed_heap";

/// What is done at which part of the heap's limit: first what was freed is given back to the system, then requests are
/// refused in words, at last nobody is let in.
///
/// Requests that have been accepted go on, and may grow. Envoy can end those that hold most
/// (`reset_high_memory_stream`), but ended none of HTTP/1.1 in a run at 256 % of the limit, so that it is not used.
const ACTIONS: [(&str, f64); 3] = [
    ("envoy.overload_actions.shrink_heap", 0.8),
    ("envoy.overload_actions.stop_accepting_requests", 0.9),
    ("envoy.overload_actions.stop_accepting_connections", 0.95),
];

fn monitor(name: &str, kind: &str, config: Value) -> Value {
    let kind = format!("envoy.extensions.resource_monitors.{kind}");
    json!({ "name": name, "typed_config": typed(&kind, config) })
}

fn action((name, threshold): &(&str, f64)) -> Value {
    json!({ "name": name, "triggers": [{ "name": HEAP, "threshold": { "value": threshold } }] })
}
