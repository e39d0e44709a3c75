//! `listen`, `admin`, `cors`, `trusted_hops`: where clients connect, and what they see of it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::Value;

use super::super::errors::Errors;
use super::super::keys::{Keys, key, optional, required};
use super::super::meant::Meant;
use super::super::section::{Node, Section};
use super::access::Access;
use super::files::{Pair, file};
use crate::provider::Endpoint;

/// A place where clients connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Where.
    pub address: SocketAddr,
    /// What stands before every path: nothing, or with a leading and without a trailing slash.
    pub path: String,
    /// How it speaks TLS, if it does.
    pub tls: Option<ListenTls>,
}

/// TLS that clients meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenTls {
    /// What it shows of itself.
    pub pair: Pair,
    /// The file of those who vouch for clients, where clients are asked for a certificate.
    pub client_ca: Option<String>,
    /// Who has no certificate may come, too.
    pub without_certificate: bool,
}

/// The file's doors.
pub(super) struct Doors {
    pub listen: Vec<Listen>,
    pub admin: Option<SocketAddr>,
    pub origins: Vec<String>,
    pub trusted_hops: u32,
}

/// Where clients connect if the file does not say.
const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Each place costs a reading of the module when Envoy starts.
const MOST_PLACES: usize = 16;

/// The most origins: they are compared with one by one.
const MOST_ORIGINS: usize = 100;

const MOST_HOPS: u64 = 100;

pub(super) const LISTEN: Keys = Keys {
    path: "listen",
    doc: "A place where clients connect, where more is to be said of it than an address; `listen` may also be a list of \
          such places and of addresses: see [operations](operations.md#where-clients-connect).",
    keys: &[
        key("address", "127.0.0.1:8080", "\"[::1]:8080\"", "where; `[::]:8080` takes IPv4 as well"),
        optional(
            "path",
            "nothing",
            "/llm",
            "what stands before every path: `/llm/v1/models` is served as `/v1/models`, and nothing else is",
        ),
        optional("tls", "HTTP in the clear", "", "the certificate that it shows"),
    ],
    lacking: &[],
};

pub(super) const TLS: Keys = Keys {
    path: "listen.tls",
    doc: "TLS, with HTTP/2 for whoever offers it. Files are named from the folder of this file; renewed ones are picked \
          up by themselves.",
    keys: &[
        required(
            "certificate",
            "/etc/ferro/tls.crt",
            "the file of the certificate and those that lead to its authority, as PEM",
        ),
        required("key", "/etc/ferro/tls.key", "the file of its private key, as PEM"),
        optional(
            "client_ca",
            "clients need no certificate",
            "/etc/ferro/clients.crt",
            "the file of the authorities whose certificates clients must show, as PEM",
        ),
        optional(
            "client_certificate",
            "`required`",
            "optional",
            "`optional`: with `client_ca`, who shows no certificate may come, and needs a key or whatever else `access` \
             takes; a wrong one is refused all the same",
        ),
    ],
    lacking: &[],
};

pub(super) const CORS: Keys = Keys {
    path: "cors",
    doc: "Which web pages may call: see [operations](operations.md#web-pages).",
    keys: &[required(
        "origins",
        r#"["https://chat.example.com"]"#,
        "where they are from, exactly as browsers say it: scheme, name and, where it is not the scheme's own, port",
    )],
    lacking: &[],
};

/// Which addresses others may reach depends on who may call.
pub(super) fn read(section: &Section<'_>, access: Option<&Access>, errors: &mut Errors<'_>) -> Option<Doors> {
    let listen = match section.get("listen") {
        None => Some(vec![Listen::at(DEFAULT)]),
        Some(node) => places(&node, access, errors),
    };
    let admin = match section.get("admin") {
        None => Some(None),
        Some(node) if node.value == &Value::Bool(false) => Some(None),
        Some(node) => {
            let taken: Vec<_> = listen.iter().flatten().map(|place| place.address).collect();
            bindable(&node, &taken, errors).map(Some)
        }
    };
    let origins = section.get("cors").map_or(Some(Vec::new()), |node| cors(&node, errors));
    let hops = section.get("trusted_hops").map_or(Some(0), |node| node.number(0, MOST_HOPS, errors));
    Some(Doors {
        listen: listen?,
        admin: admin?,
        origins: origins?,
        trusted_hops: u32::try_from(hops?).ok()?,
    })
}

