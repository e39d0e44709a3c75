//! Envoy's admin interface: on a socket that is ferro's own, or on an address, where only its reading paths are there.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use super::address;

/// What may be read where others can connect. Nothing here changes anything, and nothing dumps memory. What is not
/// named is refused with 403, whatever a later Envoy adds.
const READING: &[&str] = &[
    "certs",
    "clusters",
    "config_dump",
    "help",
    "hot_restart_version",
    "init_dump",
    "listeners",
    "memory",
    "memory/tcmalloc",
    "ready",
    "runtime",
    "server_info",
    "stats",
    "stats/prometheus",
];

/// The interface, if there is to be one: at the address that the file names, else at the socket.
pub fn admin(named: Option<SocketAddr>, socket: Option<&Path>) -> Option<Value> {
    match (named, socket) {
        (Some(named), _) => Some(json!({ "address": address(named), "allow_paths": [reading()] })),
        (None, Some(socket)) => Some(json!({
            "address": { "pipe": { "path": super::path(socket), "mode": OWNER_ONLY } },
        })),
        (None, None) => None,
    }
}

const OWNER_ONLY: u32 = 0o600;

/// Envoy compares paths with their queries.
fn reading() -> Value {
    json!({ "safe_regex": { "regex": format!(r"/({})(\?.*)?", READING.join("|")) } })
}
