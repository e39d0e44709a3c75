//! `limits`: what one client, and all of them together, may take of the gateway.

use std::time::Duration;

use super::super::errors::Errors;
use super::super::keys::{Keys, key, optional, required};
use super::super::section::Node;
use crate::provider::Endpoint;

/// The bounds of what clients may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest request body, in bytes.
    pub max_request_bytes: usize,
    /// How long a request may take to arrive whole.
    pub request_timeout: Duration,
    /// How long a body may take to arrive that passes unread.
    pub upload_timeout: Duration,
    /// How long a connection may be open without a request.
    pub idle_timeout: Duration,
    /// How long a client may take to fetch what is left of an answer that has come to its end.
    pub fetch_timeout: Duration,
    /// How many bytes Envoy's heap may take before it refuses requests.
    pub max_heap: u64,
    /// How many clients may be connected; `None` for as many as there are file descriptors for.
    pub max_connections: Option<u32>,
    /// Who counts what callers take, where several gateways share their limits.
    pub store: Option<Store>,
}

/// The service that counts what callers take for several gateways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Name or address.
    pub host: String,
    /// Its port for gRPC.
    pub port: u16,
    /// What it knows these limits by, among others'.
    pub domain: String,
    /// Whether requests are refused while it cannot be asked.
    pub fails_closed: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_request_bytes: 32 << 20,
            request_timeout: Duration::from_secs(60),
            upload_timeout: Duration::from_secs(15 * 60),
            idle_timeout: Duration::from_secs(60),
            fetch_timeout: Duration::from_secs(300),
            max_heap: 2 << 30,
            max_connections: None,
            store: None,
        }
    }
}

pub(super) const KEYS: Keys = Keys {
    path: "limits",
    doc: "What clients may take of the gateway: see [operations](operations.md#limits).",
    keys: &[
        key("max_request_bytes", "32MiB", "8MiB", "the longest request body, up to 256MiB"),
        key("request_timeout", "60s", "30s", "how long a request may take to arrive, to its last byte"),
        key(
            "upload_timeout",
            "15m",
            "1h",
            "the same of one that passes unread, such as a file's upload; never shorter than `request_timeout`",
        ),
        key("idle_timeout", "60s", "5m", "how long a connection may be open without a request"),
        key(
            "fetch_timeout",
            "5m",
            "30s",
            "how long a client of HTTP/2 may take to fetch what is left of an answer when its provider is done",
        ),
        key("max_heap", "2GiB", "1GiB", "from 90 % of this on, new requests are refused; 128MiB at least"),
        optional(
            "max_connections",
            "as many as there are file descriptors for, at most 50000",
            "10000",
            "how many clients may be connected",
        ),
        optional(
            "store",
            "each gateway counts by itself",
            "",
            "who counts what callers take, where several gateways share their limits",
        ),
    ],
    lacking: &[],
};

pub(super) const STORE: Keys = Keys {
    path: "limits.store",
    doc: "A service that counts what callers take for several gateways, \
          [envoyproxy/ratelimit](https://github.com/envoyproxy/ratelimit) on Redis: see \
          [access](access.md#several-gateways).",
    keys: &[
        required("ratelimit", "127.0.0.1:8081", "where it takes gRPC, as `host:port`"),
        key(
            "fail",
            "open",
            "closed",
            "while it cannot be asked, requests pass, and each gateway's own count still holds (`open`), or are a 503 \
             (`closed`)",
        ),
        key("domain", "ferro", "ferro-staging", "what it knows these limits by, among others'"),
    ],
    lacking: &[],
};

pub(super) fn read(node: &Node<'_>, errors: &mut Errors<'_>) -> Limits {
    const LARGEST_REQUEST: u64 = 256 << 20;
    const SMALLEST_HEAP: u64 = 128 << 20;
    const LARGEST_HEAP: u64 = 1 << 40;
    let default = Limits::default();
    let Some(section) = node.keys(&KEYS, errors) else { return default };
    let mut bytes = |name: &str, least, most| section.get(name)?.bytes(least, most, errors);
    let max_request_bytes = bytes("max_request_bytes", 1 << 10, LARGEST_REQUEST);
    let max_heap = bytes("max_heap", SMALLEST_HEAP, LARGEST_HEAP);
    let mut time = |name: &str| section.get(name)?.positive_duration(errors);
    let (request_timeout, idle_timeout, fetch_timeout, upload_timeout) =
        (time("request_timeout"), time("idle_timeout"), time("fetch_timeout"), time("upload_timeout"));
    let max_connections =
        section.get("max_connections").and_then(|node| node.number(1, u64::from(u32::MAX), errors));
    Limits {
        max_request_bytes: max_request_bytes
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or(default.max_request_bytes),
        request_timeout: request_timeout.unwrap_or(default.request_timeout),
        upload_timeout: upload_timeout.unwrap_or(default.upload_timeout),
        idle_timeout: idle_timeout.unwrap_or(default.idle_timeout),
        fetch_timeout: fetch_timeout.unwrap_or(default.fetch_timeout),
        max_heap: max_heap.unwrap_or(default.max_heap),
        max_connections: max_connections.and_then(|number| number.try_into().ok()),
        store: section.get("store").and_then(|node| store(&node, errors)),
    }
}

