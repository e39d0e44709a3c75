//! A streamed answer, written for the client:
//! <https://platform.openai.com/docs/api-reference/chat-streaming>.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{ExtraContent, Image, ThinkingBlock, completion_id, finish_word};
use super::chunk::{ChunkHead, data_frame};
use super::error::write_error;
use crate::dialect::{Stamp, WriteStream};
use crate::hub::{Delta, ErrorReport, Finish, Told};

/// What chunks say that they are.
const OBJECT: &str = "chat.completion.chunk";

/// Writes deltas as chunks: role once and first, one `finish_reason` a choice, usage only if asked, `[DONE]` last.
#[derive(Debug)]
pub struct StreamWriter {
    head: ChunkHead,
    told: Told,
    /// Choices whose role was sent.
    begun: BTreeSet<usize>,
    /// Choices whose `finish_reason` was sent.
    finished: BTreeSet<usize>,
    failed: bool,
    /// The client knows `function_call`, and no `tool_calls`.
    of_old: bool,
}

impl StreamWriter {
    /// A writer for one answer. `model` stands in until the provider names one; `include_usage` is what the client
    /// asked for in `stream_options`.
    pub fn new(model: &str, include_usage: bool, stamp: Stamp) -> Self {
        Self {
            head: ChunkHead::new(OBJECT, completion_id(stamp), model, include_usage, stamp),
            told: Told::default(),
            begun: BTreeSet::new(),
            finished: BTreeSet::new(),
            failed: false,
            of_old: false,
        }
    }

    /// The same for a client that knows `function_call` and no `tool_calls`, or not.
    #[must_use]
    pub fn of_old(self, of_old: bool) -> Self {
        Self { of_old, ..self }
    }
}

impl WriteStream for StreamWriter {
    fn told(&self) -> Told {
        self.told
    }

    fn write(&mut self, delta: Delta<'_>, out: &mut Vec<u8>) {
        match delta {
            Delta::Start { id, model } => self.head.start(id, model),
            Delta::Text { choice, text, signature } => {
                let extra_content = signature.as_deref().map(ExtraContent::of);
                self.chunk(choice, Body { content: Some(&text), extra_content, ..Body::default() }, out);
            }
            Delta::Refusal { choice, text } => {
                self.chunk(choice, Body { refusal: Some(&text), ..Body::default() }, out);
            }
            Delta::Thinking { choice, block, text } => {
                let blocks = Some([IndexedBlock::thinking(block, &text, None)]);
                let body =
                    Body { reasoning_content: Some(&text), thinking_blocks: blocks, ..Body::default() };
                self.chunk(choice, body, out);
            }
            Delta::Signature { choice, block, signature } => {
                let blocks = Some([IndexedBlock::thinking(block, "", Some(&signature))]);
                self.chunk(choice, Body { thinking_blocks: blocks, ..Body::default() }, out);
            }
            Delta::RedactedThinking { choice, block, data } => {
                let block =
                    IndexedBlock { index: block, block: ThinkingBlock::RedactedThinking { data: &data } };
                self.chunk(choice, Body { thinking_blocks: Some([block]), ..Body::default() }, out);
            }
            Delta::Image { choice, url } => {
                self.chunk(choice, Body { images: Some([Image::of(&url)]), ..Body::default() }, out);
            }
            // There is room for one call, and one was asked for.
            Delta::ToolCall { index: 1.., .. } | Delta::ToolArguments { index: 1.., .. } if self.of_old => {}
            Delta::ToolCall { choice, name, signature, .. } if self.of_old => {
                let extra_content = signature.as_deref().map(ExtraContent::of);
                let function_call = Some(FunctionCall { name: Some(&name), arguments: "" });
                self.chunk(choice, Body { function_call, extra_content, ..Body::default() }, out);
            }
            Delta::ToolArguments { choice, fragment, .. } if self.of_old => {
                let function_call = Some(FunctionCall { name: None, arguments: &fragment });
                self.chunk(choice, Body { function_call, ..Body::default() }, out);
            }
            Delta::ToolCall { choice, index, id, name, signature } => {
                let call = ToolCall {
                    index,
                    id: Some(&id),
                    kind: Some("function"),
                    function: FunctionCall { name: Some(&name), arguments: "" },
                    extra_content: signature.as_deref().map(ExtraContent::of),
                };
                self.chunk(choice, Body { tool_calls: Some([call]), ..Body::default() }, out);
            }
            Delta::ToolArguments { choice, index, fragment } => {
                let function = FunctionCall { name: None, arguments: &fragment };
                let call = ToolCall { index, id: None, kind: None, function, extra_content: None };
                self.chunk(choice, Body { tool_calls: Some([call]), ..Body::default() }, out);
            }
            Delta::Logprobs { choice, logprobs } => {
                if let Ok(logprobs) = serde_json::from_str::<&RawValue>(&logprobs) {
                    self.begin(choice, out);
                    self.head.chunk(&[Choice { logprobs: Some(logprobs), ..Choice::new(choice) }], out);
                }
            }
            Delta::Finish { choice, reason } => self.finish_choice(choice, reason, out),
            Delta::Usage(usage) => self.told.usage = Some(usage),
            Delta::Ping => out.extend_from_slice(b": ping\n\n"),
            Delta::Error(_) => self.failed = true,
        }
    }

