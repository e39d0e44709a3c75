//! The models that clients may name: `/v1/models` and `/v1/models/{id}`.

use serde::Serialize;

use super::{Ask, json};
use crate::access::Caller;
use crate::exchange::failure::Failure;
use crate::exchange::gate::{self, may_be_served, may_name};
use crate::exchange::reply::Reply;
use crate::gateway::{Gateway, Listed};
use crate::hub::Field;
use crate::routing::did_you_mean;
use crate::surface::decoded;

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'a str,
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Model<'a>>,
}

/// All that the caller may use.
#[expect(clippy::unnecessary_wraps, reason = "an answer like the others")]
pub(super) fn all(ask: &Ask<'_>) -> Result<Reply, Failure> {
    let models = ask.gateway.models();
    let usable = models.iter().filter(|model| may_use(ask, &model.id));
    let data = usable.map(|model| listed(ask.gateway, model)).collect();
    Ok(json(200, &List { object: "list", data }))
}

/// The one that is asked for.
///
/// # Errors
/// It is not listed.
pub(super) fn one(ask: &Ask<'_>) -> Result<Reply, Failure> {
    let id = decoded(ask.rest);
    let may = may_use(ask, &id);
    let knows_all = ask.caller.is_none_or(Caller::knows_all);
    match ask.gateway.models().iter().find(|model| model.id == id) {
        Some(model) if may => Ok(json(200, &listed(ask.gateway, model))),
        _ if !may && !knows_all => Err(gate::of_model(&id)),
        _ => {
            let nearest = knows_all.then(|| ask.gateway.nearest_model(&id)).flatten();
            let hint = did_you_mean(';', nearest.as_deref());
            let message = format!("no model {id:?} is listed{hint}");
            Err(Failure::new(404, "model_not_found", message).with_param(Field::Model))
        }
    }
}

/// Whether the caller may use a model of this name, and be served by somebody who has it.
fn may_use(ask: &Ask<'_>, id: &str) -> bool {
    let Some(caller) = ask.caller else { return true };
    let name = ask.gateway.name(id);
    may_name(caller, &name, ask.gateway)
        && ask.gateway.serving(&name).any(|(route, target)| {
            let model = target.model.as_deref().unwrap_or(name.model);
            may_be_served(caller, route, target, model)
        })
}

fn listed<'a>(gateway: &Gateway, model: &'a Listed) -> Model<'a> {
    Model { id: &model.id, object: "model", created: gateway.created, owned_by: &model.owner }
}
