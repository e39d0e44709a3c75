//! Chat completions: <https://platform.openai.com/docs/api-reference/chat>.
//!
//! Refuses, as OpenAI does, parameters that it does not know, content parts and roles that do not exist, and tool calls
//! that nobody answered.

mod reply;

use std::collections::BTreeSet;

use axum::response::Response;
use serde_json::Value;

use super::super::conversation::{Format, Prompt};
use super::super::delivery::{Ending, Refusal};
use super::{Asked, invalid, read, tool_choice};

/// A request that OpenAI would accept.
pub(super) struct Request {
    model: String,
    /// How many answers are wanted.
    choices: usize,
    stream: bool,
    include_usage: bool,
    prompt: Prompt,
}

impl Asked for Request {
    fn read(body: &[u8]) -> Result<Self, Box<Refusal>> {
        let (body, model) = read(body, PARAMETERS)?;
        let include_usage = body.pointer("/stream_options/include_usage").and_then(Value::as_bool);
        Ok(Self {
            model,
            choices: read_choices(&body)?,
            stream: body.get("stream").and_then(Value::as_bool).unwrap_or(false),
            include_usage: include_usage.unwrap_or(false),
            prompt: read_prompt(&body)?,
        })
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn answer(&self, ending: Ending) -> Response {
        reply::send(self, ending)
    }
}

fn read_choices(body: &Value) -> Result<usize, Box<Refusal>> {
    match body.get("n") {
        None | Some(Value::Null) => Ok(1),
        Some(n) => {
            n.as_u64().filter(|n| (1..=8).contains(n)).and_then(|n| usize::try_from(n).ok()).ok_or_else(
                || {
                    let message = "Invalid 'n': expected an integer between 1 and 8 (the stand-in's limit).";
                    invalid(message, Some("n"), Some("invalid_value"))
                },
            )
        }
    }
}

fn read_prompt(body: &Value) -> Result<Prompt, Box<Refusal>> {
    let mut prompt = Prompt::new("GPT");
    read_messages(body, &mut prompt)?;
    read_tools(body, &mut prompt)?;
    read_format(body, &mut prompt)?;
    if let Some(temperature) =
        body.get("temperature").and_then(Value::as_f64).filter(|t| !(0.0..=2.0).contains(t))
    {
        let message = format!(
            "Invalid 'temperature': expected a decimal between 0 and 2, but got {temperature} instead."
        );
        return Err(invalid(&message, Some("temperature"), Some("invalid_value")));
    }
    let limit = body.get("max_completion_tokens").or(body.get("max_tokens")).filter(|limit| !limit.is_null());
    if let Some(limit) = limit {
        let tokens =
            limit.as_u64().filter(|tokens| *tokens > 0).and_then(|tokens| usize::try_from(tokens).ok());
        let message = format!("Invalid 'max_tokens': expected a value >= 1, but got {limit} instead.");
        prompt.limit = Some(
            tokens.ok_or_else(|| invalid(&message, Some("max_tokens"), Some("integer_below_min_value")))?,
        );
    }
    prompt.stops = match body.get("stop") {
        Some(Value::String(stop)) => vec![stop.clone()],
        Some(Value::Array(stops)) => stops.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let effort = body.get("reasoning_effort").and_then(Value::as_str);
    prompt.thinks = effort.is_some_and(|effort| !["none", "minimal"].contains(&effort));
    Ok(prompt)
}

fn read_messages(body: &Value, prompt: &mut Prompt) -> Result<(), Box<Refusal>> {
    let (param, missing) = (Some("messages"), Some("missing_required_parameter"));
    let Some(messages) = body.get("messages") else {
        return Err(invalid("Missing required parameter: 'messages'.", param, missing));
    };
    let Some(messages) = messages.as_array() else {
        return Err(invalid(
            "Invalid type for 'messages': expected an array of objects.",
            param,
            Some("invalid_type"),
        ));
    };
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, \
                       but got an empty array instead.";
        return Err(invalid(message, param, Some("empty_array")));
    }
    let mut open = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        if role != "tool" {
            all_answered(&open, index)?;
        }
        read_message(message, role, index, prompt, &mut open)?;
    }
    all_answered(&open, messages.len())
}

