//! What administrators do with the keys of callers: `/admin/keys`. A key that is made is in its own answer and nowhere
//! else; what was issued is in no list, since a key carries all that is known of it.

mod limits;
mod members;
mod pace;

use serde::Serialize;

use super::{Ask, json};
use crate::access::{KeyId, Keyring, Narrowing, mint, written_date};
use crate::exchange::Services;
use crate::exchange::failure::Failure;
use crate::exchange::memory::{Contended, change};
use crate::exchange::reply::Reply;
use crate::exchange::revoked::{is_revoked, revoke as take_back};
use crate::surface::decoded;
use limits::{Limits, limits};
use members::{Members, wanted};
use pace::Pace;

/// A key that was made.
#[derive(Serialize)]
struct Made<'a> {
    object: &'static str,
    id: String,
    /// The key itself.
    key: &'a str,
    role: &'a str,
    label: Option<&'a str>,
    issued: String,
    expires: String,
    /// What it may less than its role.
    limits: &'a Narrowing,
    /// The signing key, by its id.
    signer: &'a str,
}

/// What is known of a key by its id.
#[derive(Serialize)]
struct About<'a> {
    object: &'static str,
    id: &'a str,
    /// Whether the configuration lists it. Of an issued key only the key itself knows its role.
    listed: bool,
    role: Option<&'a str>,
    label: Option<&'a str>,
    issued: Option<String>,
    expires: Option<String>,
    /// What it may take, and has taken, where that is known.
    limits: Option<Vec<Limits>>,
    #[serde(flatten)]
    standing: Standing,
}

/// Whether a key was taken back.
#[derive(Clone, Copy, Serialize)]
struct Standing {
    revoked: bool,
    /// Where that is known: `file`, for good; or `process`, until it ends.
    revoked_in: Option<&'static str>,
}

/// A key that was taken back.
#[derive(Serialize)]
struct TakenBack<'a> {
    object: &'static str,
    id: &'a str,
    #[serde(flatten)]
    standing: Standing,
    /// What to do so that it stays so.
    message: String,
}

/// What all these answers are of.
const OBJECT: &str = "key";

/// The longest name of a key that is answered, in bytes.
const LONGEST_ID: usize = 64;

/// Makes a key.
///
/// # Errors
/// None is made of what is wanted, or none can be signed here.
pub(super) fn create(ask: &Ask<'_>) -> Result<Reply, Failure> {
    let Ask { gateway, services, .. } = *ask;
    let wanted = wanted(&Members::read(ask.body)?)?;
    let unsigned = || {
        let why = "this gateway has no signing key that signs (`access.signing_key`), so it makes no keys";
        Failure::new(501, "no_signing_key", why)
    };
    let keyring = gateway.keyring.as_ref().ok_or_else(unsigned)?;
    let signer = keyring.signer().ok_or_else(unsigned)?;
    let minted = mint(wanted, signer, Some(keyring.roles()), services.now(), random(services))
        .map_err(|why| Failure::new(400, "invalid_value", why.message).with_param(why.member))?;
    let now = services.now();
    if !change(services, "all", |pace: &mut Pace| pace.take(now)).map_err(contended)? {
        let why = "too many keys were made in the last minute";
        return Err(Failure::new(429, "rate_limit_exceeded", why).with_header(&("retry-after", "1")));
    }
    let claims = &minted.claims;
    let made = Made {
        object: OBJECT,
        id: claims.id.to_string(),
        key: &minted.text,
        role: &claims.role,
        label: claims.label.as_deref(),
        issued: written_date(claims.id.issued()),
        expires: written_date(claims.expires),
        limits: &claims.narrowing,
        signer: &claims.signer,
    };
    Ok(unkept(json(201, &made)))
}

