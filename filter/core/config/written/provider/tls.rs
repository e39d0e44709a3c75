//! `tls`: how a provider is known, and how we are known to it, where that is not as on the web.

use super::super::super::errors::Errors;
use super::super::super::keys::{Keys, optional};
use super::super::super::section::{Node, Section};
use super::super::files::{Pair, file};
use crate::provider::Operation;

/// What is the provider's own of TLS. Files are named, and never read by the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderTls {
    /// The file of the authorities that its chain must lead to, in place of the system's.
    pub ca: Option<String>,
    /// What we show of ourselves.
    pub pair: Option<Pair>,
    /// The name that it is asked for and that its certificate must have, in place of its host's.
    pub server_name: Option<String>,
}

pub(in super::super) const KEYS: Keys = Keys {
    path: "providers.NAME.tls",
    doc: "How it is known, and we to it, where that is not as on the web. Files are named from the folder of this file.",
    keys: &[
        optional(
            "ca",
            "the system's",
            "/etc/ferro/company.crt",
            "the file of the authorities that its certificate must lead to, as PEM",
        ),
        optional(
            "certificate",
            "we show none",
            "/etc/ferro/client.crt",
            "the file of the certificate that we show, as PEM; renewed ones are picked up by themselves",
        ),
        optional("key", "we show none", "/etc/ferro/client.key", "the file of its private key, as PEM"),
        optional(
            "server_name",
            "its host",
            "llm.internal.example.com",
            "the name that its certificate must have, where that is not its host",
        ),
    ],
    lacking: &[],
};

pub(super) fn read(
    section: &Section<'_>,
    operations: Option<&[Operation]>,
    errors: &mut Errors<'_>,
) -> Option<ProviderTls> {
    let Some(node) = section.get("tls") else { return Some(ProviderTls::default()) };
    if operations.is_some_and(|all| all.iter().all(|operation| !operation.endpoint.tls)) {
        node.error("its endpoint is http://, without TLS: write https://, or leave this out", errors);
    }
    let section = node.keys(&KEYS, errors)?;
    let mut named = |name: &str| section.get(name).and_then(|node| file(&node, errors));
    let (ca, certificate, key) = (named("ca"), named("certificate"), named("key"));
    let has = |name: &str| section.get(name).is_some();
    let lacking = match (has("certificate"), has("key")) {
        (true, false) => Some("key"),
        (false, true) => Some("certificate"),
        _ => None,
    };
    if let Some(lacking) = lacking {
        node.error(format_args!("missing key {lacking:?}: a certificate and its key go together"), errors);
    }
    let pair = certificate.zip(key).map(|(certificate, key)| Pair { certificate, key });
    let server_name = section.get("server_name").map(|node| name(&node, errors));
    Some(ProviderTls { ca, pair, server_name: server_name.flatten() })
}

/// A name as certificates have them; an address is none (RFC 6066, 3).
fn name(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
    let what = "a name such as llm.example.com";
    let name = node.string(what, errors)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_name = name.bytes().all(plain) && name.parse::<std::net::IpAddr>().is_err();
    if !is_name {
        node.expected(what, errors);
    }
    is_name.then(|| name.to_owned())
}
