//! The stand-in for Anthropic.

use serde_json::{Value, json};

use super::super::{ANTHROPIC_KEY, Kind};
use super::{Reply, exchange, post};

async fn create(extra: Value) -> Reply {
    let mut body = json!({
        "model": "claude-demo", "max_tokens": 2000, "messages": [{ "role": "user", "content": "Hi there" }],
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    post(Kind::Anthropic, "/v1/messages", &body).await
}

fn weather_tool() -> Value {
    let schema =
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    json!({ "name": "weather", "input_schema": schema })
}

#[tokio::test]
async fn says_what_it_was_told() {
    let reply = create(json!({})).await;
    assert!(reply.headers.contains("request-id: req_demo"));
    let body = reply.json(200);
    assert_eq!((&body["type"], &body["role"]), (&json!("message"), &json!("assistant")));
    assert_eq!(
        body["content"],
        json!([{ "type": "text", "text": "Hello from the Claude stand-in. You said: Hi there" }])
    );
    assert_eq!((&body["stop_reason"], &body["stop_sequence"]), (&json!("end_turn"), &Value::Null));
    assert_eq!(body["usage"]["input_tokens"], 2);
    assert_eq!(body["usage"]["cache_read_input_tokens"], 0);
}

#[tokio::test]
async fn what_is_cached_is_counted_apart() {
    let system =
        json!([{ "type": "text", "text": "Be kind. ".repeat(10), "cache_control": { "type": "ephemeral" } }]);
    let usage = create(json!({ "system": system })).await.json(200)["usage"].clone();
    let count = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(count("cache_read_input_tokens"), 12);
    assert_eq!(count("cache_creation_input_tokens"), 6);
    assert_eq!(count("input_tokens"), 7);
}

#[tokio::test]
async fn the_version_is_required() {
    let key = format!("x-api-key: {ANTHROPIC_KEY}\r\n");
    let error = exchange(Kind::Anthropic, "POST", "/v1/messages", &key, "{}").await.unwrap().json(400);
    assert_eq!(error["type"], "error");
    assert_eq!(error["error"]["message"], "anthropic-version: header is required");
}

#[tokio::test]
async fn streams_thoughts_with_signature_then_text() {
    let thinking = json!({ "type": "enabled", "budget_tokens": 1024 });
    let reply = create(json!({ "stream": true, "thinking": thinking })).await;
    let events = reply.events();
    let names: Vec<&str> = reply.body.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert!(names.iter().zip(&events).all(|(name, event)| event["type"] == *name));
    let mut kinds = names.clone();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    let joined = |member: &str| -> String {
        events.iter().filter_map(|event| event["delta"][member].as_str()).collect()
    };
    assert_eq!(joined("thinking"), "The user wants an answer to: Hi there");
    assert_eq!(joined("text"), "Hello from the Claude stand-in. You said: Hi there");
    assert_eq!(joined("stop_reason"), "end_turn");
    assert!(events[0]["message"]["usage"]["input_tokens"].is_u64());
    assert!(events[events.len() - 2]["usage"]["output_tokens"].as_u64().unwrap() > 10);

    let block =
        json!({ "type": "thinking", "thinking": joined("thinking"), "signature": joined("signature") });
    let history = |block: &Value| {
        json!({ "thinking": thinking, "messages": [
            { "role": "user", "content": "Hi there" },
            { "role": "assistant", "content": [block, { "type": "text", "text": joined("text") }] },
            { "role": "user", "content": "More" },
        ]})
    };
    create(history(&block)).await.json(200);
    let mut forged = block.clone();
    forged["thinking"] = json!("Something else");
    let error = create(history(&forged)).await.json(400);
    assert_eq!(error["error"]["message"], "messages.1.content.0: Invalid `signature` in `thinking` block");
}

#[tokio::test]
async fn calls_a_tool_and_repeats_its_answer() {
    let ask = json!([{ "role": "user", "content": "How warm is Paris?" }]);
    let body = create(json!({ "messages": ask, "tools": [weather_tool()] })).await.json(200);
    assert_eq!(body["stop_reason"], "tool_use");
    let call = body["content"][0].clone();
    assert_eq!(
        (&call["type"], &call["name"], &call["input"]),
        (&json!("tool_use"), &json!("weather"), &json!({ "city": "Paris" }))
    );

    let said = json!([{ "type": "text", "text": "21" }]);
    let result = json!({ "type": "tool_result", "tool_use_id": call["id"], "content": said });
    let messages =
        json!([ask[0], { "role": "assistant", "content": [call] }, { "role": "user", "content": [result] }]);
    let body = create(json!({ "messages": messages, "tools": [weather_tool()] })).await.json(200);
    assert_eq!(body["content"][0]["text"], "Hello from the Claude stand-in. The tools answered: 21.");
    assert_eq!(body["stop_reason"], "end_turn");
}

#[tokio::test]
async fn streams_the_input_of_a_tool() {
    let ask = json!([{ "role": "user", "content": "How warm is Paris?" }]);
    let events = create(json!({ "messages": ask, "tools": [weather_tool()], "stream": true })).await.events();
    let start = events.iter().find(|event| event["type"] == "content_block_start").unwrap();
    assert_eq!(
        (&start["content_block"]["name"], &start["content_block"]["input"]),
        (&json!("weather"), &json!({}))
    );
    let input: String = events.iter().filter_map(|event| event["delta"]["partial_json"].as_str()).collect();
    assert_eq!(input, r#"{"city":"Paris"}"#);
}

#[tokio::test]
async fn answers_in_a_schema() {
    let schema = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } } });
    let config = json!({ "format": { "type": "json_schema", "schema": schema } });
    let body = create(json!({ "output_config": config })).await.json(200);
    assert_eq!(body["content"][0]["text"], r#"{"ok":true}"#);
}

