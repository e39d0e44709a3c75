//! A failed answer before its release: the verdict on it, and what the client would get of it.

use super::answer::{Answering, State};
use super::failure::Failure;
use super::first_cause::Words;
use super::headers::HeaderList;
use super::plan::{Outcome, Plan};
use super::reply::Reply;
use super::verdict::{Cause, Verdict, verdict};
use super::whole::empty;
use super::{AnswerStep, Release, Services};
use crate::chat::{Fault, Malformed, ProviderError};
use crate::contract::{AFTER_HEADER, RETRY_HEADER};
use crate::dialect::openai;

/// An answer that is a failure.
struct Failed {
    /// The provider's status, or the one that stands for what happened.
    status: u16,
    fault: Fault,
    /// What the client would get of it.
    reply: Reply,
    /// Whose words those are.
    words: Words,
}

impl Answering {
    pub(super) fn release_error(
        &mut self,
        plan: &mut Plan,
        body: &[u8],
        services: &dyn Services,
    ) -> AnswerStep {
        let why = match (self.status, self.encoded) {
            (200, true) => Some("it is in a coding that nobody asked for".to_owned()),
            (..400, _) => Some(format!("an unexpected status {}", self.status)),
            _ => None,
        };
        if let Some(why) = why {
            return self.fail(plan, &Malformed(why), services);
        }
        let redactor = &plan.gateway.redactor;
        let body = if self.encoded { &[] } else { body };
        let error = self.judged(self.dialect.read_error(self.status, body));
        note_refusal(&self.provider, &error);
        let failure = Failure::of_provider(&self.provider, &error);
        // The client's own dialect: the provider's bytes, if they are what they should be and may be told as they are.
        let keeps = self.dialect.translate().is_none()
            && failure.status() == self.status
            && openai::is_error_body(body)
            && !redactor.finds_in(body)
            && redactor.words(&error.message) == error.message;
        let reply = match keeps {
            true => Reply::json(self.status, body.to_vec()),
            false => failure.into_reply(redactor),
        };
        let failed = Failed { status: error.status, fault: error.fault, reply, words: Words::Theirs };
        self.judge(plan, failed, services)
    }

    /// The provider failed inside a 200.
    pub(super) fn fail_with(
        &mut self,
        plan: &mut Plan,
        error: &ProviderError,
        services: &dyn Services,
    ) -> AnswerStep {
        let error = self.judged(error.clone());
        let reply = Failure::of_provider(&self.provider, &error).into_reply(&plan.gateway.redactor);
        let failed = Failed { status: error.status, fault: error.fault, reply, words: Words::Theirs };
        self.judge(plan, failed, services)
    }

    /// The provider's filter refused inside a 200: `reply` is what the client would get of that.
    pub(super) fn refuse(&mut self, plan: &mut Plan, reply: Reply, services: &dyn Services) -> AnswerStep {
        let failed = Failed { status: self.status, fault: Fault::ContentFilter, reply, words: Words::Theirs };
        self.judge(plan, failed, services)
    }

    /// The answer is none.
    pub(super) fn fail(
        &mut self,
        plan: &mut Plan,
        malformed: &Malformed,
        services: &dyn Services,
    ) -> AnswerStep {
        let failure = Failure::of_malformed(&self.provider, malformed);
        let reply = failure.into_reply(&plan.gateway.redactor);
        let failed = Failed { status: 502, fault: Fault::Provider, reply, words: Words::Ours };
        self.judge(plan, failed, services)
    }

    fn judge(&mut self, plan: &mut Plan, mut failed: Failed, services: &dyn Services) -> AnswerStep {
        // Rate limits, request ids and the like are as useful with an error as without.
        for (name, value) in &self.head {
            let ours = matches!(name.as_str(), "content-type" | "content-length" | "content-encoding");
            if !ours && !plan.gateway.redactor.finds_in(value) {
                failed.reply = failed.reply.with(name, String::from_utf8_lossy(value));
            }
        }
        let (mark, target, reply) = self.decide(plan, failed, services);
        self.state = State::Draining;
        let mut headers = reply.header_list();
        headers.extend(mark);
        AnswerStep::Release(Release { headers, body: Some(reply.body), target, hold_body: false })
    }

