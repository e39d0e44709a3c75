//! The paths a client may ask for, and the answers that need no provider.

use serde::Serialize;

use super::failure::Failure;
use super::reply::Reply;
use super::{Services, admin};
use crate::config::Gateway;
use crate::routing::did_you_mean;

/// What a path is.
#[derive(Debug, PartialEq, Eq)]
pub enum Surface {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/models`
    Models,
    /// `/v1/models/{id}`; ids may hold slashes.
    Model(String),
    /// `/healthz`: the process lives.
    Health,
    /// `/readyz`: some provider can be asked.
    Ready,
    /// `/admin/targets`: how the targets are.
    Targets,
}

impl Surface {
    /// Reads a path. Query and trailing slash are tolerated.
    ///
    /// # Errors
    /// No such path, or not with this method.
    pub fn find(method: &str, path: &str) -> Result<Self, Failure> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let trimmed = path.trim_end_matches('/');
        let surface = match trimmed {
            "/v1/chat/completions" => Self::Chat,
            "/v1/models" => Self::Models,
            "/healthz" => Self::Health,
            "/readyz" => Self::Ready,
            "/admin/targets" => Self::Targets,
            _ => match trimmed.strip_prefix("/v1/models/") {
                Some(id) => Self::Model(percent_decoded(id)),
                None => return Err(unknown(method, path)),
            },
        };
        let (allowed, allow) = match surface {
            Self::Chat => (method == "POST", &("allow", "POST")),
            _ => (matches!(method, "GET" | "HEAD"), &("allow", "GET, HEAD")),
        };
        match allowed {
            true => Ok(surface),
            false => Err(wrong_method(method, path, allow)),
        }
    }

    /// The answer, if the gateway has it itself.
    ///
    /// # Errors
    /// What was asked for is not there.
    pub fn answer(&self, gateway: &Gateway, services: &dyn Services) -> Result<Option<Reply>, Failure> {
        match self {
            Self::Chat => Ok(None),
            Self::Models => Ok(Some(models(gateway))),
            Self::Model(id) => model(gateway, id).map(Some),
            Self::Targets => admin::targets(gateway, services).map(Some),
            Self::Health => Ok(Some(state(200, "ok"))),
            Self::Ready if gateway.is_ready() => Ok(Some(state(200, "ready"))),
            Self::Ready => Err(Failure::new(503, "no_target", "no configured provider has its credential")),
        }
    }
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'a str,
}

fn models(gateway: &Gateway) -> Reply {
    #[derive(Serialize)]
    struct List<'a> {
        object: &'static str,
        data: Vec<Model<'a>>,
    }
    let data = gateway.models().iter().map(|(id, owner)| listed(gateway, id, owner)).collect();
    json(200, &List { object: "list", data })
}

fn model(gateway: &Gateway, id: &str) -> Result<Reply, Failure> {
    match gateway.models().iter().find(|(known, _)| known == id) {
        Some((id, owner)) => Ok(json(200, &listed(gateway, id, owner))),
        None => {
            let hint = did_you_mean(';', gateway.nearest_model(id));
            let message = format!("no model {id:?} is listed{hint}");
            Err(Failure::new(404, "model_not_found", message).with_param("model"))
        }
    }
}

fn listed<'a>(gateway: &Gateway, id: &'a str, owner: &'a str) -> Model<'a> {
    Model { id, object: "model", created: gateway.created, owned_by: owner }
}

fn state(status: u16, word: &str) -> Reply {
    #[derive(Serialize)]
    struct State<'a> {
        status: &'a str,
    }
    json(status, &State { status: word })
}

fn json(status: u16, body: &impl Serialize) -> Reply {
    Reply::json(status, serde_json::to_vec(body).unwrap_or_default())
}

fn unknown(method: &str, path: &str) -> Failure {
    let shown: String = path.chars().take(256).collect();
    Failure::new(404, "unknown_url", format!("unknown URL: {method} {shown}"))
}

fn wrong_method(method: &str, path: &str, allow: &'static (&'static str, &'static str)) -> Failure {
    let shown: String = path.chars().take(256).collect();
    let message = format!("{method} is not allowed for {shown}; use {}", allow.1);
    Failure::new(405, "method_not_allowed", message).with_header(allow)
}

/// Clients escape the slashes of an id. What is not a valid escape stays.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped =
            (*byte == b'%').then(|| after.split_at_checked(2)).flatten().and_then(|(digits, after)| {
                let value = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
                Some((value, after))
            });
        let (value, after) = escaped.unwrap_or((*byte, after));
        bytes.push(value);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods() {
        let find = |method, path| Surface::find(method, path).map_err(|failure| failure.status());
        assert_eq!(find("POST", "/v1/chat/completions/?a=b"), Ok(Surface::Chat));
        assert_eq!(find("GET", "/v1/models"), Ok(Surface::Models));
        assert_eq!(find("HEAD", "/v1/models/meta%2Fllama/3%"), Ok(Surface::Model("meta/llama/3%".into())));
        assert_eq!(find("GET", "/v1/chat/completions"), Err(405));
        assert_eq!(find("DELETE", "/healthz"), Err(405));
        assert_eq!(find("GET", "/v1/nothing"), Err(404));
        assert_eq!(find("OPTIONS", "*"), Err(404));
    }
}
