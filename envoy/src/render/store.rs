//! `limits.store`: how Envoy asks a service that counts for several gateways, and tells it what was taken.
//!
//! ```text
//! filter (gateway) ── header to metadata ── rates: 429 ── money: 402 ── router
//! ```
//!
//! The gateway position says in a header what the limits of the caller are, and whose; from there they are metadata, which
//! the two filters behind ask by: requests are counted then, tokens and money only looked at. When the request is over the
//! gateway has written into filter state what it has taken, and Envoy tells the service. There are two filters because
//! nothing but its own status says which has refused.
//!
//! Beside the limits of this file, whatever the service's own configuration limits of a model, a role, or either for a
//! key's or a role's model is held as well.

use ferro::config::{Config, Store};
use ferro::contract::{
    STORE_ACCOUNTS, STORE_BUDGET, STORE_HEADER, STORE_LOST, STORE_MEASURES, STORE_RATE, store_cluster,
    store_limit, store_state,
};
use serde_json::{Value, json};

use super::{cluster, seconds, typed};

/// How long the service may take to answer.
const TIMEOUT: std::time::Duration = std::time::Duration::from_millis(500);

/// Where in metadata the header is kept.
const KEPT: &str = "asked";

/// Of whom the service's own configuration may say something.
const NAMED: &[&[&str]] = &[&["model"], &["role"], &["role", "model"], &["key", "model"]];

/// When a limit is looked at.
#[derive(Clone, Copy)]
enum When {
    /// Before anybody is asked: a request counts.
    Comes,
    /// Then, too, and nothing is counted.
    Looks,
    /// When all is over, with what it has taken.
    Ends,
}

/// The filters, between the gateway position and the router.
pub fn filters(config: &Config) -> Vec<Value> {
    let Some(store) = &config.limits.store else { return Vec::new() };
    let [requests, tokens, money] = STORE_MEASURES;
    vec![
        metadata(),
        limiter(store, "rates", STORE_RATE, &[requests, tokens]),
        limiter(store, "money", STORE_BUDGET, &[money]),
    ]
}

/// The service's cluster.
pub fn cluster(config: &Config) -> Option<Value> {
    let Store { host, port, .. } = config.limits.store.as_ref()?;
    let name = store_cluster(host, *port);
    Some(cluster::of_grpc(&name, host, *port, &config.dns))
}

/// Takes the header out of the request.
fn metadata() -> Value {
    let rule = json!({
        "header": STORE_HEADER,
        "on_header_present": {
            "metadata_namespace": STORE_HEADER,
            "key": KEPT,
            "type": "PROTOBUF_VALUE",
            "encode": "BASE64",
        },
        "remove": true,
    });
    json!({
        "name": "envoy.filters.http.header_to_metadata",
        "typed_config": typed(
            "envoy.extensions.filters.http.header_to_metadata.v3.Config",
            json!({ "request_rules": [rule] }),
        ),
    })
}

fn limiter(store: &Store, name: &str, status: u16, measures: &[&str]) -> Value {
    let [requests, ..] = STORE_MEASURES;
    let limits: Vec<_> = measures
        .iter()
        .flat_map(|measure| {
            let times: &[_] = if *measure == requests { &[When::Comes] } else { &[When::Looks, When::Ends] };
            times.iter().flat_map(move |when| limits(measure, *when))
        })
        .collect();
    json!({
        "name": format!("envoy.filters.http.ratelimit.{name}"),
        "typed_config": typed("envoy.extensions.filters.http.ratelimit.v3.RateLimit", json!({
            "domain": store.domain,
            "stat_prefix": name,
            "timeout": seconds(TIMEOUT),
            "failure_mode_deny": store.fails_closed,
            "rate_limited_status": { "code": status },
            "status_on_error": { "code": STORE_LOST },
            "disable_x_envoy_ratelimited_header": true,
            // By which the gateway position knows that it has answered.
            "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
            "rate_limit_service": {
                "transport_api_version": "V3",
                "grpc_service": { "envoy_grpc": { "cluster_name": store_cluster(&store.host, store.port) } },
            },
            "rate_limits": limits,
        })),
    })
}

/// What is asked of one measure: the caller's own limits, and those that the service may have.
fn limits(measure: &str, when: When) -> Vec<Value> {
    let own = (0..STORE_ACCOUNTS).map(|account| {
        let name = store_limit(measure, account);
        // Money is counted in another unit for each limit.
        let taken = if measure == "money" { name.as_str() } else { measure };
        let mut limit = entry(vec![named(measure, &[&name, "account"])], taken, when);
        if let Some(limit) = limit.as_object_mut() {
            let from = json!({ "dynamic_metadata": { "metadata_key": place(&[&name, "limit"]) } });
            limit.insert("limit".to_owned(), from);
        }
        limit
    });
    let others = NAMED.iter().map(|names| {
        let measured = json!({ "generic_key": { "descriptor_key": "measure", "descriptor_value": measure } });
        let names = names.iter().map(|name| self::named(name, &[name]));
        entry([measured].into_iter().chain(names).collect(), measure, when)
    });
    own.chain(others).collect()
}

fn entry(actions: Vec<Value>, taken: &str, when: When) -> Value {
    match when {
        When::Comes => json!({ "actions": actions, "hits_addend": { "number": 1 } }),
        When::Looks => json!({ "actions": actions, "hits_addend": { "number": 0 } }),
        When::Ends => json!({
            "actions": actions,
            "hits_addend": { "format": format!("%FILTER_STATE(wasm.{}:PLAIN)%", store_state(taken)) },
            "apply_on_stream_done": true,
        }),
    }
}

/// A part of what the service is asked about: what metadata says there. Where it says nothing, it is not asked.
fn named(key: &str, path: &[&str]) -> Value {
    json!({ "metadata": { "descriptor_key": key, "metadata_key": place(path), "source": "DYNAMIC" } })
}

fn place(path: &[&str]) -> Value {
    let path: Vec<_> = [KEPT].iter().chain(path).map(|name| json!({ "key": name })).collect();
    json!({ "key": STORE_HEADER, "path": path })
}
