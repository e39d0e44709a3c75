//! The gateway position: one client request, from its headers to its plan, and what reaches the client in the end.

use std::rc::Rc;

use super::choice::Asked;
use super::envelope::Envelope;
use super::failure::Failure;
use super::headers::{HeaderList, Headers};
use super::plan::{Outcome, Plan, Record, SharedPlan, Variant};
use super::reply::Reply;
use super::steering::Steering;
use super::surface::Surface;
use super::{Services, contract_headers};
use crate::config::{Gateway, Logging};
use crate::contract::route_key;
use crate::provider::ROWS;

/// One client request.
#[derive(Debug)]
pub struct Request {
    gateway: Rc<Gateway>,
    id: String,
    state: State,
    /// The model that the client named, once the body is read.
    model: Option<String>,
    /// What the client gets was decided; our own reply passes here once more.
    settled: bool,
}

#[derive(Debug)]
enum State {
    /// Nothing was decided.
    Fresh,
    /// The body is being read.
    Reading(Kept),
    /// It is with the providers.
    Planned(SharedPlan),
    /// We answered ourselves.
    Replied,
}

/// What of the client's headers matters once the body has come.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Those that some vendor wants.
    pub forwarded: HeaderList,
    /// Those that decide where it goes.
    pub asked: Asked,
    /// The names of those that would give Envoy's router orders.
    orders: Vec<String>,
}

/// What to do with a request.
#[derive(Debug)]
pub enum RequestStep {
    /// Wait for the whole body.
    Wait,
    /// Answer it.
    Reply(Reply),
    /// Send it to the first target.
    Forward(Forward),
}

