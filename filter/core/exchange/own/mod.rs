//! The gateway's own answers: one for each surface that no provider serves. Those that come with a body wait for it in
//! `question`.

mod admin;
mod capabilities;
mod health;
mod keys;
mod models;
mod question;

use serde::Serialize;

use super::Services;
use super::failure::Failure;
use super::reply::Reply;
use crate::access::Caller;
use crate::gateway::Gateway;
use crate::surface::{Surface, SurfaceMatch};
pub(super) use question::Question;

/// What an answer is made of.
pub(super) struct Ask<'a> {
    gateway: &'a Gateway,
    services: &'a dyn Services,
    /// Who asks, where that is known.
    caller: Option<&'a Caller>,
    /// What follows the surface's own path.
    rest: &'a str,
    /// The body, where the surface has one.
    body: &'a [u8],
}

type Answer = fn(&Ask<'_>) -> Result<Reply, Failure>;

/// Every answer, by its surface's word.
const ANSWERS: &[(&str, Answer)] = &[
    ("models", models::all),
    ("model", models::one),
    ("capabilities", capabilities::all),
    ("health", health::lives),
    ("ready", health::is_ready),
    ("targets", admin::targets),
    ("keys", keys::create),
    ("key_revocation", keys::revoke),
    ("key", keys::about),
];

/// Whether what is for administrators is served here: where callers are told apart, or all are of this machine.
///
/// # Errors
/// It is not.
fn check_open(surface: &Surface, gateway: &Gateway) -> Result<(), Failure> {
    if !surface.needs_admin() || gateway.keyring.is_some() || gateway.is_local {
        return Ok(());
    }
    let message = "/admin is served only to who has the key of an administrator, or where `listen` is a loopback address";
    Err(Failure::new(404, "unknown_url", message))
}

/// The answer to what is asked for.
///
/// # Errors
/// It is not there.
fn answer(
    asked: SurfaceMatch<'_>,
    gateway: &Gateway,
    caller: Option<&Caller>,
    body: &[u8],
    services: &dyn Services,
) -> Result<Reply, Failure> {
    let found = ANSWERS.iter().find(|(word, _)| *word == asked.surface.word);
    let nothing = || Failure::new(404, "unknown_url", "the gateway has no answer of its own to this");
    let (_, give) = found.ok_or_else(nothing)?;
    give(&Ask { gateway, services, caller, rest: asked.rest, body })
}

fn json(status: u16, body: &impl Serialize) -> Reply {
    Reply::json(status, serde_json::to_vec(body).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surface::SURFACES;

    #[test]
    fn every_surface_of_our_own_has_its_answer() {
        let own = SURFACES.iter().filter(|surface| !surface.is_served_by_providers());
        let words: Vec<_> = own.map(|surface| surface.word).collect();
        assert_eq!(ANSWERS.iter().map(|(word, _)| *word).collect::<Vec<_>>(), words);
    }
}
