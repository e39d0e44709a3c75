//! The listener, and how it speaks HTTP.

use serde_json::{Value, json};

use super::{access_log, address, cluster, local_reply, route, seconds, typed, wasm};
use crate::load::Loaded;

/// How much more than the longest request Envoy may hold.
const SLACK: usize = 1 << 20;

/// How much of an answer Envoy takes from the provider before its client has read it.
const UNREAD: usize = 1 << 20;

/// How many streams a client may have on one connection.
const STREAMS: u32 = 100;

/// The listener.
pub fn listener(loaded: &Loaded, machine: &Value) -> Value {
    let manager = typed(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        connection_manager(loaded, machine),
    );
    json!({
        "name": "ferro",
        "address": address(loaded.config.listen),
        // One socket for all workers: a second gateway on the port is an error, not a silent half of the traffic.
        "enable_reuse_port": false,
        "per_connection_buffer_limit_bytes": UNREAD,
        "filter_chains": [{
            "filters": [{ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager }],
        }],
    })
}

/// The longest request, and room for its headers; also how much of an answer may be held until it is judged. It stands
/// on each route, where it counts until an answer is released. On the listener it would count for ever, and each slow
/// reader of a long answer would keep as much of it in memory.
pub fn buffer(loaded: &Loaded) -> usize {
    loaded.config.limits.max_request_bytes.saturating_add(SLACK)
}

fn connection_manager(loaded: &Loaded, machine: &Value) -> Value {
    let limits = &loaded.config.limits;
    json!({
        "stat_prefix": "ferro",
        "codec_type": "AUTO",
        "use_remote_address": true,
        "generate_request_id": false,
        // Streams may pause for as long as the retry settings of their route let them.
        "stream_idle_timeout": "0s",
        "request_headers_timeout": "10s",
        "request_timeout": seconds(limits.request_timeout),
        "common_http_protocol_options": { "idle_timeout": seconds(limits.idle_timeout) },
        "http2_protocol_options": super::http2(STREAMS),
        "route_config": route::table(loaded),
        "http_filters": [
            wasm::gateway(loaded, machine),
            {
                "name": "envoy.filters.http.router",
                "typed_config": typed(
                    "envoy.extensions.filters.http.router.v3.Router",
                    // One chain for all clusters: with one each, Envoy reads the module again for each.
                    json!({
                        "suppress_envoy_headers": true,
                        "upstream_http_filters": [wasm::provider(machine), cluster::codec()],
                    }),
                ),
            },
        ],
        "access_log": access_log::access_log(loaded.config.logging),
        "local_reply_config": local_reply::config(),
    })
}
