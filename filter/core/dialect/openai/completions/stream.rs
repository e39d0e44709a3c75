//! A streamed answer, written for the client: chunks are like whole answers
//! (<https://platform.openai.com/docs/api-reference/completions/create>), and `[DONE]` is last.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::chunk::{ChunkHead, data_frame};
use super::super::error::write_spelled;
use super::{OBJECT, completion_id, finish_word, logprobs, spell};
use crate::dialect::{Streamed, WriteStream};
use crate::hub::{Delta, ErrorReport, Finish, Told};

/// Writes deltas as chunks: what is said, one `finish_reason` a choice, usage only if asked, `[DONE]` last.
#[derive(Debug)]
pub struct StreamWriter {
    head: ChunkHead,
    /// What every choice begins with.
    echo: Option<String>,
    told: Told,
    choices: BTreeMap<usize, State>,
    failed: bool,
}

/// How far a choice has come.
#[derive(Debug, Default)]
struct State {
    /// How many characters its tokens have that were told so far.
    offset: usize,
    finished: bool,
}

impl StreamWriter {
    /// A writer for one answer.
    pub fn new(wanted: Streamed<'_>) -> Self {
        Self {
            head: ChunkHead::new(
                OBJECT,
                completion_id(wanted.stamp),
                wanted.model,
                wanted.include_usage,
                wanted.stamp,
            ),
            echo: wanted.echo.map(str::to_owned),
            told: Told::default(),
            choices: BTreeMap::new(),
            failed: false,
        }
    }

    /// A choice, which begins if it has not.
    fn begin(&mut self, choice: usize, out: &mut Vec<u8>) -> &mut State {
        if !self.choices.contains_key(&choice)
            && let Some(echo) = &self.echo
        {
            self.head.chunk(&[Alternative { text: echo, ..Alternative::new(choice) }], out);
        }
        self.choices.entry(choice).or_default()
    }

    fn say(&mut self, choice: usize, text: &str, out: &mut Vec<u8>) {
        self.begin(choice, out);
        if !text.is_empty() {
            self.head.chunk(&[Alternative { text, ..Alternative::new(choice) }], out);
        }
    }
}

impl WriteStream for StreamWriter {
    fn write(&mut self, delta: Delta<'_>, out: &mut Vec<u8>) {
        match delta {
            Delta::Start { id, model } => self.head.start(id, model),
            Delta::Text { choice, text, .. } | Delta::Refusal { choice, text } => {
                self.say(choice, &text, out);
            }
            Delta::Logprobs { choice, logprobs: chats } => {
                let state = self.begin(choice, out);
                let written = logprobs::write(&chats, &mut state.offset);
                if let Some(logprobs) = written.and_then(|written| RawValue::from_string(written).ok()) {
                    let logprobs = Some(&*logprobs);
                    self.head.chunk(&[Alternative { logprobs, ..Alternative::new(choice) }], out);
                }
            }
            Delta::Finish { choice, reason } => self.finish(choice, reason, out),
            Delta::Usage(usage) => self.told.usage = Some(usage),
            Delta::Ping => out.extend_from_slice(b": ping\n\n"),
            Delta::Error(_) => self.failed = true,
            // There is no place for thoughts and images, and nothing calls.
            Delta::Thinking { choice, .. }
            | Delta::Signature { choice, .. }
            | Delta::RedactedThinking { choice, .. }
            | Delta::Image { choice, .. }
            | Delta::ToolCall { choice, .. }
            | Delta::ToolArguments { choice, .. } => {
                self.begin(choice, out);
            }
        }
    }

    fn is_whole(&self) -> bool {
        !self.choices.is_empty() && self.choices.values().all(|choice| choice.finished)
    }

    fn told(&self) -> Told {
        self.told
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.failed {
            self.head.end(self.told.usage, out);
        }
    }

    fn fail(&mut self, error: &ErrorReport, out: &mut Vec<u8>) {
        self.failed = true;
        data_frame(&write_spelled(error, spell), out);
    }
}

impl StreamWriter {
    fn finish(&mut self, choice: usize, reason: Finish, out: &mut Vec<u8>) {
        let state = self.begin(choice, out);
        if std::mem::replace(&mut state.finished, true) {
            return;
        }
        self.told.finish.get_or_insert(reason);
        let finish_reason = Some(finish_word(reason));
        self.head.chunk(&[Alternative { finish_reason, ..Alternative::new(choice) }], out);
    }
}

#[derive(Serialize)]
struct Alternative<'a> {
    text: &'a str,
    index: usize,
    logprobs: Option<&'a RawValue>,
    finish_reason: Option<&'static str>,
}

impl Alternative<'_> {
    const fn new(index: usize) -> Self {
        Self { text: "", index, logprobs: None, finish_reason: None }
    }
}
