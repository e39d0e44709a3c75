//! A wire format that exists here alone, added as a value: what it takes to be one.
//!
//! A request is `{"say": [["user", "hi"]], "use": ["f"], "heat": 1, "shape": {…}, "flow": true}`, an answer `{"said": "…",
//! "calls": [["f", "{}"]], "end": "done", "spent": [1, 2]}`, a piece of a stream the same with what is new, an error
//! `{"wrong": "…", "about": "heat"}`. Its providers' tools have no dots in their names, and a form is asked for as a tool.

use ferro::chat::json::{Number, Str};
use ferro::chat::{
    Answer, Chat, Choice, Delta, Dropped, ErrorReport, Fault, Faults, Field, Finish, Kind, Malformed,
    Message, OfPart, Param, Part, Place, ProviderError, RequestError, ResponseFormat, Role, Tool, Usage,
};
use ferro::config::Redactor;
use ferro::dialect::{
    Arrival, ChatClient, ChatProvider, Format, Head, Memo, NoAnswer, Progress, ReadStream, Seen, Sight,
    Stamp, Streamed, Utterance, WatchAnswer, WatchStream, WriteStream, Written, anthropic, openai,
};
use ferro::exchange::{Failure, Source, Stream, Translation, Wanted};
use ferro::frame::{Frame, Framing};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::panics::{ARRIVAL, STAMP};

static TOY: Format = Format {
    name: "toy",
    title: "Toy",
    framing: Framing::Sse,
    client: Some(&Client),
    provider: Some(&Provider),
    faults: &Faults { codes: &[], phrases: &[("too many words", Fault::ContextLength)] },
};

/// What stands for a form among the tools.
const FORM: &str = "form";

#[derive(Deserialize, Serialize)]
struct Request<'a> {
    #[serde(borrow)]
    say: Vec<(Str<'a>, Str<'a>)>,
    #[serde(borrow, default, rename = "use")]
    tools: Vec<Str<'a>>,
    #[serde(borrow)]
    heat: Option<Number<'a>>,
    #[serde(borrow)]
    shape: Option<&'a RawValue>,
    #[serde(default)]
    flow: bool,
}

#[derive(Default, Deserialize, Serialize)]
struct Reply<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    said: Option<Str<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<(Str<'a>, Str<'a>)>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    end: Option<Str<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spent: Option<(u64, u64)>,
}

#[derive(Deserialize, Serialize)]
struct Wrong<'a> {
    #[serde(borrow)]
    wrong: Str<'a>,
    #[serde(borrow)]
    about: Option<Str<'a>>,
}

fn word(finish: Finish) -> &'static str {
    if finish == Finish::Length { "full" } else { "done" }
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

fn frame(value: &impl Serialize, out: &mut Vec<u8>) {
    out.extend([b"data: ", bytes(value).as_slice(), b"\n\n"].concat());
}

// === what clients speak ===

struct Client;

