//! Whether the process lives (`/healthz`), and whether some provider can be asked (`/readyz`).

use serde::Serialize;

use super::{Ask, json};
use crate::exchange::failure::Failure;
use crate::exchange::reply::Reply;

#[derive(Serialize)]
struct State<'a> {
    status: &'a str,
}

/// The process lives.
#[expect(clippy::unnecessary_wraps, reason = "an answer like the others")]
pub(super) fn lives(_: &Ask<'_>) -> Result<Reply, Failure> {
    Ok(json(200, &State { status: "ok" }))
}

/// Some provider can be asked.
///
/// # Errors
/// None can.
pub(super) fn is_ready(ask: &Ask<'_>) -> Result<Reply, Failure> {
    match ask.gateway.unready() {
        None => Ok(json(200, &State { status: "ready" })),
        Some(why) => Err(Failure::new(503, "no_target", why)),
    }
}
