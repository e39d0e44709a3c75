//! What a response is asked after: messages, calls and what came of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::super::conversation::Prompt;
use super::super::super::delivery::Refusal;
use super::super::{invalid, missing};

/// The items of an input.
pub(super) fn of(input: &Value) -> Result<Vec<Value>, Box<Refusal>> {
    match input {
        Value::String(text) => Ok(vec![json!({ "type": "message", "role": "user", "content": text })]),
        Value::Array(items) => Ok(items.clone()),
        _ => {
            let message = "Invalid type for 'input': expected one of an array of objects or string.";
            Err(invalid(message, Some("input"), Some("invalid_type")))
        }
    }
}

/// Reads them, one after the other.
pub(super) fn read(items: &[Value], prompt: &mut Prompt) -> Result<(), Box<Refusal>> {
    let mut open = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let at = format!("input[{index}]");
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        match item.get("type").and_then(Value::as_str).unwrap_or("message") {
            "message" => read_message(item, &at, prompt)?,
            "function_call" => {
                prompt.assistant();
                prompt.count(&item.to_string());
                open.insert(text("call_id").ok_or_else(|| missing(&format!("{at}.call_id")))?);
            }
            "function_call_output" => {
                let id = text("call_id").ok_or_else(|| missing(&format!("{at}.call_id")))?;
                if !open.remove(id) {
                    let message = format!("No tool call found for function call output with call_id {id}.");
                    return Err(invalid(&message, Some("input"), None));
                }
                let output = item.get("output").ok_or_else(|| missing(&format!("{at}.output")))?;
                prompt.result(output.as_str().map_or_else(|| output.to_string(), str::to_owned));
            }
            "reasoning" | "item_reference" => prompt.count(&item.to_string()),
            other => {
                let message = format!(
                    "Invalid value: '{other}'. Supported values are: 'message', 'function_call', \
                     'function_call_output', 'reasoning' and 'item_reference' (the stand-in's)."
                );
                return Err(invalid(&message, Some(&at), Some("invalid_value")));
            }
        }
    }
    match open.first() {
        Some(id) => {
            let message = format!("No tool output found for function call {id}.");
            Err(invalid(&message, Some("input"), None))
        }
        None => Ok(()),
    }
}

fn read_message(item: &Value, at: &str, prompt: &mut Prompt) -> Result<(), Box<Refusal>> {
    let role = item.get("role").and_then(Value::as_str).ok_or_else(|| missing(&format!("{at}.role")))?;
    let known = match role {
        "assistant" => &["output_text", "refusal"][..],
        "user" | "system" | "developer" => &["input_text", "input_image", "input_file"],
        _ => {
            let message = format!(
                "Invalid value: '{role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
            );
            return Err(invalid(&message, Some(&format!("{at}.role")), Some("invalid_value")));
        }
    };
    let content = item.get("content").ok_or_else(|| missing(&format!("{at}.content")))?;
    let (mut texts, mut images, mut files) = (Vec::new(), 0_usize, 0_usize);
    texts.extend(content.as_str());
    for (index, part) in content.as_array().into_iter().flatten().enumerate() {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        if !known.contains(&kind) {
            let message =
                format!("Invalid value: '{kind}'. Supported values are: '{}'.", known.join("' and '"));
            let param = format!("{at}.content[{index}]");
            return Err(invalid(&message, Some(&param), Some("invalid_value")));
        }
        match kind {
            "input_image" => images = images.saturating_add(1),
            "input_file" => files = files.saturating_add(1),
            _ => texts.extend(part.get("text").or(part.get("refusal")).and_then(Value::as_str)),
        }
    }
    let text = texts.join(" ");
    match role {
        "user" => {
            prompt.user(&text);
            (0..images).for_each(|_| prompt.image());
            (0..files).for_each(|_| prompt.file());
        }
        "assistant" => {
            prompt.assistant();
            prompt.count(&text);
        }
        _ => prompt.count(&text),
    }
    Ok(())
}
