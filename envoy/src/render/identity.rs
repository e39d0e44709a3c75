//! Who vouches for callers beside keys: the filters of Envoy's that check tokens and ask a service, before ours sees a
//! request. What they have found they leave in dynamic metadata, which no client can write.
//!
//! Tokens that are missing or not good pass: there may be a key, and what is told of them is the filter's to say.

use std::collections::BTreeMap;

use ferro::config::{Access, AccessConfig, Config, ExtAuthzConfig, JwksSource, JwtConfig, ProviderTls};
use ferro::contract::{AUTHORIZATION_CLUSTER, flaw_metadata, keys_cluster, token_metadata};
use ferro::provider::Endpoint;
use ferro::surface::SURFACES;
use serde_json::{Map, Value, json};

use super::proxy::Hop;
use super::{Surroundings, cluster, seconds, typed};
use crate::load::Loaded;

const TOKENS: &str = "envoy.filters.http.jwt_authn";
const SERVICE: &str = "envoy.filters.http.ext_authz";

/// How long a fetch of keys may take, and how long what was fetched is good.
const FETCH_TIMEOUT: &str = "5s";
const KEPT: &str = "300s";

fn access(config: &Config) -> Option<&AccessConfig> {
    match &config.access {
        Access::Keyed(access) => Some(access),
        Access::Local | Access::Open => None,
    }
}

/// The hosts that are asked.
pub fn endpoints(config: &Config) -> impl Iterator<Item = &Endpoint> {
    named(config).map(|(_, endpoint)| endpoint)
}

/// The same with the names of their clusters.
fn named(config: &Config) -> impl Iterator<Item = (String, &Endpoint)> {
    let access = access(config);
    let keys = access.into_iter().flat_map(|access| &access.jwt).filter_map(|jwt| match &jwt.jwks {
        JwksSource::Url(endpoint) => Some((keys_of(endpoint), endpoint)),
        JwksSource::File(_) => None,
    });
    let service = access.and_then(|access| access.ext_authz.as_ref());
    keys.chain(service.map(|asked| (AUTHORIZATION_CLUSTER.to_owned(), &asked.endpoint)))
}

/// Their clusters, each once.
pub fn clusters(loaded: &Loaded, surroundings: &Surroundings) -> Vec<Value> {
    let config = &loaded.config;
    let usual = ProviderTls::default();
    let called = |(name, endpoint): (String, &Endpoint)| {
        let cluster = cluster::called(&name, Hop::of(endpoint, config), &usual, loaded, surroundings);
        (name, cluster)
    };
    let clusters: BTreeMap<_, _> = named(config).map(called).collect();
    clusters.into_values().collect()
}

fn keys_of(endpoint: &Endpoint) -> String {
    keys_cluster(endpoint.scheme(), &endpoint.host, endpoint.port)
}

/// The filters, in their order.
pub fn filters(loaded: &Loaded) -> Vec<Value> {
    let Some(access) = access(&loaded.config) else { return Vec::new() };
    let tokens = (!access.jwt.is_empty()).then(|| tokens(&access.jwt, loaded));
    tokens.into_iter().chain(access.ext_authz.as_ref().map(service)).collect()
}

/// <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/extensions/filters/http/jwt_authn/v3/config.proto>
fn tokens(issuers: &[JwtConfig], loaded: &Loaded) -> Value {
    let named =
        issuers.iter().enumerate().map(|(place, jwt)| (token_metadata(place), issuer(place, jwt, loaded)));
    let providers: Map<_, _> = named.collect();
    let requirements = providers.keys().map(|name| json!({ "provider_name": name }));
    let requirements: Vec<_> = requirements.chain([json!({ "allow_missing_or_failed": {} })]).collect();
    let filter = typed(
        "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        json!({
            "rules": [{ "match": { "prefix": "/" }, "requires": { "requires_any": { "requirements": requirements } } }],
            "providers": providers,
        }),
    );
    json!({ "name": TOKENS, "typed_config": filter })
}

fn issuer(place: usize, jwt: &JwtConfig, loaded: &Loaded) -> Value {
    let mut issuer = json!({
        "issuer": jwt.issuer.name,
        "audiences": jwt.audiences,
        "require_expiration": true,
        // Nobody behind this filter sees a good token.
        "forward": false,
        "from_headers": [{ "name": "authorization", "value_prefix": "Bearer " }],
        "payload_in_metadata": token_metadata(place),
        "failed_status_in_metadata": flaw_metadata(place),
    });
    let (kind, keys) = match &jwt.jwks {
        JwksSource::File(name) => ("local_jwks", json!({ "filename": super::path(&loaded.file(name)) })),
        JwksSource::Url(endpoint) => (
            "remote_jwks",
            json!({
                "http_uri": { "uri": url(endpoint), "cluster": keys_of(endpoint), "timeout": FETCH_TIMEOUT },
                "cache_duration": KEPT,
                // Once for all workers, and before the first client comes.
                "async_fetch": {},
            }),
        ),
    };
    if let Some(issuer) = issuer.as_object_mut() {
        issuer.insert(kind.to_owned(), keys);
    }
    issuer
}

/// <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/extensions/filters/http/ext_authz/v3/ext_authz.proto>
fn service(asked: &ExtAuthzConfig) -> Value {
    let exactly = |names: &[&str]| {
        let patterns: Vec<_> =
            names.iter().map(|name| json!({ "exact": name, "ignore_case": true })).collect();
        json!({ "patterns": patterns })
    };
    let sees: Vec<_> = asked.service.sees.iter().map(String::as_str).collect();
    let filter = typed(
        "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        json!({
            "http_service": {
                "server_uri": {
                    "uri": url(&Endpoint { path: String::new(), ..asked.endpoint.clone() }),
                    "cluster": AUTHORIZATION_CLUSTER,
                    "timeout": seconds(asked.timeout),
                },
                "path_prefix": asked.endpoint.path,
                "authorization_response": {
                    "dynamic_metadata_from_headers": exactly(&[&asked.service.role, &asked.service.id]),
                    // Without a list Envoy would hand all of a refusal's to the client.
                    "allowed_client_headers": exactly(&["retry-after"]),
                },
            },
            "allowed_headers": exactly(&sees),
            "failure_mode_allow": false,
            "status_on_error": { "code": "ServiceUnavailable" },
        }),
    );
    json!({ "name": SERVICE, "typed_config": filter })
}

fn url(endpoint: &Endpoint) -> String {
    format!("{}://{}{}", endpoint.scheme(), endpoint.authority(), endpoint.path)
}

/// The paths, exactly as clients ask by them, of what nobody is asked about: signs of life.
pub fn unasked(config: &Config) -> Vec<String> {
    if access(config).is_none_or(|access| access.ext_authz.is_none()) {
        return Vec::new();
    }
    let open = || SURFACES.iter().filter(|surface| !surface.needs_key());
    let paths =
        config.listen.iter().flat_map(|place| open().map(|open| format!("{}{}", place.path, open.path)));
    let mut paths: Vec<_> = paths.collect();
    paths.sort();
    paths.dedup();
    paths
}

/// What a route says whose requests the service is not asked about.
pub fn without_service() -> Value {
    let disabled =
        typed("envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute", json!({ "disabled": true }));
    json!({ SERVICE: disabled })
}
