//! What a vendor gives when all is well, in the shape of its format and with the words of its own that its row knows.

use ferro::dialect::Count;
use ferro::provider::{Row, RowQuirks};
use ferro::surface::Answer;
use serde_json::{Value, json};

use super::case::Case;
use super::requests::{self, Asked, STREAM};

/// The tokens that every answer says it took.
const TOKENS: (u64, u64) = (11, 7);

/// The answer reaches the client, and its tokens are counted. What a format of its own says to a task that is no chat,
/// that format's golden cases show.
pub fn check(case: &Case) {
    let surface = case.surface();
    let is_translated = surface.answer != Answer::Chat && case.operation.format != surface.format;
    for asked in requests::of(surface).iter().filter(|_| !is_translated) {
        let is_stream = asked.body == STREAM;
        let said = play(case, asked, answer(case, is_stream));
        let says = |what: &dyn Fn(&str) -> bool| said.iter().any(|line| what(line));
        if !says(&|line| line.starts_with("client 200 ") || line.starts_with("client 101 ")) {
            case.fail("the answer does not reach the client", &said);
        }
        let counted = format!(": 200, answered, {} + {} tokens", TOKENS.0, TOKENS.1);
        let counts = matches!(surface.answer, Answer::Chat | Answer::Json);
        if counts && !says(&|line| line.starts_with("tried ") && line.ends_with(&counted)) {
            case.fail("the tokens are not counted", &said);
        }
        if is_stream && !says(&|line| line == "| data: [DONE]") {
            case.fail("the stream does not end", &said);
        }
    }
}

/// What the vendor says.
fn answer(case: &Case, is_stream: bool) -> Vec<String> {
    let (prompt, completion) = TOKENS;
    match (case.surface().answer, is_stream) {
        // Who wants a stream gets all of it as one.
        (Answer::Chat, _) if case.operation.format.polled.is_some() => prediction(),
        (Answer::Chat, true) => stream(case.row, case.operation.format.name),
        (Answer::Chat, false) => whole(case.row, case.operation.format.name),
        (Answer::Upgrade, _) => {
            vec!["= headers 101 connection=Upgrade upgrade=websocket".to_owned(), "= end".to_owned()]
        }
        _ => {
            let usage = json!({"input_tokens": prompt, "output_tokens": completion});
            let body = json!({"object": "list", "data": [], "usage": usage});
            vec!["= headers 200 content-type=application/json".to_owned(), format!("= body! {body}")]
        }
    }
}

fn play(case: &Case, asked: &Asked, answer: Vec<String>) -> Vec<String> {
    let mut lines = requests::lines(case.surface(), asked, case.row, true);
    lines.push("= attempt".to_owned());
    lines.extend(answer);
    lines.push("@ done".to_owned());
    case.play(&lines)
}

