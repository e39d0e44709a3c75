//! Claude's stream, event by event: <https://platform.claude.com/docs/en/build-with-claude/streaming>.
//!
//! | event | deltas |
//! |---|---|
//! | `message_start` | start, usage |
//! | `content_block_start` | a call begins; what a block already holds |
//! | `content_block_delta` | text, arguments, thoughts, signature |
//! | `content_block_stop` | `{}` for a call without arguments |
//! | `message_delta` | usage; its `stop_reason` is kept for the end |
//! | `message_stop` | finish, if a reason was given |
//! | `ping`, `error` | the same |
//! | any other | nothing |
//!
//! Blocks are numbered across all kinds; calls and thoughts are each numbered anew from 0.

use super::answer::{Block, Message, StopDetails, Tokens, TokensBody, client_name, finish};
use super::error::ErrorBody;
use crate::dialect::{Memo, Progress, ReadStream};
use crate::frame::Frame;
use crate::hub::json::{self, Str};
use crate::hub::{Delta, Finish, Malformed, ProviderError};
use crate::json_object;

/// Reads one stream.
#[derive(Debug, Default)]
pub struct Reader {
    memo: Memo,
    started: bool,
    /// Blocks that have begun and not ended, by Claude's number.
    open: Vec<(u64, Open)>,
    /// How many bytes of arguments are held, and were.
    held: usize,
    calls: usize,
    thoughts: usize,
    tokens: Tokens,
    /// How the answer ended, once that is known.
    finish: Option<Finish>,
    finished: bool,
}

/// How many blocks may be open at once. Claude opens one after the other.
const MOST_OPEN: usize = 128;

/// How many bytes of arguments may be held, in all: those that come with the beginnings of blocks, where Claude sends
/// none, and those whose members are to have other names, which are known when they have ended.
const MOST_HELD: usize = 4 << 20;

/// A block that has begun.
#[derive(Debug)]
enum Open {
    Text,
    Thinking {
        block: usize,
    },
    /// With the arguments it began with, until others come.
    Call {
        index: usize,
        pending: Option<String>,
    },
    /// With the arguments it began with, and those that came: their members are to have other names.
    Renamed {
        index: usize,
        tool: String,
        pending: String,
        came: String,
    },
    /// Of a kind that the client's format has no place for.
    Skipped,
}

json_object! {
    struct Event<'a> {
        kind as "type": Str<'a>,
        message: Message<'a>,
        index: u64,
        content_block: Block<'a>,
        delta: Change<'a>,
        usage: TokensBody<'a>,
        error: ErrorBody<'a>,
        ..
    }
}

json_object! {
    struct Change<'a> {
        kind as "type": Str<'a>,
        text: Str<'a>,
        partial_json: Str<'a>,
        thinking: Str<'a>,
        signature: Str<'a>,
        stop_reason: Str<'a>,
        stop_details: StopDetails<'a>,
        ..
    }
}

impl ReadStream for Reader {
    fn read<'a>(&mut self, event: &'a Frame<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed> {
        let Some(data) = event.data.as_deref() else { return Ok(()) };
        let event: Event<'a> = json::read(data)?;
        if self.finished {
            return Ok(());
        }
        match event.kind.as_deref().unwrap_or_default() {
            "message_start" => {
                let message = event.message.ok_or_else(|| lacks("message_start", "message"))?;
                if !self.started {
                    self.started = true;
                    deltas.push(Delta::Start { id: message.id, model: message.model });
                }
                self.count(message.usage.as_ref(), deltas);
            }
            "content_block_start" => {
                let block =
                    event.content_block.ok_or_else(|| lacks("content_block_start", "content_block"))?;
                self.open(event.index.unwrap_or_default(), block, deltas)?;
            }
            "content_block_delta" => {
                let change = event.delta.ok_or_else(|| lacks("content_block_delta", "delta"))?;
                self.change(event.index.unwrap_or_default(), change, deltas)?;
            }
            "content_block_stop" => {
                let index = event.index.unwrap_or_default();
                self.open.retain_mut(|(number, open)| {
                    let ends = *number == index;
                    if ends {
                        end(open, &self.memo, deltas);
                    }
                    !ends
                });
            }
            "message_delta" => self.message_delta(event.delta, event.usage.as_ref(), deltas),
            // Without a reason it says nothing: the answer may have broken off.
            "message_stop" => self.complete(deltas),
            "ping" => deltas.push(Delta::Ping),
            "error" => {
                let error = event.error.ok_or_else(|| lacks("error", "error"))?;
                deltas.push(Delta::Error(error.read(None)));
            }
            // The vendor says that new events may come.
            _ => {}
        }
        Ok(())
    }

