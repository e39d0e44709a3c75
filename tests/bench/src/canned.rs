//! What clients ask and providers answer here: always the same bytes.

use serde_json::{Value, json};

/// An answer as the upstream gives it.
#[derive(Debug)]
pub struct Answer {
    /// The body, without its transfer encoding.
    pub body: Vec<u8>,
    /// What is written to the connection, piece by piece, each by itself.
    pub pieces: Vec<Vec<u8>>,
}

/// The text of all answers.
pub const TEXT: &str = "The capital of France is Paris. It lies on the Seine, has about two million inhabitants, and \
    has been the seat of government, with interruptions, since the end of the tenth century.";

const MODEL_OF_OPENAI: &str = "gpt-4o-2024-08-06";
const MODEL_OF_ANTHROPIC: &str = "claude-sonnet-4-5-20250929";
/// Events of a stream.
const EVENTS: usize = 20;
/// Bytes of a whole answer of OpenAI's.
const WHOLE_BYTES: usize = 575;

/// A chat request of about `bytes` bytes: exactly as many for one message, and a conversation of many beyond.
pub fn request(model: &str, stream: bool, bytes: usize, model_last: bool) -> Vec<u8> {
    let mut messages = Vec::new();
    let mut length = 0;
    if bytes > 1000 {
        messages.push(json!({ "role": "system", "content": "You are a patient assistant. Answer briefly." }));
    }
    for turn in 0_usize.. {
        let role = if turn % 2 == 0 { "user" } else { "assistant" };
        let paragraphs = 1 + turn % 5;
        if bytes <= 1000 || length > bytes.saturating_sub(1500) && role == "user" {
            messages.push(json!({ "role": "user", "content": "" }));
            break;
        }
        let content = vec![paragraph(turn); paragraphs].join("\n\n");
        length += content.len() + 60;
        messages.push(json!({ "role": role, "content": content }));
    }
    let unfilled = body(model, stream, &messages, model_last);
    let missing = bytes.saturating_sub(unfilled.len());
    if let Some(last) = messages.last_mut() {
        last["content"] =
            Value::from("What is the capital of France? ".chars().cycle().take(missing).collect::<String>());
    }
    body(model, stream, &messages, model_last).into_bytes()
}

/// Prose with what JSON escapes and what UTF-8 needs more bytes for.
fn paragraph(turn: usize) -> String {
    format!(
        "{turn}. When we spoke of it yesterday, you said: \"the gateway sits between the application and the model\". \
         A request of this kind passes \u{2014} unread, if it can \u{2014} and what must change is changed in place:\n\
         \tlet answer = client.ask(\"r\u{e9}sum\u{e9}\")?;\nThat is the point, isn\u{2019}t it?"
    )
}

/// Python's SDK writes `messages` before `model`, most others the other way round.
fn body(model: &str, stream: bool, messages: &[Value], model_last: bool) -> String {
    let stream = if stream { ",\"stream\":true" } else { "" };
    let messages = Value::from(messages);
    match model_last {
        true => format!("{{\"messages\":{messages},\"model\":\"{model}\"{stream}}}"),
        false => format!("{{\"model\":\"{model}\",\"messages\":{messages}{stream}}}"),
    }
}

/// A whole answer of OpenAI's.
pub fn openai_whole() -> Answer {
    let body = |fingerprint: String| {
        json!({
            "id": "chatcmpl-BqY2tXk1p0m3YcU9s7aLdE5fGhJkL",
            "object": "chat.completion",
            "created": 1_751_885_431,
            "model": MODEL_OF_OPENAI,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": TEXT, "refusal": null },
                "logprobs": null,
                "finish_reason": "stop",
            }],
            "usage": { "prompt_tokens": 14, "completion_tokens": 37, "total_tokens": 51 },
            "system_fingerprint": fingerprint,
        })
        .to_string()
    };
    let missing = WHOLE_BYTES.saturating_sub(body("fp_".to_owned()).len());
    Answer::whole(body(format!("fp_{}", "0".repeat(missing))))
}

/// A streamed answer of OpenAI's: role, text, reason, end.
pub fn openai_stream() -> Answer {
    let chunk = |delta: Value, reason: Value| {
        let chunk = json!({
            "id": "chatcmpl-BqY2tXk1p0m3YcU9s7aLdE5fGhJkL",
            "object": "chat.completion.chunk",
            "created": 1_751_885_431,
            "model": MODEL_OF_OPENAI,
            "system_fingerprint": "fp_07871e2ad8",
            "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": reason }],
        });
        format!("data: {chunk}\n\n")
    };
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "", "refusal": null }), Value::Null)];
    events.extend(parts(EVENTS - 3).into_iter().map(|text| chunk(json!({ "content": text }), Value::Null)));
    events.push(chunk(json!({}), Value::from("stop")));
    events.push("data: [DONE]\n\n".to_owned());
    Answer::stream(&events)
}

/// A whole answer of Anthropic's.
pub fn anthropic_whole() -> Answer {
    let body = json!({
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "model": MODEL_OF_ANTHROPIC,
        "content": [{ "type": "text", "text": TEXT }],
        "stop_reason": "end_turn",
        "stop_sequence": null,
        "usage": {
            "input_tokens": 14,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 37,
            "service_tier": "standard",
        },
    });
    Answer::whole(body.to_string())
}

/// A streamed answer of Anthropic's.
pub fn anthropic_stream() -> Answer {
    let event = |value: Value| {
        let name = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        format!("event: {name}\ndata: {value}\n\n")
    };
    let mut events = vec![
        event(json!({ "type": "message_start", "message": {
            "id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant",
            "model": MODEL_OF_ANTHROPIC, "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": { "input_tokens": 14, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1 },
        } })),
        event(
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        ),
        event(json!({ "type": "ping" })),
    ];
    events.extend(parts(EVENTS - 6).into_iter().map(|text| {
        event(json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }))
    }));
    events.push(event(json!({ "type": "content_block_stop", "index": 0 })));
    events.push(event(json!({
        "type": "message_delta",
        "delta": { "stop_reason": "end_turn", "stop_sequence": null },
        "usage": { "output_tokens": 37 },
    })));
    events.push(event(json!({ "type": "message_stop" })));
    Answer::stream(&events)
}

/// The text in so many parts.
fn parts(count: usize) -> Vec<String> {
    let letters: Vec<char> = TEXT.chars().collect();
    letters.chunks(letters.len().div_ceil(count)).map(|part| part.iter().collect()).collect()
}

impl Answer {
    fn whole(body: String) -> Self {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{COMMON}content-length: {}\r\n\r\n",
            body.len()
        );
        Self { pieces: vec![format!("{head}{body}").into_bytes()], body: body.into_bytes() }
    }

    fn stream(events: &[String]) -> Self {
        let mut pieces: Vec<String> =
            events.iter().map(|event| format!("{:x}\r\n{event}\r\n", event.len())).collect();
        if let Some(first) = pieces.first_mut() {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n";
            *first = format!("{head}{COMMON}transfer-encoding: chunked\r\n\r\n{first}");
        }
        if let Some(last) = pieces.last_mut() {
            last.push_str("0\r\n\r\n");
        }
        Self {
            body: events.concat().into_bytes(),
            pieces: pieces.into_iter().map(String::into_bytes).collect(),
        }
    }
}

/// Headers that a provider sends with every answer.
const COMMON: &str = "date: Mon, 07 Jul 2025 10:50:31 GMT\r\nx-request-id: req_011CQzVvGkXcV8zTfWYs3fUo\r\n\
    x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n\
    strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n";
