//! An Envoy that only looks whether providers can be reached, for `ferro doctor`: each provider's own cluster, without our
//! filter, behind a socket that nobody else may use. What it is asked goes to the provider's root, with no credential.

use std::path::Path;

use serde_json::{Value, json};

use super::{Rendered, bootstrap, typed};

/// Whom to ask.
#[derive(Clone, Debug)]
pub struct Question {
    /// The cluster.
    pub cluster: String,
    /// The host's name, as requests have it.
    pub authority: String,
}

/// The header of an answer that says which address was asked.
pub const HOST: &str = "x-ferro-host";
/// Of one that says why there was no connection.
pub const REASON: &str = "x-ferro-reason";
/// Of one that says who answered: the provider, or Envoy and why.
pub const DETAILS: &str = "x-ferro-details";

/// How long an answer may take: longer than its connection, which has a bound of its own.
const LONGEST: &str = "10s";

impl Rendered {
    /// What such an Envoy starts with. Its answer to a request for `/N` is that to the question of this place.
    pub fn probe(&self, questions: &[Question], socket: &Path) -> Value {
        let asked = |cluster: &&Value| {
            let named = |question: &Question| cluster.get("name").is_some_and(|it| *it == question.cluster);
            questions.iter().any(named) || is_of_proxy(cluster) || is_waited_for(cluster)
        };
        let clusters: Vec<_> = self.clusters.iter().filter(asked).map(without_filters).collect();
        let listeners: Vec<_> = self.ways().cloned().chain([listener(questions, socket)]).collect();
        json!({
            "node": { "id": "ferro", "cluster": "ferro" },
            "bootstrap_extensions": bootstrap::extensions(),
            "static_resources": { "listeners": listeners, "clusters": clusters },
        })
    }
}

fn is_of_proxy(cluster: &Value) -> bool {
    name(cluster).starts_with("proxy/")
}

fn is_waited_for(cluster: &Value) -> bool {
    name(cluster).starts_with("dns/")
}

fn name(cluster: &Value) -> &str {
    cluster.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// A cluster that neither translates nor signs.
fn without_filters(cluster: &Value) -> Value {
    let mut cluster = cluster.clone();
    let options = cluster.get_mut("typed_extension_protocol_options").and_then(Value::as_object_mut);
    for options in options.into_iter().flat_map(serde_json::Map::values_mut) {
        options.as_object_mut().map(|options| options.remove("http_filters"));
    }
    cluster
}

fn listener(questions: &[Question], socket: &Path) -> Value {
    const OWNER_ONLY: u32 = 0o600;
    let routes: Vec<_> =
        questions.iter().enumerate().map(|(place, question)| route(place, question)).collect();
    let said = [(HOST, "%UPSTREAM_HOST%"), (REASON, "%UPSTREAM_TRANSPORT_FAILURE_REASON%")];
    let said = said.into_iter().chain([(DETAILS, "%RESPONSE_CODE_DETAILS%")]);
    let said: Vec<_> = said.map(|(key, value)| header(key, value)).collect();
    let router =
        typed("envoy.extensions.filters.http.router.v3.Router", json!({ "suppress_envoy_headers": true }));
    let manager = typed(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        json!({
            "stat_prefix": "probe",
            "generate_request_id": false,
            "route_config": { "virtual_hosts": [{
                "name": "probe",
                "domains": ["*"],
                "routes": routes,
                "request_headers_to_remove": ["x-forwarded-proto"],
                "response_headers_to_add": said,
            }] },
            "http_filters": [{ "name": "envoy.filters.http.router", "typed_config": router }],
        }),
    );
    json!({
        "name": "probe",
        "address": { "pipe": { "path": super::path(socket), "mode": OWNER_ONLY } },
        "filter_chains": [{
            "filters": [{ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager }],
        }],
    })
}

fn route(place: usize, question: &Question) -> Value {
    json!({
        "match": { "path": format!("/{place}") },
        "route": {
            "cluster": question.cluster,
            "host_rewrite_literal": question.authority,
            "prefix_rewrite": "/",
            "timeout": LONGEST,
        },
    })
}

fn header(key: &str, value: &str) -> Value {
    json!({ "header": { "key": key, "value": value }, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD" })
}
