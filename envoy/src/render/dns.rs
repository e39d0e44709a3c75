//! How names are looked up, and who waits for that.
//!
//! Each address of a name is a host of its own, so that all of them are asked, as those of a service whose name has one
//! for each of its instances. Trying both kinds of address at once (happy eyeballs) would take all of them in one host,
//! and Envoy then lets a cluster have no second one: "LOGICAL_DNS clusters must have a single locality_lb_endpoint and a
//! single lb_endpoint".

use std::collections::BTreeSet;

use ferro::config::{Config, Dns, Family};
use serde_json::{Map, Value, json};

use super::proxy::hops;
use super::{cluster, socket_address, typed};

/// A name that is looked up again when what is known of it is too old, as its own server says. Where it does not say, or
/// nobody answers, Envoy's usual five seconds hold; what was known then goes on being taken.
pub fn followed(dns: &Dns) -> Value {
    let resolver = (!dns.servers.is_empty()).then(|| resolver(dns, Map::new()));
    extension(dns, resolver, json!({ "respect_dns_ttl": true }))
}

/// Clusters that nobody asks, one for each name: Envoy does not serve before they know their address, or know that there
/// is none. A provider's own cluster does not wait, since its second host needs no name, and until the answer came its
/// requests would go to that one: with a resolver that took 3 s, for as long all of them ended with 503.
pub fn waits(config: &Config) -> Vec<Value> {
    let hosts = hops(config).map(|hop| hop.first().0);
    let names: BTreeSet<_> = hosts.filter(|host| host.parse::<std::net::IpAddr>().is_err()).collect();
    names.into_iter().map(|name| wait(name, &config.dns)).collect()
}

fn wait(host: &str, dns: &Dns) -> Value {
    // Where nobody answers, the others are served all the same.
    let patience = [("query_timeout_seconds", 2), ("query_tries", 1)];
    let patience = patience.map(|(name, value)| (name.to_owned(), value.into()));
    let resolver = resolver(dns, patience.into_iter().collect());
    // No provider has a slash in its name, and its further clusters have two.
    let name = format!("dns/{host}");
    json!({
        "name": name,
        // Once is enough.
        "cluster_type": extension(dns, Some(resolver), json!({ "dns_refresh_rate": "86400s" })),
        "load_assignment": { "cluster_name": name, "endpoints": [cluster::locality(0, host, 1)] },
    })
}

fn extension(dns: &Dns, resolver: Option<Value>, mut more: Value) -> Value {
    if let Some(more) = more.as_object_mut() {
        more.insert("dns_lookup_family".to_owned(), lookup(dns.prefer).into());
        more.extend(resolver.map(|resolver| ("typed_dns_resolver_config".to_owned(), resolver)));
    }
    json!({
        "name": "envoy.clusters.dns",
        "typed_config": typed("envoy.extensions.clusters.dns.v3.DnsCluster", more),
    })
}

fn resolver(dns: &Dns, mut more: Map<String, Value>) -> Value {
    if !dns.servers.is_empty() {
        let servers = dns.servers.iter().map(|it| socket_address(&it.ip().to_string(), it.port()));
        more.insert("resolvers".to_owned(), servers.collect());
    }
    json!({
        "name": "envoy.network.dns_resolver.cares",
        "typed_config": typed("envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig", more.into()),
    })
}

/// How Envoy calls a preference. It takes the other kind where a name has none of this one.
const fn lookup(family: Family) -> &'static str {
    match family {
        Family::V4 => "V4_PREFERRED",
        Family::V6 => "AUTO",
    }
}