#[tokio::test]
async fn stops_and_limits_cut() {
    let body = create(json!({ "stop_sequences": ["there"] })).await.json(200);
    assert_eq!((&body["stop_reason"], &body["stop_sequence"]), (&json!("stop_sequence"), &json!("there")));
    let body = create(json!({ "max_tokens": 3 })).await.json(200);
    assert_eq!(
        (&body["stop_reason"], &body["content"][0]["text"]),
        (&json!("max_tokens"), &json!("Hello from t"))
    );
}

#[tokio::test]
async fn refuses_what_anthropic_refuses() {
    let call = json!({ "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} });
    let calling = json!({ "role": "assistant", "content": [call] });
    let turns = |last: Value| json!([{ "role": "user", "content": "Hi" }, calling, last]);
    let result = json!({ "type": "tool_result", "tool_use_id": "toolu_1", "content": "21" });
    let late = json!([{ "type": "text", "text": "First" }, result]);
    for (extra, words) in [
        (json!({ "seed": 1 }), "seed: Extra inputs are not permitted"),
        (json!({ "max_tokens": 0 }), "greater than or equal to 1"),
        (json!({ "temperature": 1.5 }), "range: 0..1"),
        (json!({ "messages": [] }), "at least one message"),
        (json!({ "messages": [{ "role": "system", "content": "Hi" }] }), "Unexpected role"),
        (json!({ "messages": [{ "role": "user", "content": "" }] }), "non-empty content"),
        (
            json!({ "messages": [{ "role": "user", "content": [{ "type": "text", "text": " " }] }] }),
            "non-whitespace",
        ),
        (
            json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url" }] }] }),
            "Input tag 'image_url'",
        ),
        (
            json!({ "messages": turns(json!({ "role": "user", "content": "And?" })) }),
            "without `tool_result` blocks",
        ),
        (
            json!({ "messages": turns(json!({ "role": "user", "content": late })) }),
            "without `tool_result` blocks",
        ),
        (json!({ "messages": [{ "role": "user", "content": [result] }] }), "unexpected `tool_use_id`"),
        (
            json!({ "tools": [{ "name": "a tool", "input_schema": { "type": "object" } }] }),
            "tools.0.custom.name",
        ),
        (json!({ "tools": [{ "name": "tool", "input_schema": {} }] }), "input_schema.type: Field required"),
        (json!({ "tool_choice": { "type": "auto" } }), "while providing tools"),
    ] {
        refused(extra, words).await;
    }
}

#[tokio::test]
async fn refuses_thinking_where_anthropic_does() {
    let call = json!({ "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} });
    let result = json!({ "type": "tool_result", "tool_use_id": "toolu_1", "content": "21" });
    let unsigned = json!([
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": [call] },
        { "role": "user", "content": [result] },
    ]);
    for (extra, words) in [
        (json!({ "thinking": { "type": "enabled", "budget_tokens": 100 } }), "greater than or equal to 1024"),
        (json!({ "thinking": { "type": "enabled", "budget_tokens": 2000 } }), "must be greater than"),
        (json!({ "thinking": { "type": "enabled", "budget_tokens": 1024 }, "temperature": 0.5 }), "set to 1"),
        (
            json!({
                "thinking": { "type": "enabled", "budget_tokens": 1024 },
                "messages": unsigned,
            }),
            "Expected `thinking`",
        ),
    ] {
        refused(extra, words).await;
    }
}

async fn refused(extra: Value, words: &str) {
    let error = create(extra).await.json(400)["error"].clone();
    assert_eq!(error["type"], "invalid_request_error");
    assert!(error["message"].as_str().unwrap().contains(words), "{words}: {error}");
}