    /// Without `message_stop` the answer is whole if its reason was given, and every block has ended.
    fn finish(&mut self, deltas: &mut Vec<Delta<'static>>) {
        if self.open.is_empty() {
            self.complete(deltas);
        }
    }

    fn progress(&self) -> Progress {
        match self.finish {
            _ if self.finished => Progress::Over,
            Some(_) if self.open.is_empty() => Progress::Ending,
            _ => Progress::Open,
        }
    }
}

impl Reader {
    /// A reader of what answers a request that had to have other names.
    pub fn new(memo: &Memo) -> Self {
        Self { memo: memo.clone(), ..Self::default() }
    }

    fn count(&mut self, body: Option<&TokensBody<'_>>, deltas: &mut Vec<Delta<'_>>) {
        if let Some(body) = body {
            self.tokens = self.tokens.and(body);
            deltas.push(Delta::Usage(self.tokens.count()));
        }
    }

    fn open<'a>(
        &mut self,
        number: u64,
        block: Block<'a>,
        deltas: &mut Vec<Delta<'a>>,
    ) -> Result<(), Malformed> {
        let held = self.held.saturating_add(block.input.map_or(0, |input| input.get().len()));
        if self.open.len() >= MOST_OPEN || held > MOST_HELD {
            let why = "the provider begins more blocks of an answer than it ends";
            deltas.push(Delta::Error(ProviderError::new(502, why)));
            return Ok(());
        }
        self.held = held;
        let open = self.begin(block, deltas)?;
        self.open.push((number, open));
        Ok(())
    }

    fn begin<'a>(&mut self, block: Block<'a>, deltas: &mut Vec<Delta<'a>>) -> Result<Open, Malformed> {
        let next = |counter: &mut usize| {
            let number = *counter;
            *counter = counter.saturating_add(1);
            number
        };
        let open = match block.kind.as_deref().unwrap_or_default() {
            "text" => {
                deltas.extend(text(block.text));
                Open::Text
            }
            "thinking" => {
                let number = next(&mut self.thoughts);
                deltas.extend(thinking(number, block.thinking));
                deltas.extend(signature(number, block.signature));
                Open::Thinking { block: number }
            }
            "redacted_thinking" => {
                let data = block.data.unwrap_or_default();
                deltas.push(Delta::RedactedThinking { choice: 0, block: next(&mut self.thoughts), data });
                Open::Skipped
            }
            "tool_use" => {
                let (Some(id), Some(name)) = (block.id, block.name) else {
                    return Err(lacks("tool_use", "id` or `name"));
                };
                let index = next(&mut self.calls);
                let pending = block.input.map_or_else(|| "{}".to_owned(), |input| input.get().to_owned());
                let open = match self.memo.has_properties(&name) {
                    true => {
                        let tool = name.as_str().to_owned();
                        Open::Renamed { index, tool, pending, came: String::new() }
                    }
                    false => Open::Call { index, pending: Some(pending) },
                };
                let name = client_name(name, &self.memo);
                deltas.push(Delta::ToolCall { choice: 0, index, id, name, signature: None });
                open
            }
            other => {
                let kind = json::beginning(other, json::IN_A_LOG);
                log::warn!("left out a block of type {kind:?}, which OpenAI's format has no place for");
                Open::Skipped
            }
        };
        Ok(open)
    }

    fn change<'a>(
        &mut self,
        number: u64,
        change: Change<'a>,
        deltas: &mut Vec<Delta<'a>>,
    ) -> Result<(), Malformed> {
        let open = self.open.iter_mut().rev().find(|(open, _)| *open == number).map(|(_, open)| open);
        match (change.kind.as_deref().unwrap_or_default(), open) {
            (_, Some(Open::Skipped)) => {}
            ("text_delta", _) => deltas.extend(text(change.text)),
            ("input_json_delta", Some(Open::Call { index, pending })) => {
                if let Some(fragment) = change.partial_json.filter(|fragment| !fragment.is_empty()) {
                    *pending = None;
                    deltas.push(Delta::ToolArguments { choice: 0, index: *index, fragment });
                }
            }
            ("input_json_delta", Some(Open::Renamed { came, .. })) => {
                let fragment = change.partial_json.unwrap_or_default();
                self.held = self.held.saturating_add(fragment.len());
                if self.held > MOST_HELD {
                    deltas
                        .push(Delta::Error(ProviderError::new(502, "the arguments of a call are too long")));
                    return Ok(());
                }
                came.push_str(&fragment);
            }
            ("thinking_delta", Some(Open::Thinking { block })) => {
                deltas.extend(thinking(*block, change.thinking));
            }
            ("signature_delta", Some(Open::Thinking { block })) => {
                deltas.extend(signature(*block, change.signature));
            }
            (kind @ ("input_json_delta" | "thinking_delta" | "signature_delta"), _) => {
                return Err(Malformed(format!("a {kind} of block {number}, which is none of that kind")));
            }
            // Citations, and what may come.
            _ => {}
        }
        Ok(())
    }

    fn message_delta<'a>(
        &mut self,
        change: Option<Change<'a>>,
        usage: Option<&TokensBody<'_>>,
        deltas: &mut Vec<Delta<'a>>,
    ) {
        if let Some(change) = change {
            if let Some(reason) = &change.stop_reason {
                self.finish = Some(finish(reason, self.calls > 0));
            }
            let explanation = change.stop_details.and_then(|details| details.explanation);
            deltas.extend(explanation.map(|text| Delta::Refusal { choice: 0, text }));
        }
        self.count(usage, deltas);
    }

    fn complete(&mut self, deltas: &mut Vec<Delta<'_>>) {
        let Some(reason) = self.finish.filter(|_| !self.finished) else { return };
        self.finished = true;
        for (_, open) in &mut self.open {
            end(open, &self.memo, deltas);
        }
        deltas.push(Delta::Finish { choice: 0, reason });
    }
}