impl Listen {
    /// An address of which nothing else is said.
    const fn at(address: SocketAddr) -> Self {
        Self { address, path: String::new(), tls: None }
    }

    /// Whether who asks there comes here: an address that stands for all of this machine's is at each of its names.
    pub(super) fn is_at(&self, endpoint: &Endpoint) -> bool {
        let ip = self.address.ip();
        let here = match endpoint.host.parse::<IpAddr>() {
            Ok(host) => host.to_canonical() == ip.to_canonical() || ip.is_unspecified(),
            Err(_) => ip.is_loopback() || ip.is_unspecified(),
        };
        self.address.port() == endpoint.port && endpoint.is_this_machine() && here
    }
}

fn places(node: &Node<'_>, access: Option<&Access>, errors: &mut Errors<'_>) -> Option<Vec<Listen>> {
    if !node.value.is_array() {
        return Some(vec![place(node, access, &[], errors)?]);
    }
    let nodes = node.list("a list of addresses", errors)?;
    if nodes.is_empty() || nodes.len() > MOST_PLACES {
        node.error(format_args!("expected 1 to {MOST_PLACES} addresses, found {}", nodes.len()), errors);
        return None;
    }
    let (mut found, count) = (Vec::<Listen>::new(), nodes.len());
    for node in nodes {
        let taken: Vec<_> = found.iter().map(|place| place.address).collect();
        found.extend(place(&node, access, &taken, errors));
    }
    (found.len() == count).then_some(found)
}

/// An address, or an object that says more.
fn place(
    node: &Node<'_>,
    access: Option<&Access>,
    taken: &[SocketAddr],
    errors: &mut Errors<'_>,
) -> Option<Listen> {
    if !node.value.is_object() {
        return Some(Listen::at(listen(node, access, taken, errors)?));
    }
    let section = node.keys(&LISTEN, errors)?;
    let address = match section.get("address") {
        None => Some(DEFAULT),
        Some(node) => listen(&node, access, taken, errors),
    };
    let path = section.get("path").map_or(Some(String::new()), |node| base(&node, errors));
    let tls = match section.get("tls") {
        None => Some(None),
        Some(node) => tls(&node, errors).map(Some),
    };
    Some(Listen { address: address?, path: path?, tls: tls? })
}

/// An address that others reach must be opened in words: who reaches it spends the providers' credentials.
fn listen(
    node: &Node<'_>,
    access: Option<&Access>,
    taken: &[SocketAddr],
    errors: &mut Errors<'_>,
) -> Option<SocketAddr> {
    let address = bindable(node, taken, errors)?;
    if matches!(access, Some(Access::Local)) && !address.ip().is_loopback() {
        let message = "others can reach this address, and whoever does can spend the providers' credentials: \
                       say who may call by `access`, write `access: none` if everybody is meant, or listen on \
                       127.0.0.1";
        node.error(message, errors);
    }
    Some(address)
}

fn bindable(node: &Node<'_>, taken: &[SocketAddr], errors: &mut Errors<'_>) -> Option<SocketAddr> {
    let what = "an address and port such as 127.0.0.1:8080";
    let text = node.value.as_str().unwrap_or_default();
    let Some(address) = text.parse().ok().filter(|address: &SocketAddr| address.port() != 0) else {
        let number = |(_, port): (&str, &str)| port.parse().ok();
        let port: Option<u64> = text.rsplit_once(':').and_then(number);
        match port.is_some_and(|port| !(1..=65535).contains(&port)) {
            true => node.expected("a port from 1 to 65535", errors),
            false => node.expected_or(what, Meant::Address, errors),
        }
        return None;
    };
    if let Some(other) = taken.iter().find(|other| collide(**other, address)) {
        node.error(format_args!("{other} has this port already: choose another"), errors);
    }
    Some(address)
}

