//! A provider's cluster: where it is, how it is spoken to, and that nothing but the provider itself refuses. And the
//! clusters of those whom our filter asks itself, and so does not stand before: who gives out tokens, and providers that
//! say which models they have, or what became of an answer that they gave before it was done.

use std::collections::BTreeMap;
use std::time::Duration;

use ferro::config::{Dns, ProviderConfig, ProviderTls};
use ferro::contract::{self, UNREACHABLE, jobs_cluster, models_cluster, token_cluster};
use ferro::provider::{Auth, Endpoint, Operation};
use serde_json::{Value, json};

use super::proxy::Hop;
use super::{Surroundings, dns, seconds, socket_address, tls, typed, wasm};
use crate::load::Loaded;

/// The clusters of a provider, one a host.
pub fn clusters(
    provider: &ProviderConfig,
    machine: &Value,
    loaded: &Loaded,
    surroundings: &Surroundings,
) -> Vec<Value> {
    let cluster = |(name, endpoint): (&str, &Endpoint)| {
        let hop = Hop::to(endpoint, provider, &loaded.config);
        let mut cluster = cluster(name, hop, signed(provider, machine), loaded);
        if let (true, Some(cluster)) = (endpoint.tls, cluster.as_object_mut()) {
            let socket = tls::upstream(endpoint, &provider.tls, loaded, surroundings);
            cluster.insert("transport_socket".to_owned(), socket);
        }
        if let Some(cluster) = cluster.as_object_mut() {
            let place = contract::place(name, endpoint.scheme(), &endpoint.authority());
            cluster.insert(
                "metadata".to_owned(),
                json!({ "filter_metadata": { contract::PLACE_METADATA: { place: "" } } }),
            );
            if name != provider.name {
                cluster.extend(name_in_statistics(name));
            }
        }
        cluster
    };
    provider.clusters().into_iter().map(cluster).collect()
}

/// The clusters that the filter asks itself, each once: of the issuers of tokens, one a host, of providers' lists of models,
/// and of the hosts of providers' jobs.
pub fn asked_by_filter(loaded: &Loaded, surroundings: &Surroundings) -> Vec<Value> {
    let usual = ProviderTls::default();
    let of_tokens = |provider: &'_ ProviderConfig| {
        let endpoint = &provider.issuer.as_ref()?.endpoint;
        let name = token_cluster(&endpoint.host, endpoint.port);
        Some((name.clone(), asked(&name, endpoint, provider, &usual, loaded, surroundings)))
    };
    let of_models = |provider: &'_ ProviderConfig| {
        let endpoint = &provider.model_list.as_ref()?.endpoint;
        let name = models_cluster(&provider.name, endpoint.scheme(), &endpoint.host, endpoint.port);
        Some((name.clone(), asked(&name, endpoint, provider, &provider.tls, loaded, surroundings)))
    };
    let of_jobs = |provider: &'_ ProviderConfig| {
        let polled = provider.operations.iter().filter(|operation| operation.format.polled.is_some());
        let clusters = polled.map(|Operation { endpoint, .. }| {
            let name = jobs_cluster(&provider.name, endpoint.scheme(), &endpoint.host, endpoint.port);
            (name.clone(), asked(&name, endpoint, provider, &provider.tls, loaded, surroundings))
        });
        clusters.collect::<Vec<_>>()
    };
    let providers = &loaded.config.providers;
    let tokens = providers.iter().filter_map(of_tokens);
    let models = providers.iter().filter_map(of_models);
    let clusters: BTreeMap<_, _> = tokens.chain(models).chain(providers.iter().flat_map(of_jobs)).collect();
    clusters.into_values().collect()
}

fn asked(
    name: &str,
    endpoint: &Endpoint,
    provider: &ProviderConfig,
    own: &ProviderTls,
    loaded: &Loaded,
    surroundings: &Surroundings,
) -> Value {
    called(name, Hop::to(endpoint, provider, &loaded.config), own, loaded, surroundings)
}

/// The cluster of a host that our filter does not stand before.
pub fn called(
    name: &str,
    hop: Hop<'_>,
    own: &ProviderTls,
    loaded: &Loaded,
    surroundings: &Surroundings,
) -> Value {
    let endpoint = hop.endpoint;
    let mut cluster = cluster(name, hop, Some(vec![codec()]), loaded);
    if let Some(cluster) = cluster.as_object_mut() {
        cluster.extend(name_in_statistics(name));
        if endpoint.tls {
            let socket = tls::upstream(endpoint, own, loaded, surroundings);
            cluster.insert("transport_socket".to_owned(), socket);
        }
    }
    cluster
}

/// In a name with dots, those who read statistics would take the first part for all of it.
fn name_in_statistics(name: &str) -> [(String, Value); 1] {
    [("alt_stat_name".to_owned(), name.replace(['.', ':'], "_").into())]
}

