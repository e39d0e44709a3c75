//! The stand-in for OpenAI.

use serde_json::{Value, json};

use super::super::{Kind, OPENAI_KEY};
use super::{Reply, exchange, post};

async fn chat(body: Value) -> Reply {
    post(Kind::OpenAi, "/v1/chat/completions", &body).await
}

fn weather_tool(name: &str) -> Value {
    let city = json!({ "type": "string" });
    let unit = json!({ "type": "string", "enum": ["celsius", "fahrenheit"] });
    let parameters = json!({
        "type": "object",
        "properties": { "city": city, "unit": unit, "days": { "type": "integer" } },
        "required": ["city", "unit"],
    });
    json!({ "type": "function", "function": { "name": name, "parameters": parameters } })
}

fn user(text: &str) -> Value {
    json!([{ "role": "system", "content": "Be kind." }, { "role": "user", "content": text }])
}

#[tokio::test]
async fn says_what_it_was_told() {
    let reply = chat(json!({ "model": "gpt-5", "messages": user("Hi there") })).await;
    assert!(reply.headers.contains("x-request-id: req_demo"));
    let body = reply.json(200);
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "gpt-5");
    assert_eq!(body["choices"][0]["message"]["content"], "Hello from the GPT stand-in. You said: Hi there");
    assert_eq!(body["choices"][0]["message"]["refusal"], Value::Null);
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    let usage = &body["usage"];
    assert_eq!(usage["prompt_tokens"], 4);
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 0);
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);
}

#[tokio::test]
async fn counts_images_and_answers() {
    let image = json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } });
    let parts = json!([{ "type": "text", "text": "Look" }, image, image]);
    let body = json!({ "model": "gpt-5", "n": 2, "messages": [{ "role": "user", "content": parts }] });
    let body = chat(body).await.json(200);
    let said = |index: usize| body["choices"][index]["message"]["content"].as_str().unwrap().to_owned();
    assert_eq!(said(0), "Hello from the GPT stand-in. I see 2 images. You said: Look");
    assert_eq!(said(1), said(0) + " (alternative 1)");
    assert_eq!(body["choices"][1]["index"], 1);
}