/// How a request goes to its first target.
#[derive(Debug)]
pub struct Forward {
    /// The plan, for the attempts.
    pub plan: SharedPlan,
    /// Headers of the client that would give the router orders. Providers see none of the client's headers at all:
    /// every attempt writes its own.
    pub remove: Vec<String>,
    /// Headers that tell the router how often and how long to try.
    pub headers: [(&'static str, String); 2],
    /// The cluster of the first attempt.
    pub target: String,
    /// The Envoy route.
    pub route: String,
}

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

impl Request {
    /// A request that has just come.
    pub fn new(gateway: Rc<Gateway>, services: &dyn Services) -> Self {
        let id = format!("{:016x}{:016x}", services.random(), services.random());
        Self { gateway, id, state: State::Fresh, model: None, settled: false }
    }

    /// Whether bodies are logged.
    pub fn logs_bodies(&self) -> bool {
        self.gateway.logging == Logging::Full
    }

    /// The longest body that is read, in bytes.
    pub fn max_bytes(&self) -> usize {
        self.gateway.max_request_bytes
    }

    /// Its headers have come; `end` if there is no body.
    pub fn headers(&mut self, headers: Headers<'_>, end: bool, services: &dyn Services) -> RequestStep {
        let text = |name: &str| String::from_utf8_lossy(headers.get(name).unwrap_or_default());
        let surface = match Surface::find(&text(":method"), &text(":path")) {
            Ok(surface) => surface,
            Err(reply) => return self.reply(reply),
        };
        if let Some(reply) = surface.answer(&self.gateway, services) {
            return self.reply(reply);
        }
        let declared = headers.number("content-length").and_then(|length| usize::try_from(length).ok());
        if declared.is_some_and(|length| length > self.max_bytes()) {
            return self.too_large();
        }
        let encoding = text("content-encoding");
        if !matches!(encoding.as_ref(), "" | "identity") {
            let message =
                format!("a body with content-encoding {encoding:?} cannot be read; send it as it is");
            return self.reply(Failure::new(400, "invalid_value", message).into_reply());
        }
        if end {
            return self.reply(
                Failure::new(400, "invalid_json", "the body is empty; expected a JSON object").into_reply(),
            );
        }
        match Kept::of(headers, &self.gateway) {
            Ok(kept) => {
                self.state = State::Reading(kept);
                RequestStep::Wait
            }
            Err(failure) => self.reply(failure.into_reply()),
        }
    }

    /// The whole body has come.
    pub fn body(&mut self, body: Vec<u8>, services: &dyn Services) -> RequestStep {
        let State::Reading(kept) = std::mem::replace(&mut self.state, State::Fresh) else {
            return RequestStep::Wait;
        };
        if body.len() > self.max_bytes() {
            return self.too_large();
        }
        match self.plan(body, kept, services) {
            Ok(forward) => RequestStep::Forward(forward),
            Err(failure) => self.reply(failure.into_reply()),
        }
    }

    fn plan(&mut self, body: Vec<u8>, mut kept: Kept, services: &dyn Services) -> Result<Forward, Failure> {
        let body = Envelope::text(body).map_err(Failure::of_request)?;
        let envelope = Envelope::read(&body).map_err(Failure::of_request)?;
        self.model = Some(envelope.model.clone());
        let orders = std::mem::take(&mut kept.orders);
        let plan = Plan::make(&self.gateway, envelope, body, kept, self.id.clone(), services)?;
        let headers = [
            ("x-envoy-max-retries", plan.max_retries().to_string()),
            ("x-envoy-upstream-rq-per-try-timeout-ms", plan.first_byte.as_millis().to_string()),
        ];
        let target = plan.named.clone();
        let route = route_key(&plan.route.name, plan.wanted_stream);
        let plan = SharedPlan::new(plan);
        self.state = State::Planned(plan.clone());
        Ok(Forward { plan, remove: orders, headers, target, route })
    }

    /// The headers of an answer have come: a provider's, ours, or Envoy's own. `status` is asked for only where it
    /// matters.
    pub fn answer(&mut self, status: impl FnOnce() -> u16) -> Delivery {
        if std::mem::replace(&mut self.settled, true) {
            return Delivery::Continue;
        }
        let plan = match &self.state {
            State::Replied => return Delivery::Continue,
            State::Planned(plan) => plan,
            State::Fresh | State::Reading(_) => return self.instead(status()),
        };
        let outcome = plan.with(|plan| {
            let outcome = std::mem::take(&mut plan.outcome);
            match outcome {
                Outcome::Given => Some(Delivery::Continue),
                Outcome::Instead(reply) => Some(Delivery::Instead(reply)),
                Outcome::Marked => Some(match plan.first_cause.take() {
                    Some(kept) => Delivery::Instead(plan.dress(kept, None)),
                    None => Delivery::Unmark,
                }),
                Outcome::None => {
                    plan.first_cause.take().map(|kept| Delivery::Instead(plan.dress(kept, None)))
                }
            }
        });
        outcome.flatten().unwrap_or_else(|| self.instead(status()))
    }

    /// The exchange is over. What is to be logged of it, if a model was asked for.
    pub fn done(&mut self, services: &dyn Services) -> Option<Record> {
        if let State::Planned(plan) = &self.state {
            plan.with(|plan| plan.close(services));
        }
        let mut record = Record { model: self.model.take()?, ..Record::default() };
        if let State::Planned(plan) = &self.state {
            plan.with(|plan| {
                record.usage = plan.usage;
                record.label = plan.label();
                let redacted = || plan.gateway.redactor.redact(&plan.body).into_owned();
                record.body = (plan.gateway.logging == Logging::Full).then(redacted);
            });
        }
        (self.gateway.logging != Logging::None).then_some(record)
    }

    /// What became of the request, if its target has a label.
    pub fn variant(&self) -> Option<Variant> {
        let State::Planned(plan) = &self.state else { return None };
        let variant = plan.with(|plan| {
            Some(Variant { route: plan.route.name.clone(), label: plan.label()?, answered: plan.answered })
        });
        variant.flatten()
    }

    /// Envoy answered by itself: in OpenAI's shape.
    fn instead(&self, status: u16) -> Delivery {
        let failure = match status {
            413 => too_large(self.max_bytes()),
            408 | 504 => Failure::new(504, "timeout", "the providers did not answer in time"),
            503 => Failure::new(503, "no_target", "no provider could be reached"),
            500 | 502 => Failure::new(502, "upstream_invalid", "a provider's answer could not be read"),
            400..=499 => Failure::new(status, "invalid_value", "the request could not be read"),
            _ => Failure::new(502, "upstream_invalid", "the gateway could not get an answer"),
        };
        let reply = match &self.state {
            State::Planned(plan) => plan.with(|plan| plan.dress(failure.clone().into_reply(), None)),
            _ => None,
        };
        Delivery::Instead(reply.unwrap_or_else(|| self.named(failure.into_reply())))
    }

    fn too_large(&mut self) -> RequestStep {
        self.reply(too_large(self.max_bytes()).into_reply())
    }

    fn reply(&mut self, reply: Reply) -> RequestStep {
        self.state = State::Replied;
        RequestStep::Reply(self.named(reply))
    }

    fn named(&self, mut reply: Reply) -> Reply {
        for (name, value) in contract_headers(&self.id) {
            reply = reply.with(&name, String::from_utf8_lossy(&value));
        }
        reply
    }
}

impl Kept {
    /// What is kept of a client's headers.
    ///
    /// # Errors
    /// One that asks something of routing cannot be read.
    pub(super) fn of(headers: Headers<'_>, gateway: &Gateway) -> Result<Self, Failure> {
        let mut kept = Self::default();
        kept.asked.steering = Steering::read(headers, gateway)?;
        for (name, value) in headers.0 {
            let owned = || String::from_utf8_lossy(name).into_owned();
            if gateway.looks_at_header(name) {
                kept.asked.headers.push((owned(), value.to_vec()));
            }
            if name.starts_with(b"x-envoy-") {
                kept.orders.push(owned());
            } else if ROWS.iter().any(|row| row.forwards.iter().any(|listed| listed.as_bytes() == *name)) {
                kept.forwarded.push((owned(), value.to_vec()));
            }
        }
        Ok(kept)
    }
}

fn too_large(limit: usize) -> Failure {
    Failure::new(
        413,
        "request_too_large",
        format!("the body is longer than the {limit} bytes that are allowed"),
    )
}
