//! What goes wrong, on all three alike: keys, unknown paths, failures by model name.

use serde_json::{Value, json};

use super::super::Kind;
use super::{exchange, post};

const KINDS: [Kind; 3] = [Kind::OpenAi, Kind::Anthropic, Kind::Gemini];

/// A path and a body that ask a stand-in's model something.
fn ask(kind: Kind, model: &str, stream: bool) -> (String, Value) {
    let messages = json!([{ "role": "user", "content": "A question that is long enough to be cut in two" }]);
    match kind {
        Kind::OpenAi => (
            "/v1/chat/completions".to_owned(),
            json!({ "model": model, "messages": messages, "stream": stream }),
        ),
        Kind::Anthropic => (
            "/v1/messages".to_owned(),
            json!({ "model": model, "max_tokens": 99, "messages": messages, "stream": stream }),
        ),
        Kind::Gemini => {
            let call = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            let parts = json!([{ "text": "A question that is long enough to be cut in two" }]);
            (
                format!("/v1beta/models/{model}:{call}"),
                json!({ "contents": [{ "role": "user", "parts": parts }] }),
            )
        }
    }
}

#[tokio::test]
async fn health_needs_no_key() {
    for kind in KINDS {
        let reply = exchange(kind, "GET", "/", "", "").await.unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (200, "ok\n"));
    }
}

#[tokio::test]
async fn unknown_paths_are_native_errors() {
    for (kind, pointer, word) in [
        (Kind::OpenAi, "/error/type", "invalid_request_error"),
        (Kind::Anthropic, "/error/type", "not_found_error"),
        (Kind::Gemini, "/error/status", "NOT_FOUND"),
    ] {
        let reply = post(kind, "/v2/nothing", &json!({})).await.json(404);
        assert_eq!(reply.pointer(pointer), Some(&json!(word)));
    }
}

#[tokio::test]
async fn wrong_keys_are_native_errors() {
    for (kind, headers, status, pointer, word) in [
        (Kind::OpenAi, "authorization: Bearer sk-wrong\r\n", 401, "/error/code", json!("invalid_api_key")),
        (Kind::OpenAi, "", 401, "/error/code", Value::Null),
        (Kind::Anthropic, "x-api-key: sk-wrong\r\n", 401, "/error/type", json!("authentication_error")),
        (Kind::Anthropic, "", 401, "/error/type", json!("authentication_error")),
        (Kind::Gemini, "x-goog-api-key: wrong\r\n", 400, "/error/details/0/reason", json!("API_KEY_INVALID")),
        (Kind::Gemini, "", 403, "/error/status", json!("PERMISSION_DENIED")),
    ] {
        let (path, body) = ask(kind, "some-model", false);
        let reply = exchange(kind, "POST", &path, headers, &body.to_string()).await.unwrap().json(status);
        assert_eq!(reply.pointer(pointer), Some(&word), "{reply}");
    }
}

#[tokio::test]
async fn gemini_takes_its_key_from_the_query() {
    let (path, body) = ask(Kind::Gemini, "some-model", false);
    let path = format!("{path}?key={}", super::GEMINI_KEY);
    exchange(Kind::Gemini, "POST", &path, "", &body.to_string()).await.unwrap().json(200);
}

#[tokio::test]
async fn overload_is_native() {
    for (kind, status, pointer, word) in [
        (Kind::OpenAi, 503, "/error/type", "server_error"),
        (Kind::Anthropic, 529, "/error/type", "overloaded_error"),
        (Kind::Gemini, 503, "/error/status", "UNAVAILABLE"),
    ] {
        let (path, body) = ask(kind, "demo-503", true);
        let reply = post(kind, &path, &body).await.json(status);
        assert_eq!(reply.pointer(pointer), Some(&json!(word)));
    }
}

#[tokio::test]
async fn rate_limits_say_when_to_come_back() {
    for (kind, pointer, word) in [
        (Kind::OpenAi, "/error/code", "rate_limit_exceeded"),
        (Kind::Anthropic, "/error/type", "rate_limit_error"),
        (Kind::Gemini, "/error/status", "RESOURCE_EXHAUSTED"),
    ] {
        let (path, body) = ask(kind, "demo-429", false);
        let reply = post(kind, &path, &body).await;
        assert!(reply.headers.contains("retry-after: 1"), "{}", reply.headers);
        assert_eq!(reply.json(429).pointer(pointer), Some(&json!(word)));
    }
}

#[tokio::test]
async fn silence_is_headers_and_nothing_more() {
    let wait = async |kind, stream| {
        let (path, body) = ask(kind, "demo-silent", stream);
        let reply = post(kind, &path, &body).await;
        assert_eq!((reply.status, reply.closed, reply.complete), (200, false, false), "{reply:?}");
        assert_eq!(reply.body, "");
        assert_eq!(reply.headers.contains("text/event-stream"), stream);
    };
    tokio::join!(
        wait(Kind::OpenAi, true),
        wait(Kind::OpenAi, false),
        wait(Kind::Anthropic, true),
        wait(Kind::Anthropic, false),
        wait(Kind::Gemini, true),
        wait(Kind::Gemini, false),
    );
}

#[tokio::test]
async fn a_cut_answer_begins_and_breaks_off() {
    for kind in KINDS {
        for stream in [true, false] {
            let (path, body) = ask(kind, "demo-cut", stream);
            let reply = post(kind, &path, &body).await;
            assert_eq!((reply.status, reply.closed, reply.complete), (200, true, false), "{reply:?}");
            assert!(reply.body.contains("Hello"), "{reply:?}");
            let over = ["\"stop\"", "end_turn", "message_stop", "STOP", "[DONE]"];
            assert!(!stream || !over.iter().any(|word| reply.body.contains(word)), "{reply:?}");
        }
    }
}

#[tokio::test]
async fn a_reset_comes_before_any_answer() {
    for kind in KINDS {
        let (path, body) = ask(kind, "demo-reset", false);
        let key = match kind {
            Kind::OpenAi => "authorization: Bearer sk-demo-openai\r\n",
            Kind::Anthropic => "x-api-key: sk-demo-anthropic\r\nanthropic-version: 2023-06-01\r\n",
            Kind::Gemini => "x-goog-api-key: sk-demo-gemini\r\n",
        };
        assert!(exchange(kind, "POST", &path, key, &body.to_string()).await.is_none());
    }
}

#[tokio::test]
async fn what_is_not_json_is_a_native_400() {
    for kind in KINDS {
        let (path, _) = ask(kind, "some-model", false);
        let reply = post(kind, &path, &json!("no object")).await.json(400);
        assert!(reply.pointer("/error/message").is_some_and(Value::is_string), "{reply}");
    }
}