/// Calls that wait for their answer are in `open`.
fn read_message<'a>(
    message: &'a Value,
    role: &str,
    index: usize,
    prompt: &mut Prompt,
    open: &mut BTreeSet<&'a str>,
) -> Result<(), Box<Refusal>> {
    let at = format!("messages[{index}]");
    match role {
        "system" | "developer" => prompt.count(&text_of(message, &at)?),
        "assistant" => {
            prompt.assistant();
            prompt.count(&text_of(message, &at)?);
            let calls = message.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
            for call in calls {
                prompt.count(&call.to_string());
                open.extend(call.get("id").and_then(Value::as_str));
            }
        }
        "tool" => {
            let id = message.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
            if !open.remove(id) {
                let message = "Invalid parameter: messages with role 'tool' must be a response to a preceeding \
                               message with 'tool_calls'.";
                return Err(invalid(message, Some(&format!("{at}.role")), None));
            }
            prompt.result(text_of(message, &at)?);
        }
        "user" => read_user(message, &at, prompt)?,
        other => {
            let message = format!(
                "Invalid value: '{other}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', \
                 and 'developer'."
            );
            return Err(invalid(&message, Some(&format!("{at}.role")), Some("invalid_value")));
        }
    }
    Ok(())
}

fn all_answered(open: &BTreeSet<&str>, index: usize) -> Result<(), Box<Refusal>> {
    if open.is_empty() {
        return Ok(());
    }
    let ids = open.iter().copied().collect::<Vec<_>>().join(", ");
    let message = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. \
         The following tool_call_ids did not have response messages: {ids}"
    );
    Err(invalid(&message, Some(&format!("messages.[{index}].role")), None))
}

fn read_user(message: &Value, at: &str, prompt: &mut Prompt) -> Result<(), Box<Refusal>> {
    let text = text_of(message, at)?;
    prompt.user(&text);
    for part in message.get("content").and_then(Value::as_array).into_iter().flatten() {
        match part.get("type").and_then(Value::as_str) {
            Some("image_url") if part.pointer("/image_url/url").is_some_and(Value::is_string) => {
                prompt.image()
            }
            Some("file" | "input_audio") => prompt.file(),
            Some("image_url") => {
                let (param, code) = (format!("{at}.content"), "missing_required_parameter");
                return Err(invalid(
                    "Missing required parameter: 'image_url.url'.",
                    Some(&param),
                    Some(code),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The text of a message, its parts joined by spaces.
fn text_of(message: &Value, at: &str) -> Result<String, Box<Refusal>> {
    let param = format!("{at}.content");
    match message.get("content") {
        None | Some(Value::Null) if message.get("role").is_some_and(|role| role == "assistant") => {
            Ok(String::new())
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(parts)) => {
            let known =
                |part: &&Value| part.get("type").and_then(Value::as_str).is_some_and(|t| PARTS.contains(&t));
            if let Some(part) = parts.iter().find(|part| !known(part)) {
                let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
                let message = format!("Invalid value: '{kind}'. Supported values are: {}.", PARTS.join(", "));
                return Err(invalid(&message, Some(&param), Some("invalid_value")));
            }
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            Ok(texts.collect::<Vec<_>>().join(" "))
        }
        _ => {
            let message = format!("Invalid value for 'content': expected a string or an array at '{param}'.");
            Err(invalid(&message, Some(&param), Some("invalid_type")))
        }
    }
}

fn read_tools(body: &Value, prompt: &mut Prompt) -> Result<(), Box<Refusal>> {
    let tools = body.get("tools").and_then(Value::as_array);
    for (index, tool) in tools.into_iter().flatten().enumerate() {
        let Some(name) = tool.pointer("/function/name").and_then(Value::as_str) else {
            let param = format!("tools[{index}].function.name");
            let message = format!("Missing required parameter: '{param}'.");
            return Err(invalid(&message, Some(&param), Some("missing_required_parameter")));
        };
        prompt.tool(name, tool.pointer("/function/parameters"));
    }
    if body.get("tool_choice").is_some_and(|choice| !choice.is_null()) && tools.is_none() {
        let message =
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
        return Err(invalid(message, Some("tool_choice"), None));
    }
    prompt.parallel = body.get("parallel_tool_calls").and_then(Value::as_bool).unwrap_or(true);
    prompt.tool_choice = tool_choice(body, "/function/name");
    Ok(())
}

fn read_format(body: &Value, prompt: &mut Prompt) -> Result<(), Box<Refusal>> {
    let format = body.get("response_format");
    prompt.format = match format.and_then(|format| format.get("type")).and_then(Value::as_str) {
        Some("json_schema") => {
            let schema = format.and_then(|format| format.pointer("/json_schema/schema"));
            Format::Schema(schema.cloned().unwrap_or_default())
        }
        Some("json_object") => {
            let said = body.get("messages").map(Value::to_string).unwrap_or_default();
            if !said.to_lowercase().contains("json") {
                return Err(invalid(NO_WORD_JSON, Some("messages"), None));
            }
            Format::Json
        }
        _ => Format::Text,
    };
    Ok(())
}

const NO_WORD_JSON: &str = "'messages' must contain the word 'json' in some form, to use 'response_format' of type \
                            'json_object'.";

/// Types of content parts.
const PARTS: &[&str] = &["text", "image_url", "input_audio", "refusal", "file"];

/// Every parameter that OpenAI knows (2026-05).
const PARAMETERS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];