    fn is_whole(&self) -> bool {
        !self.finished.is_empty() && self.begun.is_subset(&self.finished)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.failed {
            self.head.end(self.told.usage, out);
        }
    }

    fn fail(&mut self, error: &ErrorReport, out: &mut Vec<u8>) {
        self.failed = true;
        error_frame(error, out);
    }
}

impl StreamWriter {
    fn finish_choice(&mut self, choice: usize, reason: Finish, out: &mut Vec<u8>) {
        if !self.finished.insert(choice) {
            return;
        }
        self.told.finish.get_or_insert(reason);
        self.begin(choice, out);
        self.head.chunk(
            &[Choice { finish_reason: Some(finish_word(reason, self.of_old)), ..Choice::new(choice) }],
            out,
        );
    }

    fn begin(&mut self, choice: usize, out: &mut Vec<u8>) {
        if self.begun.insert(choice) {
            let delta = Body { role: Some("assistant"), content: Some(""), ..Body::default() };
            self.head.chunk(&[Choice { delta, ..Choice::new(choice) }], out);
        }
    }

    fn chunk(&mut self, choice: usize, delta: Body<'_>, out: &mut Vec<u8>) {
        self.begin(choice, out);
        self.head.chunk(&[Choice { delta, ..Choice::new(choice) }], out);
    }
}

/// Appends an error as a stream's event.
pub fn error_frame(error: &ErrorReport, out: &mut Vec<u8>) {
    data_frame(&write_error(error), out);
}

#[derive(Serialize)]
struct Choice<'a> {
    index: usize,
    delta: Body<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<&'a RawValue>,
    finish_reason: Option<&'static str>,
}

impl Choice<'_> {
    fn new(index: usize) -> Self {
        Self { index, delta: Body::default(), logprobs: None, finish_reason: None }
    }
}

#[derive(Default, Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_blocks: Option<[IndexedBlock<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<[Image<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolCall<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_content: Option<ExtraContent<'a>>,
}

/// A piece of a thinking block; `index` says of which.
#[derive(Serialize)]
struct IndexedBlock<'a> {
    index: usize,
    #[serde(flatten)]
    block: ThinkingBlock<'a>,
}

impl<'a> IndexedBlock<'a> {
    const fn thinking(index: usize, thinking: &'a str, signature: Option<&'a str>) -> Self {
        Self { index, block: ThinkingBlock::Thinking { thinking, signature } }
    }
}

#[derive(Serialize)]
struct ToolCall<'a> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    function: FunctionCall<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_content: Option<ExtraContent<'a>>,
}

#[derive(Serialize)]
struct FunctionCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arguments: &'a str,
}
