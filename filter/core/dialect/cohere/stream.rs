//! A streamed answer, event by event: <https://docs.cohere.com/v2/docs/streaming>,
//! <https://docs.cohere.com/v2/docs/tool-use-streaming>.
//!
//! | event | deltas |
//! |---|---|
//! | `message-start` | start, before what comes first: a model that gives up until then has said nothing |
//! | `content-start`, `content-delta` | text, thoughts, log probabilities |
//! | `tool-plan-delta` | thoughts |
//! | `tool-call-start`, `tool-call-delta` | a call, its arguments |
//! | `tool-call-end` | `{}` for a call without arguments |
//! | `message-end` | usage, and finish or an error |
//! | `content-end`, `citation-start`, `citation-end`, `debug`, any other | nothing |
//!
//! Content and calls are each numbered by Cohere; thoughts are numbered anew, those of the plan among them.

use serde_json::value::RawValue;

use super::answer::{Body, Call, Message, Piece, Tokens, finish, logprobs};
use super::error;
use crate::dialect::ids::Ids;
use crate::dialect::{Arrival, Memo, Progress, ReadStream};
use crate::frame::Frame;
use crate::hub::json::{self, Str};
use crate::hub::{Delta, Malformed, ProviderError};

/// Reads one stream.
#[derive(Debug)]
pub struct Reader {
    ids: Ids,
    memo: Memo,
    /// The answer's id, until something of it has come.
    id: Option<String>,
    started: bool,
    /// How many calls have begun.
    calls: usize,
    /// Calls that have not ended.
    open: Vec<Open>,
    /// How many blocks of thoughts have begun.
    blocks: usize,
    /// Where the last of them stands.
    thinking: Option<Thoughts>,
    /// Whether anything was said.
    spoken: bool,
    finished: bool,
}

/// A call that has begun.
#[derive(Debug)]
struct Open {
    number: u64,
    index: usize,
    /// Whether it has arguments so far.
    has_arguments: bool,
}

/// Where thoughts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thoughts {
    Content(u64),
    Plan,
}

/// How many calls may be open at once. Cohere opens one after the other.
const MOST_OPEN: usize = 128;

impl ReadStream for Reader {
    fn read<'a>(&mut self, frame: &'a Frame<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed> {
        let Some(data) = frame.data.as_deref().map(str::trim) else { return Ok(()) };
        if self.finished || data == "[DONE]" {
            return Ok(());
        }
        let event: Body<'a> = json::read(data)?;
        let first = deltas.len();
        self.event(event, data, deltas)?;
        let fails = deltas.iter().skip(first).any(|delta| matches!(delta, Delta::Error(_)));
        if !self.started && !fails && deltas.len() > first {
            self.started = true;
            deltas.insert(first, Delta::Start { id: self.id.take().map(Str::from), model: None });
        }
        Ok(())
    }

    /// Without `message-end` the answer has broken off, whatever was said.
    fn finish(&mut self, _deltas: &mut Vec<Delta<'static>>) {}

    fn progress(&self) -> Progress {
        if self.finished { Progress::Over } else { Progress::Open }
    }
}

impl Reader {
    /// A reader for one stream.
    pub fn new(arrival: &Arrival<'_>) -> Self {
        Self {
            ids: Ids::new(arrival.stamp),
            memo: arrival.memo.clone(),
            id: None,
            started: false,
            calls: 0,
            open: Vec::new(),
            blocks: 0,
            thinking: None,
            spoken: false,
            finished: false,
        }
    }

    fn event<'a>(
        &mut self,
        event: Body<'a>,
        data: &str,
        deltas: &mut Vec<Delta<'a>>,
    ) -> Result<(), Malformed> {
        let number = event.index.unwrap_or_default();
        match event.kind.as_deref() {
            Some("message-start") => self.id = event.id.map(Str::into_owned),
            Some("content-start" | "content-delta") => {
                let piece = said(event.delta)?.content.map(|piece| json::read(piece.get())).transpose()?;
                let item = event.logprobs.map(|item| json::read(item.get())).transpose()?;
                self.say(number, piece.unwrap_or_default(), deltas);
                let logprobs = item.and_then(|item| logprobs(&[item]));
                deltas.extend(logprobs.map(|logprobs| Delta::Logprobs { choice: 0, logprobs }));
            }
            Some("tool-plan-delta") => self.think(Thoughts::Plan, said(event.delta)?.tool_plan, deltas),
            Some("tool-call-start") => self.call(number, called(event.delta)?, deltas)?,
            Some("tool-call-delta") => self.argue(number, called(event.delta)?, deltas)?,
            Some("tool-call-end") => self.close(number, deltas),
            Some("message-end") => self.end(changed(event.delta)?, deltas),
            // An error, as it would be with a status.
            None if event.message.is_some() => {
                deltas.push(Delta::Error(error::read_error(500, data.as_bytes())));
            }
            _ => {}
        }
        Ok(())
    }

