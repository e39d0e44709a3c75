//! Gemini's answers: a response, or a stream of responses that each hold some parts more.

use axum::response::Response;
use serde_json::{Value, json};

use super::super::delivery::{self, Ending};
use super::super::script::{self, Answer, End, Usage};
use super::{Request, Shape};

pub(super) fn send(request: &Request, ending: Ending) -> Response {
    let answers: Vec<Answer> = (0..request.candidates).map(|n| script::answer(&request.prompt, n)).collect();
    let usage = script::usage(&request.prompt, &answers);
    let id = format!("demo{:018}", script::serial());
    if request.shape == Shape::Whole {
        let candidate =
            |(index, answer)| candidate(index, parts(request, answer), Some(finish_reason(answer)));
        let candidates: Vec<Value> = answers.iter().enumerate().map(candidate).collect();
        return delivery::whole(
            response(request, &id, json!(candidates), counted(usage)).to_string(),
            ending,
        );
    }
    let mut responses = Vec::new();
    for (index, answer) in answers.iter().enumerate() {
        for part in increments(request, answer) {
            let candidates = json!([candidate(index, vec![part], None)]);
            responses.push(response(request, &id, candidates, so_far(usage)).to_string());
        }
        // The reason comes on its own, calls or not, and with it the signature of a text.
        let mut last = json!({ "text": "" });
        if answer.calls.is_empty() {
            sign(request, &mut last);
        }
        let candidates = json!([candidate(index, vec![last], Some(finish_reason(answer)))]);
        responses.push(response(request, &id, candidates, counted(usage)).to_string());
    }
    match request.shape {
        Shape::Array => delivery::stream("application/json; charset=UTF-8", elements(responses), ending),
        Shape::Whole | Shape::Events => {
            let events = responses.iter().map(|response| format!("data: {response}\r\n\r\n")).collect();
            delivery::stream("text/event-stream", events, ending)
        }
    }
}

fn response(request: &Request, id: &str, candidates: Value, usage: Value) -> Value {
    json!({
        "candidates": candidates,
        "usageMetadata": usage,
        "modelVersion": request.model,
        "responseId": id,
    })
}

/// A candidate without parts has content without `parts`: that is what a limit reached while thinking looks like.
fn candidate(index: usize, parts: Vec<Value>, finish: Option<&str>) -> Value {
    let content = if parts.is_empty() {
        json!({ "role": "model" })
    } else {
        json!({ "parts": parts, "role": "model" })
    };
    match finish {
        Some(finish) => json!({ "content": content, "finishReason": finish, "index": index }),
        None => json!({ "content": content, "index": index }),
    }
}

/// All parts of an answer.
fn parts(request: &Request, answer: &Answer) -> Vec<Value> {
    if let Some(media) = &request.media {
        return vec![media.clone()];
    }
    let mut text = (!answer.text.is_empty()).then(|| json!({ "text": answer.text }));
    text.iter_mut().for_each(|part| sign(request, part));
    thought(request, answer).into_iter().chain(text).chain(calls(request, answer)).collect()
}

/// The same piece by piece: text in fragments, calls whole.
fn increments(request: &Request, answer: &Answer) -> Vec<Value> {
    if let Some(media) = &request.media {
        return vec![media.clone()];
    }
    let text = delivery::deltas(&answer.text).into_iter().map(|some| json!({ "text": some }));
    thought(request, answer).into_iter().chain(text).chain(calls(request, answer)).collect()
}

fn thought(request: &Request, answer: &Answer) -> Option<Value> {
    let thinking = answer.thinking.as_deref().filter(|_| request.shows_thoughts)?;
    let mut part = json!({ "text": thinking, "thought": true });
    sign(request, &mut part);
    Some(part)
}

/// Of several calls, the first is signed.
fn calls(request: &Request, answer: &Answer) -> Vec<Value> {
    let call = |call: &script::Call| json!({ "functionCall": { "name": call.name, "args": call.arguments } });
    let mut parts: Vec<Value> = answer.calls.iter().map(call).collect();
    parts.iter_mut().take(1).for_each(|part| sign(request, part));
    parts
}

/// Gemini's signatures are opaque; these only have to be recognised, see [`super::rules`].
fn sign(request: &Request, part: &mut Value) {
    if let (Some(members), true) = (part.as_object_mut(), request.signs()) {
        let signature = format!("EqQBdemo{:016x}", script::serial());
        members.insert("thoughtSignature".to_owned(), json!(signature));
    }
}

fn finish_reason(answer: &Answer) -> &'static str {
    match answer.end {
        End::Done | End::Calls | End::Stop(_) => "STOP",
        End::Limit => "MAX_TOKENS",
    }
}

/// The usage of an answer that is over. Counts of zero are left out.
fn counted(usage: Usage) -> Value {
    let mut counts = json!({
        "promptTokenCount": usage.prompt,
        "candidatesTokenCount": usage.answer,
        "totalTokenCount": usage.total(),
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": usage.prompt }],
    });
    let rest = [("thoughtsTokenCount", usage.thinking), ("cachedContentTokenCount", usage.cached())];
    if let Some(members) = counts.as_object_mut() {
        let some = rest.into_iter().filter(|(_, count)| *count > 0);
        members.extend(some.map(|(name, count)| (name.to_owned(), json!(count))));
    }
    counts
}

/// The usage of an answer that goes on.
fn so_far(usage: Usage) -> Value {
    json!({ "promptTokenCount": usage.prompt, "totalTokenCount": usage.prompt })
}

/// One JSON array, an element at a time.
fn elements(responses: Vec<String>) -> Vec<String> {
    let open =
        |(index, response): (usize, String)| format!("{}{response}", if index == 0 { "[" } else { ",\r\n" });
    let mut pieces: Vec<String> = responses.into_iter().enumerate().map(open).collect();
    pieces.push("]\n".to_owned());
    pieces
}
