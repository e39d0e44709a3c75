//! A stream on its way: held until it says something, let go event by event, its end held until it is known.

use super::answer::{Answering, State};
use super::plan::{Plan, SharedPlan};
use super::release::Leaving;
use super::reply::Reply;
use super::stream::{Opening, Source};
use super::whole::empty;
use super::{AnswerStep, Services};
use crate::chat::Malformed;

impl Answering {
    pub(super) fn open(
        &mut self,
        plan: &mut Plan,
        piece: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        let State::Opening { stream, out, altered } = &mut self.state else { return AnswerStep::Cut };
        let source = Source { provider: &self.provider, redactor: &plan.gateway.redactor };
        *altered |= stream.push(piece, source, out);
        if end {
            *altered |= stream.finish(source, out);
            self.broken = !stream.is_whole();
        }
        match std::mem::replace(stream.opening(), Opening::Answer) {
            Opening::Error(error) => self.fail_with(plan, &error, services),
            Opening::Refusal => {
                let out = std::mem::take(out);
                plan.usage = stream.usage();
                self.refuse(plan, Reply::stream(out), services)
            }
            Opening::Nothing if end => self.fail(plan, &empty(&self.provider), services),
            Opening::Nothing if stream.is_told() => {
                self.fail(plan, &Malformed("its stream is no stream of events".to_owned()), services)
            }
            Opening::Answer if self.broken => {
                self.fail(plan, &Malformed("its stream ended before its answer did".to_owned()), services)
            }
            Opening::Nothing => {
                *stream.opening() = Opening::Nothing;
                AnswerStep::Hold
            }
            Opening::Answer => self.let_go(plan, end, services),
        }
    }

    /// A stream that has begun to answer leaves, with what of it has come.
    fn let_go(&mut self, plan: &mut Plan, end: bool, services: &dyn Services) -> AnswerStep {
        let State::Opening { stream, out, altered } = std::mem::replace(&mut self.state, State::Passing)
        else {
            return AnswerStep::Cut;
        };
        plan.usage = stream.usage();
        let mut release = self.release(plan, Leaving::Stream, services);
        if !end && stream.is_ending() {
            plan.silence.hold_end(true);
            release.hold_body = true;
            release.body = Some(out.clone());
            self.state = State::Ending { stream, out };
        } else {
            release.body = altered.then_some(out);
            self.state = if end { State::Passing } else { State::Streaming(stream) };
        }
        AnswerStep::Release(release)
    }

    pub(super) fn stream(&mut self, plan: &mut Plan, piece: Vec<u8>, end: bool) -> AnswerStep {
        let State::Streaming(stream) = &mut self.state else { return AnswerStep::Cut };
        let source = Source { provider: &self.provider, redactor: &plan.gateway.redactor };
        let mut out = Vec::new();
        let mut altered = stream.push(piece, source, &mut out);
        if end {
            altered |= stream.finish(source, &mut out);
            self.broken = !stream.is_whole();
        }
        plan.usage = stream.usage();
        if !end && self.holds_end && stream.is_ending() {
            let State::Streaming(stream) = std::mem::replace(&mut self.state, State::Passing) else {
                return AnswerStep::Cut;
            };
            let held = out.clone();
            plan.silence.hold_end(true);
            self.state = State::Ending { stream, out };
            return AnswerStep::HoldAs(held);
        }
        match altered {
            true => AnswerStep::Replace(out),
            false => AnswerStep::Continue,
        }
    }

    pub(super) fn end(&mut self, plan: &mut Plan, piece: Vec<u8>, end: bool) -> AnswerStep {
        let State::Ending { stream, out } = &mut self.state else { return AnswerStep::Cut };
        let source = Source { provider: &self.provider, redactor: &plan.gateway.redactor };
        let length = out.len();
        stream.push(piece, source, out);
        if end {
            stream.finish(source, out);
            self.broken = !stream.is_whole();
        }
        plan.usage = stream.usage();
        let at_its_end = stream.is_at_its_end() || stream.is_ending() && out.len() == length;
        if !end && at_its_end {
            return AnswerStep::HoldAs(out.clone());
        }
        let out = std::mem::take(out);
        plan.silence.hold_end(false);
        // If it was not the end after all, this provider names it too early: nothing is held any more.
        self.holds_end = false;
        if let (State::Ending { stream, .. }, false) =
            (std::mem::replace(&mut self.state, State::Passing), end)
        {
            self.state = State::Streaming(stream);
        }
        AnswerStep::Replace(out)
    }

    /// Writes the end that a stream lacks, whose provider says no more. What it may say yet is swallowed.
    pub fn complete(&mut self, plan: &SharedPlan, services: &dyn Services) -> Option<Vec<u8>> {
        if !matches!(self.state, State::Ending { .. }) {
            return None;
        }
        let State::Ending { mut stream, mut out } = std::mem::replace(&mut self.state, State::Draining)
        else {
            return None;
        };
        plan.with(|plan| {
            stream.finish(Source { provider: &self.provider, redactor: &plan.gateway.redactor }, &mut out);
            plan.usage = stream.usage();
            plan.silence.hold_end(false);
            plan.ends(self.target, !stream.is_whole(), services);
            out
        })
    }
}
