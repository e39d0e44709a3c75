//! A failed answer before its release: the verdict on it, and what the client would get of it.

use std::rc::Rc;
use std::time::Duration;

use super::super::failure::Failure;
use super::super::first_cause::Words;
use super::super::headers::HeaderBlock;
use super::super::queue::Expected;
use super::super::reply::Reply;
use super::verdict::{Cause, RetryAfter, Verdict, verdict, whole_seconds};
use super::whole::empty;
use super::{Running, State, Step, Turn};
use crate::contract::{AFTER_HEADER, RETRY_HEADER};
use crate::hub::{Fault, Malformed, ProviderError};

/// An answer that is a failure.
struct Failed {
    /// The provider's status, or the one that stands for what happened.
    status: u16,
    fault: Fault,
    /// What the client would get of it.
    reply: Reply,
    /// Whose words those are.
    words: Words,
    /// How long its body says that the provider wants to be left alone.
    wait: Option<Duration>,
    /// What it is in a few words of ours.
    cause: String,
}

/// What a verdict makes of a failure.
struct Decided {
    /// What the client would get.
    reply: Reply,
    /// The attempt that is made instead, if one is.
    another: Option<Another>,
}

/// The attempt after this one.
struct Another {
    /// Its cluster.
    cluster: Rc<str>,
    /// How many seconds Envoy is to wait before it.
    after: Option<u64>,
}

impl Running {
    pub(super) fn release_error(&mut self, turn: &mut Turn<'_>, body: &[u8]) -> Step {
        let why = match (self.status, self.encoded) {
            (200, true) => Some("it is in a coding that nobody asked for".to_owned()),
            (..400, _) => Some(format!("an unexpected status {}", self.status)),
            _ => None,
        };
        if let Some(why) = why {
            return self.fail(turn, &Malformed(why));
        }
        let redactor = turn.plan.redactor();
        let body = if self.encoded { &[] } else { body };
        let error = self.read_error(body);
        note_refusal(self.provider(), &error);
        let mut failed = self.failed_with(turn, &error);
        // The client's own dialect: the provider's bytes, if they are what they should be and may be told as they are.
        let keeps = self.format.translator(turn.plan.client.format).is_none()
            && failed.reply.status == self.status
            && turn.plan.client.chat.is_error(body)
            && !redactor.finds_in(body)
            && redactor.words(&error.message) == error.message;
        if keeps {
            failed.reply = Reply::json(self.status, body.to_vec());
        }
        match self.refuses_count(turn, body).then(|| self.without_count(turn, &failed.reply)).flatten() {
            Some(step) => step,
            None => self.judge(turn, failed),
        }
    }

    /// Whether a provider refuses to be asked for a count of tokens, which was our wish and not the client's (Mistral:
    /// `extra_forbidden`, `stream_options`).
    fn refuses_count(&self, turn: &Turn<'_>, body: &[u8]) -> bool {
        let wish = turn.plan.count.as_ref().filter(|_| self.counts && matches!(self.status, 400 | 422));
        wish.is_some_and(|wish| body.windows(wish.member.len()).any(|part| part == wish.member.as_bytes()))
    }

    /// It is asked again without. `reply` is what the client gets if Envoy asks nobody again.
    fn without_count(&mut self, turn: &mut Turn<'_>, reply: &Reply) -> Option<Step> {
        self.asked.target.provider.refuses_count.set(true);
        let running = turn.queue.running.as_mut()?;
        // What was refused does not count.
        running.tried = running.tried.saturating_sub(1);
        let another =
            turn.queue.ask_again(turn.plan, turn.services).map(|cluster| Another { cluster, after: None });
        turn.queue.expected = Expected::Marked;
        self.report = None;
        self.state = State::Draining;
        Some(Step { body: Some(reply.body.clone()), ..marked(reply.header_block(), another) })
    }

    /// The provider failed inside a 200, with an error that was judged by what is known of the provider.
    pub(super) fn fail_with(&mut self, turn: &mut Turn<'_>, error: &ProviderError) -> Step {
        let failed = self.failed_with(turn, error);
        self.judge(turn, failed)
    }

    /// An answer that is passed over for this: `reply` is what the client would get of it.
    pub(super) fn pass_over(&mut self, turn: &mut Turn<'_>, fault: Fault, reply: Reply) -> Step {
        let what = if fault == Fault::Empty { "nothing" } else { "a refusal" };
        let cause = format!("{} answered with {what}", self.provider());
        let failed = Failed { status: self.status, fault, reply, words: Words::Theirs, wait: None, cause };
        self.judge(turn, failed)
    }

    /// The answer is none.
    pub(super) fn fail(&mut self, turn: &mut Turn<'_>, malformed: &Malformed) -> Step {
        let failed = self.failed(turn, malformed);
        self.judge(turn, failed)
    }