    /// The verdict on a failure: the marks of another attempt, the cluster it asks, and what the client would get.
    fn decide(
        &mut self,
        plan: &mut Plan,
        failed: Failed,
        services: &dyn Services,
    ) -> (HeaderList, Option<String>, Reply) {
        let Failed { status, fault, reply, words } = failed;
        let reply = plan.dress(reply, Some(self.target));
        let cause = Cause { status, fault, retry_after: self.retry_after };
        plan.blames(self.target, cause, services);
        let chances = plan.chances_of(self.target, fault, services);
        let verdict = verdict(cause, &plan.route.retry, chances);
        let marked = |after: Option<u64>| {
            let after = after.map(|after| (AFTER_HEADER.to_owned(), after.to_string().into_bytes()));
            [(RETRY_HEADER.to_owned(), b"1".to_vec())].into_iter().chain(after).collect()
        };
        // The caller's own fault needs no keeping, nor does that of a credential: what comes after it is worse.
        if !matches!(fault, Fault::Caller | Fault::Credential) {
            plan.first_cause.keep(words, || reply.clone());
        }
        if fault == Fault::ContextLength {
            plan.too_small.push(self.model.clone());
        }
        let next = self.next(plan, verdict, services);
        match next {
            Some((cluster, after)) => {
                plan.outcome = Outcome::Marked;
                (marked(after), plan.rename(cluster), reply)
            }
            None => {
                plan.settle_for(Outcome::Given);
                (
                    HeaderList::new(),
                    None,
                    plan.first_cause.take().map_or(reply, |kept| plan.dress(kept, None)),
                )
            }
        }
    }

    /// The cluster of the attempt that a verdict leads to, and how many seconds Envoy is to wait before it.
    fn next(
        &self,
        plan: &mut Plan,
        verdict: Verdict,
        services: &dyn Services,
    ) -> Option<(String, Option<u64>)> {
        let after = match verdict {
            Verdict::Give => return None,
            Verdict::Next => {
                plan.cursor = self.target.saturating_add(1);
                return plan.settle(services).map(|cluster| (cluster, None));
            }
            Verdict::Again { after } => after,
            Verdict::OtherCredential => None,
        };
        plan.cursor = self.target;
        plan.targets.get(self.target).map(|target| (target.cluster(), after))
    }

    /// Headers alone have come. There is no body to write to, so the gateway position says what is to be said.
    pub(super) fn bodyless(&mut self, plan: &mut Plan, services: &dyn Services) -> AnswerStep {
        let failed = match self.status {
            400.. => {
                let error = self.judged(self.dialect.read_error(self.status, b""));
                let failure = Failure::of_provider(&self.provider, &error);
                let reply = failure.into_reply(&plan.gateway.redactor);
                Failed { status: error.status, fault: error.fault, reply, words: Words::Theirs }
            }
            _ => {
                let malformed = empty(&self.provider);
                let failure = Failure::of_malformed(&self.provider, &malformed);
                let reply = failure.into_reply(&plan.gateway.redactor);
                Failed { status: 502, fault: Fault::Provider, reply, words: Words::Ours }
            }
        };
        let (mark, target, reply) = self.decide(plan, failed, services);
        self.state = State::Passing;
        let mut headers = reply.header_list();
        headers.extend(mark);
        headers.retain(|(name, _)| name != "content-length" && name != "content-type");
        if plan.outcome == Outcome::Given {
            plan.settle_for(Outcome::Instead(reply));
        }
        AnswerStep::Release(Release { headers, body: None, target, hold_body: false })
    }
}

/// What a provider says of our credential is for the operator to read: clients are told that it is refused.
pub(super) fn note_refusal(provider: &str, error: &ProviderError) {
    if error.fault == Fault::Credential {
        log::warn!("{provider} refuses its credential: {}", error.message);
    }
}
