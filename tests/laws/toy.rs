//! A wire format that exists in these tests alone, added as a value: whether that is all it takes.

mod format;

use ferro::dialect::{Arrival, Format, Head, Memo, Seen, Sight, Streamed, Utterance, anthropic, openai};
use ferro::exchange::{Failure, Source, Stream, StreamTerms, Translation};
use ferro::gateway::Redactor;
use ferro::hub::json::Document;
use ferro::hub::{Dropped, Fault, Field, RequestError};

use super::panics::{ARRIVAL, STAMP};
use format::{TOY, usage};

/// Translates a body from one format's client to another's provider: the body, what was dropped, the memo.
fn sent(from: &Format, to: &Format, body: &str) -> (String, Vec<String>, Memo) {
    let client = from.client.unwrap();
    let document = Document::new(body);
    let chat = client.read_request(&document).unwrap();
    let mut dropped = Dropped::default();
    let written = to.translator(from).unwrap().write_request(&chat, "claude-x", &mut dropped).unwrap();
    let names = dropped.names(|param| client.spell(param));
    (String::from_utf8(written.body).unwrap(), names, written.memo)
}

/// Translates a whole answer from one format's provider to another's client.
fn answered(from: &Format, to: &Format, body: &str, arrival: &Arrival<'_>) -> String {
    let answer = from.translator(to).unwrap().read_answer(body, arrival).unwrap();
    String::from_utf8(to.client.unwrap().write_answer(&answer, "m", STAMP)).unwrap()
}

/// Translates a stream from one format's provider to another's client.
fn streamed(from: &Format, to: &Format, stream: &str, memo: &Memo) -> String {
    let mut reader = from.translator(to).unwrap().reader(&Arrival { memo, ..ARRIVAL });
    let streamed = Streamed { model: "m", include_usage: true, stamp: STAMP, echo: None };
    let mut writer = to.client.unwrap().writer(streamed);
    let (mut frames, mut out) = (from.framing.frames(), Vec::new());
    frames.push(stream.as_bytes().to_vec());
    while let Some(frame) = frames.next_frame() {
        let mut deltas = Vec::new();
        if frame.data.as_deref() != Some("[DONE]") {
            reader.read(&frame, &mut deltas).unwrap();
        }
        deltas.into_iter().for_each(|delta| writer.write(delta, &mut out));
    }
    let mut deltas = Vec::new();
    reader.finish(&mut deltas);
    deltas.into_iter().for_each(|delta| writer.write(delta, &mut out));
    assert!(writer.is_whole());
    writer.end(&mut out);
    String::from_utf8(out).unwrap()
}

/// Its clients reach providers of other formats, and read their answers.
pub fn serves_clients() {
    let body =
        r#"{"say":[["user","hi"],["model","hello"],["user","1+1?"]],"use":["f"],"heat":1.50,"flow":true}"#;
    let (to_openai, dropped, _) = sent(&TOY, &openai::FORMAT, body);
    assert_eq!(
        to_openai,
        concat!(
            r#"{"model":"claude-x","messages":[{"role":"user","content":"hi"},"#,
            r#"{"role":"assistant","content":"hello"},{"role":"user","content":"1+1?"}],"#,
            r#""tools":[{"type":"function","function":{"name":"f"}}],"temperature":1.50,"stream":true,"#,
            r#""stream_options":{"include_usage":true}}"#,
        )
    );
    assert!(dropped.is_empty());
    // What is clamped is named in the client's own word.
    let (_, dropped, _) = sent(&TOY, &anthropic::FORMAT, body);
    assert_eq!(dropped, ["heat"]);

    let answer = r#"{"id":"x","model":"y","choices":[{"index":0,"message":{"role":"assistant","content":"2","tool_calls":
        [{"id":"a","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#;
    let want = r#"{"said":"2","calls":[["f","{\"a\":1}"]],"end":"done","spent":[3,4]}"#;
    assert_eq!(answered(&openai::FORMAT, &TOY, answer, &ARRIVAL), want);

    let stream = concat!(
        r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"2"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}]}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3}}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let want = concat!(
        "data: {\"said\":\"2\"}\n\n",
        "data: {\"calls\":[[\"f\",\"{}\"]],\"end\":\"done\"}\n\n",
        "data: {\"spent\":[3,0]}\n\n"
    );
    assert_eq!(streamed(&openai::FORMAT, &TOY, stream, &Memo::NONE), want);
}

