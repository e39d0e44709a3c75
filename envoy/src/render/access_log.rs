//! The access log: one line of JSON a request, on standard output. Health probes are left out.
//!
//! Once an attempt was made, the request's headers are the provider's, its credential among them: none of them is
//! logged but the method. The path is the client's, as the filter kept it.

use ferro::config::Logging;
use ferro::contract;
use serde_json::{Map, Value, json};

use super::typed;

/// Envoy's configuration of the log; empty if nothing is logged.
pub fn access_log(logging: Logging) -> Value {
    let bodies: &[_] = match logging {
        Logging::None => return json!([]),
        Logging::Metadata => &[],
        Logging::Full => &[("request", contract::REQUEST_STATE), ("response", contract::RESPONSE_STATE)],
    };
    let mut line = Map::new();
    for (key, format) in FIELDS {
        line.insert((*key).to_owned(), Value::from(*format));
    }
    for (key, state) in STATES.iter().chain(bodies) {
        line.insert((*key).to_owned(), Value::from(format!("%FILTER_STATE(wasm.{state}:PLAIN)%")));
    }
    let logger = typed(
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
        json!({ "log_format": { "json_format": line } }),
    );
    json!([{ "name": "envoy.access_loggers.stdout", "filter": no_probe(), "typed_config": logger }])
}

/// Probes come every few seconds and say nothing.
fn no_probe() -> Value {
    let probes = json!({ "safe_regex": { "regex": r"/(healthz|readyz)/?(\?.*)?" } });
    json!({ "header_filter": { "header": {
        "name": ":path",
        "string_match": probes,
        "invert_match": true,
        "treat_missing_header_as_empty": true,
    } } })
}

const FIELDS: &[(&str, &str)] = &[
    ("time", "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%"),
    ("request_id", "%RESP(X-FERRO-REQUEST-ID)%"),
    ("method", "%REQ(:METHOD)%"),
    ("status", "%RESPONSE_CODE%"),
    ("route", "%RESP(X-FERRO-ROUTE)%"),
    ("provider", "%RESP(X-FERRO-PROVIDER)%"),
    ("model", "%RESP(X-FERRO-MODEL)%"),
    ("attempts", "%RESP(X-FERRO-ATTEMPTS)%"),
    ("dropped", "%RESP(X-FERRO-DROPPED)%"),
    ("flags", "%RESPONSE_FLAGS%"),
    ("details", "%RESPONSE_CODE_DETAILS%"),
    ("duration_ms", "%DURATION%"),
    ("bytes_in", "%BYTES_RECEIVED%"),
    ("bytes_out", "%BYTES_SENT%"),
    ("protocol", "%PROTOCOL%"),
    ("client", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
];

const STATES: &[(&str, &str)] = &[
    ("path", contract::PATH_STATE),
    ("requested_model", contract::MODEL_STATE),
    ("label", contract::LABEL_STATE),
    ("input_tokens", contract::INPUT_TOKENS_STATE),
    ("output_tokens", contract::OUTPUT_TOKENS_STATE),
];
