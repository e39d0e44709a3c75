//! Whether a request may come from where it comes.
//!
//! Who listens on a loopback address trusts the programs of its machine, but not the web pages that its browsers show.
//! A page reaches us in two ways: by asking across sites, which its browser tells in `sec-fetch-site`
//! (<https://www.w3.org/TR/fetch-metadata/>), or under a name of its own that resolves to this machine (DNS
//! rebinding), which `Host` tells. And a form or a script without leave may send some content types to any address,
//! JSON not among them (<https://fetch.spec.whatwg.org/#simple-header>): so JSON must say that it is JSON.
//!
//! Pages whose origin the configuration names (`cors`) may ask; what their browsers want to be told, Envoy tells them.

use std::net::Ipv4Addr;

use super::failure::Failure;
use super::headers::Headers;
use crate::gateway::Gateway;

/// Whether a request may come in at all.
///
/// # Errors
/// The gateway is for this machine only, and a page of another site asks.
pub(super) fn check(headers: Headers<'_>, gateway: &Gateway) -> Result<(), Failure> {
    if !gateway.is_local {
        return Ok(());
    }
    if let Some(host) = headers.get(":authority").map(String::from_utf8_lossy)
        && !is_this_machine(&host)
    {
        let why = format!(
            "this gateway listens on a loopback address and is asked for as {host:?}; ask for localhost or 127.0.0.1"
        );
        return Err(Failure::new(403, "host_not_allowed", why));
    }
    let other_site =
        headers.get("sec-fetch-site").is_some_and(|site| site.eq_ignore_ascii_case(b"cross-site"));
    match other_site && !is_welcome(headers, gateway) {
        true => {
            let why = "a web page of another site may not use a gateway on a loopback address";
            Err(Failure::new(403, "cross_site_request", why))
        }
        false => Ok(()),
    }
}

/// Whether a body is said to be JSON. Who is no browser need not say.
///
/// # Errors
/// It is said to be something else.
pub(super) fn check_json(headers: Headers<'_>) -> Result<(), Failure> {
    let mut kinds = headers.0.iter().filter(|(name, _)| *name == b"content-type").map(|(_, value)| *value);
    let browser = headers.0.iter().any(|(name, _)| *name == b"origin" || name.starts_with(b"sec-fetch-"));
    let said = headers.get("content-type").is_some();
    match said && kinds.all(is_json) || !said && !browser {
        true => Ok(()),
        false => {
            let why = "the body must be JSON, and say so: send the header `content-type: application/json`";
            Err(Failure::new(415, "unsupported_media_type", why).with_param("content-type"))
        }
    }
}

/// Whether nobody's browser asks where a body may be of a kind that any page may send. A browser says where the page is that
/// asks, by `origin` or `sec-fetch-site`; Node's own `fetch` says `sec-fetch-mode` and nothing else
/// (<https://github.com/nodejs/undici>, seen in November 2026).
///
/// # Errors
/// A web page asks.
pub(super) fn check_no_page(headers: Headers<'_>, gateway: &Gateway) -> Result<(), Failure> {
    let of_page =
        |name: &[u8]| name == b"origin" || name.starts_with(b"sec-fetch-") && name != b"sec-fetch-mode";
    let page = headers.0.iter().any(|(name, _)| of_page(name));
    match page && !is_welcome(headers, gateway) {
        true => {
            let why = "a web page may not send this";
            Err(Failure::new(403, "cross_site_request", why))
        }
        false => Ok(()),
    }
}

/// Whether the page that asks is one of those that may.
fn is_welcome(headers: Headers<'_>, gateway: &Gateway) -> bool {
    let mut origins = headers.0.iter().filter(|(name, _)| *name == b"origin").map(|(_, value)| *value);
    match (origins.next(), origins.next()) {
        (Some(origin), None) => gateway.welcomes(origin),
        _ => false,
    }
}

/// Whether a `Host` names the machine that it is asked on.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(address) => {
            return address.split_once(']').is_some_and(|(address, port)| address == "::1" && is_port(port));
        }
        None => host.split_once(':').map_or(host, |(name, port)| if is_digits(port) { name } else { host }),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(is_digits)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a media type is one of JSON (RFC 6839, 3.1).
fn is_json(kind: &[u8]) -> bool {
    let essence =
        kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    essence == b"application/json" || essence == b"text/json" || essence.ends_with(b"+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for (host, want) in [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("127.0.0.1", true),
            ("127.8.9.10:1", true),
            ("[::1]", true),
            ("[::1]:8080", true),
            ("", false),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:8080", false),
            ("localhost:evil.example", false),
            ("localhost@evil.example", false),
            ("[::1].evil.example", false),
            ("[::1", false),
            ("[::2]", false),
            ("0.0.0.0", false),
            ("10.0.0.1:8080", false),
            ("2130706433", false),
        ] {
            assert_eq!(is_this_machine(host), want, "{host}");
        }
    }

    #[test]
    fn json_must_say_so_where_a_browser_asks() {
        let check = |headers: &[(&[u8], &[u8])]| check_json(Headers(headers)).is_ok();
        let kind = |kind: &'static str| (&b"content-type"[..], kind.as_bytes());
        for (headers, want) in [
            (&[][..], true),
            (&[kind("application/json")], true),
            (&[kind("Application/JSON; charset=utf-8")], true),
            (&[kind("application/vnd.api+json")], true),
            (&[kind("text/plain")], false),
            (&[kind("text/plain; application/json")], false),
            (&[kind("application/json,text/plain")], false),
            (&[kind("application/json"), kind("text/plain")], false),
            (&[kind("")], false),
            (&[(b"origin", b"null")], false),
            (&[(b"sec-fetch-mode", b"no-cors")], false),
            (&[(b"origin", b"http://localhost:3000"), kind("application/json")], true),
        ] {
            assert_eq!(check(headers), want, "{headers:?}");
        }
    }
}
