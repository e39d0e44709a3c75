//! A whole answer on its way: of the client's own dialect, which passes, or of another, which is held and translated.

use super::answer::{Answering, State};
use super::plan::Plan;
use super::release::Leaving;
use super::reply::Reply;
use super::{AnswerStep, Services};
use crate::chat::Malformed;
use crate::dialect::openai::{self, Beginning, Utterance};

/// The most of an answer that is kept to read its token count.
const MAX_COUNTED_BYTES: usize = 1024 * 1024;

impl Answering {
    /// A whole answer of the client's dialect, as far as it has come: nothing of it has left.
    pub(super) fn begin(
        &mut self,
        plan: &mut Plan,
        start: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        match openai::beginning(&start) {
            Beginning::Answer => self.let_through(plan, start, end, services),
            Beginning::Foreign => self.fail(plan, &Malformed("it is not JSON".to_owned()), services),
            Beginning::Unclear if start.trim_ascii().is_empty() && end => {
                self.fail(plan, &empty(&self.provider), services)
            }
            Beginning::Error | Beginning::Unclear if end => self.release_answer(plan, &start, services),
            Beginning::Error => {
                self.state = State::Answer(start);
                AnswerStep::Hold
            }
            Beginning::Unclear => {
                self.state = State::FirstByte(start);
                AnswerStep::Hold
            }
        }
    }

    /// A whole answer of the client's dialect leaves as it comes.
    pub(super) fn let_through(
        &mut self,
        plan: &mut Plan,
        piece: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        let release = self.release(plan, Leaving::AsItIs, services);
        self.state = State::Passing;
        if plan.counts_tokens() {
            self.state = State::Counting(Vec::new());
            let _ = self.count(plan, piece, end);
        }
        AnswerStep::Release(release)
    }

    pub(super) fn count(&mut self, plan: &mut Plan, mut piece: Vec<u8>, end: bool) -> AnswerStep {
        let State::Counting(body) = &mut self.state else { return AnswerStep::Continue };
        let short = body.len().saturating_add(piece.len()) <= MAX_COUNTED_BYTES;
        if short {
            body.append(&mut piece);
        }
        if short && end {
            plan.usage = std::str::from_utf8(body).ok().and_then(openai::answer_usage);
        }
        if end || !short {
            self.state = State::Passing;
        }
        AnswerStep::Continue
    }

    pub(super) fn release_answer(
        &mut self,
        plan: &mut Plan,
        body: &[u8],
        services: &dyn Services,
    ) -> AnswerStep {
        let Some(translate) = self.dialect.translate() else { return self.release_own(plan, body, services) };
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()));
        match text.and_then(|text| translate.read_answer(text, plan.stamp)) {
            Ok(answer) => {
                plan.usage = answer.usage;
                let body = openai::write_answer(&answer, &self.model, plan.stamp);
                if answer.is_refusal() && plan.outlives_refusal(self.target) {
                    return self.refuse(plan, Reply::json(self.status, body), services);
                }
                self.state = State::Draining;
                AnswerStep::Release(self.release(plan, Leaving::Whole(body), services))
            }
            Err(malformed) => self.fail(plan, &malformed, services),
        }
    }

    /// A whole answer of the client's dialect that was held because it might have been a refusal, or an error.
    pub(super) fn release_own(
        &mut self,
        plan: &mut Plan,
        body: &[u8],
        services: &dyn Services,
    ) -> AnswerStep {
        let text = match std::str::from_utf8(body) {
            Ok(text) if text.trim_start().starts_with('{') => text,
            _ => return self.fail(plan, &Malformed("it is not JSON".to_owned()), services),
        };
        if let Some(error) = openai::answer_error(text) {
            return self.fail_with(plan, &error, services);
        }
        plan.usage = openai::answer_usage(text);
        if plan.outlives_refusal(self.target) && openai::answer_utterance(text) == Utterance::Refusal {
            return self.refuse(plan, Reply::json(self.status, body.to_vec()), services);
        }
        self.state = State::Passing;
        AnswerStep::Release(self.release(plan, Leaving::AsItIs, services))
    }
}

pub(super) fn empty(provider: &str) -> Malformed {
    Malformed(format!("{provider} sent nothing"))
}