impl ChatClient for Client {
    fn read_request<'a>(&self, body: &'a str) -> Result<Chat<'a>, RequestError> {
        let wire: Request<'a> =
            serde_json::from_str(body).map_err(|error| RequestError::json(body, &error))?;
        let message = |(who, text): (Str<'a>, Str<'a>)| {
            let role = if who.as_str() == "user" { Role::User } else { Role::Assistant };
            let part = Part::new(Place { member: "say", index: None }, Kind::Text { text, signature: None });
            Message { role, parts: vec![part], extra: Vec::new() }
        };
        let tool = |name| Tool {
            name,
            description: None,
            parameters: None,
            strict: None,
            cache_control: None,
            extra: Vec::new(),
            beside: Vec::new(),
        };
        let shape =
            |schema| ResponseFormat::JsonSchema { name: None, description: None, schema, strict: None };
        Ok(Chat {
            length: body.len(),
            messages: wire.say.into_iter().map(message).collect(),
            tools: wire.tools.into_iter().map(tool).collect(),
            temperature: wire.heat,
            response_format: wire.shape.map(|schema| shape(Some(schema))),
            stream: wire.flow,
            ..Chat::default()
        })
    }

    fn spell(&self, param: &Param) -> String {
        match param {
            Param::Of(Field::Temperature) => "heat".to_owned(),
            Param::Of(Field::Messages) | Param::Message(..) | Param::Part(..) => "say".to_owned(),
            Param::Of(Field::ResponseFormat | Field::Schema) => "shape".to_owned(),
            Param::Own(name) => name.clone(),
            other => format!("{other:?}"),
        }
    }

    fn write_answer(&self, answer: &Answer<'_>, _: &str, _: Stamp) -> Vec<u8> {
        let mut reply = Reply::default();
        for choice in answer.choices.iter().take(1) {
            for part in &choice.parts {
                match part {
                    Kind::Text { text, .. } => reply.said = Some(text.clone()),
                    Kind::ToolCall { name, arguments, .. } => {
                        reply.calls.push((name.clone(), arguments.clone()))
                    }
                    _ => {}
                }
            }
            reply.end = Some(word(choice.finish).into());
        }
        reply.spent = answer.usage.map(|usage| (usage.prompt, usage.completion));
        bytes(&reply)
    }

    fn writer(&self, _: Streamed<'_>) -> Box<dyn WriteStream> {
        Box::new(Writer::default())
    }

    fn write_error(&self, error: &ErrorReport) -> Vec<u8> {
        let about = error.param.as_ref().map(|param| self.spell(param));
        let wrong = Str::from(error.words.with(about.as_deref()));
        bytes(&Wrong { wrong, about: about.map(Str::from) })
    }

    fn write_error_frame(&self, error: &ErrorReport, out: &mut Vec<u8>) {
        out.extend([b"data: ", self.write_error(error).as_slice(), b"\n\n"].concat());
    }

    fn is_error(&self, body: &[u8]) -> bool {
        serde_json::from_slice::<Wrong<'_>>(body).is_ok()
    }

    fn watch_answer(&self) -> Box<dyn WatchAnswer> {
        Box::new(Watch::default())
    }

    fn read_whole(&self, body: &str) -> Result<Option<Usage>, NoAnswer> {
        let reply: Reply<'_> =
            serde_json::from_str(body).map_err(|error| NoAnswer::Malformed(Malformed::json(&error)))?;
        Ok(reply.spent.map(usage))
    }

    fn utterance(&self, body: &str) -> Utterance {
        if body.contains("said") { Utterance::Words } else { Utterance::Nothing }
    }

    fn watch_stream(&self) -> Box<dyn WatchStream> {
        Box::new(Watch::default())
    }

    fn last_frame(&self) -> &'static [u8] {
        b""
    }
}

fn usage((prompt, completion): (u64, u64)) -> Usage {
    Usage { prompt, completion, ..Usage::default() }
}

#[derive(Debug, Default)]
struct Writer {
    /// A call is told when its arguments are whole.
    call: Option<(String, String)>,
    usage: Option<Usage>,
    ended: bool,
    failed: bool,
}

impl WriteStream for Writer {
    fn write(&mut self, delta: Delta<'_>, out: &mut Vec<u8>) {
        match delta {
            Delta::Text { text, .. } => frame(&Reply { said: Some(text), ..Reply::default() }, out),
            Delta::ToolCall { name, .. } => self.call = Some((name.into_owned(), String::new())),
            Delta::ToolArguments { fragment, .. } => {
                self.call.iter_mut().for_each(|call| call.1.push_str(&fragment))
            }
            Delta::Finish { reason, .. } => {
                let call = self.call.take().map(|(name, arguments)| (name.into(), arguments.into()));
                let end = Some(word(reason).into());
                frame(&Reply { calls: call.into_iter().collect(), end, ..Reply::default() }, out);
                self.ended = true;
            }
            Delta::Usage(usage) => self.usage = Some(usage),
            _ => {}
        }
    }

    fn is_whole(&self) -> bool {
        self.ended
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if let (Some(usage), false) = (self.usage, self.failed) {
            frame(&Reply { spent: Some((usage.prompt, usage.completion)), ..Reply::default() }, out);
        }
    }

