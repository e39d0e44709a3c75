//! Where a provider's API is.

use std::fmt;

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
        let expected = "expected an API root such as https://api.example.com/v1";
        let (tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some((scheme, _)) => return Err(format!("unknown scheme {scheme:?}, {expected}")),
            None => return Err(expected.to_owned()),
        };
        for (mark, what) in [('?', "a query"), ('#', "a fragment"), ('@', "user information")] {
            if rest.contains(mark) {
                return Err(format!("an endpoint may not have {what}, {expected}"));
            }
        }
        if rest.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\\' | b'<' | b'>')) {
            return Err(format!("a character that no URL may hold, {expected}"));
        }
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (host, port) = split_port(authority).ok_or_else(|| format!("bad host or port, {expected}"))?;
        let path = path.trim_end_matches('/');
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

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some(""))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if host.is_empty() || !host.bytes().all(named) {
        return None;
    }
    match port {
        "" => Some((host, None)),
        port => port.parse().ok().filter(|port| *port != 0).map(|port| (host, Some(port))),
    }
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
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
