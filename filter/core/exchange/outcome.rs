//! What an attempt tells of its target, for all requests that come after it.
//!
//! | how it ended | what of it is remembered |
//! |---|---|
//! | a whole answer, a stream that reached its end | an answer |
//! | 5xx, no connection, silence, a reset, an answer that cannot be read or breaks | a failure |
//! | 429 | the credential rests at this target: for as long as `Retry-After` says, else a second |
//! | 401, 402 | the credential rests at all targets of its provider, for as long as a breaker is open at most |
//! | 403 | the same at this target only: it may be the model that the credential is not good for |
//! | another 4xx, a refusal, a client that leaves, or that wished for less time than the route gives | nothing |
//!
//! Where the client names the model itself, after 429 and 403 the credential rests for that model only.
//!
//! While nothing is held against a target, its answers are only counted, and told every now and then
//! ([`crate::config::Tally`]).

use std::time::Duration;

use super::Services;
use super::candidate::Candidate;
use super::choice::measure;
use super::memory::{Contended, change};
use super::plan::Plan;
use super::verdict::{Cause, Chances, RetryAfter};
use crate::chat::Fault;
use crate::routing::{Answered, Ended, Health, Scope, Strategy};

/// How long a credential rests that was used too often, if the provider does not say.
const USUAL_REST: Duration = Duration::from_secs(1);

/// The longest rest: a provider that names a day is asked again now and then.
const LONGEST_REST: Duration = Duration::from_secs(3600);

impl Plan {
    /// The target has begun to answer by a stream; how that ends is not known yet.
    pub(super) fn begins(&self, index: usize, services: &dyn Services) {
        let Some(target) = self.targets.get(index).filter(|target| self.tells(target)) else { return };
        let (began, now) = (self.began, services.now());
        let told = change(services, &target.target.name, |health: &mut Health| health.begins(began, now));
        told.unwrap_or_else(Contended::warn);
    }

    /// The attempt at the target has ended, with an answer or with a failure that is the target's. Only the first word
    /// on an attempt counts.
    pub(super) fn ends(&mut self, index: usize, failed: bool, services: &dyn Services) {
        let Some(target) = self.targets.get(index) else { return };
        if std::mem::replace(&mut self.concluded, true) {
            return;
        }
        if !failed && !self.tells(target) {
            return target.target.tally.add();
        }
        let now = services.now();
        let answers = target.target.tally.take(now);
        let ended = Ended { failed, began: self.began, probe: target.probe, answers };
        let jitter = if failed { services.random() } else { 0 };
        let answered = Answered {
            measure: measure(self.wanted_stream),
            took: now.saturating_sub(self.began),
            output_tokens: self.usage.map(|usage| usage.completion),
        };
        let breaker = &self.route.breaker;
        let opened = change(services, &target.target.name, |health: &mut Health| {
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
        if let Some(target) = self.targets.get_mut(index) {
            target.clean &= !failed;
        }
    }

    /// Whether an answer is worth a word to the other workers.
    fn tells(&self, target: &Candidate) -> bool {
        let measured = matches!(self.route.strategy, Strategy::LeastLatency | Strategy::Cost);
        measured || !target.clean || target.target.tally.is_due(self.began)
    }

    /// The attempt at the target failed for this reason.
    pub(super) fn blames(&mut self, index: usize, cause: Cause, services: &dyn Services) {
        let longest = self.route.breaker.max_open;
        match cause.fault {
            Fault::Provider => self.ends(index, true, services),
            Fault::RateLimit => {
                let rest = match cause.retry_after {
                    Some(RetryAfter::Wait(wait)) => wait.min(LONGEST_REST),
                    Some(RetryAfter::Later) => longest,
                    None => USUAL_REST.min(longest),
                };
                self.rest(index, false, rest, services);
            }
            Fault::Credential => self.rest(index, cause.status != 403, longest, services),
            Fault::Caller | Fault::ContextLength | Fault::ContentFilter => self.concluded = true,
        }
    }

    /// Which chances are left after a failure of this kind, other than by connection. A credential that failed is not
    /// used again for this request where there is another.
    pub(super) fn chances_of(&mut self, index: usize, fault: Fault, services: &dyn Services) -> Chances {
        let chances = self.chances(index);
        let Some(target) = self.targets.get_mut(index) else { return chances };
        let spent = matches!(fault, Fault::Credential | Fault::RateLimit);
        let credential = spent && target.spend_credential(services, services.now());
        Chances { credential, ..chances }
    }

    /// The target's credential rests: at this target, or everywhere.
    fn rest(&mut self, index: usize, everywhere: bool, rest: Duration, services: &dyn Services) {
        self.concluded = true;
        let Some(target) = self.targets.get(index) else { return };
        let provider = target.provider();
        let credential = provider.credentials.get(target.credential).map_or(0, |credential| credential.id);
        let now = services.now();
        let until = now.saturating_add(rest);
        let (scope, names): (_, Vec<_>) = match everywhere {
            true => (Scope::ALL, self.gateway.targets_of(provider).collect()),
            false => (target.scope, vec![&target.target.name]),
        };
        for name in names {
            let told =
                change(services, name, |health: &mut Health| health.rest(credential, scope, now, until));
            told.unwrap_or_else(Contended::warn);
        }
    }
}