fn cluster(name: &str, hop: Hop<'_>, filters: Option<Vec<Value>>, loaded: &Loaded) -> Value {
    let endpoint = hop.endpoint;
    let mut cluster = match hop.door() {
        None => bare(name, &endpoint.host, endpoint.port, &loaded.config.dns),
        Some(door) => json!({
            "name": name,
            "connect_timeout": CONNECT_TIMEOUT,
            "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [{ "endpoint": {
                "address": { "envoy_internal_address": { "server_listener_name": door } },
            } }] }] },
            "circuit_breakers": never_refuses(),
        }),
    };
    if let Some(cluster) = cluster.as_object_mut() {
        let protocol =
            json!({ "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol(endpoint, filters) });
        cluster.insert("typed_extension_protocol_options".to_owned(), protocol);
    }
    cluster
}

/// A cluster of a host of which nothing else is said.
pub fn bare(name: &str, host: &str, port: u16, asked: &Dns) -> Value {
    json!({
        "name": name,
        "cluster_type": dns::followed(asked),
        "connect_timeout": CONNECT_TIMEOUT,
        "upstream_connection_options": { "tcp_keepalive": keepalive() },
        "load_assignment": { "cluster_name": name, "endpoints": [
            locality(0, host, port),
            locality(1, UNREACHABLE, 1),
        ] },
        "circuit_breakers": never_refuses(),
    })
}

/// A cluster of a host that is spoken to in gRPC, without TLS.
pub fn of_grpc(name: &str, host: &str, port: u16, asked: &Dns) -> Value {
    let mut cluster = bare(name, host, port, asked);
    if let Some(cluster) = cluster.as_object_mut() {
        let version = json!({ "explicit_http_config": { "http2_protocol_options": http2() } });
        let options = typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", version);
        cluster.insert(
            "typed_extension_protocol_options".to_owned(),
            json!({ "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options }),
        );
        cluster.extend(name_in_statistics(name));
    }
    cluster
}

/// How long a connection may take to be made, TLS included.
const CONNECT_TIMEOUT: &str = "5s";

/// How long a connection is quiet until it is seen whether it still leads anywhere. While a model thinks nothing may
/// come for ten minutes, and who stands between forgets a quiet connection sooner: after four minutes the load balancers
/// of Azure, after 350 s those of AWS.
const QUIET: Duration = Duration::from_secs(30);

/// How often it is asked, and the time between.
const PROBES: u32 = 3;
const BETWEEN_PROBES: Duration = Duration::from_secs(10);

/// Asked by the system, whatever is spoken. Whole seconds.
fn keepalive() -> Value {
    json!({
        "keepalive_time": QUIET.as_secs(),
        "keepalive_interval": BETWEEN_PROBES.as_secs(),
        "keepalive_probes": PROBES,
    })
}

fn never_refuses() -> Value {
    json!({ "thresholds": [out_of_reach("DEFAULT"), out_of_reach("HIGH")] })
}

/// How many streams a connection to a provider may carry before there is another one.
const STREAMS: u32 = 100;

pub(super) fn locality(priority: u32, host: &str, port: u16) -> Value {
    json!({
        "priority": priority,
        "lb_endpoints": [{ "endpoint": { "address": socket_address(host, port) } }],
    })
}

/// Envoy answers an overflow by itself and without a retry; how much a provider can take is the filter's to say.
fn out_of_reach(priority: &str) -> Value {
    json!({
        "priority": priority,
        "max_connections": u32::MAX,
        "max_pending_requests": u32::MAX,
        "max_requests": u32::MAX,
        "max_retries": u32::MAX,
    })
}

/// What every request passes on its way out in place of the listener's chain, where Envoy signs behind our filter.
fn signed(provider: &ProviderConfig, machine: &Value) -> Option<Vec<Value>> {
    let Auth::Aws { service, region } = &provider.auth else { return None };
    let signing = json!({
        "name": "envoy.filters.http.aws_request_signing",
        "typed_config": typed(
            "envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning",
            json!({ "service_name": service, "region": region }),
        ),
    });
    Some(vec![wasm::provider(machine), signing, codec()])
}

/// The end of every chain that attempts pass.
pub fn codec() -> Value {
    json!({
        "name": "envoy.filters.http.upstream_codec",
        "typed_config": typed("envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec", json!({})),
    })
}

fn protocol(endpoint: &Endpoint, filters: Option<Vec<Value>>) -> Value {
    let (version, choice) = match endpoint.tls {
        // What the provider offers: HTTP/2, else HTTP/1.1.
        true => ("auto_config", json!({ "http2_protocol_options": http2() })),
        false => ("explicit_http_config", json!({ "http_protocol_options": {} })),
    };
    let mut options = json!({ version: choice });
    if let (Some(filters), Some(options)) = (filters, options.as_object_mut()) {
        options.insert("http_filters".to_owned(), filters.into());
    }
    typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", options)
}

/// HTTP/2 has a question of its own, which those on the way see, too.
fn http2() -> Value {
    let mut options = super::http2(STREAMS);
    if let Some(options) = options.as_object_mut() {
        let asks = json!({ "interval": seconds(QUIET), "timeout": seconds(BETWEEN_PROBES) });
        options.insert("connection_keepalive".to_owned(), asks);
    }
    options
}
