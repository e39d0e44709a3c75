//! What an attempt tells of its target, for all requests that come after it: once, by giving its [`Report`] away.
//!
//! | how it ended | what of it is remembered |
//! |---|---|
//! | a whole answer, a stream that reached its end | an answer |
//! | 5xx, no connection, silence, a reset, an answer that cannot be read or breaks, or says nothing where that counts | a failure |
//! | 429 | the credential rests at this target: for as long as `Retry-After` says, else a second |
//! | 401, 402 | the credential rests at all targets of its provider, for as long as a breaker is open at most |
//! | 401 to a token that was fetched | the token is dropped, in this worker, and another is fetched |
//! | 403 | the same at this target only: it may be the model that the credential is not good for |
//! | another 4xx, a refusal, a client that leaves, or that wished for less time than the route gives | nothing |
//!
//! Where the client names the model itself, after 429 and 403 the credential rests for that model only.
//!
//! While nothing is held against a target, its answers are only counted, and told every now and then
//! ([`crate::gateway::Tally`]).

use std::time::Duration;

use super::super::candidate::Candidate;
use super::super::choice::measure;
use super::super::memory::{Contended, change};
use super::super::plan::Plan;
use super::super::queue::Queue;
use super::Turn;
use super::verdict::{Cause, RetryAfter};
use crate::hub::Fault;
use crate::routing::{Answered, Ended, Health, Scope, Strategy};

/// How long a credential rests that was used too often, if the provider does not say.
const USUAL_REST: Duration = Duration::from_secs(1);

/// The longest rest: a provider that names a day is asked again now and then.
const LONGEST_REST: Duration = Duration::from_secs(3600);

/// What is still to be told of an attempt. Whoever has it has not told it yet.
#[derive(Debug)]
pub(super) struct Report {
    /// When the attempt began.
    pub began: Duration,
}

impl Report {
    /// The target has begun to answer by a stream; how that ends is not known yet.
    pub fn begins(&self, turn: &Turn<'_>) {
        let Some(target) = &turn.queue.running else { return };
        if !self.is_told(turn.plan, target) {
            return;
        }
        let (began, now) = (self.began, turn.services.now());
        let told =
            change(turn.services, &target.target.name, |health: &mut Health| health.begins(began, now));
        told.unwrap_or_else(Contended::warn);
    }

    /// The attempt has ended, with an answer or with a failure that is the target's.
    pub fn ends(self, turn: &mut Turn<'_>, failed: bool) {
        let Turn { plan, queue, services } = turn;
        let Queue { running: Some(target), tried, .. } = &mut **queue else { return };
        if !failed && !self.is_told(plan, target) {
            return target.target.tally.add();
        }
        let now = services.now();
        let answers = target.target.tally.take(now);
        let ended = Ended { failed, began: self.began, probe: target.probe, answers };
        let jitter = if failed { services.random() } else { 0 };
        let answered = Answered {
            measure: measure(plan.wanted_stream),
            took: now.saturating_sub(self.began),
            output_tokens: tried.last().and_then(|tried| tried.told.usage).map(|usage| usage.completion),
        };
        let breaker = &plan.route.breaker;
        let opened = change(*services, &target.target.name, |health: &mut Health| {
            health.ends(ended, answered, breaker, now, jitter)
        });
        match opened {
            Ok(Some(time)) => {
                log::warn!("{} fails and is asked last for {:.1} s", target.target.name, time.as_secs_f64());
            }
            Ok(None) => {}
            Err(lost) => {
                target.target.tally.put_back(answers);
                lost.warn();
            }
        }
        target.clean &= !failed;
    }

    /// The attempt failed for this reason.
    pub fn blames(self, turn: &mut Turn<'_>, cause: Cause) {
        let longest = turn.plan.route.breaker.max_open;
        match cause.fault {
            Fault::Provider | Fault::Empty => self.ends(turn, true),
            Fault::RateLimit => {
                let rest = match cause.retry_after {
                    Some(RetryAfter::Wait(wait)) => wait.min(LONGEST_REST),
                    Some(RetryAfter::Later) => longest,
                    None => USUAL_REST.min(longest),
                };
                rest_credential(turn, false, rest);
            }
            Fault::Credential if cause.status == 401 && self.drops_token(turn) => {}
            Fault::Credential => rest_credential(turn, cause.status != 403, longest),
            Fault::Caller | Fault::ContextLength | Fault::ContentFilter => {}
        }
    }

    /// Whether what was refused is a token, of which there will be another.
    fn drops_token(&self, turn: &Turn<'_>) -> bool {
        let target = turn.queue.running.as_ref();
        target.is_some_and(|target| target.provider().drops_token(self.began, turn.services.now()))
    }

    /// Whether an answer is worth a word to the other workers.
    fn is_told(&self, plan: &Plan, target: &Candidate) -> bool {
        let measured = matches!(plan.route.strategy, Strategy::LeastLatency | Strategy::Cost);
        measured || !target.clean || target.target.tally.is_due(self.began)
    }
}

/// The running target's credential rests: at this target, or everywhere.
fn rest_credential(turn: &Turn<'_>, everywhere: bool, rest: Duration) {
    let Some(target) = &turn.queue.running else { return };
    let provider = target.provider();
    let credential = provider.credentials.get(target.credential).map_or(0, |credential| credential.id);
    let now = turn.services.now();
    let until = now.saturating_add(rest);
    let (scope, names): (_, Vec<_>) = match everywhere {
        true => (Scope::ALL, turn.plan.gateway.targets_of(provider).collect()),
        false => (target.scope, vec![&target.target.name]),
    };
    for name in names {
        let told =
            change(turn.services, name, |health: &mut Health| health.rest(credential, scope, now, until));
        told.unwrap_or_else(Contended::warn);
    }
}
