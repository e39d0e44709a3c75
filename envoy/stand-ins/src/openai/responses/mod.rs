//! Responses: <https://platform.openai.com/docs/api-reference/responses>. They are kept in memory, see `kept.rs`, so that
//! the next one may go on from there.
//!
//! Refuses, as OpenAI does, parameters, roles and parts that it does not know, and calls that nobody answered.

mod items;
mod reply;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::conversation::{Format, Prompt};
use super::super::delivery::{self, Ending, Refusal};
use super::super::wire::Line;
use super::kept::Kept;
use super::{authorize, fated, finish, invalid, missing, object, refusal, tool_choice};

/// A request that OpenAI would accept.
struct Request {
    model: String,
    stream: bool,
    /// The response is kept.
    store: bool,
    /// What the response repeats of the request.
    repeated: Vec<(&'static str, Value)>,
    /// What was said, before and now.
    items: Vec<Value>,
    prompt: Prompt,
}

pub(super) async fn create(
    ConnectInfo(line): ConnectInfo<Line>,
    State(kept): State<Kept>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = authorize(&headers).and_then(|()| Request::read(&body, &kept));
    finish(
        request
            .and_then(|request| fated(&request.model, &line, |ending| reply::send(&request, &kept, ending))),
    )
}

pub(super) async fn retrieve(
    State(kept): State<Kept>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    finish(authorize(&headers).and_then(|()| {
        let shelves = kept.lock();
        let (response, _) = shelves.responses.find(&id).ok_or_else(|| none(&id))?;
        Ok(delivery::whole(response.to_string(), Ending::Complete))
    }))
}

pub(super) async fn delete(State(kept): State<Kept>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    finish(authorize(&headers).and_then(|()| match kept.lock().responses.remove(&id) {
        true => {
            let gone = json!({ "id": id, "object": "response", "deleted": true });
            Ok(delivery::whole(gone.to_string(), Ending::Complete))
        }
        false => Err(none(&id)),
    }))
}

impl Request {
    fn read(body: &[u8], kept: &Kept) -> Result<Self, Box<Refusal>> {
        let body = object(body)?;
        if let Some(name) = body.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
            let message = format!("Unknown parameter: '{name}'.");
            return Err(invalid(&message, Some(name), Some("unknown_parameter")));
        }
        let body = Value::Object(body);
        let model = body.get("model").and_then(Value::as_str).ok_or_else(|| missing("model"))?;
        let mut prompt = Prompt::new("GPT");
        if let Some(instructions) = body.get("instructions").and_then(Value::as_str) {
            prompt.count(instructions);
        }
        let mut all = history(&body, kept)?;
        all.extend(items::of(body.get("input").ok_or_else(|| missing("input"))?)?);
        items::read(&all, &mut prompt)?;
        read_tools(&body, &mut prompt)?;
        prompt.format = read_format(&body)?;
        prompt.limit = super::number(&body, "max_output_tokens", 16, 1_000_000)?;
        let effort = body.pointer("/reasoning/effort").and_then(Value::as_str);
        prompt.thinks = effort.is_some_and(|effort| !["none", "minimal"].contains(&effort));
        let is = |name: &str| body.get(name).and_then(Value::as_bool);
        let given = |name: &str| body.get(name).cloned().unwrap_or_default();
        Ok(Self {
            model: model.to_owned(),
            stream: is("stream").unwrap_or(false),
            store: is("store").unwrap_or(true),
            repeated: REPEATED.iter().map(|name| (*name, given(name))).collect(),
            items: all,
            prompt,
        })
    }
}

/// What was said before, where the request goes on from a response.
fn history(body: &Value, kept: &Kept) -> Result<Vec<Value>, Box<Refusal>> {
    let Some(id) = body.get("previous_response_id").and_then(Value::as_str) else { return Ok(Vec::new()) };
    let shelves = kept.lock();
    let Some((response, items)) = shelves.responses.find(id) else {
        let message = format!("Previous response with id '{id}' not found.");
        let (param, code) = (Some("previous_response_id"), Some("previous_response_not_found"));
        return Err(invalid(&message, param, code));
    };
    let output = response.get("output").and_then(Value::as_array).into_iter().flatten();
    Ok(items.iter().chain(output).cloned().collect())
}

fn read_tools(body: &Value, prompt: &mut Prompt) -> Result<(), Box<Refusal>> {
    let tools = body.get("tools").and_then(Value::as_array).into_iter().flatten();
    for (index, tool) in tools.enumerate() {
        // Tools of OpenAI's own are never called.
        if tool.get("type").is_some_and(|kind| kind == "function") {
            let name = tool.get("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| missing(&format!("tools[{index}].name")))?;
            prompt.tool(name, tool.get("parameters"));
        }
    }
    prompt.parallel = body.get("parallel_tool_calls").and_then(Value::as_bool).unwrap_or(true);
    prompt.tool_choice = tool_choice(body, "/name");
    Ok(())
}

fn read_format(body: &Value) -> Result<Format, Box<Refusal>> {
    let format = body.pointer("/text/format");
    match format.and_then(|format| format.get("type")).and_then(Value::as_str) {
        Some("json_schema") => match format.and_then(|format| format.get("schema")) {
            Some(schema) => Ok(Format::Schema(schema.clone())),
            None => Err(missing("text.format.schema")),
        },
        Some("json_object") => Ok(Format::Json),
        _ => Ok(Format::Text),
    }
}

fn none(id: &str) -> Box<Refusal> {
    let message = format!("Response with id '{id}' not found.");
    refusal(StatusCode::NOT_FOUND, &message, "invalid_request_error", None, None)
}

/// What a response repeats.
const REPEATED: &[&str] = &[
    "instructions",
    "max_output_tokens",
    "metadata",
    "previous_response_id",
    "reasoning",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "user",
];

/// Every parameter that OpenAI knows.
const PARAMETERS: &[&str] = &[
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];
