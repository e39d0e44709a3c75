//! Who asks, and whether that one may: what is known of it by the headers. What hangs on the model is asked where the
//! request's way is chosen (`choice`).
//!
//! | the first that is so | status | code |
//! |---|---|---|
//! | no key | 401 | `missing_api_key` |
//! | two keys | 400 | `invalid_value` |
//! | it was never issued | 401 | `invalid_api_key` |
//! | its time is over, or it is older than its role takes | 401 | `expired_api_key` |
//! | it was taken back | 401 | `revoked_api_key` |
//! | its role may not come from this address | 403 | `address_not_allowed` |
//! | its role may not ask for this | 403 | `surface_not_allowed` |
//! | its role may not use this model | 403 | `model_not_allowed` |
//! | its role may ask nothing of routing | 403 | `routing_not_allowed` |

use std::borrow::Cow;
use std::rc::Rc;

use super::Services;
use super::failure::Failure;
use super::headers::Headers;
use super::revoked::is_revoked;
use crate::access::{Caller, NotGood};
use crate::gateway::{Gateway, Secret, Target};
use crate::hub::Field;
use crate::routing::Name;
use crate::surface::{Surface, parameter, without_parameter};

/// Who was let in.
#[derive(Clone, Debug)]
pub(super) struct Entered {
    pub caller: Rc<Caller>,
    /// The key, which nobody else is to see.
    key: Secret,
}

/// Headers that hold a key and nothing else: Anthropic's, Google's and Azure's clients send them.
const HEADERS: &[&str] = &["x-api-key", "x-goog-api-key", "api-key"];

/// The parameter that holds a key: Google's clients' (<https://cloud.google.com/docs/authentication/api-keys-use>).
const PARAMETER: &str = "key";

/// The protocol that holds a key where a browser offers some for a WebSocket: it can send no header
/// (<https://platform.openai.com/docs/guides/realtime-websocket>).
const PROTOCOL: &str = "openai-insecure-api-key.";

/// Where protocols are offered.
const PROTOCOLS: &str = "sec-websocket-protocol";

/// What an answer of 401 says of how to come in (RFC 9110, 11.6.1).
const CHALLENGE: (&str, &str) = ("www-authenticate", "Bearer");

/// Lets in who may ask for this surface: `None` where nobody needs a key.
///
/// # Errors
/// Somebody who may not.
pub(super) fn enter(
    headers: Headers<'_>,
    surface: &Surface,
    gateway: &Gateway,
    services: &dyn Services,
) -> Result<Option<Entered>, Failure> {
    let Some(keyring) = gateway.keyring.as_ref().filter(|_| surface.needs_key()) else { return Ok(None) };
    let key = shown(headers)?;
    let now = services.now().as_secs();
    let caller = keyring.check(&key, now, |id| is_revoked(services, id)).map_err(refusal)?;
    let role = &caller.role;
    if !role.addresses.is_empty() {
        let address = services.address();
        if !address.is_some_and(|address| role.addresses.iter().any(|network| network.holds(address))) {
            return Err(Failure::new(
                403,
                "address_not_allowed",
                "this key may not be used from this address",
            ));
        }
    }
    let may_ask = if surface.needs_admin() { role.admin } else { role.may_ask(surface.family) };
    if !may_ask {
        let why = match surface.needs_admin() {
            true => "only the key of an administrator may be used for this".to_owned(),
            false => format!("this key may not be used for {}", surface.family),
        };
        return Err(Failure::new(403, "surface_not_allowed", why));
    }
    // What was let in is not empty.
    let key = Secret::new(&key).ok_or_else(|| refusal(NotGood::Unknown))?;
    Ok(Some(Entered { caller, key }))
}

impl Entered {
    /// Whether a header may be seen by a provider: it does not hold the key.
    pub fn passes(&self, name: &str, value: &[u8]) -> bool {
        !is_for_keys(name) && !holds(value, self.key.reveal())
    }

    /// The header as a provider may see it; `None` for not at all.
    pub fn stripped<'v>(&self, name: &str, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
        if name == PROTOCOLS && holds(value, self.key.reveal()) {
            let text = String::from_utf8_lossy(value);
            let offered = text.split(',').map(str::trim).filter(|offer| !offer.starts_with(PROTOCOL));
            let left = offered.collect::<Vec<_>>().join(", ");
            return (!left.is_empty() && !left.contains(self.key.reveal())).then(|| left.into_bytes().into());
        }
        self.passes(name, value).then_some(Cow::Borrowed(value))
    }

    /// A query without the key.
    pub fn without_key(&self, query: &str) -> String {
        without_parameter(query, PARAMETER)
    }
}

