//! What Anthropic refuses: its documented and observed rules for a request, with the words it uses.
//!
//! The rules that a translation is likely to break, not all there are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{members, sign};

/// Says which rule is broken first.
pub(super) fn check(body: &Value) -> Result<(), String> {
    let top = body.as_object().ok_or("Input should be an object")?;
    if let Some(name) = top.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
        return Err(format!("{name}: Extra inputs are not permitted"));
    }
    for name in ["model", "max_tokens", "messages"] {
        if !top.contains_key(name) {
            return Err(format!("{name}: Field required"));
        }
    }
    if !body.get("model").is_some_and(Value::is_string) {
        return Err("model: Input should be a valid string".to_owned());
    }
    sampling(body)?;
    thinking(body)?;
    if let Some(system) = body.get("system").filter(|system| system.is_array()) {
        let wrapped = system.as_array().into_iter().flatten();
        for (index, block) in wrapped.enumerate() {
            not_blank(block, &format!("system.{index}"))?;
        }
    }
    for (index, tool) in members(body, "tools").iter().enumerate() {
        is_tool(tool, index)?;
    }
    if body.get("tool_choice").is_some_and(|choice| !choice.is_null()) && members(body, "tools").is_empty() {
        return Err("tool_choice may only be specified while providing tools.".to_owned());
    }
    messages(body)
}

fn sampling(body: &Value) -> Result<(), String> {
    match body.get("max_tokens").and_then(Value::as_i64) {
        Some(1..) => {}
        Some(_) => return Err("max_tokens: Input should be greater than or equal to 1".to_owned()),
        None => return Err("max_tokens: Input should be a valid integer".to_owned()),
    }
    for name in ["temperature", "top_p"] {
        if body.get(name).and_then(Value::as_f64).is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Err(format!("{name}: range: 0..1"));
        }
    }
    let blank = |stop: &Value| stop.as_str().is_some_and(|stop| stop.trim().is_empty());
    if members(body, "stop_sequences").iter().any(blank) {
        return Err("stop_sequences: each stop sequence must contain non-whitespace".to_owned());
    }
    Ok(())
}

fn thinking(body: &Value) -> Result<(), String> {
    if body.pointer("/thinking/type").is_none_or(|kind| kind == "disabled") {
        return Ok(());
    }
    if body.get("temperature").and_then(Value::as_f64).is_some_and(|temperature| temperature != 1.0) {
        return Err("`temperature` may only be set to 1 when thinking is enabled.".to_owned());
    }
    if body.get("top_k").is_some_and(|top_k| !top_k.is_null()) {
        return Err("`top_k` must be unset when thinking is enabled.".to_owned());
    }
    if body.pointer("/tool_choice/type").is_some_and(|kind| kind == "any" || kind == "tool") {
        return Err("Thinking may not be enabled when tool_choice forces tool use.".to_owned());
    }
    if body.pointer("/thinking/type").is_some_and(|kind| kind != "enabled") {
        return Ok(());
    }
    let Some(budget) = body.pointer("/thinking/budget_tokens").and_then(Value::as_u64) else {
        return Err("thinking.enabled.budget_tokens: Field required".to_owned());
    };
    if budget < 1024 {
        return Err(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024".to_owned()
        );
    }
    if body.get("max_tokens").and_then(Value::as_u64).is_some_and(|limit| limit <= budget) {
        return Err("`max_tokens` must be greater than `thinking.budget_tokens`.".to_owned());
    }
    Ok(())
}

fn is_tool(tool: &Value, index: usize) -> Result<(), String> {
    // Anthropic's own tools have a type and no schema.
    if tool.get("type").and_then(Value::as_str).is_some_and(|kind| kind != "custom") {
        return Ok(());
    }
    let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
    if !is_identifier(name) || name.len() > 128 {
        return Err(format!(
            "tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        ));
    }
    match tool.pointer("/input_schema/type") {
        None if tool.get("input_schema").is_none() => {
            Err(format!("tools.{index}.custom.input_schema: Field required"))
        }
        None => Err(format!("tools.{index}.custom.input_schema.type: Field required")),
        Some(kind) if kind != "object" => {
            Err(format!("tools.{index}.custom.input_schema.type: Input should be 'object'"))
        }
        Some(_) => Ok(()),
    }
}

fn messages(body: &Value) -> Result<(), String> {
    let messages = members(body, "messages");
    if messages.is_empty() {
        return Err("messages: at least one message is required".to_owned());
    }
    let mut open = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        let last = index.saturating_add(1) == messages.len();
        match message.get("role").and_then(Value::as_str) {
            Some("user") => {}
            Some("assistant") if index > 0 => {}
            Some("assistant") => return Err("messages: first message must use the \"user\" role".to_owned()),
            role => {
                return Err(format!(
                    "messages: Unexpected role \"{}\". Allowed roles are \"user\" or \"assistant\".",
                    role.unwrap_or_default()
                ));
            }
        }
        content(message, index, last)?;
        open = answered(message, index, &open)?;
    }
    starts_with_thought(body)
}

fn content(message: &Value, index: usize, last: bool) -> Result<(), String> {
    let is_assistant = message.get("role").is_some_and(|role| role == "assistant");
    let blocks = members(message, "content");
    let text = message.get("content").and_then(Value::as_str);
    if text.unwrap_or_default().is_empty() && blocks.is_empty() && !(last && is_assistant) {
        return Err(format!(
            "messages.{index}: all messages must have non-empty content except for the optional final assistant \
             message"
        ));
    }
    for (position, block) in blocks.iter().enumerate() {
        is_block(block, &format!("messages.{index}.content.{position}"))?;
    }
    let closing = text.or_else(|| blocks.last()?.get("text")?.as_str()).unwrap_or_default();
    if last && is_assistant && closing.ends_with(char::is_whitespace) {
        return Err("messages: final assistant content cannot end with trailing whitespace".to_owned());
    }
    Ok(())
}

fn is_block(block: &Value, at: &str) -> Result<(), String> {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "text" => not_blank(block, at),
        "image" => is_image(block, at),
        "tool_use" if !is_identifier(text("id")) => {
            Err(format!("{at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"))
        }
        "tool_use" if !block.get("input").is_some_and(Value::is_object) => {
            Err(format!("{at}.tool_use.input: Input should be a valid dictionary"))
        }
        "thinking" if text("signature") != sign(text("thinking")) => {
            Err(format!("{at}: Invalid `signature` in `thinking` block"))
        }
        "tool_result" => members(block, "content").iter().enumerate().try_for_each(|(position, inner)| {
            is_block(inner, &format!("{at}.tool_result.content.{position}"))
        }),
        kind if BLOCKS.contains(&kind) => Ok(()),
        kind => Err(format!(
            "{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {}",
            BLOCKS.join(", ")
        )),
    }
}

