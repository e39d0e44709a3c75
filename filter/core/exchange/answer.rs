//! An upstream answer: held until there is a verdict on it, then released in the client's format.
//!
//! Headers can be changed, and another target asked, only while they are held. So an error is held to the end of its
//! body, a whole answer to its end (a long one of the client's own dialect: until it has shown that it is one), and a
//! stream to its first event that is neither comment nor ping. From then on a failure can only be told inside the answer.
//!
//! Here is the way of every answer. What is done with one that is `whole`, with one that is `streaming`, with one that
//! failed (`judging`) and with one for which there is no memory (`overflow`) has a file of its own; `release` says how
//! an answer leaves.

use super::headers::{HeaderList, Headers};
use super::plan::{Plan, SharedPlan};
use super::release::client_headers;
use super::stream::{Passage, Stream, Translation, Wanted};
use super::verdict::{RetryAfter, retry_after};
use super::whole::Following;
use super::{AnswerStep, Services};
use crate::chat::Dropped;
use crate::dialect::Dialect;
use crate::dialect::openai::Outline;

/// The most of an error's body that is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The answer of one attempt.
#[derive(Debug)]
pub(super) struct Answering {
    pub(super) target: usize,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) dialect: Dialect,
    pub(super) dropped: Dropped,
    pub(super) head: HeaderList,
    pub(super) status: u16,
    pub(super) retry_after: Option<RetryAfter>,
    /// The last piece of a stream is held until it is known how the stream ends: trailers take nothing after it.
    pub(super) holds_end: bool,
    /// Its body is in a coding that nobody asked for, and cannot be read.
    pub(super) encoded: bool,
    /// It ended before it was complete.
    pub(super) broken: bool,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// No headers yet.
    Waiting,
    /// Held: an error.
    Error(Vec<u8>),
    /// Held: a whole answer of another dialect, or one of the client's that has not shown that it is one.
    Answer(Vec<u8>),
    /// Held: a whole answer of the client's dialect, until it is clear that it is one.
    Beginning { outline: Outline, body: Vec<u8> },
    /// Held: a stream, and what of it may leave.
    Opening { stream: Stream, out: Vec<u8>, altered: bool },
    /// Released: a stream.
    Streaming(Stream),
    /// Released, but its end is held until it is known how the stream ends.
    Ending { stream: Stream, out: Vec<u8> },
    /// Released as it is, and followed to its end.
    Following(Box<Following>),
    /// Released as it is, and only counted.
    Carried,
    /// Released, or replaced: nothing that follows matters.
    Passing,
    /// Replaced: what follows is swallowed.
    Draining,
}

impl Answering {
    /// The answer that the target at `target` will give.
    pub(super) fn new(plan: &Plan, target: usize, dropped: Dropped) -> Self {
        let candidate = plan.targets.get(target);
        Self {
            target,
            provider: candidate.map(|target| target.provider().name.clone()).unwrap_or_default(),
            model: candidate.map(|target| target.model.clone()).unwrap_or_default(),
            dialect: candidate.map_or(Dialect::OpenAi, |target| target.provider().row.dialect),
            dropped,
            head: Vec::new(),
            status: 0,
            retry_after: None,
            holds_end: true,
            encoded: false,
            broken: false,
            state: State::Waiting,
        }
    }

    /// Whether there was a verdict: nothing that happens now leads to another attempt.
    pub const fn is_judged(&self) -> bool {
        matches!(
            self.state,
            State::Streaming(_)
                | State::Ending { .. }
                | State::Following(_)
                | State::Carried
                | State::Passing
                | State::Draining
        )
    }

    /// Whether headers have come.
    pub const fn has_begun(&self) -> bool {
        !matches!(self.state, State::Waiting)
    }

    /// Whether the bytes of the next piece are needed.
    pub const fn reads(&self) -> bool {
        !matches!(self.state, State::Passing | State::Draining | State::Waiting)
    }

    /// Headers have come; `end` if that is all.
    pub fn headers(
        &mut self,
        plan: &SharedPlan,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        plan.with(|plan| self.on_headers(plan, headers, end, services)).unwrap_or(AnswerStep::Cut)
    }

