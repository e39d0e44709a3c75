//! The stand-in for Anthropic: messages, whole and streamed.
//!
//! Format: <https://platform.claude.com/docs/en/api/messages>. What it refuses is in [`rules`].

mod reply;
mod rules;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::conversation::{Format, Prompt, ToolChoice};
use super::delivery::Refusal;
use super::fate::Fate;
use super::wire::Line;
use super::{ANTHROPIC_KEY, script};

pub(super) fn router() -> Router {
    Router::new().route("/v1/messages", post(create)).fallback(unknown).method_not_allowed_fallback(unknown)
}

/// A request that Anthropic would accept.
struct Request {
    model: String,
    stream: bool,
    /// Something is marked for the provider's cache.
    caches: bool,
    /// Thoughts are signed but not shown.
    hides_thoughts: bool,
    prompt: Prompt,
}

async fn create(ConnectInfo(line): ConnectInfo<Line>, headers: HeaderMap, body: Bytes) -> Response {
    let request = authorize(&headers).and_then(|()| Request::read(&body));
    let response = request.and_then(|request| answer(&request, &line));
    let id = format!("req_demo{:020}", script::serial());
    ([("request-id", id)], response.unwrap_or_else(|refusal| refusal.into_response())).into_response()
}

fn answer(request: &Request, line: &Line) -> Result<Response, Box<Refusal>> {
    match Fate::of(&request.model) {
        Fate::Answer(ending) => Ok(reply::send(request, ending)),
        Fate::Overloaded => Err(refusal(OVERLOADED, "overloaded_error", "Overloaded")),
        Fate::Limited => {
            let message =
                "This request would exceed your organization's rate limit of 3 requests per minute.";
            Err(refusal(StatusCode::TOO_MANY_REQUESTS.as_u16(), "rate_limit_error", message).retry_after(1))
        }
        Fate::Reset => Ok(line.hang_up()),
    }
}

async fn unknown() -> Refusal {
    *refusal(StatusCode::NOT_FOUND.as_u16(), "not_found_error", "Not Found")
}

fn authorize(headers: &HeaderMap) -> Result<(), Box<Refusal>> {
    let sent = headers.get("x-api-key").and_then(|value| value.to_str().ok());
    let unauthorized =
        |message| Err(refusal(StatusCode::UNAUTHORIZED.as_u16(), "authentication_error", message));
    match sent {
        Some(ANTHROPIC_KEY) => {}
        Some(_) => return unauthorized("invalid x-api-key"),
        None => return unauthorized("x-api-key header is required"),
    }
    match headers.get("anthropic-version").map(|version| version.as_bytes()) {
        Some(b"2023-06-01" | b"2023-01-01") => Ok(()),
        Some(_) => Err(invalid("anthropic-version: is not a valid version")),
        None => Err(invalid("anthropic-version: header is required")),
    }
}

// === reading ===

impl Request {
    fn read(body: &[u8]) -> Result<Self, Box<Refusal>> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| invalid(&format!("The request body is not valid JSON: {error}")))?;
        rules::check(&body).map_err(|broken| invalid(&broken))?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self {
            model: text("model"),
            stream: body.get("stream").and_then(Value::as_bool).unwrap_or(false),
            caches: body.to_string().contains("\"cache_control\":{"),
            hides_thoughts: body.pointer("/thinking/display").is_some_and(|display| display == "omitted"),
            prompt: read_prompt(&body),
        })
    }
}

fn read_prompt(body: &Value) -> Prompt {
    let mut prompt = Prompt::new("Claude");
    prompt.count(&text_of(body.get("system")));
    for message in members(body, "messages") {
        read_message(message, &mut prompt);
    }
    for tool in members(body, "tools").iter().filter(|tool| tool.get("input_schema").is_some()) {
        let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
        prompt.tool(name, tool.get("input_schema"));
    }
    let choice = |name: &str| body.get("tool_choice").and_then(|choice| choice.get(name));
    prompt.parallel = !choice("disable_parallel_tool_use").and_then(Value::as_bool).unwrap_or(false);
    prompt.tool_choice = match choice("type").and_then(Value::as_str) {
        Some("none") => ToolChoice::Never,
        Some("any") => ToolChoice::Always,
        Some("tool") => {
            ToolChoice::Among(choice("name").and_then(Value::as_str).map(str::to_owned).into_iter().collect())
        }
        _ => ToolChoice::Auto,
    };
    let format = body.pointer("/output_config/format/schema").or(body.pointer("/output_format/schema"));
    prompt.format = format.map_or(Format::Text, |schema| Format::Schema(schema.clone()));
    let thinking = body.pointer("/thinking/type").and_then(Value::as_str);
    prompt.thinks = thinking.is_some_and(|kind| kind != "disabled");
    let limit = body.get("max_tokens").and_then(Value::as_u64);
    prompt.limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let stops = members(body, "stop_sequences").iter().filter_map(Value::as_str);
    prompt.stops = stops.map(str::to_owned).collect();
    prompt
}

fn read_message(message: &Value, prompt: &mut Prompt) {
    let content = message.get("content");
    if message.get("role").is_some_and(|role| role == "assistant") {
        prompt.assistant();
        prompt.count(&content.map(Value::to_string).unwrap_or_default());
        return;
    }
    if let Some(text) = content.and_then(Value::as_str) {
        prompt.user(text);
    }
    for block in members(message, "content") {
        match block.get("type").and_then(Value::as_str) {
            Some("text") => prompt.user(block.get("text").and_then(Value::as_str).unwrap_or_default()),
            Some("image") => prompt.image(),
            Some("tool_result") => prompt.result(text_of(block.get("content"))),
            _ => prompt.file(),
        }
    }
}

/// A string, or the text blocks of a list joined by spaces.
fn text_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => {
            let texts = blocks.iter().filter_map(|block| block.get("text")?.as_str());
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

fn members<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The signature of a thought. Anthropic's are secret; this one only has to notice that a thought was changed.
fn sign(thought: &str) -> String {
    // FNV-1a. Sixteen characters make the whole valid base64.
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = thought.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    format!("EqQBdemo{hash:016x}")
}

// === errors ===

fn invalid(message: &str) -> Box<Refusal> {
    refusal(StatusCode::BAD_REQUEST.as_u16(), "invalid_request_error", message)
}

fn refusal(status: u16, kind: &str, message: &str) -> Box<Refusal> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let id = format!("req_demo{:020}", script::serial());
    let error = json!({ "type": kind, "message": message });
    Refusal::new(status, json!({ "type": "error", "error": error, "request_id": id }))
}

/// No other provider knows this status.
const OVERLOADED: u16 = 529;
