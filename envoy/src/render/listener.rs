//! The listener, and how it speaks HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use ferro::config::Listen;
use ferro::contract;

use super::{
    Surroundings, access_log, address, cluster, cors, identity, local_reply, route, seconds, store, tls,
    typed, wasm,
};
use crate::load::Loaded;

/// How much more than the longest request Envoy may hold.
const SLACK: usize = 1 << 20;

/// How much of an answer Envoy takes from the provider before its client has read it.
const UNREAD: usize = 1 << 20;

/// The protocol that clients may change to on their connection: that of `/v1/realtime`.
const UPGRADE: &str = "websocket";

/// How many streams a client may have on one connection.
const STREAMS: u32 = 100;

/// How long a client may take to say what it wants, and before that to agree on TLS.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);

/// The listeners of the places where clients connect.
///
/// The first keeps its name wherever it is: what Envoy cannot open in its place leaves the old one open. Others go by
/// their addresses, so that their order means nothing.
pub fn listeners(loaded: &Loaded, machine: &Value, surroundings: &Surroundings) -> Vec<Value> {
    let places = loaded.config.listen.iter().enumerate();
    let named = places.map(|(at, place)| match at {
        0 => ("ferro".to_owned(), place),
        _ => (format!("ferro/{}", place.address), place),
    });
    named.map(|(name, place)| listener(&name, place, loaded, machine, surroundings)).collect()
}

fn listener(
    name: &str,
    place: &Listen,
    loaded: &Loaded,
    machine: &Value,
    surroundings: &Surroundings,
) -> Value {
    let manager = typed(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        connection_manager(place, loaded, machine),
    );
    let mut chain = json!({
        "filters": [{ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager }],
    });
    if let (Some(tls), Some(chain)) = (&place.tls, chain.as_object_mut()) {
        chain.insert("transport_socket".to_owned(), tls::downstream(tls, loaded, surroundings));
        chain.insert("transport_socket_connect_timeout".to_owned(), seconds(HEADERS_TIMEOUT).into());
    }
    let mut listener = json!({
        "name": name,
        "address": address(place.address),
        // One socket for all workers: a second gateway on the port is an error, not a silent half of the traffic.
        "enable_reuse_port": false,
        "per_connection_buffer_limit_bytes": UNREAD,
        "filter_chains": [chain],
    });
    if let (false, Some(listener)) = (place.path.is_empty(), listener.as_object_mut()) {
        let base = json!({ contract::PLACE_METADATA: { contract::BASE_METADATA: place.path } });
        listener.insert("metadata".to_owned(), json!({ "filter_metadata": base }));
    }
    listener
}

/// The longest request, and room for its headers; also how much of an answer may be held until it is judged. It stands
/// on each route, where it counts until an answer is released. On the listener it would count for ever, and each slow
/// reader of a long answer would keep as much of it in memory.
pub fn buffer(loaded: &Loaded) -> usize {
    loaded.config.limits.max_request_bytes.saturating_add(SLACK)
}

fn connection_manager(place: &Listen, loaded: &Loaded, machine: &Value) -> Value {
    let limits = &loaded.config.limits;
    let mut filters: Vec<_> = cors::filter(&loaded.config).into_iter().collect();
    filters.extend(identity::filters(loaded));
    filters.push(wasm::gateway(loaded, machine));
    filters.extend(store::filters(&loaded.config));
    filters.push(router(machine));
    json!({
        "stat_prefix": "ferro",
        "codec_type": "AUTO",
        "use_remote_address": true,
        "xff_num_trusted_hops": loaded.config.trusted_hops,
        "generate_request_id": false,
        // Streams may pause for as long as the retry settings of their route let them.
        "stream_idle_timeout": "0s",
        // But who does not fetch what is there for it has no other bound, when no provider waits for it any more. What
        // is fetched meanwhile does not make this any longer.
        "stream_flush_timeout": seconds(limits.fetch_timeout),
        "request_headers_timeout": seconds(HEADERS_TIMEOUT.min(limits.request_timeout)),
        // Of what is read whole, its first route says so before (`route::without_plan`).
        "request_timeout": seconds(limits.upload_timeout.max(limits.request_timeout)),
        "upgrade_configs": [{ "upgrade_type": UPGRADE }],
        "common_http_protocol_options": { "idle_timeout": seconds(limits.idle_timeout) },
        "http_protocol_options": {
            // A client of HTTP/1.0 need not say whom it asks; it asks us.
            "accept_http_10": true,
            "default_host_for_http_10": "localhost",
            // What is offered may be passed over (RFC 9110, 7.8), and the request is served as it stands.
            "ignore_http_11_upgrade": [{ "safe_regex": { "regex": all_but(UPGRADE) } }],
        },
        "http2_protocol_options": super::http2(STREAMS),
        "route_config": route::table(loaded),
        "http_filters": filters,
        "access_log": access_log::access_log(loaded.config.logging, &place.path),
        "local_reply_config": local_reply::config(),
    })
}

/// A regular expression for every text but one, whatever its case. RE2 knows no negation.
fn all_but(word: &str) -> String {
    let either = |letter: char| format!("{}{}", letter, letter.to_ascii_uppercase());
    let others = word.char_indices().map(|(at, letter)| {
        let before: String = word.chars().take(at).map(|letter| format!("[{}]", either(letter))).collect();
        format!("{before}([^{}].*)?", either(letter))
    });
    let whole: String = word.chars().map(|letter| format!("[{}]", either(letter))).collect();
    others.chain([format!("{whole}.+")]).collect::<Vec<_>>().join("|")
}

fn router(machine: &Value) -> Value {
    json!({
        "name": "envoy.filters.http.router",
        "typed_config": typed(
            "envoy.extensions.filters.http.router.v3.Router",
            // One chain for all clusters: with one each, Envoy reads the module again for each.
            json!({
                "suppress_envoy_headers": true,
                "upstream_http_filters": [wasm::provider(machine), cluster::codec()],
            }),
        ),
    })
}