/// Sends the arguments that a call began with if no others came, and those that were held.
fn end(open: &mut Open, memo: &Memo, deltas: &mut Vec<Delta<'_>>) {
    let (index, arguments) = match open {
        Open::Call { index, pending } => (*index, pending.take()),
        Open::Renamed { index, tool, pending, came } => {
            let sent = std::mem::take(if came.is_empty() { pending } else { came });
            (*index, Some(memo.client_arguments(tool, &sent).unwrap_or(sent)))
        }
        _ => return,
    };
    if let Some(arguments) = arguments {
        deltas.push(Delta::ToolArguments { choice: 0, index, fragment: Str::from(arguments) });
    }
}

fn text(text: Option<Str<'_>>) -> Option<Delta<'_>> {
    let text = text.filter(|text| !text.is_empty())?;
    Some(Delta::Text { choice: 0, text, signature: None })
}

fn thinking(block: usize, text: Option<Str<'_>>) -> Option<Delta<'_>> {
    let text = text.filter(|text| !text.is_empty())?;
    Some(Delta::Thinking { choice: 0, block, text })
}

fn signature(block: usize, signature: Option<Str<'_>>) -> Option<Delta<'_>> {
    let signature = signature.filter(|signature| !signature.is_empty())?;
    Some(Delta::Signature { choice: 0, block, signature })
}

fn lacks(event: &str, member: &str) -> Malformed {
    Malformed(format!("a {event} without `{member}`"))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    /// What a stream of these events comes to, until one is an error.
    fn error_of(events: impl Iterator<Item = String>) -> Option<(usize, String)> {
        let mut reader = Reader::default();
        for (number, data) in events.enumerate() {
            let event = Frame { raw: b"", name: None, data: Some(Cow::Owned(data)), has_more: false };
            let mut deltas = Vec::new();
            reader.read(&event, &mut deltas).unwrap();
            if let Some(Delta::Error(error)) = deltas.pop() {
                return Some((number, error.message));
            }
        }
        None
    }

    #[test]
    fn blocks_that_never_stop_are_no_answer() {
        let start = |number: usize, input: &str| {
            format!(
                r#"{{"type":"content_block_start","index":{number},"content_block":{{"type":"tool_use","id":"a","name":"b","input":{input}}}}}"#
            )
        };
        let stop = |number: usize| format!(r#"{{"type":"content_block_stop","index":{number}}}"#);
        let why = "the provider begins more blocks of an answer than it ends".to_owned();
        assert_eq!(error_of((0..300).map(|number| start(number, "{}"))), Some((MOST_OPEN, why.clone())));
        assert_eq!(error_of((0..300).flat_map(|number| [start(number, "{}"), stop(number)])), None);
        let input = format!("{{\"a\":{:?}}}", "x".repeat(MOST_HELD / 4));
        assert_eq!(error_of((0..9).map(|number| start(number, &input))), Some((3, why)));
    }
}
