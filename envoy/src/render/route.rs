//! The routes: for each of the file's two, one for streams and one for whole answers, chosen by the filter through
//! filter state. They carry what Envoy has on a route: retries, their waits and their timeouts.

use std::time::Duration;

use ferro::config::{Config, DEFAULT_ROUTE, ProviderConfig};
use ferro::contract;
use ferro::routing::{Condition, Retry};
use serde_json::{Map, Value, json};

use super::{cors, identity, listener, seconds, typed};
use crate::load::Loaded;

/// How much of a body Envoy takes that its provider has not taken yet.
const PASSING: usize = 1 << 20;

/// The route table.
pub fn table(loaded: &Loaded) -> Value {
    let limit = listener::buffer(loaded);
    let (mut routes, mut choosers) = (Vec::new(), Vec::new());
    // With nobody to ask, the filter answers everything.
    if !loaded.config.providers.is_empty() {
        // Once for all routes, since it names every provider.
        choosers.push(cluster_of_next_attempt(&loaded.config.providers));
        for (name, retry) in named(&loaded.config) {
            for stream in [true, false] {
                routes.push(route(name, retry, stream, limit));
            }
        }
    }
    if !loaded.config.providers.is_empty() {
        routes.push(passing(&loaded.config.retry));
    }
    let without_plan = without_plan(loaded.config.limits.request_timeout, limit);
    for path in identity::unasked(&loaded.config) {
        let mut route = without_plan.clone();
        if let Some(route) = route.as_object_mut() {
            route.insert("name".to_owned(), path.as_str().into());
            route.insert("match".to_owned(), json!({ "path": path }));
            route.insert("typed_per_filter_config".to_owned(), identity::without_service());
        }
        routes.push(route);
    }
    routes.push(without_plan);
    let mut host = json!({ "name": "ferro", "domains": ["*"], "routes": routes });
    cors::allow(&loaded.config, &mut host);
    json!({
        "name": "ferro",
        // The last route names a cluster that there is not.
        "validate_clusters": false,
        "cluster_specifier_plugins": choosers,
        "virtual_hosts": [host],
    })
}

fn named(config: &Config) -> impl Iterator<Item = (&str, &Retry)> {
    let routes = config.routes.iter().map(|route| (route.name.as_str(), &route.retry));
    routes.chain([(DEFAULT_ROUTE, &config.retry)])
}

fn route(name: &str, retry: &Retry, stream: bool, limit: usize) -> Value {
    let key = contract::route_key(name, stream);
    json!({
        "name": key,
        "match": {
            "prefix": "/",
            "filter_state": [{ "key": in_envoy(contract::ROUTE_STATE), "string_match": { "exact": key } }],
        },
        "request_body_buffer_limit": limit,
        "route": {
            // The retry policy's timeouts bound every wait; a stream may last.
            "timeout": "0s",
            "idle_timeout": "0s",
            "max_stream_duration": { "max_stream_duration": "0s" },
            "cluster_specifier_plugin": TARGET,
            "retry_policy": retry_policy(retry, stream),
        },
    })
}

/// Requests whose body passes unread. Nobody is asked twice, so Envoy keeps nothing of the body for another time.
fn passing(retry: &Retry) -> Value {
    json!({
        "name": contract::PASSING_ROUTE,
        "match": {
            "prefix": "/",
            "filter_state": [{
                "key": in_envoy(contract::ROUTE_STATE),
                "string_match": { "exact": contract::PASSING_ROUTE },
            }],
        },
        "request_body_buffer_limit": PASSING,
        "route": {
            "timeout": "0s",
            "idle_timeout": "0s",
            "max_stream_duration": { "max_stream_duration": "0s" },
            "cluster_specifier_plugin": TARGET,
            "retry_policy": { "per_try_idle_timeout": seconds(retry.timeouts.idle(false)) },
        },
    })
}

/// How often and how long is said with each request (`x-envoy-max-retries`, `x-envoy-upstream-rq-per-try-timeout-ms`);
/// which answers deserve it, by the filter's mark on them.
fn retry_policy(retry: &Retry, stream: bool) -> Value {
    let shortest_rate_limit = Duration::from_secs(1);
    json!({
        "retry_on": retry_on(retry),
        "retriable_headers": [{ "name": contract::RETRY_HEADER, "string_match": { "exact": "1" } }],
        "refresh_cluster_on_retry": true,
        "retry_back_off": {
            "base_interval": seconds(retry.backoff.base),
            "max_interval": seconds(retry.backoff.max),
        },
        "rate_limited_retry_back_off": {
            "reset_headers": [{ "name": contract::AFTER_HEADER, "format": "SECONDS" }],
            "max_interval": seconds(retry.backoff.max.max(shortest_rate_limit)),
        },
        "per_try_idle_timeout": seconds(retry.timeouts.idle(stream)),
    })
}

fn retry_on(retry: &Retry) -> String {
    let mut on = Vec::new();
    if retry.allows(Condition::ConnectFailure) {
        on.extend(["connect-failure", "refused-stream"]);
    }
    // To Envoy a timeout is a reset of its own.
    if retry.allows(Condition::Reset) || retry.allows(Condition::Timeout) {
        on.push("reset");
    }
    on.push("retriable-headers");
    on.join(",")
}

/// The cluster that the filter named in filter state. Of Envoy's ways to find a cluster, the matcher is the one that
/// is asked again before a retry.
fn cluster_of_next_attempt(providers: &[ProviderConfig]) -> Value {
    let clusters = providers.iter().flat_map(|provider| provider.clusters());
    let clusters: Map<_, _> = clusters.map(|(name, _)| (name.to_owned(), action(name))).collect();
    let input = typed(
        "envoy.extensions.matching.common_inputs.network.v3.FilterStateInput",
        json!({ "key": in_envoy(contract::TARGET_STATE) }),
    );
    let matcher = json!({ "matcher_tree": {
        "input": { "name": "target", "typed_config": input },
        "exact_match_map": { "map": clusters },
    } });
    json!({ "extension": {
        "name": TARGET,
        "typed_config": typed(
            "envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier",
            json!({ "cluster_matcher": matcher }),
        ),
    } })
}

/// What routes call it by.
const TARGET: &str = "target";

fn action(cluster: &str) -> Value {
    let action = typed(
        "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction",
        json!({ "cluster": cluster }),
    );
    json!({ "action": { "name": "cluster", "typed_config": action } })
}

/// What every request meets first, and what it gets if the filter gives it no plan: nothing is forwarded as it came,
/// since its cluster does not exist, under a name that no provider can have. Until there is a plan, this route says how
/// much of a request Envoy may hold; one that answers directly could not.
fn without_plan(request_timeout: Duration, limit: usize) -> Value {
    json!({
        "name": "without-plan",
        "match": { "prefix": "/" },
        "request_body_buffer_limit": limit,
        "route": {
            "cluster": "without/plan",
            "cluster_not_found_response_code": "SERVICE_UNAVAILABLE",
            // So long a request has it that is not sent on.
            "max_stream_duration": { "max_stream_duration": seconds(request_timeout) },
        },
    })
}

/// The name that Envoy knows a module's filter state by.
fn in_envoy(state: &str) -> String {
    format!("wasm.{state}")
}
