//! The gateway's own answers: one for each surface that no provider serves.

mod admin;
mod capabilities;
mod health;
mod models;

use serde::Serialize;

use super::Services;
use super::failure::Failure;
use super::reply::Reply;
use crate::access::Caller;
use crate::gateway::Gateway;
use crate::surface::SurfaceMatch;

/// What an answer is made of.
pub(super) struct Ask<'a> {
    gateway: &'a Gateway,
    services: &'a dyn Services,
    /// Who asks, where that is known.
    caller: Option<&'a Caller>,
    /// What follows the surface's own path.
    rest: &'a str,
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
];

/// The answer to what is asked for.
///
/// # Errors
/// It is not there.
pub(super) fn answer(
    asked: SurfaceMatch<'_>,
    gateway: &Gateway,
    caller: Option<&Caller>,
    services: &dyn Services,
) -> Result<Reply, Failure> {
    let found = ANSWERS.iter().find(|(word, _)| *word == asked.surface.word);
    let nothing = || Failure::new(404, "unknown_url", "the gateway has no answer of its own to this");
    let (_, give) = found.ok_or_else(nothing)?;
    give(&Ask { gateway, services, caller, rest: asked.rest })
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
