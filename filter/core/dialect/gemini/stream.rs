//! A streamed answer: every event is a whole response that holds what is new.
//!
//! The terminal event is a `finishReason`, but not the last: usage, and for newer models a bare `STOP` after a chunk
//! of calls, come later, and older models name a reason in every event. So the reason is held until the stream ends.

use super::answer::{Candidate, Response, UsageMetadata, is_said};
use super::error::ErrorWords;
use crate::dialect::ids::Ids;
use crate::dialect::{Arrival, Memo, Progress, ReadStream};
use crate::frame::Frame;
use crate::hub::json;
use crate::hub::{Answer, Delta, Finish, Kind, Malformed, ProviderError, Source};

/// Reads one stream.
#[derive(Debug)]
pub struct Reader {
    ids: Ids,
    memo: Memo,
    started: bool,
    choices: Vec<Choice>,
}

/// What is known of one alternative.
#[derive(Debug, Default)]
struct Choice {
    index: usize,
    calls: usize,
    /// How many blocks of thoughts have ended.
    blocks: usize,
    /// Whether one has begun since.
    thinking: bool,
    finish: Option<Finish>,
    /// Whether it has said anything.
    has_spoken: bool,
}

impl Reader {
    /// A reader for one stream.
    pub fn new(arrival: &Arrival<'_>) -> Self {
        let (ids, memo) = (Ids::new(arrival.stamp), arrival.memo.clone());
        Self { ids, memo, started: false, choices: Vec::new() }
    }

    fn candidate<'a>(&mut self, at: usize, candidate: Candidate<'a>, deltas: &mut Vec<Delta<'a>>) {
        let index = candidate.number(at);
        if index >= Answer::MOST_CHOICES {
            let why = format!("the provider answers with more than {} alternatives", Answer::MOST_CHOICES);
            return deltas.push(Delta::Error(ProviderError::new(502, why)));
        }
        let choice = choice(&mut self.choices, index);
        choice.finish = candidate.finish().or(choice.finish);
        let aborted = candidate.aborted();
        for part in candidate.content.and_then(|content| content.parts).unwrap_or_default() {
            part.read(&mut self.ids, &self.memo, |kind| choice.read(kind, deltas));
        }
        if let Some(logprobs) = candidate.logprobs.and_then(|logprobs| logprobs.write()) {
            deltas.push(Delta::Logprobs { choice: index, logprobs });
        }
        if let (Some(why), false) = (aborted, self.choices.iter().any(|choice| choice.has_spoken)) {
            deltas.push(Delta::Error(ProviderError::new(502, why)));
        }
    }
}

impl ReadStream for Reader {
    fn read<'a>(&mut self, event: &'a Frame<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed> {
        let Some(data) = event.data.as_deref().map(str::trim) else { return Ok(()) };
        if data == "[DONE]" {
            return Ok(());
        }
        if data.starts_with('[') {
            return match ErrorWords::read(data) {
                Some(words) => {
                    deltas.push(Delta::Error(words.in_stream()));
                    Ok(())
                }
                None => Err(Malformed("a list where an object is promised".to_owned())),
            };
        }
        let response: Response<'a> = json::read(data)?;
        if let Some(error) = response.error {
            deltas.push(Delta::Error(ErrorWords::of(error).in_stream()));
            return Ok(());
        }
        if !self.started {
            self.started = true;
            deltas.push(Delta::Start { id: response.id, model: response.model });
        }
        let candidates = response.candidates.unwrap_or_default();
        if candidates.is_empty() && response.feedback.is_some_and(|feedback| feedback.block_reason.is_some())
        {
            choice(&mut self.choices, 0).finish = Some(Finish::ContentFilter);
        }
        for (at, candidate) in candidates.into_iter().enumerate() {
            self.candidate(at, candidate, deltas);
        }
        deltas.extend(response.usage.as_ref().map(UsageMetadata::count).map(Delta::Usage));
        Ok(())
    }

    fn finish(&mut self, deltas: &mut Vec<Delta<'static>>) {
        self.choices.sort_unstable_by_key(|choice| choice.index);
        for choice in &self.choices {
            let Some(reason) = choice.finish else { continue };
            let reason = if choice.calls > 0 { Finish::ToolCalls } else { reason };
            deltas.push(Delta::Finish { choice: choice.index, reason });
        }
    }

    fn progress(&self) -> Progress {
        let ending = !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finish.is_some());
        if ending { Progress::Ending } else { Progress::Open }
    }
}

impl Choice {
    fn read<'a>(&mut self, kind: Kind<'a>, deltas: &mut Vec<Delta<'a>>) {
        let choice = self.index;
        self.has_spoken |= is_said(&kind);
        if self.thinking && !matches!(kind, Kind::Thinking { .. }) {
            self.end_block();
        }
        match kind {
            Kind::Thinking { text, signature } => {
                let block = self.blocks;
                self.thinking = true;
                if !text.is_empty() {
                    deltas.push(Delta::Thinking { choice, block, text });
                }
                if let Some(signature) = signature {
                    deltas.push(Delta::Signature { choice, block, signature });
                    self.end_block();
                }
            }
            Kind::Text { text, signature } => deltas.push(Delta::Text { choice, text, signature }),
            Kind::ToolCall { id, name, arguments, signature } => {
                let index = self.calls;
                self.calls = self.calls.saturating_add(1);
                deltas.push(Delta::ToolCall { choice, index, id, name, signature });
                deltas.push(Delta::ToolArguments { choice, index, fragment: arguments });
            }
            Kind::Image { source: Source::Url(url), .. } => deltas.push(Delta::Image { choice, url }),
            // Parts of answers are nothing else.
            _ => {}
        }
    }

    const fn end_block(&mut self) {
        self.thinking = false;
        self.blocks = self.blocks.saturating_add(1);
    }
}

/// The alternative of this number; there are at most [`Answer::MOST_CHOICES`].
fn choice(choices: &mut Vec<Choice>, index: usize) -> &mut Choice {
    let at = choices.iter().position(|choice| choice.index == index);
    let known = at.map(|at| choices.swap_remove(at));
    choices.push_mut(known.unwrap_or_else(|| Choice { index, ..Choice::default() }))
}
