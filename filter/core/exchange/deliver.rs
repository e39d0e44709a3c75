//! What reaches the client in the end: a provider's answer, ours, or Envoy's own in our shape; and what is told of it.

use std::rc::Rc;

use super::REQUEST_ID;
use super::Services;
use super::bill::{Bill, bill};
use super::excerpt::logged_name;
use super::failure::Failure;
use super::intake::{Exchange, State};
use super::queue::{Expected, Queue};
use super::record::{Outcome, Parting, Record};
use super::reply::Reply;
use super::store;
use super::trail::CLIENT_ID;
use crate::config::Logging;
use crate::gateway::Redactor;

/// What to do with the answer on its way to the client.
#[derive(Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing.
    Continue,
    /// Remove the marks that only Envoy was to see.
    Unmark,
    /// This goes to the client instead.
    Instead(Reply),
}

impl Exchange {
    /// The headers of an answer have come: a provider's, ours, or Envoy's own. `status` is asked for only where it
    /// matters.
    pub fn answer(&mut self, status: impl FnOnce() -> u16) -> Delivery {
        if std::mem::replace(&mut self.settled, true) {
            return Delivery::Continue;
        }
        let plan = match &self.state {
            State::Replied => return Delivery::Continue,
            State::Planned(plan) => plan,
            State::Fresh | State::Reading(_) | State::Asked(_) => return self.instead(status()),
        };
        let delivery = plan.with(|plan, queue| {
            let kept = |queue: &mut Queue| {
                let kept = queue.first_cause.take()?;
                Some(Delivery::Instead(queue.dress(plan, kept, None)))
            };
            match std::mem::take(&mut queue.expected) {
                Expected::Given => Some(Delivery::Continue),
                Expected::Instead(reply) => Some(Delivery::Instead(reply)),
                Expected::Marked => Some(kept(queue).unwrap_or(Delivery::Unmark)),
                Expected::Foreign => kept(queue),
            }
        });
        delivery.flatten().unwrap_or_else(|| self.instead(status()))
    }

    /// Whether the answer whose headers have come says what who counts for several gateways has answered.
    pub fn asks_store(&self) -> bool {
        self.gateway.store.is_some() && !self.settled && matches!(self.state, State::Planned(_))
    }

    /// It says nothing of that.
    pub fn misses_store(&self, services: &dyn Services) {
        if self.record.caller.as_deref().is_some_and(store::is_limited) {
            store::missed(&self.gateway, services.now());
        }
    }

    /// A piece of the answer leaves for the client.
    pub fn delivers(&mut self, piece: impl FnOnce() -> Vec<u8>) {
        if let Some(delivered) = &mut self.delivered {
            delivered.add(&piece());
        }
    }

    /// The exchange is over: what is told of it. How Envoy saw it end is asked for only where it matters.
    pub fn done(&mut self, parting: impl FnOnce() -> Parting, services: &dyn Services) -> Record {
        let mut record = std::mem::replace(&mut self.record, Record::new(self.gateway.logging));
        record.id.clone_from(&self.id);
        if let State::Planned(plan) = &self.state {
            plan.with(|plan, queue| {
                queue.close(plan, self.settled, services);
                record.route = Some(Rc::clone(&plan.route.name));
                record.attempts = std::mem::take(&mut queue.tried);
                record.cause = queue.cause.take().or(record.cause.take());
            });
        }
        record.bill = match self.charge.take() {
            Some(charge) => charge.settle(&self.gateway, &record.attempts, services),
            None if self.gateway.logging == Logging::None && self.gateway.store.is_none() => Bill::default(),
            None => bill(&self.gateway, &record.attempts, None),
        };
        if self.gateway.store.is_some() && !record.attempts.is_empty() {
            record.charges = store::charges(record.caller.as_deref(), record.bill.taken, services.random());
        }
        if self.gateway.logging != Logging::None {
            record.model = record.last().map(|last| logged_name(&last.model, &self.gateway.redactor));
        }
        record.outcome = Outcome::of(record.last().map(|last| last.came).unwrap_or_default(), parting);
        record.response = self.delivered.take().map(|delivered| delivered.text(self.redactor()));
        record
    }

    /// Knows every credential that may not be told.
    fn redactor(&self) -> &Redactor {
        match &self.state {
            State::Planned(plan) => plan.facts().redactor(),
            _ => &self.gateway.redactor,
        }
    }

    /// Envoy answered by itself: in the client's shape.
    fn instead(&mut self, status: u16) -> Delivery {
        let by_store = self.refusal_of_store(status);
        if let Some(failure) = &by_store {
            self.record.cause = failure.code().map(str::to_owned);
        }
        let failure = by_store.unwrap_or_else(|| self.of_envoy(status));
        let reply = failure.into_reply(self.client, self.redactor());
        let dressed = match &self.state {
            State::Planned(plan) => plan.with(|plan, queue| queue.dress(plan, reply.clone(), None)),
            _ => None,
        };
        Delivery::Instead(dressed.unwrap_or_else(|| self.named(reply)))
    }

    /// Envoy has refused this request for who counts for several gateways, which is asked before anybody else.
    fn refusal_of_store(&self, status: u16) -> Option<Failure> {
        let State::Planned(plan) = &self.state else { return None };
        let may_be = self.gateway.store.is_some() && plan.with(|_, queue| queue.tried.is_empty())?;
        if !may_be {
            return None;
        }
        store::refusal(status, self.record.caller.as_deref(), plan.facts().stamp.created)
    }

    /// Envoy's own answer of this status, in our words.
    fn of_envoy(&self, status: u16) -> Failure {
        match (status, &self.state) {
            (413, _) => too_large(self.gateway.max_request_bytes),
            (408, State::Reading(_) | State::Asked(_)) => {
                Failure::new(408, "request_timeout", "the request's body did not come in time")
            }
            (408 | 504, _) => Failure::new(504, "timeout", "the providers did not answer in time"),
            (503, _) => Failure::new(503, "no_target", "no provider could be reached"),
            (500 | 502, _) => Failure::new(502, "upstream_invalid", "a provider's answer could not be read"),
            (400..=499, _) => Failure::new(status, "invalid_value", "the request could not be read"),
            (_, _) => Failure::new(502, "upstream_invalid", "the gateway could not get an answer"),
        }
    }

    /// Our own answer, with the headers that all of ours have.
    pub(super) fn named(&self, reply: Reply) -> Reply {
        let reply = reply.with(REQUEST_ID, &*self.id);
        match &self.trail.request_id {
            Some(id) => reply.with(CLIENT_ID, &**id),
            None => reply,
        }
    }
}

/// The body is longer than it may be.
pub(super) fn too_large(limit: usize) -> Failure {
    Failure::new(
        413,
        "request_too_large",
        format!("the body is longer than the {limit} bytes that are allowed"),
    )
}
