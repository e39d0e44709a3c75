//! The stand-in for Gemini: `generateContent` and `streamGenerateContent`, as server-sent events or as a JSON array, with
//! images and sound where these are asked for; `batchEmbedContents`.
//!
//! Format: <https://ai.google.dev/api/generate-content>. What it refuses is in [`rules`]. Google reads both
//! `camelCase` and `snake_case`; so does this.

mod embeddings;
mod media;
mod reply;
mod rules;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::GEMINI_KEY;
use super::conversation::{Format, Prompt, ToolChoice};
use super::delivery::{Ending, Refusal};
use super::fate::Fate;
use super::wire::Line;
use media::Media;

pub(super) fn router() -> Router {
    Router::new()
        .route("/v1beta/models/{call}", post(call))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
}

/// A request that Gemini would accept.
struct Request {
    model: String,
    shape: Shape,
    /// How many answers are wanted.
    candidates: usize,
    /// Thoughts are shown, not only counted.
    shows_thoughts: bool,
    /// What is wanted in place of words: the part.
    media: Option<Value>,
    prompt: Prompt,
}

/// How the answer is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// In one go.
    Whole,
    /// As server-sent events.
    Events,
    /// As the elements of a JSON array.
    Array,
}

async fn call(
    ConnectInfo(line): ConnectInfo<Line>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let response = authorize(&headers, &query).and_then(|()| match call.rsplit_once(':') {
        Some((model, "batchEmbedContents")) => {
            let request = embeddings::Request::read(&parse(&body)?, model)?;
            fated(model, &line, |ending| request.answer(ending))
        }
        _ => {
            let request = Request::read(&call, &query, &body)?;
            fated(&request.model, &line, |ending| reply::send(&request, ending))
        }
    });
    response.unwrap_or_else(|refusal| refusal.into_response())
}

/// What becomes of a request for a model: an answer, or the failure that its name asks for.
fn fated(model: &str, line: &Line, send: impl FnOnce(Ending) -> Response) -> Result<Response, Box<Refusal>> {
    match Fate::of(model) {
        Fate::Answer(ending) => Ok(send(ending)),
        Fate::Overloaded => {
            let message = "The model is overloaded. Please try again later.";
            Err(refusal(StatusCode::SERVICE_UNAVAILABLE, message, "UNAVAILABLE", json!([])))
        }
        Fate::Limited => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            let wait = json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s" }]);
            Err(refusal(StatusCode::TOO_MANY_REQUESTS, message, "RESOURCE_EXHAUSTED", wait).retry_after(1))
        }
        Fate::Reset => Ok(line.hang_up()),
    }
}

async fn unknown() -> Refusal {
    *refusal(StatusCode::NOT_FOUND, "Requested entity was not found.", "NOT_FOUND", json!([]))
}

fn authorize(headers: &HeaderMap, query: &str) -> Result<(), Box<Refusal>> {
    let header = headers.get("x-goog-api-key").and_then(|value| value.to_str().ok());
    let sent = header.or_else(|| query.split('&').find_map(|pair| pair.strip_prefix("key=")));
    match sent {
        Some(GEMINI_KEY) => Ok(()),
        Some(_) => {
            let info = json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": { "service": "generativelanguage.googleapis.com" },
            }]);
            let message = "API key not valid. Please pass a valid API key.";
            Err(refusal(StatusCode::BAD_REQUEST, message, "INVALID_ARGUMENT", info))
        }
        None => {
            let message = "Method doesn't allow unregistered callers (callers without established identity). Please \
                           use API Key or other form of API consumer identity to call this API.";
            Err(refusal(StatusCode::FORBIDDEN, message, "PERMISSION_DENIED", json!([])))
        }
    }
}

// === reading ===

impl Request {
    fn read(call: &str, query: &str, body: &[u8]) -> Result<Self, Box<Refusal>> {
        let sse = query.split('&').any(|pair| pair == "alt=sse");
        let (model, shape) = match call.rsplit_once(':') {
            Some((model, "generateContent")) => (model, Shape::Whole),
            Some((model, "streamGenerateContent")) if sse => (model, Shape::Events),
            Some((model, "streamGenerateContent")) => (model, Shape::Array),
            _ => {
                let message = format!("models/{call} is not found for API version v1beta.");
                return Err(refusal(StatusCode::NOT_FOUND, &message, "NOT_FOUND", json!([])));
            }
        };
        let body = parse(body)?;
        rules::check(&body, model).map_err(rules::Broken::refusal)?;
        let config = |name: &str| member(&body, "generationConfig").and_then(|config| member(config, name));
        let candidates = config("candidateCount").and_then(Value::as_u64).unwrap_or(1).clamp(1, 8);
        let thoughts = config("thinkingConfig").and_then(|thinking| member(thinking, "includeThoughts"));
        let settings = member(&body, "generationConfig").unwrap_or(&Value::Null);
        let media = Media::read(settings, model).map_err(rules::Broken::refusal)?;
        let prompt = read_prompt(&body);
        Ok(Self {
            model: model.to_owned(),
            shape,
            media: media.map(|media| media.part(&prompt.text, settings)),
            candidates: usize::try_from(candidates).unwrap_or(1),
            shows_thoughts: thoughts.and_then(Value::as_bool).unwrap_or(false),
            prompt,
        })
    }

