//! The stand-in for Gemini.

use serde_json::{Value, json};

use super::super::Kind;
use super::{Reply, post};

async fn generate(model: &str, extra: Value) -> Reply {
    call(&format!("{model}:generateContent"), extra).await
}

async fn call(call: &str, extra: Value) -> Reply {
    let mut body = json!({ "contents": [user("Hi there")] });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    post(Kind::Gemini, &format!("/v1beta/models/{call}"), &body).await
}

fn user(text: &str) -> Value {
    json!({ "role": "user", "parts": [{ "text": text }] })
}

fn weather_tool() -> Value {
    let parameters =
        json!({ "type": "OBJECT", "properties": { "city": { "type": "STRING" } }, "required": ["city"] });
    json!([{ "functionDeclarations": [{ "name": "weather", "parameters": parameters }] }])
}

#[tokio::test]
async fn says_what_it_was_told() {
    let body = generate("gemini-2.5-flash", json!({})).await.json(200);
    let candidate = &body["candidates"][0];
    assert_eq!(
        candidate["content"]["parts"],
        json!([{ "text": "Hello from the Gemini stand-in. You said: Hi there" }])
    );
    assert_eq!(
        (&candidate["content"]["role"], &candidate["finishReason"]),
        (&json!("model"), &json!("STOP"))
    );
    assert_eq!(body["modelVersion"], "gemini-2.5-flash");
    assert_eq!(body["usageMetadata"]["promptTokenCount"], 2);
}

#[tokio::test]
async fn reads_both_spellings() {
    let image = json!({ "inline_data": { "mime_type": "image/png", "data": "AAAA" } });
    let pdf = json!({ "inlineData": { "mimeType": "application/pdf", "data": "AAAA" } });
    let contents = json!([{ "parts": [image, pdf, { "text": "Look" }] }]);
    let extra = json!({ "contents": contents, "generation_config": { "max_output_tokens": 12 } });
    let candidate = generate("m", extra).await.json(200)["candidates"][0].clone();
    assert_eq!(candidate["content"]["parts"][0]["text"], "Hello from the Gemini stand-in. I see 1 image. I");
    assert_eq!(candidate["finishReason"], "MAX_TOKENS");
}

#[tokio::test]
async fn streams_thoughts_then_text() {
    let config = json!({ "thinkingConfig": { "includeThoughts": true, "thinkingBudget": 1024 } });
    let reply =
        call("gemini-2.5-pro:streamGenerateContent?alt=sse", json!({ "generationConfig": config })).await;
    assert!(reply.headers.contains("content-type: text/event-stream"));
    assert!(reply.body.ends_with("}\r\n\r\n"));
    let events = reply.events();
    let part = |event: &Value| event["candidates"][0]["content"]["parts"][0].clone();
    assert_eq!(part(&events[0])["thought"], true);
    assert!(part(&events[0])["thoughtSignature"].is_string());
    let said: String =
        events[1..].iter().filter_map(|event| part(event)["text"].as_str().map(str::to_owned)).collect();
    assert_eq!(said, "Hello from the Gemini stand-in. You said: Hi there");
    let (last, before) = events.split_last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    assert!(part(last)["thoughtSignature"].is_string());
    assert!(last["usageMetadata"]["thoughtsTokenCount"].as_u64().unwrap() > 0);
    assert!(before.iter().all(|event| event["candidates"][0].get("finishReason").is_none()));
}

#[tokio::test]
async fn without_alt_the_stream_is_an_array() {
    let reply = call("gemini-2.5-flash:streamGenerateContent", json!({})).await;
    let body = reply.json(200);
    assert!(body.as_array().unwrap().len() > 2);
    assert_eq!(body[0]["candidates"][0]["content"]["role"], "model");
}

#[tokio::test]
async fn a_limit_spent_on_thoughts_leaves_no_parts() {
    let config = json!({ "maxOutputTokens": 2, "thinkingConfig": { "thinkingBudget": 1024 } });
    let body = generate("gemini-2.5-pro", json!({ "generationConfig": config })).await.json(200);
    assert_eq!(body["candidates"][0]["content"], json!({ "role": "model" }));
}