/// A whole answer of a chat.
fn whole(row: &Row, format: &str) -> Vec<String> {
    let (prompt, completion) = TOKENS;
    let body = match format {
        "openai" => {
            let message = json!({"role": "assistant", "content": "{}"});
            let choice = json!({"index": 0, "message": message, "finish_reason": finish(&row.quirks)});
            counted(
                &row.quirks,
                json!({"id": "x", "object": "chat.completion", "model": "m", "choices": [choice]}),
            )
        }
        "anthropic" => json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": "{}"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": prompt, "output_tokens": completion}}),
        "gemini" => json!({"responseId": "x", "modelVersion": "m", "candidates": [{"index": 0,
            "content": {"role": "model", "parts": [{"text": "{}"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": prompt, "candidatesTokenCount": completion}}),
        "cohere" => {
            json!({"id": "x", "message": {"role": "assistant", "content": [{"type": "text", "text": "{}"}]},
            "finish_reason": "COMPLETE", "usage": cohere_usage()})
        }
        "ollama" => ollama_line("{}", true),
        "completions" => {
            let choice = json!({"index": 0, "text": "{}", "finish_reason": finish(&row.quirks)});
            let usage = json!({"prompt_tokens": prompt, "completion_tokens": completion});
            json!({"id": "x", "object": "text_completion", "model": "m", "choices": [choice], "usage": usage})
        }
        other => panic!("how is a chat answered in the format {other}?"),
    };
    vec!["= headers 200 content-type=application/json".to_owned(), format!("= body! {body}")]
}

/// An answer of a vendor that may answer before it is done, and is.
fn prediction() -> Vec<String> {
    let metrics = json!({"input_token_count": TOKENS.0, "output_token_count": TOKENS.1});
    let body = json!({"id": "x", "status": "succeeded", "output": ["{", "}"], "metrics": metrics});
    vec!["= headers 201 content-type=application/json".to_owned(), format!("= body! {body}")]
}

/// The same as a stream.
fn stream(row: &Row, format: &str) -> Vec<String> {
    let (prompt, completion) = TOKENS;
    let data = |data: &Value| format!("= data {data}");
    let event = |data: &Value| format!("= event {} {data}", data["type"].as_str().unwrap());
    let mut lines = vec!["= headers 200 content-type=text/event-stream".to_owned()];
    match format {
        "openai" => {
            let chunk = |choices: Value| json!({"id": "x", "object": "chat.completion.chunk", "model": "m", "choices": choices});
            let delta = json!({"role": "assistant", "content": "{}"});
            lines.push(data(&chunk(json!([{"index": 0, "delta": delta, "finish_reason": null}]))));
            let end = json!([{"index": 0, "delta": {}, "finish_reason": finish(&row.quirks)}]);
            lines.push(data(&chunk(end)));
            lines.push(data(&counted(&row.quirks, chunk(json!([])))));
            lines.push("= data [DONE]".to_owned());
        }
        "anthropic" => lines.extend(
            [
                json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
                "model": "m", "content": [], "stop_reason": null, "usage": {"input_tokens": prompt, "output_tokens": 1}}}),
                json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "{}"}}),
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": completion}}),
                json!({"type": "message_stop"}),
            ]
            .iter()
            .map(event),
        ),
        "gemini" => lines.push(data(&json!({"responseId": "x", "modelVersion": "m", "candidates": [{"index": 0,
            "content": {"role": "model", "parts": [{"text": "{}"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": prompt, "candidatesTokenCount": completion}}))),
        "cohere" => lines.extend(
            [
                json!({"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant", "content": []}}}),
                json!({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
                json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "{}"}}}}),
                json!({"type": "content-end", "index": 0}),
                json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": cohere_usage()}}),
            ]
            .iter()
            .map(event),
        ),
        "ollama" => lines = ollama_lines(),
        other => panic!("how is a chat streamed in the format {other}?"),
    }
    lines.push("= end".to_owned());
    lines
}

/// A stream of Ollama's, which is no events.
fn ollama_lines() -> Vec<String> {
    let said = [ollama_line("{}", false), ollama_line("", true)];
    let head = "= headers 200 content-type=application/x-ndjson".to_owned();
    std::iter::once(head).chain(said.iter().map(|line| format!("= body {line}\\n"))).collect()
}

/// A line of Ollama's; the last one is a whole answer, too.
fn ollama_line(content: &str, done: bool) -> Value {
    let mut line = json!({"model": "m", "created_at": "2026-11-30T10:00:00Z",
        "message": {"role": "assistant", "content": content}, "done": done});
    if done {
        line["done_reason"] = "stop".into();
        (line["prompt_eval_count"], line["eval_count"]) = (TOKENS.0.into(), TOKENS.1.into());
    }
    line
}

/// Tokens as Cohere counts them: what is paid for, and what there was.
fn cohere_usage() -> Value {
    let tokens = json!({"input_tokens": TOKENS.0, "output_tokens": TOKENS.1});
    json!({"billed_units": tokens, "tokens": tokens})
}

/// The vendor's own word for an end, if it has one.
fn finish(quirks: &RowQuirks) -> &'static str {
    quirks.finish.iter().find(|(_, ours)| ours.is_some()).map_or("stop", |(theirs, _)| theirs)
}

/// An answer that counts its tokens: where the vendor does.
fn counted(quirks: &RowQuirks, mut answer: Value) -> Value {
    let (prompt, completion) = TOKENS;
    for (count, usual, tokens) in [
        (Count::Prompt, "/usage/prompt_tokens", prompt),
        (Count::Completion, "/usage/completion_tokens", completion),
    ] {
        let place = quirks.usage.iter().find(|(of, _)| *of == count).map_or(usual, |(_, pointer)| pointer);
        put(&mut answer, place, tokens);
    }
    answer
}

/// Puts a number where a JSON pointer leads.
fn put(value: &mut Value, pointer: &str, number: u64) {
    let mut place = value;
    for name in pointer.split('/').skip(1) {
        place = &mut place[name];
    }
    *place = number.into();
}