/// Whether a header of this name is for keys: whatever it holds is none of a provider's business.
fn is_for_keys(name: &str) -> bool {
    name == "authorization" || HEADERS.contains(&name)
}

fn holds(value: &[u8], key: &str) -> bool {
    memchr::memmem::find(value, key.as_bytes()).is_some()
}

/// The key that a request shows.
///
/// # Errors
/// It shows none, or several.
fn shown<'a>(headers: Headers<'a>) -> Result<Cow<'a, str>, Failure> {
    let mut found: Option<Cow<'a, str>> = None;
    for (name, value) in headers.0 {
        let keys: Option<Cow<'a, str>> = match *name {
            b"authorization" => std::str::from_utf8(value).ok().and_then(bearer).map(Cow::Borrowed),
            b":path" => String::from_utf8_lossy(value)
                .contains('?')
                .then(|| parameter(&String::from_utf8_lossy(value), PARAMETER).map(Cow::Owned))
                .flatten(),
            b"sec-websocket-protocol" => std::str::from_utf8(value).ok().and_then(offered).map(Cow::Borrowed),
            name if HEADERS.iter().any(|known| known.as_bytes() == name) => {
                Some(String::from_utf8_lossy(value.trim_ascii()))
            }
            _ => None,
        };
        let Some(key) = keys.filter(|key| !key.is_empty()) else { continue };
        match &found {
            Some(other) if *other != key => {
                let why = "two different API keys were sent: send one";
                return Err(Failure::new(400, "invalid_value", why).with_param("authorization"));
            }
            _ => found = Some(key),
        }
    }
    found.ok_or_else(|| {
        let why = "no API key was sent: send the header `authorization: Bearer KEY`";
        Failure::new(401, "missing_api_key", why).with_header(&CHALLENGE)
    })
}

/// What follows `Bearer` (RFC 6750, 2.1). Schemes know no case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

/// The key among protocols that are offered.
fn offered(protocols: &str) -> Option<&str> {
    protocols.split(',').find_map(|offer| offer.trim().strip_prefix(PROTOCOL))
}

/// What is told of a key that is not good: what it lacks, and nothing of which keys there are.
fn refusal(why: NotGood) -> Failure {
    let (code, message) = match why {
        NotGood::Unknown => ("invalid_api_key", "the API key is not good here"),
        NotGood::Expired => ("expired_api_key", "the API key has expired: ask for a new one"),
        NotGood::Revoked => ("revoked_api_key", "the API key was revoked: ask for a new one"),
        NotGood::TooOld => ("expired_api_key", "the API key is older than is taken now: ask for a new one"),
    };
    Failure::new(401, code, message).with_header(&CHALLENGE)
}

/// Whether a caller may ask for a model by this name. Who pins a provider names the model after it; an alias has a name of
/// its own.
pub(super) fn may_name(caller: &Caller, name: &Name<'_>) -> bool {
    let pinned = (name.sent == name.resolved).then_some(name.model);
    caller.may_use([name.sent].into_iter().chain(pinned))
}

/// Whether a caller may be served by this target of this route, which is asked for this model: empty for none.
pub(super) fn may_be_served(caller: &Caller, route: &str, target: &Target, model: &str) -> bool {
    let provider = target.provider.name.as_str();
    let may_use = || caller.may_use([model, &format!("{provider}/{model}")].into_iter());
    caller.role.may_take(route) && caller.role.may_reach(provider) && (model.is_empty() || may_use())
}

/// A model that a caller may not use; nobody learns whether there is such.
pub(super) fn of_model(sent: &str) -> Failure {
    let why = format!("this key may not use the model {sent:?}");
    Failure::new(403, "model_not_allowed", why).with_param(Field::Model)
}

/// A caller that may ask nothing of routing, and does by this header.
pub(super) fn of_wish(header: &'static str) -> Failure {
    Failure::new(
        403,
        "routing_not_allowed",
        format!("this key may not choose where its requests go by {header}"),
    )
    .with_param(header)
}