    /// The model signs what it thought, so that a later turn can continue from there.
    fn signs(&self) -> bool {
        self.prompt.thinks || self.model.starts_with("gemini-3")
    }
}

fn parse(body: &[u8]) -> Result<Value, Box<Refusal>> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("Invalid JSON payload received. {error}");
        refusal(StatusCode::BAD_REQUEST, &message, "INVALID_ARGUMENT", json!([]))
    })
}

fn read_prompt(body: &Value) -> Prompt {
    let mut prompt = Prompt::new("Gemini");
    if let Some(instruction) = member(body, "systemInstruction") {
        list(instruction, "parts")
            .iter()
            .filter_map(|part| part.get("text")?.as_str())
            .for_each(|t| prompt.count(t));
    }
    for content in list(body, "contents") {
        if content.get("role").is_some_and(|role| role == "model") {
            prompt.assistant();
            prompt.count(&content.to_string());
            continue;
        }
        list(content, "parts").iter().for_each(|part| read_part(part, &mut prompt));
    }
    for function in list(body, "tools").iter().flat_map(|tool| list(tool, "functionDeclarations")) {
        let schema = member(function, "parametersJsonSchema").or(member(function, "parameters"));
        prompt.tool(function.get("name").and_then(Value::as_str).unwrap_or_default(), schema);
    }
    let calling = member(body, "toolConfig").and_then(|config| member(config, "functionCallingConfig"));
    if let Some(calling) = calling {
        prompt.tool_choice = read_choice(calling);
    }
    if let Some(config) = member(body, "generationConfig") {
        read_config(config, &mut prompt);
    }
    prompt
}

fn read_part(part: &Value, prompt: &mut Prompt) {
    if let Some(text) = part.get("text").and_then(Value::as_str) {
        prompt.user(text);
    }
    if let Some(data) = member(part, "inlineData").or(member(part, "fileData")) {
        let kind = member(data, "mimeType").and_then(Value::as_str).unwrap_or_default();
        if kind.starts_with("image/") { prompt.image() } else { prompt.file() }
    }
    if let Some(response) = member(part, "functionResponse").and_then(|response| response.get("response")) {
        let text = ["output", "result", "content"].iter().find_map(|name| response.get(name)?.as_str());
        prompt.result(text.map_or_else(|| response.to_string(), str::to_owned));
    }
}

fn read_choice(calling: &Value) -> ToolChoice {
    let names: Vec<String> =
        list(calling, "allowedFunctionNames").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match calling.get("mode").and_then(Value::as_str) {
        Some("NONE") => ToolChoice::Never,
        Some("ANY") if names.is_empty() => ToolChoice::Always,
        Some("ANY") => ToolChoice::Among(names),
        _ => ToolChoice::Auto,
    }
}

fn read_config(config: &Value, prompt: &mut Prompt) {
    let limit = member(config, "maxOutputTokens").and_then(Value::as_u64);
    prompt.limit = limit.and_then(|limit| usize::try_from(limit).ok());
    prompt.stops =
        list(config, "stopSequences").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let schema = member(config, "responseJsonSchema").or(member(config, "responseSchema"));
    let is_json = member(config, "responseMimeType").is_some_and(|kind| kind == "application/json");
    prompt.format = match schema {
        Some(schema) => Format::Schema(schema.clone()),
        None if is_json => Format::Json,
        None => Format::Text,
    };
    let thinking = |name: &str| member(config, "thinkingConfig").and_then(|thinking| member(thinking, name));
    let budget = thinking("thinkingBudget").and_then(Value::as_i64);
    let asked = budget.is_some() || thinking("thinkingLevel").is_some();
    let shown = thinking("includeThoughts").and_then(Value::as_bool).unwrap_or(false);
    prompt.thinks = budget != Some(0) && (asked || shown);
}

/// A member by its `camelCase` name, or by the same in `snake_case`.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).or_else(|| value.get(snake(name))).filter(|member| !member.is_null())
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    member(value, name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

// === errors ===

/// `details` is an array; an empty one is left out.
fn refusal(status: StatusCode, message: &str, name: &str, details: Value) -> Box<Refusal> {
    let mut error = json!({ "code": status.as_u16(), "message": message, "status": name });
    if let (Some(members), false) = (error.as_object_mut(), details == json!([])) {
        members.insert("details".to_owned(), details);
    }
    Refusal::new(status, json!({ "error": error }))
}