/// What is known of a key.
///
/// # Errors
/// It is not the id of one.
pub(super) fn about(ask: &Ask<'_>) -> Result<Reply, Failure> {
    let keyring = keyring(ask)?;
    let id = decoded(ask.rest);
    check_id(&id, keyring).map_err(|()| {
        let why = "this is neither the id of an issued key nor of one that the configuration lists";
        Failure::new(404, "unknown_key", why).with_param("id")
    })?;
    let listed = keyring.listed(&id);
    let caller = listed.map(|(caller, _)| caller);
    let about = About {
        object: OBJECT,
        id: &id,
        listed: listed.is_some(),
        role: caller.map(|caller| caller.role.name.as_str()),
        label: caller.and_then(|caller| caller.label.as_deref()),
        issued: KeyId::parse(&id).map(|id| written_date(id.issued())),
        expires: listed.and_then(|(_, expires)| expires).map(written_date),
        limits: caller.map(|caller| limits(caller, ask.services)),
        standing: standing(&id, keyring, ask.services),
    };
    Ok(unkept(json(200, &about)))
}

/// Takes a key back: no worker of this process takes it any more.
///
/// # Errors
/// It is none, or that cannot be remembered.
pub(super) fn revoke(ask: &Ask<'_>) -> Result<Reply, Failure> {
    let keyring = keyring(ask)?;
    let id = meant(&Members::read(ask.body)?, keyring)?;
    if !keyring.is_revoked(&id) && !take_back(ask.services, &id).map_err(contended)? {
        let why = "so many keys were taken back that there is no room for more: write their ids into `access.revoked`";
        return Err(Failure::new(503, "overloaded", why));
    }
    let standing = standing(&id, keyring, ask.services);
    let message = match standing.revoked_in {
        Some(FILE) => "the configuration has it in `access.revoked`".to_owned(),
        _ => format!(
            "no worker of this process takes the key any more. To make that last, and hold in other processes, add it to \
             the configuration: `access: {{revoked: [{id}]}}`"
        ),
    };
    Ok(unkept(json(200, &TakenBack { object: OBJECT, id: &id, standing, message })))
}

/// The key that is meant by its id, or by itself.
fn meant(members: &Members, keyring: &Keyring) -> Result<String, Failure> {
    members.check(&["id", "key"])?;
    match (members.text("id")?, members.text("key")?) {
        (Some(id), None) => check_id(id, keyring).map(|()| id.to_owned()).map_err(|()| {
            let why = "this is neither the id of an issued key nor of one that the configuration lists";
            Failure::new(400, "invalid_value", why).with_param("id")
        }),
        (None, Some(key)) => keyring.id_of(key).map(|id| id.to_string()).ok_or_else(|| {
            let why = "this key was not issued here, nor is it listed";
            Failure::new(400, "invalid_value", why).with_param("key")
        }),
        (None, None) => {
            let why = "which key is taken back: send its `id`, or the `key` itself";
            Err(Failure::new(400, "missing_field", why).with_param("id"))
        }
        (Some(_), Some(_)) => {
            Err(Failure::new(400, "invalid_value", "send one of `id` and `key`").with_param("key"))
        }
    }
}

/// Whether a text may be what a key is called. What else it is may be a key, and is not repeated.
fn check_id(text: &str, keyring: &Keyring) -> Result<(), ()> {
    let is_known =
        text.len() <= LONGEST_ID && (KeyId::parse(text).is_some() || keyring.listed(text).is_some());
    is_known.then_some(()).ok_or(())
}

/// The keys there are.
fn keyring<'a>(ask: &Ask<'a>) -> Result<&'a Keyring, Failure> {
    ask.gateway.keyring.as_ref().ok_or_else(|| {
        let why = "this gateway asks nobody for a key: there is no `access` in its configuration";
        Failure::new(501, "no_signing_key", why)
    })
}

const FILE: &str = "file";

fn standing(id: &str, keyring: &Keyring, services: &dyn Services) -> Standing {
    let revoked_in = match keyring.is_revoked(id) {
        true => Some(FILE),
        false => is_revoked(services, id).then_some("process"),
    };
    Standing { revoked: revoked_in.is_some(), revoked_in }
}

/// What makes an id one of its own.
fn random<const LENGTH: usize>(services: &dyn Services) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    for part in bytes.chunks_mut(size_of::<u64>()) {
        let random = services.random().to_be_bytes();
        part.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
    }
    bytes
}

/// Nobody on the way keeps it.
fn unkept(reply: Reply) -> Reply {
    reply.with("cache-control", "no-store")
}

#[expect(clippy::needless_pass_by_value, reason = "it is what an error becomes")]
fn contended(lost: Contended) -> Failure {
    log::warn!("{lost}");
    Failure::of_overload()
}
