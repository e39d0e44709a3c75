//! A provider's cluster: where it is, how it is spoken to, and that nothing but the provider itself refuses. And the
//! clusters of those whom our filter asks itself, and so does not stand before: who gives out tokens, and providers that
//! say which models they have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ferro::config::ProviderConfig;
use ferro::contract::{self, models_cluster, token_cluster};
use ferro::provider::{Auth, Endpoint};
use serde_json::{Value, json};

use super::{socket_address, typed, wasm};

/// The clusters of a provider, one a host.
pub fn clusters(provider: &ProviderConfig, machine: &Value, trusted_ca: &Path) -> Vec<Value> {
    let cluster = |(name, endpoint): (&str, &Endpoint)| {
        let mut cluster = cluster(name, endpoint, signed(provider, machine), trusted_ca);
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

/// The clusters that the filter asks itself, each once: of the issuers of tokens, and of providers' lists of models, one
/// a host.
pub fn asked_by_filter<'a>(providers: &'a [ProviderConfig], trusted_ca: &Path) -> Vec<Value> {
    let of_tokens = |endpoint: &'a Endpoint| (token_cluster(&endpoint.host, endpoint.port), endpoint);
    let of_models =
        |endpoint: &'a Endpoint| (models_cluster(endpoint.scheme(), &endpoint.host, endpoint.port), endpoint);
    let lists = providers.iter().filter_map(|provider| Some(&provider.model_list.as_ref()?.endpoint));
    let clusters: BTreeMap<_, _> =
        lists.map(of_models).chain(token_hosts(providers).map(of_tokens)).collect();
    let cluster = |(name, endpoint): (&String, &&Endpoint)| {
        let mut cluster = cluster(name, endpoint, Some(vec![codec()]), trusted_ca);
        if let Some(cluster) = cluster.as_object_mut() {
            cluster.extend(name_in_statistics(name));
        }
        cluster
    };
    clusters.iter().map(cluster).collect()
}

/// In a name with dots, those who read statistics would take the first part for all of it.
fn name_in_statistics(name: &str) -> [(String, Value); 1] {
    [("alt_stat_name".to_owned(), name.replace(['.', ':'], "_").into())]
}

fn token_hosts(providers: &[ProviderConfig]) -> impl Iterator<Item = &Endpoint> {
    providers.iter().filter_map(|provider| Some(&provider.issuer.as_ref()?.endpoint))
}

fn cluster(name: &str, endpoint: &Endpoint, filters: Option<Vec<Value>>, trusted_ca: &Path) -> Value {
    let mut cluster = json!({
        "name": name,
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "connect_timeout": "5s",
        "load_assignment": { "cluster_name": name, "endpoints": [
            locality(0, &endpoint.host, endpoint.port),
            locality(1, UNREACHABLE, 1),
        ] },
        "circuit_breakers": { "thresholds": [out_of_reach("DEFAULT"), out_of_reach("HIGH")] },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol(endpoint, filters),
        },
    });
    if let (true, Some(cluster)) = (endpoint.tls, cluster.as_object_mut()) {
        cluster.insert("transport_socket".to_owned(), tls(endpoint, trusted_ca));
    }
    cluster
}

/// A cluster without a host makes the router answer at once, without a retry. When the provider's name can't be
/// resolved, the connection to this host fails at once instead, and the request moves on. The system refuses TCP to the
/// broadcast address by itself, so nobody can listen there and be sent prompts and credentials, as somebody could on
/// any address of a machine; nor does anything leave it.
const UNREACHABLE: &str = contract::UNREACHABLE;

/// How many streams a connection to a provider may carry before there is another one.
const STREAMS: u32 = 100;

/// Clusters that nobody asks, one for each name: Envoy does not serve before they know their address, or know that there
/// is none. A provider's own cluster does not wait, since its second host needs no name, and until the answer came its
/// requests would go to that one: with a resolver that took 3 s, for as long all of them ended with 503.
pub fn waits(providers: &[ProviderConfig]) -> Vec<Value> {
    let hosts = providers.iter().flat_map(|provider| provider.clusters()).map(|(_, endpoint)| endpoint);
    let hosts = hosts.chain(token_hosts(providers));
    let named = hosts.filter(|endpoint| !endpoint.is_address());
    let hosts: BTreeSet<_> = named.map(|endpoint| endpoint.host.as_str()).collect();
    hosts.into_iter().map(wait).collect()
}

fn wait(host: &str) -> Value {
    let resolver = typed(
        "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
        // Where nobody answers, the others are served all the same.
        json!({ "query_timeout_seconds": 2, "query_tries": 1 }),
    );
    let dns = typed(
        "envoy.extensions.clusters.dns.v3.DnsCluster",
        json!({
            "dns_lookup_family": "V4_PREFERRED",
            // Once is enough.
            "dns_refresh_rate": "86400s",
            "typed_dns_resolver_config": { "name": "envoy.network.dns_resolver.cares", "typed_config": resolver },
        }),
    );
    // No provider has a slash in its name, and its further clusters have two.
    let name = format!("dns/{host}");
    json!({
        "name": name,
        "cluster_type": { "name": "envoy.clusters.dns", "typed_config": dns },
        "load_assignment": { "cluster_name": name, "endpoints": [locality(0, host, 1)] },
    })
}

fn locality(priority: u32, host: &str, port: u16) -> Value {
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
        true => ("auto_config", json!({ "http2_protocol_options": super::http2(STREAMS) })),
        false => ("explicit_http_config", json!({ "http_protocol_options": {} })),
    };
    let mut options = json!({ version: choice });
    if let (Some(filters), Some(options)) = (filters, options.as_object_mut()) {
        options.insert("http_filters".to_owned(), filters.into());
    }
    typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", options)
}

/// Checks the chain and the name. Without a check of the name, any certificate of the same authorities would do.
fn tls(endpoint: &Endpoint, trusted_ca: &Path) -> Value {
    let chain = json!({ "filename": super::path(trusted_ca) });
    // An address is not a server name (RFC 6066); it is checked against the certificate's addresses.
    let context = match endpoint.is_address() {
        true => json!({ "common_tls_context": { "validation_context": {
            "trusted_ca": chain,
            "match_typed_subject_alt_names":
                [{ "san_type": "IP_ADDRESS", "matcher": { "exact": endpoint.host } }],
        } } }),
        false => json!({
            "sni": endpoint.host,
            "auto_sni_san_validation": true,
            "common_tls_context": { "validation_context": { "trusted_ca": chain } },
        }),
    };
    json!({
        "name": "envoy.transport_sockets.tls",
        "typed_config": typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", context),
    })
}
