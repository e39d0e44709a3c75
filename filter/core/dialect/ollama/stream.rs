//! A streamed answer, line by line: <https://docs.ollama.com/api/streaming>, <https://docs.ollama.com/api/errors>.
//!
//! | line | deltas |
//! |---|---|
//! | `message` | thoughts, text, images, calls with all their arguments; the start before what comes first |
//! | `logprobs` | log probabilities |
//! | `done` | usage, and finish or an error |
//! | `error` | an error |
//!
//! Without `done` the answer has broken off, whatever was said.

use super::answer::{Line, finish, logprobs};
use super::error;
use crate::dialect::ids::Ids;
use crate::dialect::{Progress, ReadStream, Stamp};
use crate::frame::Frame;
use crate::hub::json::{self, Number};
use crate::hub::{Delta, Kind, Malformed, ProviderError, Source};

/// Reads one stream.
#[derive(Debug)]
pub struct Reader {
    ids: Ids,
    started: bool,
    /// How many calls there were.
    calls: usize,
    /// How many blocks of thoughts have begun.
    blocks: usize,
    /// What came last was a thought.
    thinks: bool,
    finished: bool,
}

impl ReadStream for Reader {
    fn read<'a>(&mut self, frame: &'a Frame<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed> {
        let Some(data) = frame.data.as_deref().map(str::trim).filter(|data| !data.is_empty()) else {
            return Ok(());
        };
        if self.finished {
            return Ok(());
        }
        let mut line: Line<'a> = json::read(data)?;
        if line.error.is_some() {
            let status = line.status.and_then(Number::as_u64).and_then(|status| u16::try_from(status).ok());
            let status = status.filter(|status| (400..=599).contains(status)).unwrap_or(500);
            deltas.push(Delta::Error(error::read_error(status, data.as_bytes())));
            return Ok(());
        }
        let model = line.model.take();
        let first = deltas.len();
        self.line(line, deltas)?;
        let fails = deltas.iter().skip(first).any(|delta| matches!(delta, Delta::Error(_)));
        if !self.started && !fails && deltas.len() > first {
            self.started = true;
            deltas.insert(first, Delta::Start { id: None, model });
        }
        Ok(())
    }

    fn finish(&mut self, _deltas: &mut Vec<Delta<'static>>) {}

    fn progress(&self) -> Progress {
        if self.finished { Progress::Over } else { Progress::Open }
    }
}

impl Reader {
    /// A reader for one stream.
    pub const fn new(stamp: Stamp) -> Self {
        Self { ids: Ids::new(stamp), started: false, calls: 0, blocks: 0, thinks: false, finished: false }
    }

    fn line<'a>(&mut self, line: Line<'a>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed> {
        let usage = line.count();
        for part in line.message.map(|message| message.parts(&mut self.ids)).transpose()?.unwrap_or_default()
        {
            self.say(part, deltas);
        }
        let told = logprobs(line.logprobs.as_deref().unwrap_or_default());
        deltas.extend(told.map(|logprobs| Delta::Logprobs { choice: 0, logprobs }));
        if line.done != Some(true) {
            return Ok(());
        }
        self.finished = true;
        deltas.extend(usage.map(Delta::Usage));
        deltas.push(match finish(line.done_reason.as_deref(), self.calls > 0) {
            Ok(reason) => Delta::Finish { choice: 0, reason },
            Err(why) => Delta::Error(ProviderError::new(502, why)),
        });
        Ok(())
    }

    fn say<'a>(&mut self, part: Kind<'a>, deltas: &mut Vec<Delta<'a>>) {
        let thinks = matches!(part, Kind::Thinking { .. });
        if thinks && !self.thinks {
            self.blocks = self.blocks.saturating_add(1);
        }
        self.thinks = thinks;
        match part {
            Kind::Thinking { text, .. } => {
                deltas.push(Delta::Thinking { choice: 0, block: self.blocks.saturating_sub(1), text });
            }
            Kind::Text { text, .. } => deltas.push(Delta::Text { choice: 0, text, signature: None }),
            Kind::Image { source: Source::Url(url), .. } => deltas.push(Delta::Image { choice: 0, url }),
            Kind::ToolCall { id, name, arguments, .. } => {
                let index = self.calls;
                self.calls = self.calls.saturating_add(1);
                deltas.push(Delta::ToolCall { choice: 0, index, id, name, signature: None });
                deltas.push(Delta::ToolArguments { choice: 0, index, fragment: arguments });
            }
            _ => {}
        }
    }
}