fn store(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Store> {
    const LONGEST_DOMAIN: usize = 64;
    let section = node.keys(&STORE, errors)?;
    let place = section.require("ratelimit", errors).and_then(|node| {
        let place = node.value.as_str().and_then(place);
        if place.is_none() {
            node.expected("a host and a port, such as 127.0.0.1:8081", errors);
        }
        place
    });
    let fails_closed =
        section.get("fail").and_then(|node| node.word(&[("open", false), ("closed", true)], errors));
    let domain = section.get("domain").and_then(|node| {
        let fits = |text: &&str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (1..=LONGEST_DOMAIN).contains(&text.len()) && text.bytes().all(plain)
        };
        let domain = node.value.as_str().filter(fits);
        if domain.is_none() {
            node.expected("a name of at most 64 letters, digits, '-', '_' and '.'", errors);
        }
        domain
    });
    let Endpoint { host, port, .. } = place?;
    Some(Store {
        host,
        port,
        domain: domain.unwrap_or("ferro").to_owned(),
        fails_closed: fails_closed.unwrap_or(false),
    })
}

/// A host and a port, and nothing else.
fn place(text: &str) -> Option<Endpoint> {
    let place = Endpoint::parse(&format!("http://{text}"), "").ok()?;
    (place.path.is_empty() && text.ends_with(&format!(":{}", place.port))).then_some(place)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Config;
    use super::*;

    fn complaints(file: &Value) -> Vec<String> {
        Config::parse(file).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn limits_have_defaults_and_bounds() {
        let limits = |written: Value| Config::parse(&json!({"limits": written})).unwrap().limits;
        let given =
            limits(json!({"max_request_bytes": "1MiB", "request_timeout": "2s", "idle_timeout": "3s",
            "fetch_timeout": "4s", "upload_timeout": "5s", "max_heap": "256MiB", "max_connections": 7,
            "store": {"ratelimit": "limits.internal:8081"}}));
        let seconds = Duration::from_secs;
        let want = Limits {
            max_request_bytes: 1 << 20,
            request_timeout: seconds(2),
            idle_timeout: seconds(3),
            fetch_timeout: seconds(4),
            upload_timeout: seconds(5),
            max_heap: 256 << 20,
            max_connections: Some(7),
            store: Some(Store {
                host: "limits.internal".to_owned(),
                port: 8081,
                domain: "ferro".to_owned(),
                fails_closed: false,
            }),
        };
        assert_eq!(given, want);
        assert_eq!(limits(json!({})), Limits::default());
        for (key, value) in [
            ("max_request_bytes", json!("1GiB")),
            ("request_timeout", json!("0s")),
            ("idle_timeout", json!(5)),
            ("fetch_timeout", json!("0s")),
            ("upload_timeout", json!("0s")),
            ("max_heap", json!("1MiB")),
            ("max_connections", json!(0)),
        ] {
            let said = complaints(&json!({"limits": {key: value}}));
            assert!(said.len() == 1 && said[0].starts_with(&format!("limits.{key}: ")), "{said:?}");
        }
    }

    #[test]
    fn a_store_is_a_host_and_a_port() {
        let store = |written: Value| {
            Config::parse(&json!({"limits": {"store": written}})).unwrap().limits.store.unwrap()
        };
        let given = store(json!({"ratelimit": "[::1]:9", "fail": "closed", "domain": "a-b"}));
        assert_eq!((given.host.as_str(), given.port, given.fails_closed), ("::1", 9, true));
        assert_eq!(given.domain, "a-b");
        for (written, want) in [
            (json!({}), "limits.store: missing key \"ratelimit\""),
            (json!({"ratelimit": "localhost"}), "limits.store.ratelimit: expected a host and a port"),
            (
                json!({"ratelimit": "http://localhost:8081"}),
                "limits.store.ratelimit: expected a host and a port",
            ),
            (json!({"ratelimit": "a:1/x:1"}), "limits.store.ratelimit: expected a host and a port"),
            (json!({"ratelimit": 8081}), "limits.store.ratelimit: expected a host and a port"),
            (json!({"ratelimit": "a:1", "fail": "shut"}), "limits.store.fail: unknown value \"shut\""),
            (json!({"ratelimit": "a:1", "domain": "a b"}), "limits.store.domain: expected a name"),
            (json!({"ratelimit": "a:1", "redis": "b:2"}), "limits.store.redis: unknown key"),
        ] {
            let said = complaints(&json!({"limits": {"store": written}}));
            assert!(said.len() == 1 && said[0].starts_with(want), "{want}: {said:?}");
        }
    }
}
