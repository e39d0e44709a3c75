//! The access log: one line of JSON a request, on standard output. Health probes are left out.
//!
//! Once an attempt was made, the request's headers are the provider's, its credential among them: none of them is
//! logged but the method. The path is the client's, as the filter kept it. The line's fields are the core's [`FIELDS`].

use ferro::config::Logging;
use ferro::contract::log_state;
use ferro::exchange::{FIELDS, Field, FieldSource};
use serde_json::{Map, Value, json};

use super::typed;

/// Envoy's configuration of the log; empty if nothing is logged. `base` stands before every path.
pub fn access_log(logging: Logging, base: &str) -> Value {
    if logging == Logging::None {
        return json!([]);
    }
    let mut line = Map::new();
    for field in FIELDS.iter().filter(|field| field.log <= logging) {
        line.insert(field.name.to_owned(), Value::from(format(field)));
    }
    let logger = typed(
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
        json!({ "log_format": { "json_format": line } }),
    );
    json!([{ "name": "envoy.access_loggers.stdout", "filter": no_probe(base), "typed_config": logger }])
}

/// Where Envoy has a field from.
fn format(field: &Field) -> String {
    let state = format!("wasm.{}", log_state(field.name));
    match (field.source, field.otherwise) {
        (FieldSource::Envoy(format), _) => format.to_owned(),
        (FieldSource::Record(_), None) => format!("%FILTER_STATE({state}:PLAIN)%"),
        (FieldSource::Record(_), Some(otherwise)) => {
            format!("%CEL('{state}' in filter_state ? filter_state['{state}'] : {otherwise})%")
        }
    }
}

/// Probes come every few seconds and say nothing.
fn no_probe(base: &str) -> Value {
    // Of what a base may hold, a dot alone means something here.
    let base = base.replace('.', r"\.");
    let probes = json!({ "safe_regex": { "regex": format!(r"{base}/(healthz|readyz)/?(\?.*)?") } });
    json!({ "header_filter": { "header": {
        "name": ":path",
        "string_match": probes,
        "invert_match": true,
        "treat_missing_header_as_empty": true,
    } } })
}
