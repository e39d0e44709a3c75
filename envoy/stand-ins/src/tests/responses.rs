//! Responses of OpenAI's stand-in.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use super::super::{Kind, OPENAI_KEY, StandIn, start};
use super::{Reply, exchange_with};

async fn stand_in() -> StandIn {
    start(Kind::OpenAi, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap()
}

async fn ask(stand_in: &StandIn, method: &str, path: &str, body: &str) -> Reply {
    let key = format!("authorization: Bearer {OPENAI_KEY}\r\n");
    exchange_with(stand_in, method, path, &key, body).await.unwrap()
}

async fn respond(stand_in: &StandIn, extra: Value) -> Reply {
    let mut body = json!({ "model": "gpt-5", "input": "Hi there" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    ask(stand_in, "POST", "/v1/responses", &body.to_string()).await
}

fn weather() -> Value {
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    json!({ "type": "function", "name": "weather", "parameters": schema })
}

#[tokio::test]
async fn a_response_is_kept_until_it_is_deleted() {
    let stand_in = stand_in().await;
    let made =
        respond(&stand_in, json!({ "instructions": "Be kind.", "metadata": { "a": "b" } })).await.json(200);
    assert_eq!((&made["object"], &made["status"]), (&json!("response"), &json!("completed")));
    let text = "Hello from the GPT stand-in. You said: Hi there";
    assert_eq!(made["output"][0]["content"][0]["text"], text);
    assert_eq!((&made["instructions"], &made["metadata"]), (&json!("Be kind."), &json!({ "a": "b" })));
    assert_eq!(made["usage"]["total_tokens"], 16);
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(ask(&stand_in, "GET", &path, "").await.json(200), made);
    assert_eq!(ask(&stand_in, "DELETE", &path, "").await.json(200)["deleted"], true);
    ask(&stand_in, "GET", &path, "").await.json(404);
    ask(&stand_in, "DELETE", &path, "").await.json(404);
    let unkept = respond(&stand_in, json!({ "store": false })).await.json(200);
    let path = format!("/v1/responses/{}", unkept["id"].as_str().unwrap());
    ask(&stand_in, "GET", &path, "").await.json(404);
}

#[tokio::test]
async fn the_next_goes_on_from_the_one_before() {
    let stand_in = stand_in().await;
    let ask_tool = json!({ "input": "How warm is Paris?", "tools": [weather()] });
    let first = respond(&stand_in, ask_tool).await.json(200);
    let call = &first["output"][0];
    assert_eq!((&call["type"], &call["arguments"]), (&json!("function_call"), &json!(r#"{"city":"Paris"}"#)));
    let result = json!([{ "type": "function_call_output", "call_id": call["call_id"], "output": "21" }]);
    let next =
        respond(&stand_in, json!({ "previous_response_id": first["id"], "input": result })).await.json(200);
    let said = next["output"][0]["content"][0]["text"].as_str().unwrap();
    assert!(said.contains("The tools answered: 21."), "{said}");
    let error = respond(&stand_in, json!({ "previous_response_id": first["id"] })).await.json(400);
    assert!(error["error"]["message"].as_str().unwrap().starts_with("No tool output found"));
}

#[tokio::test]
async fn streams_events_in_order() {
    let stand_in = stand_in().await;
    let events =
        respond(&stand_in, json!({ "stream": true, "reasoning": { "effort": "low" } })).await.events();
    let numbers: Vec<_> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    let mut kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let words: String = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta")
        .map(|event| event["delta"].as_str().unwrap())
        .collect();
    assert_eq!(words, "Hello from the GPT stand-in. You said: Hi there");
    let last = &events.last().unwrap()["response"];
    assert!(last["usage"]["output_tokens_details"]["reasoning_tokens"].as_u64().unwrap() > 0);

    let cut =
        respond(&stand_in, json!({ "stream": true, "input": "long ".repeat(40), "max_output_tokens": 16 }));
    let cut = cut.await.events();
    let last = cut.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["incomplete_details"]["reason"], "max_output_tokens");

    let calls = json!({ "stream": true, "input": "How warm is Paris?", "tools": [weather()] });
    let calls = respond(&stand_in, calls).await.events();
    let arguments: String = calls
        .iter()
        .filter(|event| event["type"] == "response.function_call_arguments.delta")
        .map(|event| event["delta"].as_str().unwrap())
        .collect();
    assert_eq!(arguments, r#"{"city":"Paris"}"#);
}

#[tokio::test]
async fn refuses_what_openai_refuses() {
    let stand_in = stand_in().await;
    let part = |kind: &str, role: &str| json!([{ "role": role, "content": [{ "type": kind, "text": "a" }] }]);
    for (extra, words) in [
        (json!({ "messages": [] }), "Unknown parameter: 'messages'"),
        (json!({ "max_tokens": 9 }), "Unknown parameter: 'max_tokens'"),
        (json!({ "model": null }), "Missing required parameter: 'model'"),
        (json!({ "input": 7 }), "Invalid type for 'input'"),
        (json!({ "input": part("text", "user") }), "Invalid value: 'text'"),
        (json!({ "input": part("input_text", "assistant") }), "Invalid value: 'input_text'"),
        (json!({ "input": part("input_text", "tool") }), "Invalid value: 'tool'"),
        (
            json!({ "input": [{ "type": "function_call_output", "call_id": "c", "output": "" }] }),
            "No tool call found",
        ),
        (json!({ "input": [{ "type": "audio" }] }), "Invalid value: 'audio'"),
        (json!({ "max_output_tokens": 15 }), "between 16"),
        (json!({ "tools": [{ "type": "function" }] }), "Missing required parameter: 'tools[0].name'"),
        (json!({ "text": { "format": { "type": "json_schema" } } }), "text.format.schema"),
        (json!({ "previous_response_id": "resp_1" }), "'resp_1' not found"),
    ] {
        let error = respond(&stand_in, extra).await.json(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
    let image = json!([{ "role": "user", "content": [
        { "type": "input_text", "text": "Look" }, { "type": "input_image", "image_url": "data:image/png;base64,AA==" },
    ]}]);
    let body = respond(&stand_in, json!({ "input": image })).await.json(200);
    assert!(body["output"][0]["content"][0]["text"].as_str().unwrap().contains("I see 1 image."));
    let schema = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } } });
    let format = json!({ "format": { "type": "json_schema", "name": "n", "schema": schema } });
    let body = respond(&stand_in, json!({ "text": format })).await.json(200);
    assert_eq!(body["output"][0]["content"][0]["text"], r#"{"ok":true}"#);
}
