//! `proxy`: who stands between us and providers, for all of them or one. And `dns`: how their names are looked up.

use std::net::{IpAddr, SocketAddr};

use super::super::errors::Errors;
use super::super::keys::{Keys, key, optional, required};
use super::super::section::{Node, Section};
use super::provider::credentials::variable;
use crate::provider::Endpoint;

/// An HTTP proxy that connections are asked of (`CONNECT`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The environment variable that holds what it is sent as `proxy-authorization`.
    pub authorization: Option<String>,
}

/// Whether a provider is asked through a proxy, as far as its own entry says, or the file for all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxied {
    /// It says nothing: a provider is asked as the others are.
    #[default]
    Unsaid,
    /// It is asked directly.
    Directly,
    /// Through this one.
    By(Proxy),
}

/// How names are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// Which kind of address is taken where a name has both.
    pub prefer: Family,
    /// Who is asked; those that the system names where there is none.
    pub servers: Vec<SocketAddr>,
}

/// Which kind of address is taken where a name has both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    #[default]
    V4,
    /// IPv6.
    V6,
}

pub(super) const KEYS: Keys = Keys {
    path: "proxy",
    doc: "An HTTP proxy between the gateway and providers, where more is to be said of it than its URL: see \
          [operations](operations.md#proxies).",
    keys: &[
        required("url", "http://proxy.example.com:3128", "where it is"),
        optional(
            "authorization",
            "nothing",
            "${PROXY_AUTHORIZATION}",
            "what it is sent as `proxy-authorization`, say `Basic …`, by the name of an environment variable",
        ),
    ],
    lacking: &[],
};

pub(super) const DNS: Keys = Keys {
    path: "dns",
    doc: "How providers' names are looked up.",
    keys: &[
        key(
            "prefer",
            "ipv4",
            "ipv6",
            "which address is taken where a name has both: `ipv4`, or `ipv6` where IPv4 leads nowhere",
        ),
        optional(
            "servers",
            "those of the system",
            r#"["10.0.0.2", "10.0.0.3:5353"]"#,
            "the name servers that are asked, by their addresses; on port 53 where none is named",
        ),
    ],
    lacking: &[],
};

impl Proxied {
    /// The proxy of a provider's host: its own, else what is said of `all`, where the host is not this machine.
    pub fn of<'a>(&'a self, all: &'a Self, endpoint: &Endpoint) -> Option<&'a Proxy> {
        match (self, all) {
            (Self::By(own), _) => Some(own),
            (Self::Unsaid, Self::By(usual)) if !endpoint.is_this_machine() => Some(usual),
            (Self::Directly | Self::Unsaid, _) => None,
        }
    }
}

/// Reads the key `proxy` of an object.
pub(super) fn read(section: &Section<'_>, errors: &mut Errors<'_>) -> Proxied {
    let Some(node) = section.get("proxy") else { return Proxied::Unsaid };
    if node.value.as_str() == Some("none") {
        return Proxied::Directly;
    }
    let proxy = match node.value.is_object() {
        false => url(&node, errors),
        true => node.keys(&KEYS, errors).and_then(|section| {
            let authorization = section.get("authorization").and_then(|node| variable(&node, errors));
            let proxy = section.require("url", errors).and_then(|node| url(&node, errors));
            Some(Proxy { authorization: authorization.map(str::to_owned), ..proxy? })
        }),
    };
    proxy.map_or(Proxied::Unsaid, Proxied::By)
}

/// Reads `dns`.
pub(super) fn dns(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Dns> {
    let section = node.keys(&DNS, errors)?;
    let prefer = section
        .get("prefer")
        .and_then(|node| node.word(&[("ipv4", Family::V4), ("ipv6", Family::V6)], errors));
    let servers = section.get("servers").and_then(|node| node.list("a list of addresses", errors));
    let servers = servers.into_iter().flatten().filter_map(|node| server(&node, errors)).collect();
    Some(Dns { prefer: prefer.unwrap_or_default(), servers })
}

fn server(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<SocketAddr> {
    const PORT: u16 = 53;
    let text = node.value.as_str().unwrap_or_default();
    let bare = || Some(SocketAddr::new(text.parse::<IpAddr>().ok()?, PORT));
    let server = text.parse().ok().or_else(bare);
    if server.is_none() {
        node.expected("an address such as 10.0.0.2 or 10.0.0.2:53", errors);
    }
    server
}

/// What is wrong is not repeated: it may hold a password.
fn url(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Proxy> {
    let what = "expected a proxy such as http://proxy.example.com:3128, or none";
    let why = match node.value.as_str() {
        None => what.to_owned(),
        Some(text) if text.contains('@') => {
            "credentials may not stand here, where they would be rendered: write `{url: http://host:port, \
             authorization: \"${NAME}\"}`, and set that variable to what is sent, such as `Basic` and the base64 of \
             name:password"
                .to_owned()
        }
        Some(text) if text.starts_with("https://") => {
            format!("a proxy that is itself asked over TLS is not supported by this version, {what}")
        }
        Some(text) => match Endpoint::parse(text, "") {
            Ok(proxy) if proxy.path.is_empty() => {
                return Some(Proxy { host: proxy.host, port: proxy.port, authorization: None });
            }
            Ok(_) => format!("a proxy has no path, {what}"),
            Err(_) => what.to_owned(),
        },
    };
    node.error(why, errors);
    None
}
