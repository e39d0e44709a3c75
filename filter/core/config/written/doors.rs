//! `listen`, `access`, `admin`: where clients connect, and which of them may.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;

use super::super::errors::Errors;
use super::super::meant::Meant;
use super::super::section::{Node, Section};

/// Which clients may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Those of this machine: the file does not say, and `listen` is a loopback address.
    Local,
    /// Everybody who reaches `listen`: the file says `none`.
    Open,
}

/// The file's doors.
pub(super) struct Doors {
    pub listen: SocketAddr,
    pub access: Access,
    pub admin: Option<SocketAddr>,
}

/// Where clients connect if the file does not say.
const DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

pub(super) fn read(section: &Section<'_>, errors: &mut Errors<'_>) -> Option<Doors> {
    let access = match section.get("access") {
        None => Some(Access::Local),
        Some(node) => access(&node, errors),
    };
    let listen = match section.get("listen") {
        None => Some(DEFAULT),
        Some(node) => listen(&node, access, errors),
    };
    let admin = match section.get("admin") {
        None => Some(None),
        Some(node) if node.value == &Value::Bool(false) => Some(None),
        Some(node) => address(&node, errors).map(Some),
    };
    if let (Some(Some(door)), Some(node)) = (admin, section.get("admin"))
        && Some(door) == listen
    {
        node.error("the same address as `listen`; each needs its own port", errors);
    }
    Some(Doors { listen: listen?, access: access?, admin: admin? })
}

/// Keys are not built yet, so the only thing to say is that there are none. What else stands here may hold secrets,
/// and no message repeats it.
fn access(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Access> {
    let open = node.value.as_str() == Some("none");
    if !open {
        node.error("not supported by this version, which knows only `access: none`", errors);
    }
    open.then_some(Access::Open)
}

/// An address that others reach must be opened in words: who reaches it spends the providers' credentials.
fn listen(node: &Node<'_>, access: Option<Access>, errors: &mut Errors<'_>) -> Option<SocketAddr> {
    let address = address(node, errors)?;
    if access == Some(Access::Local) && !address.ip().is_loopback() {
        let message = "others can reach this address, and whoever does can spend the providers' credentials: \
                       write `access: none` if that is meant, or listen on 127.0.0.1";
        node.error(message, errors);
    }
    Some(address)
}

fn address(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<SocketAddr> {
    let what = "an address and port such as 127.0.0.1:8080";
    let text = node.value.as_str().unwrap_or_default();
    let address = text.parse().ok().filter(|address: &SocketAddr| address.port() != 0);
    if address.is_none() {
        let number = |(_, port): (&str, &str)| port.parse().ok();
        let port: Option<u64> = text.rsplit_once(':').and_then(number);
        match port.is_some_and(|port| !(1..=65535).contains(&port)) {
            true => node.expected("a port from 1 to 65535", errors),
            false => node.expected_or(what, Meant::Address, errors),
        }
    }
    address
}
