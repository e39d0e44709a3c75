//! A whole answer on its way: of the client's own dialect, which passes once it is seen to be one, or of another, which
//! is held and translated.

use super::answer::{Answering, State};
use super::judging::note_refusal;
use super::plan::Plan;
use super::release::Leaving;
use super::reply::Reply;
use super::{AnswerStep, Services};
use crate::chat::Malformed;
use crate::config::Screen;
use crate::dialect::openai::{self, NoAnswer, Outline, Sight, Utterance};

/// The most of an answer that is kept to read its token count.
const MAX_COUNTED_BYTES: usize = 1024 * 1024;

/// The most of an answer that is held: a shorter one leaves when all of it is there, so that one that breaks off can
/// still be asked of another target; a longer one once it has shown that it is an answer. One that has not shown it by
/// then is held to its end, as one of another dialect is.
const MAX_BEGINNING_BYTES: usize = 64 * 1024;

/// A whole answer that was let go, followed to its end.
#[derive(Debug)]
pub(super) struct Following {
    outline: Outline,
    screen: Screen,
    /// What has come, where somebody wants to know its tokens.
    counted: Option<Vec<u8>>,
}

impl Answering {
    /// A whole answer of the client's dialect, of which nothing has left.
    pub(super) fn begin(
        &mut self,
        plan: &mut Plan,
        piece: &[u8],
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        let State::Beginning { outline, body } = &mut self.state else { return AnswerStep::Cut };
        outline.push(piece);
        body.extend_from_slice(piece);
        let leaves = outline.is_whole() || !end && body.len() > MAX_BEGINNING_BYTES;
        match outline.sight() {
            Sight::Answer if leaves => {
                let (outline, body) = (std::mem::take(outline), std::mem::take(body));
                self.let_through(plan, outline, &body, end, services)
            }
            Sight::Foreign => self.fail(plan, &Malformed("it is not JSON".to_owned()), services),
            Sight::Unclear if end && body.trim_ascii().is_empty() => {
                self.fail(plan, &empty(&self.provider), services)
            }
            _ if end => {
                let body = std::mem::take(body);
                self.release_answer(plan, &body, services)
            }
            _ => {
                if body.len() > MAX_BEGINNING_BYTES {
                    self.state = State::Answer(std::mem::take(body));
                }
                AnswerStep::Hold
            }
        }
    }

    /// A whole answer of the client's dialect leaves as it comes.
    fn let_through(
        &mut self,
        plan: &mut Plan,
        outline: Outline,
        body: &[u8],
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        if outline.is_whole() && std::str::from_utf8(body).is_err() {
            return self.fail(plan, &Malformed("it is not UTF-8".to_owned()), services);
        }
        let counted = plan.counts_tokens().then(Vec::new);
        let mut following = Following { outline, screen: Screen::default(), counted };
        let mut release = self.release(plan, Leaving::AsItIs, services);
        release.body = following.screen.pass(&plan.gateway.redactor, body, end);
        following.count(plan, body, end);
        self.state = State::Following(Box::new(following));
        AnswerStep::Release(release)
    }

    /// The next piece of it.
    pub(super) fn follow(&mut self, plan: &mut Plan, piece: &[u8], end: bool) -> AnswerStep {
        let State::Following(following) = &mut self.state else { return AnswerStep::Cut };
        following.outline.push(piece);
        let broken = following.outline.sight() != Sight::Answer || end && !following.outline.is_whole();
        if broken {
            log::warn!("{} broke off an answer or sent what is none; its client was cut off", self.provider);
            self.broken = true;
            self.state = State::Draining;
            return AnswerStep::Cut;
        }
        following.count(plan, piece, end);
        match following.screen.pass(&plan.gateway.redactor, piece, end) {
            Some(screened) => AnswerStep::Replace(screened),
            None => AnswerStep::Continue,
        }
    }

    pub(super) fn release_answer(
        &mut self,
        plan: &mut Plan,
        body: &[u8],
        services: &dyn Services,
    ) -> AnswerStep {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()));
        let text = match text {
            Ok(text) => text,
            Err(malformed) => return self.fail(plan, &malformed, services),
        };
        let Some(translate) = self.dialect.translate() else { return self.release_own(plan, text, services) };
        match translate.read_answer(text, plan.stamp) {
            Ok(answer) => {
                plan.usage = answer.usage;
                let mut body = openai::write_answer(&answer, &self.model, plan.stamp);
                plan.gateway.redactor.mask(&mut body);
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
    fn release_own(&mut self, plan: &mut Plan, text: &str, services: &dyn Services) -> AnswerStep {
        let mended = self.mending().and_then(|quirks| openai::mend(text, &quirks));
        let text = mended.as_deref().unwrap_or(text);
        match openai::read_whole(text) {
            Ok(usage) => plan.usage = usage,
            Err(NoAnswer::Error(error)) => {
                note_refusal(&self.provider, &error);
                return self.fail_with(plan, &error, services);
            }
            Err(NoAnswer::Malformed(malformed)) => return self.fail(plan, &malformed, services),
        }
        let mut body = text.as_bytes().to_vec();
        let masked = plan.gateway.redactor.mask(&mut body);
        if plan.outlives_refusal(self.target) && openai::answer_utterance(text) == Utterance::Refusal {
            return self.refuse(plan, Reply::json(self.status, body), services);
        }
        if mended.is_some() {
            self.state = State::Draining;
            return AnswerStep::Release(self.release(plan, Leaving::Whole(body), services));
        }
        self.state = State::Passing;
        let mut release = self.release(plan, Leaving::AsItIs, services);
        release.body = masked.then_some(body);
        AnswerStep::Release(release)
    }
}

impl Following {
    /// Keeps a piece to count its tokens, and counts them at the end. A longer answer is not counted.
    fn count(&mut self, plan: &mut Plan, piece: &[u8], end: bool) {
        let Some(body) = &mut self.counted else { return };
        if body.len().saturating_add(piece.len()) > MAX_COUNTED_BYTES {
            self.counted = None;
            return;
        }
        body.extend_from_slice(piece);
        if end {
            plan.usage = std::str::from_utf8(body).ok().and_then(openai::answer_usage);
        }
    }
}

pub(super) fn empty(provider: &str) -> Malformed {
    Malformed(format!("{provider} sent nothing"))
}
