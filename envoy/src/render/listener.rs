//! The listener, and how it speaks HTTP.

use serde_json::{Value, json};

use super::{access_log, address, route, typed, wasm};
use crate::load::Loaded;

/// How much more than the longest request Envoy may hold.
const SLACK: usize = 1 << 20;

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
        "per_connection_buffer_limit_bytes": buffer(loaded),
        "filter_chains": [{
            "filters": [{ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager }],
        }],
    })
}

/// The longest request, and room for its headers; also how much of an answer may be held until it is judged.
pub fn buffer(loaded: &Loaded) -> usize {
    loaded.config.limits.max_request_bytes.saturating_add(SLACK)
}

fn connection_manager(loaded: &Loaded, machine: &Value) -> Value {
    json!({
        "stat_prefix": "ferro",
        "codec_type": "AUTO",
        "use_remote_address": true,
        "generate_request_id": false,
        // Streams may pause for as long as the retry settings of their route let them.
        "stream_idle_timeout": "0s",
        "request_headers_timeout": "10s",
        "route_config": route::table(loaded),
        "http_filters": [
            wasm::gateway(loaded, machine),
            {
                "name": "envoy.filters.http.router",
                "typed_config": typed(
                    "envoy.extensions.filters.http.router.v3.Router",
                    json!({ "suppress_envoy_headers": true }),
                ),
            },
        ],
        "access_log": access_log::access_log(loaded.config.logging),
        "local_reply_config": local_replies(),
    })
}

/// What Envoy answers before the filter sees a request, or when the filter cannot. All its other answers pass the
/// filter, which gives them their shape.
fn local_replies() -> Value {
    let unreadable = error("this request cannot be served: %RESPONSE_CODE_DETAILS%", "invalid_request");
    let lost = error("the gateway failed while it served this request; send it again", "plan_lost");
    let when = |expression: &str, error: Value| {
        let filter = typed(
            "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            json!({ "expression": expression }),
        );
        json!({
            "filter": { "extension_filter": { "name": "details", "typed_config": filter } },
            "body_format_override": { "json_format": error },
        })
    };
    json!({ "mappers": [when(UNREADABLE, unreadable), when(LOST, lost)] })
}

/// An error in OpenAI's shape.
pub fn error(message: &str, code: &str) -> Value {
    let kind = if code == "plan_lost" { "api_error" } else { "invalid_request_error" };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
}

const UNREADABLE: &str = "response.code_details.startsWith('http1.') || response.code_details.startsWith('http2.') \
    || response.code_details in ['missing_host_header', 'low_version', 'upgrade_failed', 'path_normalization_failed', \
    'request_header_timeout']";

const LOST: &str = "response.code_details == 'wasm_fail_stream'";
