//! Where the keys of callers stand in a request, and how nobody else gets to see them.

use std::borrow::Cow;

use super::failure::Failure;
use super::headers::Headers;
use crate::gateway::Secret;
use crate::surface::{decoded, filtered, parameters};

/// A key that a request shows.
pub(super) struct Shown<'a> {
    /// The header, or what else holds it.
    pub place: &'static str,
    pub text: Cow<'a, str>,
}

/// The keys that a request has shown, which nobody else is to see.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden(Vec<Secret>);

/// Headers that hold a key and nothing else: Anthropic's, Google's and Azure's clients send them.
const HEADERS: &[&str] = &["x-api-key", "x-goog-api-key", "api-key"];

/// The parameter that holds a key: Google's clients' (<https://cloud.google.com/docs/authentication/api-keys-use>).
const PARAMETER: &str = "key";

/// The protocol that holds a key where a browser offers some for a WebSocket: it can send no header
/// (<https://platform.openai.com/docs/guides/realtime-websocket>).
const PROTOCOL: &str = "openai-insecure-api-key.";

/// Where a key follows the word `Bearer`.
const BEARERS: &str = "authorization";

/// Where the query stands.
const PATH: &str = ":path";

/// Where protocols are offered.
const PROTOCOLS: &str = "sec-websocket-protocol";

/// The keys that a request shows, each once: two at most.
///
/// # Errors
/// There are more.
pub(super) fn shown<'a>(headers: Headers<'a>) -> Result<Vec<Shown<'a>>, Failure> {
    let mut found: Vec<Shown<'a>> = Vec::new();
    for (name, value) in headers.0 {
        let Some(place) = place_of(name) else { continue };
        for text in keys_of(place, value).into_iter().filter(|key| !key.is_empty()) {
            if found.iter().any(|known| known.text == text) {
                continue;
            }
            if found.len() >= MOST_SHOWN {
                return Err(two_keys());
            }
            found.push(Shown { place, text });
        }
    }
    Ok(found)
}

/// One says who asks, and one may be a provider's.
const MOST_SHOWN: usize = 2;

/// What is answered to more keys than are looked at.
pub(super) fn two_keys() -> Failure {
    let why = "two different API keys were sent: send one";
    Failure::new(400, "invalid_value", why).with_param("authorization")
}

/// The name of a header that may show keys.
fn place_of(name: &[u8]) -> Option<&'static str> {
    let places = HEADERS.iter().copied().chain([BEARERS, PATH, PROTOCOLS]);
    places.into_iter().find(|known| known.as_bytes() == name)
}

/// The keys that a header shows. What is no text is no good key.
fn keys_of<'a>(place: &str, value: &'a [u8]) -> Vec<Cow<'a, str>> {
    let text = || String::from_utf8_lossy(value);
    match place {
        BEARERS => bearer(&text()).map(|key| Cow::Owned(key.to_owned())).into_iter().collect(),
        PATH if !value.contains(&b'?') => Vec::new(),
        PATH => parameters(&text(), PARAMETER).map(Cow::Owned).collect(),
        PROTOCOLS => offered(&text()).map(|key| Cow::Owned(key.to_owned())).collect(),
        _ => vec![String::from_utf8_lossy(value.trim_ascii())],
    }
}

/// What follows `Bearer` (RFC 6750, 2.1). Schemes know no case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.trim_ascii().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim_ascii())
}

/// The keys among protocols that are offered.
fn offered(protocols: &str) -> impl Iterator<Item = &str> {
    protocols.split(',').filter_map(|offer| offer.trim_ascii().strip_prefix(PROTOCOL))
}

impl Hidden {
    /// These.
    pub fn of(shown: &[Shown<'_>]) -> Self {
        Self(shown.iter().filter_map(|key| Secret::new(&key.text)).collect())
    }

    /// The header as a provider may see it; `None` for not at all.
    pub fn stripped<'v>(&self, name: &str, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
        if is_for_keys(name) {
            return None;
        }
        let text = String::from_utf8_lossy(value);
        if name == PROTOCOLS && text.contains(PROTOCOL) {
            let offered = text.split(',').map(str::trim_ascii).filter(|offer| !offer.starts_with(PROTOCOL));
            let left = offered.collect::<Vec<_>>().join(", ");
            return (!left.is_empty() && !self.is_shown(&left)).then(|| left.into_bytes().into());
        }
        (!self.is_shown(&text)).then_some(Cow::Borrowed(value))
    }

    /// A query without the keys, wherever they stand.
    pub fn without_key(&self, query: &str) -> String {
        filtered(query, |name, value| name != PARAMETER && !self.is_shown(name) && !self.is_shown(value))
    }

    /// Whether somebody could read the key in a text. What is short is a word of others as well.
    fn is_shown(&self, text: &str) -> bool {
        let shows = |text: &str| {
            self.0
                .iter()
                .map(Secret::reveal)
                .any(|key| text == key || key.len() >= SHORTEST_SEEN && text.contains(key))
        };
        shows(text) || text.contains('%') && shows(&decoded(text))
    }
}

/// Whether a header of this name is for keys: whatever it holds is none of a provider's business.
fn is_for_keys(name: &str) -> bool {
    name == BEARERS || HEADERS.contains(&name)
}

/// The shortest key that is looked for within other words, in bytes.
const SHORTEST_SEEN: usize = 8;
