//! The stand-in for OpenAI: chats, completions of a prompt and responses, whole and streamed; embeddings, images, speech
//! and moderations; files, kept in memory; a short list of models.
//!
//! Formats: <https://platform.openai.com/docs/api-reference>. Each refuses parameters that it does not know, and what else
//! OpenAI is known to refuse. There are no batches, nothing is tuned, and nobody listens or transcribes.

mod chat;
mod completions;
mod responses;

mod embeddings;
mod images;
mod moderations;
mod speech;

mod files;
mod form;
mod kept;

use std::time::UNIX_EPOCH;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use super::conversation::ToolChoice;
use super::delivery::{Ending, Refusal};
use super::fate::Fate;
use super::wire::Line;
use super::{OPENAI_KEY, script};

pub(super) fn router() -> Router {
    Router::new()
        .route("/v1/chat/completions", post(create::<chat::Request>))
        .route("/v1/completions", post(create::<completions::Request>))
        .route("/v1/responses", post(responses::create))
        .route("/v1/responses/{id}", get(responses::retrieve).delete(responses::delete))
        .route("/v1/embeddings", post(create::<embeddings::Request>))
        .route("/v1/images/generations", post(create::<images::Request>))
        .route("/v1/audio/speech", post(create::<speech::Request>))
        .route("/v1/moderations", post(create::<moderations::Request>))
        .route("/v1/files", get(files::list).post(files::create))
        .route("/v1/files/{id}", get(files::retrieve).delete(files::delete))
        .route("/v1/files/{id}/content", get(files::content))
        .route("/v1/models", get(models))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .with_state(kept::Kept::default())
}

/// A request that one body says all of, and nothing is kept of.
trait Asked: Sized {
    /// Reads it, as strictly as OpenAI does.
    fn read(body: &[u8]) -> Result<Self, Box<Refusal>>;
    /// The model that is asked.
    fn model(&self) -> &str;
    /// What it says.
    fn answer(&self, ending: Ending) -> Response;
}

async fn create<T: Asked>(ConnectInfo(line): ConnectInfo<Line>, headers: HeaderMap, body: Bytes) -> Response {
    let request = authorize(&headers).and_then(|()| T::read(&body));
    finish(request.and_then(|request| fated(request.model(), &line, |ending| request.answer(ending))))
}

/// What becomes of a request for a model: an answer, or the failure that its name asks for.
fn fated(model: &str, line: &Line, send: impl FnOnce(Ending) -> Response) -> Result<Response, Box<Refusal>> {
    match Fate::of(model) {
        Fate::Answer(ending) => Ok(send(ending)),
        Fate::Overloaded => {
            Err(refusal(StatusCode::SERVICE_UNAVAILABLE, OVERLOADED, "server_error", None, None))
        }
        Fate::Limited => {
            let (message, code) = (limited(model), Some("rate_limit_exceeded"));
            Err(refusal(StatusCode::TOO_MANY_REQUESTS, &message, "requests", None, code).retry_after(1))
        }
        Fate::Reset => Ok(line.hang_up()),
    }
}

/// The answer, or the refusal, under an id of its own.
fn finish(response: Result<Response, Box<Refusal>>) -> Response {
    let id = format!("req_demo{:024}", script::serial());
    ([("x-request-id", id)], response.unwrap_or_else(|refusal| refusal.into_response())).into_response()
}

async fn models(headers: HeaderMap) -> Result<Response, Refusal> {
    authorize(&headers).map_err(|refusal| *refusal)?;
    let model = |id: &&str| json!({ "id": id, "object": "model", "created": 1_735_689_600, "owned_by": "ferro-demo" });
    let data: Vec<Value> = MODELS.iter().map(model).collect();
    Ok(axum::Json(json!({ "object": "list", "data": data })).into_response())
}

async fn unknown(method: Method, uri: Uri) -> Refusal {
    let message = format!("Invalid URL ({method} {})", uri.path());
    *refusal(StatusCode::NOT_FOUND, &message, "invalid_request_error", None, None)
}

fn authorize(headers: &HeaderMap) -> Result<(), Box<Refusal>> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let unauthorized = |message: &str, code| {
        Err(refusal(StatusCode::UNAUTHORIZED, message, "invalid_request_error", None, code))
    };
    match sent.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(OPENAI_KEY) => Ok(()),
        None => unauthorized(NO_KEY, None),
        Some(wrong) => {
            let shown: String = wrong.chars().take(7).collect();
            let message = format!(
                "Incorrect API key provided: {shown}********. You can find your API key at \
                 https://platform.openai.com/account/api-keys."
            );
            unauthorized(&message, Some("invalid_api_key"))
        }
    }
}

// === reading ===