#[tokio::test]
async fn calls_a_tool_and_repeats_its_answer() {
    let ask = user("How warm is Paris?");
    let events = call(
        "gemini-3-pro:streamGenerateContent?alt=sse",
        json!({ "contents": [ask], "tools": weather_tool() }),
    )
    .await
    .events();
    let part = events[0]["candidates"][0]["content"]["parts"][0].clone();
    assert_eq!(part["functionCall"], json!({ "name": "weather", "args": { "city": "Paris" } }));
    assert!(part["thoughtSignature"].is_string());
    assert_eq!(events.last().unwrap()["candidates"][0]["finishReason"], "STOP");

    let result = json!({ "functionResponse": { "name": "weather", "response": { "output": "21" } } });
    let history = |part: &Value| {
        let contents =
            json!([ask, { "role": "model", "parts": [part] }, { "role": "user", "parts": [result] }]);
        json!({ "contents": contents, "tools": weather_tool() })
    };
    let body = generate("gemini-3-pro", history(&part)).await.json(200);
    let said = &body["candidates"][0]["content"]["parts"][0]["text"];
    assert_eq!(said, "Hello from the Gemini stand-in. The tools answered: 21.");

    let mut bypassed = part.clone();
    bypassed["thoughtSignature"] = json!("skip_thought_signature_validator");
    generate("gemini-3-pro", history(&bypassed)).await.json(200);
    let mut forged = part.clone();
    forged["thoughtSignature"] = json!("AAAA");
    let error = generate("gemini-3-pro", history(&forged)).await.json(400);
    assert_eq!(error["error"]["message"], "Corrupted thought signature.");
    let mut unsigned = part.clone();
    unsigned.as_object_mut().unwrap().remove("thoughtSignature");
    let error = generate("gemini-3-pro", history(&unsigned)).await.json(400);
    assert!(error["error"]["message"].as_str().unwrap().contains("missing a thought_signature"));
    generate("gemini-2.5-pro", history(&unsigned)).await.json(200);
}

#[tokio::test]
async fn a_function_may_be_demanded_or_forbidden() {
    let config = |mode: &str| json!({ "functionCallingConfig": { "mode": mode } });
    let ask = async |mode| {
        let body =
            generate("m", json!({ "tools": weather_tool(), "toolConfig": config(mode) })).await.json(200);
        body["candidates"][0]["content"]["parts"][0].get("functionCall").is_some()
    };
    assert!(ask("ANY").await);
    assert!(!ask("NONE").await);
}

#[tokio::test]
async fn answers_in_a_schema() {
    let schema = json!({ "type": "OBJECT", "properties": { "people": { "type": "INTEGER" } } });
    let config = json!({ "responseMimeType": "application/json", "responseSchema": schema });
    let extra = json!({ "contents": [user("About 42 people")], "generationConfig": config });
    let body = generate("m", extra).await.json(200);
    assert_eq!(body["candidates"][0]["content"]["parts"][0]["text"], r#"{"people":42}"#);
}

#[tokio::test]
async fn refuses_what_gemini_refuses() {
    let call = json!({ "role": "model", "parts": [{ "functionCall": { "name": "weather" } }] });
    let function =
        |parameters: Value| json!([{ "functionDeclarations": [{ "name": "f", "parameters": parameters }] }]);
    for (extra, words) in [
        (json!({ "stream": true }), "Unknown name \"stream\": Cannot find field."),
        (
            json!({ "generationConfig": { "max_tokens": 1 } }),
            "Unknown name \"max_tokens\" at 'generation_config'",
        ),
        (json!({ "contents": [] }), "contents is not specified"),
        (json!({ "contents": [{ "role": "assistant", "parts": [{ "text": "Hi" }] }] }), "valid role"),
        (json!({ "contents": [{ "role": "user", "parts": [] }] }), "must not be empty"),
        (
            json!({ "contents": [{ "role": "user", "parts": [{ "thought": true }] }] }),
            "required oneof field 'data'",
        ),
        (json!({ "contents": [call, user("Hi")] }), "function call turn comes immediately"),
        (json!({ "contents": [user("Hi"), call, user("And?")] }), "number of function response parts"),
        (json!({ "tools": function(json!({ "$ref": "#" })) }), "parameters': Cannot find field."),
        (json!({ "tools": function(json!({ "type": ["string", "null"] })) }), "Proto field is not repeating"),
        (json!({ "generationConfig": { "responseSchema": {} } }), "response mime type"),
    ] {
        let error = generate("gemini-2.5-flash", extra).await.json(400)["error"].clone();
        assert_eq!((&error["code"], &error["status"]), (&json!(400), &json!("INVALID_ARGUMENT")));
        assert!(error["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
}
