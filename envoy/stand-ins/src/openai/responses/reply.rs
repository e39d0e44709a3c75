//! Responses as they are answered: whole, or as events, each with its number.

use axum::response::Response;
use serde_json::{Value, json};

use super::super::super::delivery::{self, Ending};
use super::super::super::script::{self, Answer, End, Usage};
use super::super::kept::Kept;
use super::super::now;
use super::Request;

pub(super) fn send(request: &Request, kept: &Kept, ending: Ending) -> Response {
    let answer = script::answer(&request.prompt, 0);
    let usage = script::usage(&request.prompt, std::slice::from_ref(&answer));
    let begun = begun(request);
    let mut over = begun.clone();
    let output = output(&answer);
    if let Some(members) = over.as_object_mut() {
        let is_cut = answer.end == End::Limit;
        members.insert("status".to_owned(), json!(if is_cut { "incomplete" } else { "completed" }));
        if is_cut {
            members.insert("incomplete_details".to_owned(), json!({ "reason": "max_output_tokens" }));
        }
        members.insert("output".to_owned(), json!(output));
        members.insert("usage".to_owned(), counted(usage));
    }
    if request.store {
        kept.lock().responses.keep(over.clone(), request.items.clone());
    }
    match request.stream {
        true => delivery::stream("text/event-stream; charset=utf-8", events(&begun, &output, &over), ending),
        false => delivery::whole(over.to_string(), ending),
    }
}

/// A response of which nothing is there.
fn begun(request: &Request) -> Value {
    let mut response = json!({
        "id": format!("resp_demo{:022}", script::serial()),
        "object": "response",
        "created_at": now(),
        "status": "in_progress",
        "error": null,
        "incomplete_details": null,
        "model": request.model,
        "output": [],
        "parallel_tool_calls": request.prompt.parallel,
        "service_tier": "default",
        "store": request.store,
        "truncation": "disabled",
        "usage": null,
    });
    if let Some(members) = response.as_object_mut() {
        for (name, value) in &request.repeated {
            let usual = || match *name {
                "metadata" => json!({}),
                "tools" => json!([]),
                "tool_choice" => json!("auto"),
                "temperature" | "top_p" => json!(1.0),
                "text" => json!({ "format": { "type": "text" } }),
                _ => Value::Null,
            };
            let value = if value.is_null() { usual() } else { value.clone() };
            members.insert((*name).to_owned(), value);
        }
    }
    response
}

/// The items of an answer: thoughts, which nobody sees, then words or calls.
fn output(answer: &Answer) -> Vec<Value> {
    let status = if answer.end == End::Limit { "incomplete" } else { "completed" };
    let thought = answer.thinking.is_some().then(
        || json!({ "id": format!("rs_demo{:022}", script::serial()), "type": "reasoning", "summary": [] }),
    );
    let words = (!answer.text.is_empty()).then(|| {
        json!({
            "id": format!("msg_demo{:022}", script::serial()),
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": [part(&answer.text)],
        })
    });
    let calls = answer.calls.iter().map(|call| {
        json!({
            "id": format!("fc_demo{:022}", call.serial),
            "type": "function_call",
            "status": "completed",
            "call_id": format!("call_demo{:020}", call.serial),
            "name": call.name,
            "arguments": call.text(),
        })
    });
    thought.into_iter().chain(words).chain(calls).collect()
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

fn counted(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt,
        "input_tokens_details": { "cached_tokens": usage.cached() },
        "output_tokens": usage.output(),
        "output_tokens_details": { "reasoning_tokens": usage.thinking },
        "total_tokens": usage.total(),
    })
}

// === events ===

fn events(begun: &Value, output: &[Value], over: &Value) -> Vec<String> {
    let mut events = Events::default();
    events.add("response.created", json!({ "response": begun }));
    events.add("response.in_progress", json!({ "response": begun }));
    for (index, item) in output.iter().enumerate() {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        let place = json!({ "item_id": item.get("id"), "output_index": index });
        events.add("response.output_item.added", json!({ "output_index": index, "item": emptied(item) }));
        match text("type") {
            "message" => {
                let said = item.pointer("/content/0/text").and_then(Value::as_str).unwrap_or_default();
                events.add_words(said, &with(&place, json!({ "content_index": 0 })));
            }
            "function_call" => {
                for words in delivery::deltas(text("arguments")) {
                    let delta = with(&place, json!({ "delta": words }));
                    events.add("response.function_call_arguments.delta", delta);
                }
                let done = json!({ "name": text("name"), "arguments": text("arguments") });
                events.add("response.function_call_arguments.done", with(&place, done));
            }
            _ => {}
        }
        events.add("response.output_item.done", json!({ "output_index": index, "item": item }));
    }
    let last = if over.get("status").is_some_and(|status| status == "incomplete") {
        "response.incomplete"
    } else {
        "response.completed"
    };
    events.add(last, json!({ "response": over }));
    events.0
}

#[derive(Default)]
struct Events(Vec<String>);

impl Events {
    fn add(&mut self, kind: &str, members: Value) {
        let event = with(&json!({ "type": kind, "sequence_number": self.0.len() }), members);
        self.0.push(format!("event: {kind}\ndata: {event}\n\n"));
    }

    fn add_words(&mut self, text: &str, place: &Value) {
        self.add("response.content_part.added", with(place, json!({ "part": part("") })));
        for words in delivery::deltas(text) {
            let delta = json!({ "delta": words, "logprobs": [] });
            self.add("response.output_text.delta", with(place, delta));
        }
        self.add("response.output_text.done", with(place, json!({ "text": text, "logprobs": [] })));
        self.add("response.content_part.done", with(place, json!({ "part": part(text) })));
    }
}

/// An item as it begins.
fn emptied(item: &Value) -> Value {
    let mut item = item.clone();
    if let Some(members) = item.as_object_mut() {
        for (name, value) in
            [("status", json!("in_progress")), ("content", json!([])), ("arguments", json!(""))]
        {
            if let Some(member) = members.get_mut(name) {
                *member = value;
            }
        }
    }
    item
}

/// The members of both.
fn with(some: &Value, more: Value) -> Value {
    let mut all = some.clone();
    if let (Some(members), Value::Object(more)) = (all.as_object_mut(), more) {
        members.extend(more);
    }
    all
}
