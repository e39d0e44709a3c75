//! Who asks, and whether that one may: what is known of it by the headers. What hangs on the model is asked where the
//! request's way is chosen (`choice`).
//!
//! | the first that is so | status | code |
//! |---|---|---|
//! | no key | 401 | `missing_api_key` |
//! | two keys, or a key and a token, unless one is the caller's own of a provider that takes these | 400 | `invalid_value` |
//! | it was never issued | 401 | `invalid_api_key` |
//! | its time is over, or it is older than its role takes | 401 | `expired_api_key` |
//! | it was taken back | 401 | `revoked_api_key` |
//! | somebody else has vouched for the caller, and nobody says a role | 403 | `role_not_found` |
//! | its role may not come from this address | 403 | `address_not_allowed` |
//! | its role may not ask for this | 403 | `surface_not_allowed` |
//! | its role may not use this model | 403 | `model_not_allowed` |
//! | its role may ask nothing of routing | 403 | `routing_not_allowed` |

use std::rc::Rc;

use super::Services;
use super::choice::OrderedTarget;
use super::failure::Failure;
use super::headers::Headers;
use super::revoked::is_revoked;
use super::shown::{Hidden, Shown, shown, two_keys};
use crate::access::{By, Caller, Evidence, Keyring, NotGood, PREFIX, Quota, Role};
use crate::gateway::{Gateway, Secret, Target};
use crate::hub::Field;
use crate::routing::Name;
use crate::surface::Surface;

/// Who was let in.
#[derive(Clone, Debug)]
pub(super) struct Entered {
    pub caller: Rc<Caller>,
    /// The keys that were shown, which nobody else is to see.
    pub keys: Hidden,
    /// Of these, the one that is a provider's, and the caller's own.
    pub brought: Option<Secret>,
}

/// What the head of a JSON Web Token begins with: an object, in base64 (RFC 7515, 3.1).
const TOKEN: &str = "eyJ";

/// Who asks nothing really.
const NOBODY: &str = "-";

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
    let entered = identified(&shown(headers)?, keyring, gateway, services)?;
    let role = &entered.caller.role;
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
    Ok(Some(entered))
}

