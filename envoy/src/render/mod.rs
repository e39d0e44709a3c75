//! Envoy's configuration: a checked `gateway.yaml` as Envoy's own JSON.
//!
//! ```text
//! listener ── filter (gateway) ── router ── route by filter state ── cluster by filter state
//!                                   └─ each attempt: filter (provider) ── cluster ── provider
//! ```
//!
//! The filter decides, Envoy performs. The filter orders a request's targets and names in filter state the route that
//! carries their retry settings, and the cluster of the next attempt; Envoy asks for the cluster again before every
//! retry. What is rendered here is the same for every request, and holds no secret: credentials are named
//! (`host_env_keys`), and the filter reads them from Envoy's environment.
//!
//! It is JSON because YAML would read a name such as `n` or `on` as a boolean.

mod access_log;
mod admin;
mod bootstrap;
mod cluster;
mod cors;
mod discovery;
mod dns;
mod identity;
mod listener;
mod local_reply;
mod overload;
mod probe;
mod proxy;
mod route;
mod store;
mod tls;
mod wasm;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::load::Loaded;
pub use discovery::{Kind, Parts, with_former, with_former_routes};
pub use probe::{DETAILS, HOST, Question, REASON};
pub use proxy::Hop;
pub use tls::Shown;

/// Where things are on the machine that runs Envoy.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The filter's module.
    pub filter: PathBuf,
    /// The certificates that providers' chains must lead to.
    pub trusted_ca: PathBuf,
    /// Credentials that a running VM has, whether or not the file still names them.
    pub credentials: BTreeSet<String>,
    /// Where Envoy's admin interface is if the file names no address; `None` for nowhere.
    pub admin_socket: Option<PathBuf>,
    /// The folder that Envoy watches for renewed certificates; `None` if nobody renews them there.
    pub watched: Option<PathBuf>,
    /// How many clients there are file descriptors for; `None` where that is not known.
    pub max_connections: Option<u32>,
}

/// Envoy's configuration, in the parts that change when the file does.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The listeners: one for each place where clients connect, then those inside Envoy that lead to proxies.
    pub listeners: Vec<Value>,
    /// A cluster for each host of each provider, in the file's order; then those that the filter asks itself, the one
    /// that counts for several gateways, those of proxies, and those that are only waited for.
    pub clusters: Vec<Value>,
    /// The admin interface.
    pub admin: Option<Value>,
    /// The certificates that are shown, to be put into the watched folder.
    pub shown: Vec<Shown>,
    /// What is done before memory or file descriptors are used up.
    pub overload: Value,
}

/// Renders a configuration.
pub fn render(loaded: &Loaded, surroundings: &Surroundings) -> Rendered {
    let machine = wasm::machine(loaded, surroundings);
    let config = &loaded.config;
    let clusters = config.providers.iter();
    let clusters = clusters.flat_map(|provider| cluster::clusters(provider, &machine, loaded, surroundings));
    Rendered {
        listeners: [listener::listeners(loaded, &machine, surroundings), proxy::listeners(config)].concat(),
        clusters: clusters
            .chain(cluster::asked_by_filter(loaded, surroundings))
            .chain(store::cluster(config))
            .chain(identity::clusters(loaded, surroundings))
            .chain(proxy::clusters(config))
            .chain(dns::waits(config))
            .collect(),
        shown: tls::shown(loaded),
        admin: admin::admin(loaded.config.admin, surroundings.admin_socket.as_deref()),
        overload: overload::manager(loaded, surroundings),
    }
}

/// An address to listen at. One of IPv6 that stands for all takes IPv4 as well.
fn address(address: std::net::SocketAddr) -> Value {
    let takes_ipv4 = match address.ip() {
        std::net::IpAddr::V6(ip) => ip.is_unspecified() || ip.to_ipv4_mapped().is_some(),
        std::net::IpAddr::V4(_) => false,
    };
    json!({ "socket_address": {
        "address": address.ip().to_string(),
        "port_value": address.port(),
        "ipv4_compat": takes_ipv4,
    } })
}

fn socket_address(host: &str, port: u16) -> Value {
    json!({ "socket_address": { "address": host, "port_value": port } })
}

/// A duration in the JSON form of protocol buffers.
fn seconds(duration: Duration) -> String {
    format!("{}.{:03}s", duration.as_secs(), duration.subsec_millis())
}

/// How HTTP/2 is spoken. A stream whose reader is slow keeps its window's bytes and its share of the connection's, so
/// the connection has room for all of them: nobody waits for somebody else's reader.
fn http2(streams: u32) -> Value {
    const WINDOW: u32 = 256 << 10;
    json!({
        "max_concurrent_streams": streams,
        "initial_stream_window_size": WINDOW,
        "initial_connection_window_size": streams.saturating_mul(WINDOW),
    })
}

/// A message with its type, as Envoy's extensions want it.
fn typed(kind: &str, message: Value) -> Value {
    let mut typed = json!({ "@type": format!("type.googleapis.com/{kind}") });
    if let (Some(typed), Value::Object(message)) = (typed.as_object_mut(), message) {
        typed.extend(message);
    }
    typed
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
