//! What the core asks of its host: the time, random numbers, and memory that all workers share.

use std::cell::{OnceCell, RefCell};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ferro::access::Evidence;
use ferro::contract::{EXPIRED, flaw_metadata, token_metadata};
use ferro::exchange::{Services, decode_headers};

use crate::calls;

/// Envoy's clock and the operating system's randomness.
pub struct Host;

impl Services for Host {
    fn now(&self) -> Duration {
        Duration::from_nanos(calls::now())
    }

    fn random(&self) -> u64 {
        // Without randomness the clock still tells requests apart.
        drawn().unwrap_or_else(calls::now)
    }

    fn address(&self) -> Option<IpAddr> {
        let address = calls::property("source\0address").ok()?;
        let address = std::str::from_utf8(&address).ok()?;
        address.parse().map(|address: SocketAddr| address.ip()).or_else(|_| address.parse()).ok()
    }

    fn verified(&self, evidence: Evidence<'_>) -> Vec<String> {
        let of_token =
            |name: &str| ["metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0", name].concat();
        let path = match evidence {
            Evidence::Claim(place, claim) => [of_token(&token_metadata(place)), claim.join("\0")].join("\0"),
            Evidence::Expired(place) => {
                let code = calls::property(&[of_token(&flaw_metadata(place)).as_str(), "\0code"].concat());
                let expired = code.is_ok_and(|code| code == EXPIRED.to_le_bytes());
                return expired.then(String::new).into_iter().collect();
            }
            Evidence::CertificateUri => "connection\0uri_san_peer_certificate".to_owned(),
            Evidence::CertificateName => "connection\0dns_san_peer_certificate".to_owned(),
            Evidence::Said(name) => {
                ["metadata\0filter_metadata\0envoy.filters.http.ext_authz\0", name].concat()
            }
        };
        calls::property(&path).map(texts).unwrap_or_default()
    }

    fn held(&self) -> usize {
        crate::memory::held()
    }

    fn worker(&self) -> u64 {
        WORKER.with(|worker| *worker.get_or_init(|| self.random()))
    }

    fn shared(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        calls::shared(name).ok()
    }

    fn share(&self, name: &str, bytes: &[u8], state: u32) -> bool {
        calls::share(name, bytes, state).is_ok()
    }
}

/// A text, or those of a list, which Envoy encodes as it does headers, as names without values
/// (`source/extensions/common/wasm/context.cc`, seen in 1.40). What is neither, a number say, is nothing: no text that was
/// vouched for holds a control character, and every list does.
fn texts(bytes: Vec<u8>) -> Vec<String> {
    let plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().filter(|text| plain(text)).map(str::to_owned);
    match text(&bytes) {
        Some(text) => vec![text],
        None => {
            let elements = decode_headers(&bytes).into_iter().filter(|(_, value)| value.is_empty());
            elements.filter_map(|(element, _)| text(element)).collect()
        }
    }
}

/// How many random numbers are fetched at once: a call to the host costs more than the bytes it brings.
const FETCHED: usize = 32;

thread_local! {
    /// This VM's name among all. Each worker has one VM.
    static WORKER: OnceCell<u64> = const { OnceCell::new() };
    /// Random numbers that were not given out yet. Each is given out once.
    static STOCK: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

fn drawn() -> Option<u64> {
    STOCK.with(|stock| {
        let mut stock = stock.try_borrow_mut().ok()?;
        if stock.is_empty() {
            let mut bytes = [0; FETCHED * size_of::<u64>()];
            getrandom::fill(&mut bytes).ok()?;
            let (numbers, _) = bytes.as_chunks();
            stock.extend(numbers.iter().map(|number| u64::from_ne_bytes(*number)));
        }
        stock.pop()
    })
}