    /// A piece of the body has come: what was not seen before. `end` if it is the last.
    pub fn body(
        &mut self,
        plan: &SharedPlan,
        piece: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        let step = plan.with(|plan| {
            match end {
                true => plan.silence.end(),
                false => plan.silence.break_off(piece.len()),
            }
            let step = match self.overflows(piece.len(), services) {
                true => self.give_up(plan),
                false => self.on_body(plan, piece, end, services),
            };
            if end {
                plan.ends(self.target, self.broken, services);
            }
            step
        });
        step.unwrap_or(AnswerStep::Cut)
    }

    /// Trailers have come: the body is over without a last piece.
    pub fn trailers(&mut self, plan: &SharedPlan, services: &dyn Services) -> AnswerStep {
        match &self.state {
            State::Waiting | State::Streaming(_) | State::Passing | State::Draining => {}
            _ => return self.body(plan, Vec::new(), true, services),
        }
        // Nothing can be added any more to what was let go, and its end may not have been seen.
        let told = !matches!(&self.state, State::Streaming(stream) if !stream.is_told());
        plan.with(|plan| plan.ends(self.target, !told, services));
        match told {
            true => AnswerStep::Continue,
            false => AnswerStep::Cut,
        }
    }

    fn on_headers(
        &mut self,
        plan: &mut Plan,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        self.status = headers.number(":status").and_then(|status| u16::try_from(status).ok()).unwrap_or(502);
        if let Some(tried) = plan.tried.last_mut() {
            tried.status = Some(self.status);
        }
        let now = || services.now();
        self.retry_after = retry_after(headers.text("retry-after-ms"), headers.text("retry-after"), now);
        self.head = client_headers(headers, &plan.gateway.redactor);
        self.encoded = headers.text("content-encoding").is_some_and(|coding| coding != "identity");
        let json = headers.text("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        let wanted = Wanted { spoken: plan.outlives_refusal(self.target), ..plan.wanted };
        if let Some(step) = self.carry(plan, headers, end, services) {
            return step;
        }
        self.state = match (self.status, plan.wanted_stream && !json, self.dialect.translate()) {
            _ if self.encoded => State::Error(Vec::new()),
            (200, true, None) => opening(Stream::Passage(Box::new(Passage::new(wanted)))),
            (200, true, Some(translate)) => {
                let translation = Translation::new(translate, &self.model, wanted, plan.stamp);
                opening(Stream::Translation(Box::new(translation)))
            }
            (200, false, None) if !wanted.spoken => {
                State::Beginning { outline: Outline::default(), body: Vec::new() }
            }
            (200, false, _) => State::Answer(Vec::new()),
            _ => State::Error(Vec::new()),
        };
        match end {
            true => self.bodyless(plan, services),
            false => AnswerStep::Hold,
        }
    }

    fn on_body(
        &mut self,
        plan: &mut Plan,
        mut piece: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        match &mut self.state {
            State::Waiting | State::Carried | State::Passing => AnswerStep::Continue,
            State::Draining => AnswerStep::Replace(Vec::new()),
            State::Error(body) => {
                body.append(&mut piece);
                if !end && body.len() < MAX_ERROR_BYTES {
                    return AnswerStep::Hold;
                }
                let body = std::mem::take(body);
                self.release_error(plan, &body, services)
            }
            State::Beginning { .. } => self.begin(plan, &piece, end, services),
            State::Following(_) => self.follow(plan, &piece, end),
            State::Answer(body) => {
                body.append(&mut piece);
                if !end {
                    return AnswerStep::Hold;
                }
                let body = std::mem::take(body);
                self.release_answer(plan, &body, services)
            }
            State::Opening { .. } => self.open(plan, piece, end, services),
            State::Streaming(_) => self.stream(plan, piece, end),
            State::Ending { .. } => self.end(plan, piece, end),
        }
    }
}

const fn opening(stream: Stream) -> State {
    State::Opening { stream, out: Vec::new(), altered: false }
}