/// Who asks, by the keys that a request shows, or by what somebody else has verified of it: never by two of these.
///
/// # Errors
/// Nobody who is known, or two.
fn identified(
    shown: &[Shown<'_>],
    keyring: &Keyring,
    gateway: &Gateway,
    services: &dyn Services,
) -> Result<Entered, Failure> {
    // The second is for who brings a provider's own key; where nobody does, there is nothing to look up.
    if shown.len() > 1 && !gateway.takes_brought {
        return Err(two_keys());
    }
    let now = services.now().as_secs();
    let (mut ours, mut others) = (None, Vec::new());
    for key in shown {
        match keyring.check(&key.text, now, |id| is_revoked(services, id)) {
            Err(NotGood::Unknown) => others.push(key),
            _ if ours.is_some() => return Err(two_keys()),
            checked => ours = Some(checked.map_err(refusal)?),
        }
    }
    let vouchers = &gateway.vouchers;
    let verified = |evidence: Evidence<'_>| services.verified(evidence);
    let caller = match ours {
        Some(_) if vouchers.has_token(verified) => return Err(two_keys()),
        Some(caller) => caller,
        None => {
            let found = vouchers.find(verified).map_err(refusal)?;
            let Some(vouched) = found else { return Err(unknown(&others)) };
            if vouched.by == By::Service {
                others.retain(|key| !vouchers.service.as_ref().is_some_and(|asked| asked.judges(key.place)));
            }
            vouched.caller
        }
    };
    let brought = match others.as_slice() {
        [] => None,
        [key] if gateway.takes_brought && may_be_brought(&key.text, gateway) => Secret::new(&key.text),
        [_] => return Err(refusal(NotGood::Unknown)),
        _ => return Err(two_keys()),
    };
    Ok(Entered { caller, keys: Hidden::of(shown), brought })
}

/// Whether a key that is none of ours may be a provider's: nothing goes to one that was meant for a gateway, or for who
/// issues tokens.
fn may_be_brought(key: &str, gateway: &Gateway) -> bool {
    let is_token = || key.starts_with(TOKEN) && key.matches('.').count() == 2;
    let is_meant_for_us = key.starts_with(PREFIX) || gateway.redactor.finds_in(key.as_bytes());
    !(is_meant_for_us || gateway.vouchers.has_issuers() && is_token())
}

/// What the key of a caller's own that a request brings becomes on its way to these targets.
///
/// # Errors
/// They want one and there is none, or there is one and they want none.
pub(super) fn brought(key: Option<Secret>, targets: &[OrderedTarget]) -> Result<Option<Secret>, Failure> {
    // A route whose callers bring their keys has targets of one provider; who asks for another one by a header has none of
    // these.
    let takes = targets.first().is_some_and(|first| first.target.provider.takes_brought);
    match (takes, &key) {
        (true, None) => {
            let why = "this model is called with your own key of its provider: send it beside what says who you are";
            Err(Failure::new(401, "missing_api_key", why).with_header(&CHALLENGE))
        }
        (false, Some(_)) => Err(two_keys()),
        (true, Some(_)) | (false, None) => Ok(key),
    }
}

impl Entered {
    /// Somebody of this role, for who explains.
    pub fn by_role(role: &Rc<Role>) -> Self {
        let (id, role) = (NOBODY.into(), Rc::clone(role));
        let caller = Caller { id, label: None, role, models: None, quota: Quota::default() };
        Self { caller: Rc::new(caller), keys: Hidden::default(), brought: None }
    }

    /// The same, with a key of its own.
    pub fn bringing(self) -> Self {
        Self { brought: Secret::new(NOBODY), ..self }
    }
}

/// Nobody is known by these keys, none of which is ours.
fn unknown(keys: &[&Shown<'_>]) -> Failure {
    match keys {
        [] => {
            let why = "no API key was sent: send the header `authorization: Bearer KEY`";
            Failure::new(401, "missing_api_key", why).with_header(&CHALLENGE)
        }
        [_] => refusal(NotGood::Unknown),
        _ => two_keys(),
    }
}

/// What is told of a key that is not good: what it lacks, and nothing of which keys there are.
fn refusal(why: NotGood) -> Failure {
    let (code, message) = match why {
        NotGood::Roleless => {
            let why = "it is known who you are, but you have no role here: ask for one";
            return Failure::new(403, "role_not_found", why);
        }
        NotGood::Unknown => ("invalid_api_key", "the API key is not good here"),
        NotGood::Expired => ("expired_api_key", "the API key has expired: ask for a new one"),
        NotGood::Revoked => ("revoked_api_key", "the API key was revoked: ask for a new one"),
        NotGood::TooOld => ("expired_api_key", "the API key is older than is taken now: ask for a new one"),
    };
    Failure::new(401, code, message).with_header(&CHALLENGE)
}

/// Whether a caller may ask for a model by this name: with and without the provider that it pins, or that owns it. An alias
/// has a name of its own.
pub(super) fn may_name(caller: &Caller, name: &Name<'_>, gateway: &Gateway) -> bool {
    let owner = gateway.owner(name).filter(|_| name.sent == name.resolved);
    let full = owner.map(|owner| format!("{}/{}", owner.name, name.model));
    let meant = full.iter().flat_map(|full| [name.model, full.as_str()]);
    caller.may_use([name.sent].into_iter().chain(meant))
}

/// Whether a caller may be served by this target of this route, which is asked for this model: empty for none.
pub(super) fn may_be_served(caller: &Caller, route: &str, target: &Target, model: &str) -> bool {
    let provider = target.provider.name.as_str();
    let may_use = || caller.may_use([model, &format!("{provider}/{model}")].into_iter());
    caller.role.may_take(route) && caller.role.may_reach(provider) && (model.is_empty() || may_use())
}

/// What is asked of a caller who may use some models only, and does not say which in a way that can be seen: nothing of
/// it can be let through.
pub(super) fn see_model(caller: Option<&Caller>) -> Result<(), Failure> {
    match caller.is_some_and(Caller::is_confined) {
        false => Ok(()),
        true => Err(Failure::new(
            403,
            "model_not_allowed",
            "this key may use some models only, and nothing says which one is meant: send JSON, or `model` before any file",
        )
        .with_param(Field::Model)),
    }
}

/// A model that a caller may not use; nobody learns whether there is such. Without a name, who would serve the request is
/// not for this caller.
pub(super) fn of_model(sent: &str) -> Failure {
    let why = match sent {
        "" => "this key may not be served by who serves this".to_owned(),
        sent => format!("this key may not use the model {sent:?}"),
    };
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