    fn fail(&mut self, error: &ErrorReport, out: &mut Vec<u8>) {
        self.failed = true;
        Client.write_error_frame(error, out);
    }
}

/// Follows what passes.
#[derive(Debug, Default)]
struct Watch {
    body: Vec<u8>,
    ended: bool,
    usage: Option<Usage>,
}

impl WatchAnswer for Watch {
    fn push(&mut self, piece: &[u8]) {
        self.body.extend_from_slice(piece);
    }

    fn sight(&self) -> Sight {
        match serde_json::from_slice::<Reply<'_>>(&self.body) {
            Ok(reply) if reply.end.is_some() => Sight::Answer,
            _ => Sight::Unclear,
        }
    }

    fn is_whole(&self) -> bool {
        self.sight() == Sight::Answer
    }
}

impl WatchStream for Watch {
    fn see(&mut self, frame: &Frame<'_>) -> Seen {
        let Some(data) = frame.data.as_deref() else { return Seen::Nothing };
        let Ok(reply) = serde_json::from_str::<Reply<'_>>(data) else { return Seen::Malformed };
        self.ended |= reply.end.is_some();
        self.usage = reply.spent.map(usage).or(self.usage);
        Seen::Chunk
    }

    fn utterance(&self, frame: &Frame<'_>) -> Utterance {
        frame.data.as_deref().map_or(Utterance::Nothing, |data| Client.utterance(data))
    }

    fn is_finished(&self, _: usize) -> bool {
        self.ended
    }

    fn is_aside(&self) -> bool {
        false
    }