/// Its providers serve clients of another format; what the way there changed, the way back undoes.
pub fn serves_as_provider() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":
        {"name":"get.weather"}}],"response_format":{"type":"json_object"},"seed":7,"odd":1}"#;
    let (sent, dropped, memo) = sent(&openai::FORMAT, &TOY, body);
    assert_eq!(
        sent,
        r#"{"say":[["user","hi"]],"use":["get_weather","form"],"heat":null,"shape":null,"flow":false}"#
    );
    assert_eq!(dropped, ["seed", "odd"]);

    let headers = [("x-toy-id".to_owned(), b"toy-1".to_vec())];
    let arrival = Arrival { head: Head { status: 200, headers: &headers }, stamp: STAMP, memo: &memo };
    let reply = r#"{"calls":[["get_weather","{}"],["form","{\"a\":1}"]],"end":"done","spent":[1,2]}"#;
    let answer = answered(&TOY, &openai::FORMAT, reply, &arrival);
    assert!(answer.contains(r#""id":"toy-1""#), "{answer}");
    assert!(answer.contains(r#""content":"{\"a\":1}""#), "{answer}");
    assert!(answer.contains(r#""name":"get.weather","arguments":"{}""#), "{answer}");
    assert!(answer.contains(r#""finish_reason":"tool_calls""#), "{answer}");

    let stream =
        "data: {\"calls\":[[\"get_weather\",\"{}\"],[\"form\",\"1\"]]}\n\ndata: {\"end\":\"done\"}\n\n";
    let chunks = streamed(&TOY, &openai::FORMAT, stream, &memo);
    for part in [r#""name":"get.weather""#, r#""content":"1""#, r#""finish_reason":"tool_calls""#, "[DONE]"] {
        assert!(chunks.contains(part), "{part} in {chunks}");
    }
    // The machine that serves clients reads it by the same value.
    let wanted = StreamTerms::of(false, 1);
    let stream_of = |arrival: &Arrival<'_>| {
        let translation = Translation::new(
            TOY.framing,
            TOY.provider.unwrap(),
            openai::FORMAT.client.unwrap(),
            "m",
            wanted,
            arrival,
        );
        Stream::Translation(Box::new(translation))
    };
    let redactor = Redactor::default();
    let source = Source { provider: "toy", redactor: &redactor, judge: None };
    let (mut translated, mut out) = (stream_of(&arrival), Vec::new());
    translated.push(stream.as_bytes().to_vec(), source, &mut out);
    translated.finish(source, &mut out);
    assert!(translated.is_whole() && String::from_utf8(out).unwrap().contains(r#""name":"get.weather""#));
}

/// An error is spelled by the client's format, whoever made it.
pub fn spells_errors() {
    let client = TOY.client.unwrap();
    let told = |error: RequestError| String::from_utf8(client.write_error(&error.into())).unwrap();
    assert_eq!(
        told(RequestError::invalid(Field::Temperature, "expected a number")),
        r#"{"wrong":"heat: expected a number","about":"heat"}"#
    );
    assert_eq!(
        told(RequestError::missing(Field::Messages)),
        r#"{"wrong":"missing required field: say","about":"say"}"#
    );
    let read = TOY.read_error(Head::of(400), br#"{"wrong":"too many words","about":null}"#);
    assert_eq!((read.fault, read.message.as_str()), (Fault::ContextLength, "too many words"));
    let redactor = Redactor::default();
    let report = Failure::of_provider("toy", &read).into_error(&redactor);
    let body = client.write_error(&report);
    assert!(client.is_error(&body));
    assert_eq!(
        String::from_utf8(openai::write_error(&report)).unwrap(),
        r#"{"error":{"message":"too many words","type":"invalid_request_error","param":null,"code":null}}"#
    );
    let mut out = Vec::new();
    client.write_error_frame(&report, &mut out);
    assert_eq!(out, b"data: {\"wrong\":\"too many words\",\"about\":null}\n\n");
}

/// Where both sides speak it, bytes pass, and are watched.
pub fn passes() {
    assert!(TOY.translator(&TOY).is_none());
    let client = TOY.client.unwrap();
    let mut answer = client.watch_answer();
    answer.push(br#"{"said":"a","#);
    assert_eq!(answer.sight(), Sight::Unclear);
    answer.push(br#""end":"done","spent":[1,2]}"#);
    assert!(answer.sight() == Sight::Answer && answer.is_whole());
    assert_eq!(client.read_whole(r#"{"spent":[1,2]}"#).unwrap().usage, Some(usage((1, 2))));
    let mut stream = client.watch_stream();
    let mut frames = TOY.framing.frames();
    frames.push(b"data: {\"said\":\"a\"}\n\ndata: {\"end\":\"done\",\"spent\":[1,2]}\n\n".to_vec());
    let first = frames.next_frame().unwrap();
    assert_eq!((stream.see(&first), stream.utterance(&first)), (Seen::Chunk, Utterance::Words));
    assert!(!stream.is_finished(1));
    assert_eq!(stream.see(&frames.next_frame().unwrap()), Seen::Chunk);
    assert!(stream.is_finished(1) && stream.is_done() && !stream.is_aside());
    assert_eq!(stream.told().usage, Some(usage((1, 2))));
    assert!(client.last_frame().is_empty());
}
