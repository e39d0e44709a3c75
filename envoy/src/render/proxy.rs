//! Providers behind an HTTP proxy: Envoy asks it for a tunnel (`CONNECT`), and speaks to the provider inside.
//!
//! ```text
//! provider's cluster ── listener inside Envoy ── tunnel ── proxy's cluster ── proxy ── provider
//! ```
//!
//! The proxy is told the provider's name, which nobody here has to resolve. TLS is the provider's, from end to end.

use std::collections::BTreeMap;

use ferro::config::{Config, ProviderConfig, Proxied, Proxy};
use ferro::provider::Endpoint;
use serde_json::{Value, json};

use super::{cluster, identity, typed};

/// A host, and the proxy that it is reached through.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// Where to.
    pub endpoint: &'a Endpoint,
    /// Through whom; `None` for nobody.
    pub proxy: Option<&'a Proxy>,
}

impl<'a> Hop<'a> {
    /// To a host of a provider, or to one that the provider needs.
    pub fn to(endpoint: &'a Endpoint, provider: &'a ProviderConfig, config: &'a Config) -> Self {
        Self { endpoint, proxy: provider.proxied.of(&config.proxied, endpoint) }
    }

    /// To a host that is no provider's.
    pub fn of(endpoint: &'a Endpoint, config: &'a Config) -> Self {
        Self { endpoint, proxy: Proxied::Unsaid.of(&config.proxied, endpoint) }
    }

    /// The listener inside Envoy that leads there, if one does.
    pub fn door(&self) -> Option<String> {
        let Endpoint { host, port, .. } = self.endpoint;
        self.proxy.map(|proxy| format!("{}/{host}:{port}", way(proxy)))
    }

    /// The host that is looked up and connected to.
    pub fn first(&self) -> (&'a str, u16) {
        match self.proxy {
            Some(proxy) => (&proxy.host, proxy.port),
            None => (&self.endpoint.host, self.endpoint.port),
        }
    }
}

/// All hosts that a configuration names: those of providers, those who give out their tokens, and those who vouch for
/// callers.
pub fn hops(config: &Config) -> impl Iterator<Item = Hop<'_>> {
    let vouching = identity::endpoints(config).map(|endpoint| Hop::of(endpoint, config));
    let providers = config.providers.iter().flat_map(|provider| {
        let hosts = provider.clusters().into_iter().map(|(_, endpoint)| endpoint);
        let issuer = provider.issuer.iter().map(|issuer| &issuer.endpoint);
        hosts.chain(issuer).map(|endpoint| Hop::to(endpoint, provider, config))
    });
    providers.chain(vouching)
}

/// The listeners inside Envoy, one a host and proxy.
pub fn listeners(config: &Config) -> Vec<Value> {
    let doors: BTreeMap<_, _> =
        hops(config).filter_map(|hop| Some((hop.door()?, (hop.endpoint, hop.proxy?)))).collect();
    doors.iter().map(|(name, (endpoint, proxy))| listener(name, endpoint, proxy)).collect()
}

fn listener(name: &str, endpoint: &Endpoint, proxy: &Proxy) -> Value {
    let host = match endpoint.host.contains(':') {
        true => format!("[{}]", endpoint.host),
        false => endpoint.host.clone(),
    };
    // Envoy reads the variable itself, so that nothing that is rendered holds it.
    let authorization = proxy.authorization.iter().map(|variable| {
        json!({
            "header": { "key": "proxy-authorization", "value": format!("%ENVIRONMENT({variable})%") },
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        })
    });
    let tunnel = typed(
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        json!({
            "stat_prefix": "proxy",
            "cluster": way(proxy),
            // A stream may be silent for as long as its route lets it.
            "idle_timeout": "0s",
            "tunneling_config": {
                "hostname": format!("{host}:{}", endpoint.port),
                "headers_to_add": authorization.collect::<Vec<_>>(),
            },
        }),
    );
    json!({
        "name": name,
        "internal_listener": {},
        "filter_chains": [{
            "filters": [{ "name": "envoy.filters.network.tcp_proxy", "typed_config": tunnel }],
        }],
    })
}

/// The clusters of the proxies, each once.
pub fn clusters(config: &Config) -> Vec<Value> {
    let proxies: BTreeMap<_, _> =
        hops(config).filter_map(|hop| Some((way(hop.proxy?), hop.proxy?))).collect();
    proxies.iter().map(|(name, proxy)| cluster::bare(name, &proxy.host, proxy.port, &config.dns)).collect()
}

/// What a proxy's cluster is called. No provider has a slash in its name.
fn way(proxy: &Proxy) -> String {
    let authorization = proxy.authorization.as_deref().unwrap_or_default();
    format!("proxy/{}:{}{authorization}", proxy.host, proxy.port)
}