fn not_blank(block: &Value, at: &str) -> Result<(), String> {
    match block.get("text").and_then(Value::as_str) {
        None => Err(format!("{at}.text.text: Field required")),
        Some("") => Err(format!("{at}: text content blocks must be non-empty")),
        Some(text) if text.trim().is_empty() => {
            Err(format!("{at}: text content blocks must contain non-whitespace text"))
        }
        Some(_) => Ok(()),
    }
}

fn is_image(block: &Value, at: &str) -> Result<(), String> {
    let text = |pointer: &str| block.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match text("/source/type") {
        "base64" if IMAGES.contains(&text("/source/media_type")) => Ok(()),
        "base64" => Err(format!(
            "{at}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', \
             'image/gif' or 'image/webp'"
        )),
        "url" | "file" => Ok(()),
        _ => Err(format!("{at}.image.source: Field required")),
    }
}

/// Checks that a message answers all of `open`, the calls of the one before, first; gives its own calls.
fn answered<'a>(
    message: &'a Value,
    index: usize,
    open: &BTreeSet<&str>,
) -> Result<BTreeSet<&'a str>, String> {
    let text = |block: &'a Value, name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    let blocks = members(message, "content");
    let results = |block: &&'a Value| text(block, "type") == "tool_result";
    let first: BTreeSet<&str> =
        blocks.iter().take_while(results).map(|block| text(block, "tool_use_id")).collect();
    let mut all = blocks.iter().filter(results).map(|block| text(block, "tool_use_id"));
    if let Some(stray) = all.find(|id| !open.contains(id)) {
        return Err(format!(
            "messages.{index}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each \
             `tool_result` block must have a corresponding `tool_use` block in the previous message."
        ));
    }
    let missing: Vec<&str> = open.difference(&first).copied().collect();
    if !missing.is_empty() {
        return Err(format!(
            "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each \
             `tool_use` block must have a corresponding `tool_result` block in the next message.",
            index.saturating_sub(1),
            missing.join(", ")
        ));
    }
    Ok(blocks
        .iter()
        .filter(|block| text(block, "type") == "tool_use")
        .map(|block| text(block, "id"))
        .collect())
}

/// With a thinking budget, the turn that calls tools and is being answered has to show its thoughts.
fn starts_with_thought(body: &Value) -> Result<(), String> {
    let enabled = body.pointer("/thinking/type").is_some_and(|kind| kind == "enabled");
    let kind = |block: &Value| block.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let messages = members(body, "messages");
    let turn =
        messages.iter().enumerate().rfind(|(_, m)| m.get("role").is_some_and(|role| role == "assistant"));
    let Some((index, message)) = turn.filter(|_| enabled) else { return Ok(()) };
    let blocks = members(message, "content");
    let first = blocks.first().map(kind).unwrap_or_default();
    if !blocks.iter().any(|block| kind(block) == "tool_use") || first.ends_with("thinking") {
        return Ok(());
    }
    Err(format!(
        "messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. When \
         `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost \
         set of `tool_use` and `tool_result` blocks)."
    ))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Types of images.
const IMAGES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];

/// Types of content blocks.
const BLOCKS: &[&str] = &[
    "document",
    "image",
    "redacted_thinking",
    "search_result",
    "server_tool_use",
    "text",
    "thinking",
    "tool_result",
    "tool_use",
    "web_search_tool_result",
];

/// Every parameter that Anthropic knows (2026-05), those of beta features included.
const PARAMETERS: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user_profile_id",
];
