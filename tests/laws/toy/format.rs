//! The toy itself.
//!
//! A request is `{"mind": "m", "say": [["user", "hi"]], "use": ["f"], "heat": 1, "shape": {…}, "flow": true}`, an answer
//! `{"said": "…", "calls": [["f", "{}"]], "end": "done", "spent": [1, 2]}`, a piece of a stream the same with what is new,
//! an error `{"wrong": "…", "about": "heat"}`, in a stream, too. Its providers' tools have no dots in their names, a form is
//! asked for as a tool, and the model's name is in the path.

use ferro::dialect::{
    Arrival, ChatClient, ChatProvider, Envelope, Format, Head, Memo, NoAnswer, Progress, ReadStream, Seen,
    Sight, Stamp, Streamed, Utterance, WatchAnswer, WatchStream, WriteStream, Written,
};
use ferro::frame::{Frame, Framing};
use ferro::hub::json::Document;
use ferro::hub::json::{Number, Str};
use ferro::hub::{
    Answer, Chat, Choice, Delta, Dropped, ErrorReport, Facts, Fault, Faults, Field, Finish, Kind, Malformed,
    Message, OfPart, Param, Part, Place, ProviderError, RequestError, ResponseFormat, Role, Told, Tool,
    Usage,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub static TOY: Format = Format {
    name: "toy",
    title: "Toy",
    framing: Framing::Sse,
    core_members: &["mind", "say", "flow"],
    chat_path: "/{model}",
    models_path: None,
    lists_models: false,
    headers: &[],
    client: Some(&Client),
    provider: Some(&Provider),
    tasks: &[],
    faults: &Faults { codes: &[], phrases: &[("too many words", Fault::ContextLength)] },
    mend: None,
    foreign: None,
    call_ids: None,
    polled: None,
};

/// What stands for a form among the tools.
const FORM: &str = "form";

#[derive(Deserialize, Serialize)]
struct Request<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    mind: Option<&'a RawValue>,
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
    fn read_request<'a>(&self, body: &'a Document) -> Result<Chat<'a>, RequestError> {
        let wire: Request<'a> = body.read()?;
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
            length: body.text().len(),
            messages: wire.say.into_iter().map(message).collect(),
            tools: wire.tools.into_iter().map(tool).collect(),
            temperature: wire.heat,
            response_format: wire.shape.map(|schema| shape(Some(schema))),
            stream: wire.flow,
            ..Chat::default()
        })
    }

    fn read_envelope(&self, body: &Document) -> Result<Envelope, RequestError> {
        let wire: Request<'_> = body.read()?;
        let model = wire.mind.ok_or_else(|| RequestError::missing(Field::Model))?;
        let start = model.get().as_ptr() as usize - body.text().as_ptr() as usize;
        Ok(Envelope {
            model: serde_json::from_str(model.get()).unwrap(),
            model_span: start..start + model.get().len(),
            stream: wire.flow,
            reasons: false,
            count: None,
            include_usage: true,
            choices: 1,
            max_tokens: None,
            of_old: false,
        })
    }

    fn read_name(&self, body: &Document) -> Result<Envelope, RequestError> {
        self.read_envelope(body)
    }

    fn read_facts<'a>(&self, body: &'a Document) -> Facts<'a> {
        let mut facts = Facts::default();
        if let Ok(wire) = body.read::<Request<'a>>() {
            facts.stream = wire.flow;
            facts.tools = !wire.tools.is_empty();
            facts.json_schema = wire.shape.is_some();
            facts.text_bytes = wire.say.iter().map(|(_, text)| text.len() as u64).sum();
        }
        facts
    }

    fn spell(&self, param: &Param) -> String {
        match param {
            Param::Of(Field::Model) => "mind".to_owned(),
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

    fn read_whole(&self, body: &str) -> Result<Told, NoAnswer> {
        let reply: Reply<'_> =
            serde_json::from_str(body).map_err(|error| NoAnswer::Malformed(Malformed::json(&error)))?;
        Ok(Told { usage: reply.spent.map(usage), finish: None })
    }

    fn read_told(&self, _: &str) -> Told {
        Told::default()
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

pub fn usage((prompt, completion): (u64, u64)) -> Usage {
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

    fn told(&self) -> Told {
        Told { usage: self.usage, finish: None }
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
        if let Some(error) = wrong(data) {
            return Seen::Error(Box::new(error));
        }
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

    fn is_count(&self) -> bool {
        false
    }

    fn is_done(&self) -> bool {
        self.ended
    }

    fn told(&self) -> Told {
        Told { usage: self.usage, finish: None }
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
        let body = Request { mind: None, say, tools, heat: chat.temperature, shape: None, flow: chat.stream };
        Ok(Written { body: bytes(&body), memo, ..Written::default() })
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

/// The error that a piece of a stream tells of, if it does.
fn wrong(data: &str) -> Option<ProviderError> {
    let wrong: Wrong<'_> = serde_json::from_str(data).ok()?;
    Some(ProviderError::new(500, wrong.wrong.into_owned()))
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
        deltas.extend(wrong(data).map(Delta::Error));
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