    /// Headers alone have come. There is no body to write to, so the gateway position says what is to be said.
    pub(super) fn bodyless(&mut self, turn: &mut Turn<'_>) -> Step {
        let failed = match self.status {
            400.. => self.failed_with(turn, &self.read_error(b"")),
            _ => self.failed(turn, &empty(self.provider())),
        };
        let Decided { reply, another } = self.decide(turn, failed);
        self.state = State::Passing;
        let of_body: [&[u8]; 2] = [b"content-length", b"content-type"];
        let headers = reply.header_block().iter().filter(|(name, _)| !of_body.contains(name)).collect();
        if another.is_none() {
            turn.queue.settle_for(Expected::Instead(reply));
        }
        marked(headers, another)
    }

    /// An error of the provider's, judged by what is known of it.
    pub(super) fn read_error(&self, body: &[u8]) -> ProviderError {
        self.asked.target.provider.judged(self.format.read_error(self.head(), body))
    }

    fn failed_with(&self, turn: &Turn<'_>, error: &ProviderError) -> Failed {
        let reply = turn.plan.reply(Failure::of_provider(self.provider(), error));
        let wait = error.wait();
        let cause = format!("{} answered with status {}", self.provider(), error.status);
        Failed { status: error.status, fault: error.fault, reply, words: Words::Theirs, wait, cause }
    }

    fn failed(&self, turn: &Turn<'_>, malformed: &Malformed) -> Failed {
        let reply = turn.plan.reply(Failure::of_malformed(self.provider(), malformed));
        let cause = format!("{} sent an answer that cannot be read", self.provider());
        Failed { status: 502, fault: Fault::Provider, reply, words: Words::Ours, wait: None, cause }
    }

    /// When the provider wants to be asked again, where its body says this of it: headers say more.
    fn asked_again(&self, by_body: Option<Duration>) -> Option<RetryAfter> {
        match self.retry_after {
            Some(RetryAfter::Wait(_)) => self.retry_after,
            later => by_body.map(RetryAfter::Wait).or(later),
        }
    }

    fn judge(&mut self, turn: &mut Turn<'_>, mut failed: Failed) -> Step {
        // Rate limits, request ids and the like are as useful with an error as without.
        for (name, value) in self.head.iter() {
            let ours = matches!(name, b"content-type" | b"content-length" | b"content-encoding");
            if !ours && !turn.plan.redactor().finds_in(value) {
                let [name, value] = [name, value].map(String::from_utf8_lossy);
                failed.reply = failed.reply.with(&name, value);
            }
        }
        if let (None, Some(RetryAfter::Wait(wait))) =
            (self.head.get("retry-after"), self.asked_again(failed.wait))
        {
            failed.reply = failed.reply.with("retry-after", whole_seconds(wait).to_string());
        }
        let Decided { reply, another } = self.decide(turn, failed);
        self.state = State::Draining;
        Step { body: Some(reply.body.clone()), ..marked(reply.header_block(), another) }
    }

    /// The verdict on a failure.
    fn decide(&mut self, turn: &mut Turn<'_>, failed: Failed) -> Decided {
        let Failed { status, fault, reply, words, wait, cause } = failed;
        turn.queue.cause.get_or_insert(cause);
        let reply = turn.queue.dress(turn.plan, reply, Some(&self.asked));
        let cause = Cause { status, fault, retry_after: self.asked_again(wait) };
        if let Some(report) = self.report.take() {
            report.blames(turn, cause);
        }
        let Turn { plan, queue, services } = turn;
        let verdict = verdict(cause, &plan.route.retry, queue.chances_of(fault, *services));
        // The caller's own fault needs no keeping, nor does that of a credential: what comes after it is worse.
        if !matches!(fault, Fault::Caller | Fault::Credential) {
            queue.first_cause.keep(words, || reply.clone());
        }
        if fault == Fault::ContextLength {
            queue.too_small.push(Rc::clone(&self.asked.model));
        }
        let another = match verdict {
            Verdict::Give => None,
            Verdict::Next => queue.move_on(plan, *services).map(|cluster| Another { cluster, after: None }),
            Verdict::Again { after } => {
                queue.ask_again(plan, *services).map(|cluster| Another { cluster, after })
            }
            Verdict::OtherCredential => {
                queue.ask_again(plan, *services).map(|cluster| Another { cluster, after: None })
            }
        };
        if another.is_some() {
            queue.expected = Expected::Marked;
            return Decided { reply, another };
        }
        queue.settle_for(Expected::Given);
        let kept = queue.first_cause.take();
        Decided { reply: kept.map_or(reply, |kept| queue.dress(plan, kept, None)), another }
    }
}

/// An answer with these headers, marked if another attempt is to be made instead.
fn marked(mut headers: HeaderBlock, another: Option<Another>) -> Step {
    let Some(Another { cluster, after }) = another else {
        return Step { headers: Some(headers), ..Step::go() };
    };
    headers.push(RETRY_HEADER, "1");
    if let Some(after) = after {
        headers.push_number(AFTER_HEADER, after);
    }
    Step { next: Some(cluster), headers: Some(headers), ..Step::go() }
}

/// What a provider says of our credential is for the operator to read: clients are told that it is refused.
pub(super) fn note_refusal(provider: &str, error: &ProviderError) {
    if error.fault == Fault::Credential {
        log::warn!("{provider} refuses its credential: {}", error.message);
    }
}