    fn is_done(&self) -> bool {
        self.ended
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

// === what providers speak ===

struct Provider;

impl ChatProvider for Provider {
    fn write_request(
        &self,
        chat: &Chat<'_>,
        _: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let mut memo = Memo::default();
        let mut say = Vec::new();
        for (index, message) in chat.messages.iter().enumerate() {
            let who = if message.role == Role::Assistant { "model" } else { "user" };
            for part in &message.parts {
                let Kind::Text { text, .. } = &part.kind else {
                    let param = Param::Part(Some(index), part.place, OfPart::Whole);
                    return Err(RequestError::unsupported(param, "only text is known"));
                };
                say.push((who.into(), text.clone()));
            }
        }
        let mut tools: Vec<Str<'_>> = Vec::new();
        for tool in &chat.tools {
            let name = tool.name.replace('.', "_");
            memo.rename(&name, &tool.name);
            tools.push(name.into());
        }
        if chat.response_format.is_some() {
            memo.ask_form_by(FORM);
            tools.push(FORM.into());
        }
        dropped.add_if(chat.seed.is_some(), Field::Seed);
        chat.report_unknown(&[], dropped);
        let body = Request { say, tools, heat: chat.temperature, shape: None, flow: chat.stream };
        Ok(Written { body: bytes(&body), memo })
    }

    fn chat_path(&self, model: &str, _: bool) -> Result<String, RequestError> {
        Ok(format!("/{model}"))
    }

    fn read_answer<'a>(&self, body: &'a str, arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed> {
        let reply: Reply<'a> = serde_json::from_str(body).map_err(|error| Malformed::json(&error))?;
        let end = reply.end.ok_or_else(|| Malformed("no end".to_owned()))?;
        let mut parts: Vec<_> =
            reply.said.map(|text| Kind::Text { text, signature: None }).into_iter().collect();
        let mut called = false;
        for (number, (name, arguments)) in reply.calls.into_iter().enumerate() {
            if arrival.memo.is_form(&name) {
                parts.push(Kind::Text { text: arguments, signature: None });
                continue;
            }
            called = true;
            let name = arrival.memo.client_name(&name).map_or(name.clone(), |name| name.to_owned().into());
            parts.push(Kind::ToolCall { id: number.to_string().into(), name, arguments, signature: None });
        }
        let choice = Choice { index: 0, parts, finish: finish(&end, called), logprobs: None };
        // The id is a header's.
        let id = arrival.head.text("x-toy-id").map(|id| Str::from(id.to_owned()));
        Ok(Answer { id, model: None, choices: vec![choice], usage: reply.spent.map(usage) })
    }

    fn reader(&self, arrival: &Arrival<'_>) -> Box<dyn ReadStream> {
        Box::new(Reader { memo: arrival.memo.clone(), calls: 0, ended: false })
    }

    fn read_error(&self, head: Head<'_>, body: &[u8]) -> ProviderError {
        let wrong = serde_json::from_slice::<Wrong<'_>>(body);
        let words = wrong.map_or("something".to_owned(), |wrong| wrong.wrong.into_owned());
        ProviderError::new(head.status, words)
    }
}

fn finish(end: &str, called: bool) -> Finish {
    match end {
        "full" => Finish::Length,
        _ if called => Finish::ToolCalls,
        _ => Finish::Stop,
    }
}

struct Reader {
    memo: Memo,
    calls: usize,
    ended: bool,
}

impl ReadStream for Reader {
    fn read<'a>(&mut self, frame: &'a Frame<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed> {
        let data = frame.data.as_deref().unwrap_or_default();
        let reply: Reply<'a> = serde_json::from_str(data).map_err(|error| Malformed::json(&error))?;
        deltas.extend(reply.said.map(|text| Delta::Text { choice: 0, text, signature: None }));
        for (name, fragment) in reply.calls {
            if self.memo.is_form(&name) {
                deltas.push(Delta::Text { choice: 0, text: fragment, signature: None });
                continue;
            }
            let (index, id) = (self.calls, self.calls.to_string().into());
            self.calls += 1;
            let name = self.memo.client_name(&name).map_or(name.clone(), |name| name.to_owned().into());
            deltas.push(Delta::ToolCall { choice: 0, index, id, name, signature: None });
            deltas.push(Delta::ToolArguments { choice: 0, index, fragment });
        }
        deltas.extend(reply.spent.map(usage).map(Delta::Usage));
        if let Some(end) = reply.end {
            self.ended = true;
            deltas.push(Delta::Finish { choice: 0, reason: finish(&end, self.calls > 0) });
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<Delta<'static>>) {}

    fn progress(&self) -> Progress {
        if self.ended { Progress::Ending } else { Progress::Open }
    }
}

// === the trial ===

/// Translates a body from one format's client to another's provider: the body, what was dropped, the memo.
fn sent(from: &Format, to: &Format, body: &str) -> (String, Vec<String>, Memo) {
    let client = from.client.unwrap();
    let chat = client.read_request(body).unwrap();
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
    let streamed = Streamed { model: "m", include_usage: true, stamp: STAMP };
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
    assert_eq!(TOY.chat_path("m", true).unwrap(), "/m");

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
    let wanted = Wanted::of(false, 1);
    let stream_of = |arrival: &Arrival<'_>| {
        let translation = Translation::new(TOY.framing, TOY.provider.unwrap(), "m", wanted, arrival);
        Stream::Translation(Box::new(translation))
    };
    let redactor = Redactor::default();
    let source = Source { provider: "toy", redactor: &redactor };
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
    assert_eq!(client.read_whole(r#"{"spent":[1,2]}"#).unwrap(), Some(usage((1, 2))));
    let mut stream = client.watch_stream();
    let mut frames = TOY.framing.frames();
    frames.push(b"data: {\"said\":\"a\"}\n\ndata: {\"end\":\"done\",\"spent\":[1,2]}\n\n".to_vec());
    let first = frames.next_frame().unwrap();
    assert_eq!((stream.see(&first), stream.utterance(&first)), (Seen::Chunk, Utterance::Words));
    assert!(!stream.is_finished(1));
    assert_eq!(stream.see(&frames.next_frame().unwrap()), Seen::Chunk);
    assert!(stream.is_finished(1) && stream.is_done() && !stream.is_aside());
    assert_eq!(stream.usage(), Some(usage((1, 2))));
    assert!(client.last_frame().is_empty());
}