/// A body in JSON, which has no parameters but these, and the model it names.
fn read(body: &[u8], parameters: &[&str]) -> Result<(Value, String), Box<Refusal>> {
    let body = object(body)?;
    if let Some(name) = body.keys().find(|name| !parameters.contains(&name.as_str())) {
        return Err(invalid(&format!("Unrecognized request argument supplied: {name}"), None, None));
    }
    let Some(model) = body.get("model").and_then(Value::as_str).map(str::to_owned) else {
        return Err(invalid("you must provide a model parameter", None, None));
    };
    Ok((Value::Object(body), model))
}

/// A body that is an object in JSON.
fn object(body: &[u8]) -> Result<Map<String, Value>, Box<Refusal>> {
    serde_json::from_slice(body).map_err(|_| invalid(NOT_JSON, None, None))
}

/// A whole number between two others, if it is given.
fn number(body: &Value, name: &str, least: u64, most: u64) -> Result<Option<usize>, Box<Refusal>> {
    let Some(given) = body.get(name).filter(|given| !given.is_null()) else { return Ok(None) };
    let number = given.as_u64().filter(|number| (least..=most).contains(number));
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.map(Some).ok_or_else(|| {
        let message = format!(
            "Invalid '{name}': expected an integer between {least} and {most}, but got {given} instead."
        );
        invalid(&message, Some(name), Some("invalid_value"))
    })
}

/// One of some words, or the first of them where none is given.
fn word<'a>(body: &Value, name: &str, known: &[&'a str]) -> Result<&'a str, Box<Refusal>> {
    let given = body.get(name).filter(|given| !given.is_null());
    let said = given.map_or(known.first(), |given| known.iter().find(|known| given == *known));
    said.copied().ok_or_else(|| {
        let message = format!(
            "Invalid value: '{}'. Supported values are: '{}'.",
            given.and_then(Value::as_str).unwrap_or_default(),
            known.join("', '")
        );
        invalid(&message, Some(name), Some("invalid_value"))
    })
}

/// The tools that a body lets be called: its choice in a word, or the name in its choice.
fn tool_choice(body: &Value, name: &str) -> ToolChoice {
    let choice = body.get("tool_choice");
    let named = choice.and_then(|choice| choice.pointer(name)).and_then(Value::as_str);
    match (choice.and_then(Value::as_str), named) {
        (Some("none"), _) => ToolChoice::Never,
        (Some("required"), _) => ToolChoice::Always,
        (_, Some(name)) => ToolChoice::Among(vec![name.to_owned()]),
        _ => ToolChoice::Auto,
    }
}

/// A text that has to be there.
fn text<'a>(body: &'a Value, name: &str) -> Result<&'a str, Box<Refusal>> {
    match body.get(name) {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => Err(missing(name)),
        Some(_) => {
            let message = format!("Invalid type for '{name}': expected a string.");
            Err(invalid(&message, Some(name), Some("invalid_type")))
        }
    }
}

// === errors ===

fn missing(param: &str) -> Box<Refusal> {
    let message = format!("Missing required parameter: '{param}'.");
    invalid(&message, Some(param), Some("missing_required_parameter"))
}

fn invalid(message: &str, param: Option<&str>, code: Option<&str>) -> Box<Refusal> {
    refusal(StatusCode::BAD_REQUEST, message, "invalid_request_error", param, code)
}

fn refusal(
    status: StatusCode,
    message: &str,
    kind: &str,
    param: Option<&str>,
    code: Option<&str>,
) -> Box<Refusal> {
    let error = json!({ "message": message, "type": kind, "param": param, "code": code });
    Refusal::new(status, json!({ "error": error }))
}

fn limited(model: &str) -> String {
    format!(
        "Rate limit reached for {model} in organization org-demo on requests per min (RPM): Limit 3, Used 3, \
         Requested 1. Please try again in 1s."
    )
}

const NO_KEY: &str = "You didn't provide an API key. You need to provide your API key in an Authorization header using \
                      Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
const NOT_JSON: &str = "We could not parse the JSON body of your request. (HINT: This likely means you aren't using \
                        your HTTP library correctly. The OpenAI API expects a JSON payload.)";
const OVERLOADED: &str = "The server is currently overloaded with other requests. Sorry about that! You can retry your \
                          request.";

/// What `GET /v1/models` lists. Any other name is answered just the same.
const MODELS: &[&str] = &[
    "gpt-4o-mini",
    "gpt-5",
    "gpt-3.5-turbo-instruct",
    "text-embedding-3-small",
    "gpt-image-1",
    "gpt-4o-mini-tts",
    "omni-moderation-latest",
    "demo-503",
    "demo-429",
    "demo-silent",
    "demo-cut",
    "demo-reset",
];

#[expect(clippy::disallowed_types, reason = "a provider has a clock of its own")]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