    fn say<'a>(&mut self, number: u64, piece: Piece<'a>, deltas: &mut Vec<Delta<'a>>) {
        self.think(Thoughts::Content(number), piece.thinking, deltas);
        if let Some(text) = piece.text.filter(|text| !text.is_empty()) {
            self.spoken = true;
            deltas.push(Delta::Text { choice: 0, text, signature: None });
        }
    }

    fn think<'a>(&mut self, place: Thoughts, text: Option<Str<'a>>, deltas: &mut Vec<Delta<'a>>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return };
        if self.thinking != Some(place) {
            self.thinking = Some(place);
            self.blocks = self.blocks.saturating_add(1);
        }
        deltas.push(Delta::Thinking { choice: 0, block: self.blocks.saturating_sub(1), text });
    }

    fn call<'a>(
        &mut self,
        number: u64,
        call: Call<'a>,
        deltas: &mut Vec<Delta<'a>>,
    ) -> Result<(), Malformed> {
        if self.open.len() >= MOST_OPEN {
            let why = "the provider begins more calls than it ends";
            deltas.push(Delta::Error(ProviderError::new(502, why)));
            return Ok(());
        }
        let (id, name, arguments) = call.named(&mut self.ids, &self.memo)?;
        let index = self.calls;
        self.calls = self.calls.saturating_add(1);
        self.spoken = true;
        deltas.push(Delta::ToolCall { choice: 0, index, id, name, signature: None });
        self.open.push(Open { number, index, has_arguments: arguments.is_some() });
        let more = arguments.map(|fragment| Delta::ToolArguments { choice: 0, index, fragment });
        deltas.extend(more);
        Ok(())
    }

    fn argue<'a>(
        &mut self,
        number: u64,
        call: Call<'a>,
        deltas: &mut Vec<Delta<'a>>,
    ) -> Result<(), Malformed> {
        let open = self.open.iter_mut().rev().find(|open| open.number == number);
        let open = open.ok_or_else(|| Malformed(format!("arguments of call {number}, which is none")))?;
        let arguments = call.function.and_then(|function| function.arguments);
        if let Some(fragment) = arguments.filter(|fragment| !fragment.is_empty()) {
            open.has_arguments = true;
            deltas.push(Delta::ToolArguments { choice: 0, index: open.index, fragment });
        }
        Ok(())
    }

    fn close(&mut self, number: u64, deltas: &mut Vec<Delta<'_>>) {
        self.open.retain(|open| {
            let ends = open.number == number;
            if ends {
                open.end(deltas);
            }
            !ends
        });
    }

    fn end(&mut self, end: Body<'_>, deltas: &mut Vec<Delta<'_>>) {
        self.finished = true;
        deltas.extend(end.usage.as_ref().map(Tokens::count).map(Delta::Usage));
        let reason = end.finish_reason.as_deref().unwrap_or(if end.error.is_some() { "ERROR" } else { "" });
        match finish(reason, self.calls > 0, self.spoken) {
            // Without a reason it says nothing: the answer may have broken off.
            Ok(_) if reason.is_empty() => {}
            Ok(reason) => {
                self.open.drain(..).for_each(|open| open.end(deltas));
                deltas.push(Delta::Finish { choice: 0, reason });
            }
            Err(why) => {
                let words = end.error.as_deref().map(str::trim).filter(|words| !words.is_empty());
                let why = words.map_or(why, |words| json::beginning(words, 2048).to_owned());
                let status = if reason == "TIMEOUT" { 504 } else { 502 };
                deltas.push(Delta::Error(ProviderError::new(status, why)));
            }
        }
    }
}

impl Open {
    /// A call without arguments has none.
    fn end(&self, deltas: &mut Vec<Delta<'_>>) {
        if !self.has_arguments {
            let fragment = Str::borrowed("{}");
            deltas.push(Delta::ToolArguments { choice: 0, index: self.index, fragment });
        }
    }
}

/// What is new in an event.
fn changed(delta: Option<&RawValue>) -> Result<Body<'_>, Malformed> {
    let delta = delta.ok_or_else(|| Malformed("an event without `delta`".to_owned()))?;
    json::read(delta.get())
}

/// What is said in an event.
fn said(delta: Option<&RawValue>) -> Result<Message<'_>, Malformed> {
    let message = changed(delta)?.message.map(|message| json::read(message.get()));
    Ok(message.transpose()?.unwrap_or_default())
}

/// The call of an event.
fn called(delta: Option<&RawValue>) -> Result<Call<'_>, Malformed> {
    let call = said(delta)?.tool_calls;
    let call = call.ok_or_else(|| Malformed("a call's event without `tool_calls`".to_owned()))?;
    json::read(call.get())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::dialect::{Head, Stamp};

    #[test]
    fn calls_that_never_end_are_no_answer() {
        let memo = Memo::NONE;
        let stamp = Stamp { seed: 1, created: 1 };
        let mut reader = Reader::new(&Arrival { head: Head::of(200), stamp, memo: &memo });
        let mut failed = None;
        for number in 0..300_usize {
            let data = format!(
                r#"{{"type":"tool-call-start","index":{number},"delta":{{"message":{{"tool_calls":{{"id":"a","function":{{"name":"f"}}}}}}}}}}"#
            );
            let frame = Frame { raw: b"", name: None, data: Some(Cow::Owned(data)), has_more: false };
            let mut deltas = Vec::new();
            reader.read(&frame, &mut deltas).unwrap();
            if matches!(deltas.last(), Some(Delta::Error(_))) && failed.is_none() {
                failed = Some(number);
            }
        }
        assert_eq!(failed, Some(MOST_OPEN));
    }
}
