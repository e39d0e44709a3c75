//! Where a provider's API is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An API root, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether to speak TLS.
    pub tls: bool,
    /// Name or address; IPv6 without brackets.
    pub host: String,
    /// The port, the scheme's own if none was given.
    pub port: u16,
    /// Everything before the operation: `/v1`; empty, or with a leading and no trailing slash.
    pub path: String,
}

impl Endpoint {
    /// Reads an API root. Without a path it gets `version`; a trailing slash is ignored.
    ///
    /// # Errors
    /// In words for the operator: what is wrong, and what is expected.
    pub fn parse(text: &str, version: &str) -> Result<Self, String> {
        Self::read(text, version).map_err(|why| {
            let expected = "expected an API root such as https://api.example.com/v1";
            let why = if why.is_empty() { why } else { why + ", " };
            why + expected
        })
    }

    /// What was probably meant by a text that is no API root: the same with a scheme, without what is added to it, and
    /// with a host that somebody may be at.
    pub fn meant(text: &str) -> Option<String> {
        meant(text).filter(|meant| Self::read(meant, "").is_ok())
    }

    fn read(text: &str, version: &str) -> Result<Self, String> {
        let (tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some((scheme, _)) => return Err(format!("unknown scheme {scheme:?}")),
            None => return Err(String::new()),
        };
        for (mark, what) in [('?', "a query"), ('#', "a fragment"), ('@', "user information")] {
            if rest.contains(mark) {
                return Err(format!("an endpoint may not have {what}"));
            }
        }
        if rest.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\\' | b'<' | b'>')) {
            return Err("a character that no URL may hold".to_owned());
        }
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (host, port) = split_port(authority)?;
        let path = path.trim_end_matches('/');
        if let Some(operation) = OPERATIONS.iter().find(|operation| path.ends_with(**operation)) {
            return Err(format!("{operation} is added to it"));
        }
        if path.split('/').any(|part| matches!(part, "." | "..")) {
            return Err("a path with dots for a part".to_owned());
        }
        let path = if path.is_empty() { version } else { path };
        let port = port.unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { tls, host: host.to_owned(), port, path: path.to_owned() })
    }

    /// The value of `:authority`: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            _ => format!("{host}:{}", self.port),
        }
    }

    /// Whether another endpoint is at the same host and port, and is spoken to alike.
    pub fn is_same_host(&self, other: &Self) -> bool {
        (self.tls, &self.host, self.port) == (other.tls, &other.host, other.port)
    }

    /// `https` or `http`.
    pub const fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// Whether the host is the machine that asks.
    pub fn is_this_machine(&self) -> bool {
        let name = self.host.to_ascii_lowercase();
        name == "localhost"
            || name.ends_with(".localhost")
            || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// Whether the host is an address, not a name.
    pub fn is_address(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority(), self.path)
    }
}

/// What people leave at the end of a root that they copy: no API has it below these once more.
const OPERATIONS: &[&str] =
    &["/chat/completions", "/completions", "/messages", "/embeddings", "/responses", ":generateContent"];

fn split_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    let bad = || "bad host or port".to_owned();
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(bad)?;
            host.parse::<Ipv6Addr>().map_err(|_| bad())?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or_else(bad)?) })
        }
        None if authority.matches(':').count() > 1 => {
            return Err("an IPv6 address stands in brackets".to_owned());
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    if matches!(host.parse(), Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED) | IpAddr::V6(Ipv6Addr::UNSPECIFIED))) {
        return Err(format!("{host} is where one listens, not where anybody is"));
    }
    if !host.contains(':') && !is_host(host) {
        return Err(bad());
    }
    let number = |port: &str| port.parse().ok().filter(|port| *port != 0);
    match port.map(number) {
        Some(None) => Err("a port is a number from 1 to 65535".to_owned()),
        port => Ok((host, port.flatten())),
    }
}

/// A name, or an IPv4 address.
fn is_host(host: &str) -> bool {
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(named)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match is_number {
        true => host.parse::<Ipv4Addr>().is_ok(),
        // A name may end in the dot of the root.
        false => host.strip_suffix('.').unwrap_or(host).split('.').all(is_label),
    }
}