#[tokio::test]
async fn streams_words_then_reason_then_usage() {
    let body = json!({
        "model": "gpt-5", "messages": user("Grüße aus Köln"), "stream": true,
        "stream_options": { "include_usage": true },
    });
    let reply = chat(body).await;
    assert!(reply.headers.contains("content-type: text/event-stream"));
    assert!(reply.body.ends_with("data: [DONE]\n\n"));
    let events = reply.events();
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    let said: String =
        events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(said, "Hello from the GPT stand-in. You said: Grüße aus Köln");
    assert!(events.iter().all(|event| event["id"] == events[0]["id"]));
    let (last, before) = events.split_last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert!(last["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert!(before.iter().all(|event| event["usage"].is_null()));
    assert_eq!(before.last().unwrap()["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn tells_the_usage_of_a_stream_only_if_asked() {
    let reply = chat(json!({ "model": "gpt-5", "messages": user("Hi"), "stream": true })).await;
    assert!(reply.events().iter().all(|event| event.get("usage").is_none()));
}

#[tokio::test]
async fn calls_a_tool_with_arguments_from_the_text() {
    let ask = user("How warm is Paris in celsius?");
    let body = json!({ "model": "gpt-5", "messages": ask, "tools": [weather_tool("weather")] });
    let choice = chat(body).await.json(200)["choices"][0].clone();
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], Value::Null);
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!((&call["type"], &call["function"]["name"]), (&json!("function"), &json!("weather")));
    assert_eq!(call["function"]["arguments"], r#"{"city":"Paris","unit":"celsius"}"#);
}

#[tokio::test]
async fn calls_several_tools_when_asked_for_both() {
    let body = json!({
        "model": "gpt-5", "messages": user("Tell me both for New York"), "stream": true,
        "tools": [weather_tool("weather"), weather_tool("forecast"), weather_tool("history")],
    });
    let events = chat(body).await.events();
    let deltas: Vec<&Value> = events
        .iter()
        .flat_map(|event| event["choices"][0]["delta"]["tool_calls"].as_array())
        .flatten()
        .collect();
    for (index, name) in ["weather", "forecast"].into_iter().enumerate() {
        let own: Vec<&&Value> = deltas.iter().filter(|delta| delta["index"] == index).collect();
        assert_eq!(own[0]["function"]["name"], name);
        let arguments: String =
            own.iter().filter_map(|delta| delta["function"]["arguments"].as_str()).collect();
        assert_eq!(arguments, r#"{"city":"New York","unit":"celsius"}"#);
    }
    assert!(deltas.iter().all(|delta| delta["index"] != 2));
    assert_eq!(events.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn one_tool_is_called_for_each_of_two_places() {
    let ask = user("Weather in both Paris and Rome?");
    let body = json!({ "model": "gpt-5", "messages": ask, "tools": [weather_tool("weather")] });
    let body = chat(body).await.json(200);
    let calls = body["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    let arguments = |index: usize| calls[index]["function"]["arguments"].as_str().unwrap().to_owned();
    assert!(arguments(0).contains("Paris") && arguments(1).contains("Rome"), "{calls:?}");
    assert_ne!(calls[0]["id"], calls[1]["id"]);
}

#[tokio::test]
async fn leaves_tools_alone_when_told_to() {
    let tools = json!([weather_tool("weather")]);
    for body in [
        json!({ "model": "m", "messages": user("Without tools, please"), "tools": tools }),
        json!({ "model": "m", "messages": user("Hi"), "tools": tools, "tool_choice": "none" }),
    ] {
        assert_eq!(chat(body).await.json(200)["choices"][0]["finish_reason"], "stop");
    }
}

#[tokio::test]
async fn repeats_what_tools_answered() {
    let call =
        json!({ "id": "call_1", "type": "function", "function": { "name": "weather", "arguments": "{}" } });
    let mut messages = json!([
        { "role": "user", "content": "How warm is it?" },
        { "role": "assistant", "content": null, "tool_calls": [call] },
        { "role": "tool", "tool_call_id": "call_1", "content": "21 degrees" },
    ]);
    let tools = json!([weather_tool("weather")]);
    let body = chat(json!({ "model": "m", "messages": messages, "tools": tools })).await.json(200);
    let said = &body["choices"][0]["message"]["content"];
    assert_eq!(said, "Hello from the GPT stand-in. The tools answered: 21 degrees.");

    messages.as_array_mut().unwrap().pop();
    let error = chat(json!({ "model": "m", "messages": messages, "tools": tools })).await.json(400);
    assert!(error["error"]["message"].as_str().unwrap().ends_with("did not have response messages: call_1"));
}

#[tokio::test]
async fn json_matches_its_schema() {
    let schema = json!({
        "type": "object",
        "properties": {
            "city": { "type": "string" },
            "people": { "type": "integer", "minimum": 100 },
            "tags": { "type": "array", "items": { "$ref": "#/$defs/tag" }, "minItems": 2 },
            "note": { "anyOf": [{ "type": "null" }, { "type": "boolean" }] },
        },
        "required": ["city", "people", "tags", "note"],
        "additionalProperties": false,
        "$defs": { "tag": { "enum": ["old", "new"] } },
    });
    let format =
        json!({ "type": "json_schema", "json_schema": { "name": "city", "strict": true, "schema": schema } });
    let body = json!({ "model": "m", "messages": user("Describe Rome, 7 words"), "response_format": format });
    let said = chat(body).await.json(200)["choices"][0]["message"]["content"].clone();
    let said: Value = serde_json::from_str(said.as_str().unwrap()).unwrap();
    assert_eq!(said, json!({ "city": "Rome", "people": 100, "tags": ["old", "old"], "note": true }));
}

#[tokio::test]
async fn json_objects_need_the_word() {
    let ask =
        |text| json!({ "model": "m", "messages": user(text), "response_format": { "type": "json_object" } });
    let said = chat(ask("Some JSON please")).await.json(200)["choices"][0]["message"]["content"].clone();
    assert_eq!(said, r#"{"stand_in":"GPT","you_said":"Some JSON please"}"#);
    chat(ask("Something")).await.json(400);
}

#[tokio::test]
async fn stops_and_limits_cut() {
    let body = chat(json!({ "model": "m", "messages": user("one END two"), "stop": "END" })).await.json(200);
    assert_eq!(body["choices"][0]["message"]["content"], "Hello from the GPT stand-in. You said: one ");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    let body = chat(json!({ "model": "m", "messages": user("Hi"), "max_tokens": 3 })).await.json(200);
    assert_eq!(body["choices"][0]["message"]["content"], "Hello from t");
    assert_eq!(body["choices"][0]["finish_reason"], "length");
    assert_eq!(body["usage"]["completion_tokens"], 3);
}

#[tokio::test]
async fn reasoning_is_counted() {
    let body = json!({ "model": "m", "messages": user("Hi"), "reasoning_effort": "low" });
    let usage = chat(body).await.json(200)["usage"].clone();
    assert!(usage["completion_tokens_details"]["reasoning_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn refuses_what_openai_refuses() {
    for (body, param) in [
        (json!({ "messages": user("Hi") }), Value::Null),
        (json!({ "model": "m" }), json!("messages")),
        (json!({ "model": "m", "messages": [] }), json!("messages")),
        (json!({ "model": "m", "messages": user("Hi"), "thinking": {} }), Value::Null),
        (json!({ "model": "m", "messages": user("Hi"), "temperature": 3 }), json!("temperature")),
        (json!({ "model": "m", "messages": user("Hi"), "tool_choice": "auto" }), json!("tool_choice")),
        (
            json!({ "model": "m", "messages": [{ "role": "model", "content": "Hi" }] }),
            json!("messages[0].role"),
        ),
        (json!({ "model": "m", "messages": [{ "role": "user" }] }), json!("messages[0].content")),
    ] {
        let error = chat(body).await.json(400)["error"].clone();
        assert_eq!((&error["type"], &error["param"]), (&json!("invalid_request_error"), &param), "{error}");
    }
}

#[tokio::test]
async fn lists_models() {
    let key = format!("authorization: Bearer {OPENAI_KEY}\r\n");
    let body = exchange(Kind::OpenAi, "GET", "/v1/models", &key, "").await.unwrap().json(200);
    assert_eq!((&body["object"], &body["data"][0]["object"]), (&json!("list"), &json!("model")));
    assert_eq!(exchange(Kind::OpenAi, "GET", "/v1/models", "", "").await.unwrap().status, 401);
}
