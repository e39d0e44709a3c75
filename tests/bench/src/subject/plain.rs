//! What Ferro is compared with: the same Envoy without the filter.

use std::net::SocketAddr;

use serde_json::{Value, json};

/// `limits.max_request_bytes` and a mebibyte, as `ferro render` sets it.
const BUFFER: u32 = (32 << 20) + (1 << 20);

/// One route: the same buffers, the same way of speaking HTTP, no access log.
pub fn configuration(address: SocketAddr, upstream: SocketAddr) -> Value {
    let typed = |kind: &str| format!("type.googleapis.com/envoy.extensions.{kind}");
    let socket = |address: SocketAddr| json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } });
    let out_of_reach = json!({
        "max_connections": u32::MAX, "max_pending_requests": u32::MAX, "max_requests": u32::MAX, "max_retries": u32::MAX,
    });
    let manager = json!({
        "@type": typed("filters.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "plain",
        "codec_type": "AUTO",
        "use_remote_address": true,
        "generate_request_id": false,
        "stream_idle_timeout": "0s",
        "request_headers_timeout": "10s",
        "route_config": { "name": "plain", "virtual_hosts": [{ "name": "plain", "domains": ["*"], "routes": [{
            "match": { "prefix": "/" },
            "request_body_buffer_limit": BUFFER,
            "route": { "cluster": "upstream", "timeout": "0s", "idle_timeout": "0s" },
        }] }] },
        "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": { "@type": typed("filters.http.router.v3.Router"), "suppress_envoy_headers": true },
        }],
    });
    json!({
        "node": { "id": "plain", "cluster": "plain" },
        "static_resources": {
            "listeners": [{
                "name": "plain",
                "address": socket(address),
                "enable_reuse_port": false,
                "per_connection_buffer_limit_bytes": BUFFER,
                "filter_chains": [{ "filters": [{
                    "name": "envoy.filters.network.http_connection_manager", "typed_config": manager,
                }] }],
            }],
            "clusters": [{
                "name": "upstream",
                "type": "STRICT_DNS",
                "connect_timeout": "5s",
                "load_assignment": { "cluster_name": "upstream", "endpoints": [
                    { "lb_endpoints": [{ "endpoint": { "address": socket(upstream) } }] },
                ] },
                "circuit_breakers": { "thresholds": [out_of_reach] },
            }],
        },
    })
}