fn meant(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.trim().to_ascii_lowercase(), rest),
        None => {
            let end = text.find([':', '/']).unwrap_or_default();
            let (scheme, rest) = text.split_at(end);
            match scheme.starts_with("http") {
                true => (scheme.to_owned(), rest.trim_start_matches([':', '/'])),
                false => (String::new(), text.trim_start_matches([':', '/'])),
            }
        }
    };
    let mut rest = rest.trim().trim_end_matches('/');
    for operation in OPERATIONS {
        rest = rest.strip_suffix(operation).unwrap_or(rest);
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]");
    let authority = match authority.rsplit_once(':') {
        _ if authority.contains('[') => authority,
        Some((host, port)) if host.contains(':') && host.parse::<Ipv6Addr>().is_ok() => {
            format!("[{host}]:{port}")
        }
        _ if authority.parse::<Ipv6Addr>().is_ok() => format!("[{authority}]"),
        _ => authority,
    };
    let is_near =
        authority.contains(':') || !authority.contains('.') || authority.parse::<Ipv4Addr>().is_ok();
    let scheme = match scheme.as_str() {
        "" if is_near => "http",
        "" | "wss" => "https",
        "ws" => "http",
        near if near.starts_with('h') && near.ends_with('s') => "https",
        near if near.starts_with('h') => "http",
        _ => return None,
    };
    Some(format!("{scheme}://{authority}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_taken_apart() {
        let read = |text| Endpoint::parse(text, "/v1").map(|endpoint| (endpoint.to_string(), endpoint.port));
        assert_eq!(read("https://api.openai.com"), Ok(("https://api.openai.com/v1".into(), 443)));
        assert_eq!(read("https://a.b/x/y/"), Ok(("https://a.b/x/y".into(), 443)));
        assert_eq!(read("http://127.0.0.1:9000/"), Ok(("http://127.0.0.1:9000/v1".into(), 9000)));
        assert_eq!(read("http://[::1]:80"), Ok(("http://[::1]/v1".into(), 80)));
        for bad in [
            "api.openai.com",
            "ftp://a",
            "https://",
            "http://a:b",
            "http://a:0",
            "http://u:p@a",
            "http://a?x",
            "http://a/#",
            "http://a b",
            "http://[::1",
            "http://[x]",
            "http://h:",
            "http://a..b",
            "http://-a",
            "http://256.1.1.1",
            "http://a/v1/../x",
            "",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for good in
            ["http://a_b", "http://a.b.", "https://h/models", "http://h//v1", "http://h/completions-v2"]
        {
            assert!(read(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_was_meant_stands_beside_what_is_wrong() {
        for (written, why, meant) in [
            ("api.openai.com/v1", "expected", Some("https://api.openai.com/v1")),
            ("localhost:8000", "expected", Some("http://localhost:8000")),
            ("127.0.0.1/v1", "expected", Some("http://127.0.0.1/v1")),
            ("https:/x.com/v1", "expected", Some("https://x.com/v1")),
            ("https//x.com", "expected", Some("https://x.com")),
            ("http:x.com", "expected", Some("http://x.com")),
            ("//x.com", "expected", Some("https://x.com")),
            ("htttp://x.com", "unknown scheme \"htttp\"", Some("http://x.com")),
            ("htps://x.com", "unknown scheme", Some("https://x.com")),
            ("HTTPS://x.com", "unknown scheme", Some("https://x.com")),
            ("ftp://x.com", "unknown scheme", None),
            ("https://x.com/v1/chat/completions/", "/chat/completions is added", Some("https://x.com/v1")),
            ("api.x.com/v1/messages", "expected", Some("https://api.x.com/v1")),
            ("http://0.0.0.0:8000/v1", "0.0.0.0 is where one listens", Some("http://127.0.0.1:8000/v1")),
            ("http://[::]:8000", ":: is where one listens", Some("http://[::1]:8000")),
            ("http://::1:8000", "an IPv6 address stands in brackets", Some("http://[::1]:8000")),
            ("http://fe80::1", "an IPv6 address stands in brackets", Some("http://[fe80::1]")),
            ("http://h:0", "a port is a number from 1 to 65535", None),
            ("http://h:65536", "a port is a number from 1 to 65535", None),
            (" http://h ", "unknown scheme", Some("http://h")),
            ("http://u:p@h", "an endpoint may not have user information", None),
            ("u:p@h/chat/completions", "expected", None),
        ] {
            let said = Endpoint::parse(written, "").unwrap_err();
            assert!(said.starts_with(why), "{written}: {said}");
            assert_eq!(Endpoint::meant(written).as_deref(), meant, "{written}");
        }
    }
}
