//! OpenAI's answers: `chat.completion`, or `chat.completion.chunk`s that end with `[DONE]`.

use axum::response::Response;
use serde_json::{Value, json};

use super::super::super::delivery::{self, Ending};
use super::super::super::script::{self, Answer, Call, End, Usage};
use super::super::now;
use super::Request;

pub(super) fn send(request: &Request, ending: Ending) -> Response {
    let answers: Vec<Answer> = (0..request.choices).map(|n| script::answer(&request.prompt, n)).collect();
    let usage = usage_of(script::usage(&request.prompt, &answers));
    let head =
        Head { id: format!("chatcmpl-demo{:022}", script::serial()), created: now(), model: &request.model };
    if request.stream {
        let pieces = chunks(&head, &answers, request.include_usage.then_some(usage));
        return delivery::stream("text/event-stream; charset=utf-8", pieces, ending);
    }
    let choices: Vec<Value> =
        answers.iter().enumerate().map(|(index, answer)| choice(index, answer)).collect();
    delivery::whole(head.with("chat.completion", json!(choices), Some(usage)).to_string(), ending)
}

/// What all chunks of an answer share.
struct Head<'a> {
    id: String,
    created: u64,
    model: &'a str,
}

impl Head<'_> {
    /// Without `usage` there is no such member.
    fn with(&self, object: &str, choices: Value, usage: Option<Value>) -> Value {
        let mut body = json!({
            "id": self.id,
            "object": object,
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_ferrodemo",
            "choices": choices,
        });
        if let (Some(members), Some(usage)) = (body.as_object_mut(), usage) {
            members.insert("usage".to_owned(), usage);
        }
        body
    }
}

fn choice(index: usize, answer: &Answer) -> Value {
    let content = if answer.calls.is_empty() { json!(answer.text) } else { Value::Null };
    let mut message = json!({ "role": "assistant", "content": content, "refusal": null, "annotations": [] });
    if let (Some(members), false) = (message.as_object_mut(), answer.calls.is_empty()) {
        let calls: Vec<Value> = answer.calls.iter().map(tool_call).collect();
        members.insert("tool_calls".to_owned(), json!(calls));
    }
    json!({ "index": index, "message": message, "logprobs": null, "finish_reason": finish_reason(answer) })
}

fn tool_call(call: &Call) -> Value {
    let function = json!({ "name": call.name, "arguments": call.text() });
    json!({ "id": id_of(call), "type": "function", "function": function })
}

fn chunks(head: &Head<'_>, answers: &[Answer], usage: Option<Value>) -> Vec<String> {
    // Who asked for the usage gets the member in every chunk: null in all but the last.
    let unknown = usage.is_some().then_some(Value::Null);
    let mut pieces = Vec::new();
    let mut chunk = |index: usize, delta: Value, finish: Option<&str>| {
        let choice = json!([{ "index": index, "delta": delta, "logprobs": null, "finish_reason": finish }]);
        pieces.push(data(&head.with("chat.completion.chunk", choice, unknown.clone())));
    };
    for (index, answer) in answers.iter().enumerate() {
        let content = if answer.calls.is_empty() { json!("") } else { Value::Null };
        chunk(index, json!({ "role": "assistant", "content": content, "refusal": null }), None);
        for words in delivery::deltas(&answer.text) {
            chunk(index, json!({ "content": words }), None);
        }
        for (position, call) in answer.calls.iter().enumerate() {
            let function = json!({ "name": call.name, "arguments": "" });
            let start =
                json!({ "index": position, "id": id_of(call), "type": "function", "function": function });
            chunk(index, json!({ "tool_calls": [start] }), None);
            for words in delivery::deltas(&call.text()) {
                let more = json!({ "index": position, "function": { "arguments": words } });
                chunk(index, json!({ "tool_calls": [more] }), None);
            }
        }
        chunk(index, json!({}), Some(finish_reason(answer)));
    }
    if usage.is_some() {
        pieces.push(data(&head.with("chat.completion.chunk", json!([]), usage)));
    }
    pieces.push("data: [DONE]\n\n".to_owned());
    pieces
}

fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn id_of(call: &Call) -> String {
    format!("call_demo{:020}", call.serial)
}

fn finish_reason(answer: &Answer) -> &'static str {
    match answer.end {
        End::Done | End::Stop(_) => "stop",
        End::Calls => "tool_calls",
        End::Limit => "length",
    }
}

fn usage_of(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.output(),
        "total_tokens": usage.total(),
        "prompt_tokens_details": { "cached_tokens": usage.cached(), "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": usage.thinking,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