/// Whether a machine could not listen on both.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let covers = |all: IpAddr, one: IpAddr| all.is_unspecified() && (all.is_ipv6() || one.is_ipv4());
    let (a, b) = (one.ip().to_canonical(), other.ip().to_canonical());
    one.port() == other.port() && (a == b || covers(a, b) || covers(b, a))
}

/// What stands before every path, without the slash at its end.
fn base(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
    let what = "a path such as /llm";
    let text = node.string(what, errors)?;
    let path = text.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(plain);
    let parts = path.strip_prefix('/').map(|path| path.split('/').all(is_part));
    match (path.is_empty() && text.starts_with('/'), parts) {
        (true, _) => Some(String::new()),
        (false, Some(true)) => Some(path.to_owned()),
        (false, None) if path.split('/').all(is_part) => {
            node.error(format_args!("{text:?} has no slash before it; did you mean \"/{path}\"?"), errors);
            None
        }
        (false, _) => {
            node.expected("a path of letters, digits, '-', '.', '_' and '~', such as /llm", errors);
            None
        }
    }
}

fn tls(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<ListenTls> {
    let section = node.keys(&TLS, errors)?;
    let mut needed = |name: &str| section.require(name, errors).and_then(|node| file(&node, errors));
    let (certificate, key) = (needed("certificate"), needed("key"));
    let client_ca = section.get("client_ca").and_then(|node| file(&node, errors));
    let words = [("required", false), ("optional", true)];
    let written = section.get("client_certificate");
    let without_certificate = written.as_ref().and_then(|node| node.word(&words, errors)).unwrap_or(false);
    if written.is_some() && client_ca.is_none() {
        node.error("`client_certificate` is of no use without `client_ca`", errors);
    }
    Some(ListenTls { pair: Pair { certificate: certificate?, key: key? }, client_ca, without_certificate })
}

fn cors(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Vec<String>> {
    let section = node.keys(&CORS, errors)?;
    let node = section.require("origins", errors)?;
    let nodes = node.list("a list of origins", errors)?;
    if nodes.len() > MOST_ORIGINS {
        node.error(format_args!("expected at most {MOST_ORIGINS} origins, found {}", nodes.len()), errors);
        return None;
    }
    Some(nodes.iter().filter_map(|node| origin(node, errors)).collect())
}

/// An origin as browsers write it (RFC 6454, 6.2): anything else would never be equal to what they send.
fn origin(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
    let what = "an origin such as https://chat.example.com";
    let text = node.string(what, errors)?;
    let why = match text {
        "null" => "`null` is what every page says that hides where it is from: it cannot be let in alone",
        text if text.contains('*') => {
            "a pattern would let in pages that are not yet known: name each origin, such as https://chat.example.com"
        }
        text => {
            let usual = usual_origin(text);
            match usual.as_deref() {
                Some(usual) if usual == text => return Some(text.to_owned()),
                Some(usual) => {
                    node.error(format_args!("browsers never say {text:?}; did you mean {usual:?}?"), errors);
                }
                None => node.expected(what, errors),
            }
            return None;
        }
    };
    node.error(why, errors);
    None
}

/// How browsers write an origin: in small letters, without a path, and without the scheme's own port.
fn usual_origin(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    };
    let fits =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']');
    if !is_scheme(scheme) || authority.is_empty() || !authority.bytes().all(fits) {
        return None;
    }
    let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let own = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => "\0",
    };
    Some(format!("{scheme}://{}", authority.strip_suffix(own).unwrap_or(&authority)))
}
