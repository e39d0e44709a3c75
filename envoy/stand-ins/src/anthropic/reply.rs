//! Anthropic's answers: a message, or the events that build it block by block.

use axum::response::Response;
use serde_json::{Value, json};

use super::super::delivery::{self, Ending};
use super::super::script::{self, Answer, Call, End, Usage};
use super::{Request, sign};

pub(super) fn send(request: &Request, ending: Ending) -> Response {
    let answers = [script::answer(&request.prompt, 0)];
    let usage = script::usage(&request.prompt, &answers);
    let [answer] = answers;
    let mut message = json!({
        "id": format!("msg_demo{:020}", script::serial()),
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage_of(usage, request.caches, 1),
    });
    if request.stream {
        let pieces = events(request, &message, &answer, usage);
        return delivery::stream("text/event-stream; charset=utf-8", pieces, ending);
    }
    if let Some(members) = message.as_object_mut() {
        members.insert("content".to_owned(), json!(content(request, &answer)));
        members.insert("stop_reason".to_owned(), json!(stop_reason(&answer)));
        members.insert("stop_sequence".to_owned(), json!(stop_sequence(&answer)));
        members.insert("usage".to_owned(), usage_of(usage, request.caches, usage.output()));
    }
    delivery::whole(message.to_string(), ending)
}

fn content(request: &Request, answer: &Answer) -> Vec<Value> {
    let thinking = answer.thinking.as_deref().map(|thought| {
        let thought = shown(request, thought);
        json!({ "type": "thinking", "thinking": thought, "signature": sign(thought) })
    });
    let text = (!answer.text.is_empty()).then(|| json!({ "type": "text", "text": answer.text }));
    let calls = answer.calls.iter().map(
        |call| json!({ "type": "tool_use", "id": id_of(call), "name": call.name, "input": call.arguments }),
    );
    thinking.into_iter().chain(text).chain(calls).collect()
}

/// What of a thought the client gets to see.
fn shown<'a>(request: &Request, thought: &'a str) -> &'a str {
    if request.hides_thoughts { "" } else { thought }
}

fn events(request: &Request, message: &Value, answer: &Answer, usage: Usage) -> Vec<String> {
    let mut pieces = vec![event(&json!({ "type": "message_start", "message": message }))];
    let mut index = 0_usize;
    let mut block = |start: Value, deltas: Vec<Value>| {
        pieces.push(event(&json!({ "type": "content_block_start", "index": index, "content_block": start })));
        if index == 0 {
            pieces.push(event(&json!({ "type": "ping" })));
        }
        for delta in deltas {
            pieces.push(event(&json!({ "type": "content_block_delta", "index": index, "delta": delta })));
        }
        pieces.push(event(&json!({ "type": "content_block_stop", "index": index })));
        index = index.saturating_add(1);
    };
    if let Some(thought) = answer.thinking.as_deref().map(|thought| shown(request, thought)) {
        let mut deltas = parts(thought, "thinking_delta", "thinking");
        deltas.push(json!({ "type": "signature_delta", "signature": sign(thought) }));
        block(json!({ "type": "thinking", "thinking": "", "signature": "" }), deltas);
    }
    if !answer.text.is_empty() {
        block(json!({ "type": "text", "text": "" }), parts(&answer.text, "text_delta", "text"));
    }
    for call in &answer.calls {
        let mut deltas = vec![json!({ "type": "input_json_delta", "partial_json": "" })];
        // No arguments are no further delta, not `{}`.
        if call.arguments.as_object().is_some_and(|members| !members.is_empty()) {
            deltas.extend(parts(&call.text(), "input_json_delta", "partial_json"));
        }
        block(json!({ "type": "tool_use", "id": id_of(call), "name": call.name, "input": {} }), deltas);
    }
    let delta = json!({ "stop_reason": stop_reason(answer), "stop_sequence": stop_sequence(answer) });
    let usage = usage_of(usage, request.caches, usage.output());
    pieces.push(event(&json!({ "type": "message_delta", "delta": delta, "usage": usage })));
    pieces.push(event(&json!({ "type": "message_stop" })));
    pieces
}

fn parts(text: &str, kind: &str, member: &str) -> Vec<Value> {
    delivery::deltas(text).into_iter().map(|some| json!({ "type": kind, member: some })).collect()
}

fn event(data: &Value) -> String {
    let name = data.get("type").and_then(Value::as_str).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}

fn id_of(call: &Call) -> String {
    format!("toolu_demo{:020}", call.serial)
}

fn stop_reason(answer: &Answer) -> &'static str {
    match answer.end {
        End::Done => "end_turn",
        End::Calls => "tool_use",
        End::Limit => "max_tokens",
        End::Stop(_) => "stop_sequence",
    }
}

fn stop_sequence(answer: &Answer) -> Option<&str> {
    match &answer.end {
        End::Stop(stop) => Some(stop),
        End::Done | End::Calls | End::Limit => None,
    }
}

/// Where something is marked for the cache, half of the request is read from it and a quarter is written to it.
fn usage_of(usage: Usage, caches: bool, output: usize) -> Value {
    let (read, created) = if caches { (usage.prompt / 2, usage.prompt / 4) } else { (0, 0) };
    json!({
        "input_tokens": usage.prompt.saturating_sub(read).saturating_sub(created),
        "cache_creation_input_tokens": created,
        "cache_read_input_tokens": read,
        "cache_creation": { "ephemeral_5m_input_tokens": created, "ephemeral_1h_input_tokens": 0 },
        "output_tokens": output,
        "output_tokens_details": { "thinking_tokens": usage.thinking.min(output) },
        "service_tier": "standard",
    })
}
