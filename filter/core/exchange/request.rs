//! The gateway position: one client request, from its headers to its plan, and what reaches the client in the end.

use std::rc::Rc;

use super::budget::has_room;
use super::choice::Asked;
use super::envelope::Envelope;
use super::excerpt::{Excerpt, logged_name};
use super::failure::Failure;
use super::headers::{HeaderList, Headers};
use super::plan::{Outcome, Plan, SharedPlan};
use super::record::Record;
use super::reply::Reply;
use super::steering::Steering;
use super::surface::Surface;
use super::{Services, contract_headers, origin};
use crate::config::{Gateway, Logging};
use crate::contract::route_key;
use crate::provider::ROWS;

/// One client request.
#[derive(Debug)]
pub struct Request {
    gateway: Rc<Gateway>,
    id: String,
    state: State,
    /// What the access log says of it, as far as that is known.
    record: Record,
    /// What the client got, where bodies are logged.
    delivered: Option<Excerpt>,
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
        let delivered = (gateway.logging == Logging::Full).then(Excerpt::default);
        let record = Record::new(gateway.logging);
        Self { gateway, id, state: State::Fresh, record, delivered, settled: false }
    }

    /// Its headers have come; `end` if there is no body.
    pub fn headers(&mut self, headers: Headers<'_>, end: bool, services: &dyn Services) -> RequestStep {
        match self.admit(headers, end, services) {
            Ok(None) => RequestStep::Wait,
            Ok(Some(reply)) => self.reply(reply),
            Err(failure) => self.refuse(failure),
        }
    }

    /// So many bytes of body have come: why they are not to be read, if they are not.
    pub fn overflows(&mut self, length: usize, services: &dyn Services) -> Option<RequestStep> {
        let overflows = matches!(self.state, State::Reading(_)) && !has_room(services, length);
        overflows.then(|| self.refuse(Failure::of_overload()))
    }

    /// The whole body has come.
    pub fn body(&mut self, body: Vec<u8>, services: &dyn Services) -> RequestStep {
        let State::Reading(kept) = std::mem::replace(&mut self.state, State::Fresh) else {
            return RequestStep::Wait;
        };
        if body.len() > self.gateway.max_request_bytes {
            return self.refuse(too_large(self.gateway.max_request_bytes));
        }
        match self.plan(body, kept, services) {
            Ok(forward) => RequestStep::Forward(forward),
            Err(failure) => self.refuse(failure),
        }
    }

    /// The answer to a request without a body, or the wait for one.
    fn admit(
        &mut self,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> Result<Option<Reply>, Failure> {
        let text = |name: &str| String::from_utf8_lossy(headers.get(name).unwrap_or_default());
        let path = text(":path");
        if self.gateway.logging != Logging::None {
            let path = path.split(['?', '#']).next().unwrap_or_default();
            self.record.path = logged_name(path, &self.gateway.redactor);
        }
        origin::check(headers, &self.gateway)?;
        let surface = Surface::find(&text(":method"), &path)?;
        if let Some(reply) = surface.answer(&self.gateway, services)? {
            return Ok(Some(reply));
        }
        let declared = headers.number("content-length").and_then(|length| usize::try_from(length).ok());
        match declared {
            Some(length) if length > self.gateway.max_request_bytes => {
                return Err(too_large(self.gateway.max_request_bytes));
            }
            Some(length) if !has_room(services, length) => return Err(Failure::of_overload()),
            _ => {}
        }
        let encoding = text("content-encoding");
        if !matches!(encoding.as_ref(), "" | "identity") {
            let message =
                format!("a body with content-encoding {encoding:?} cannot be read; send it as it is");
            return Err(Failure::new(400, "invalid_value", message).with_param("content-encoding"));
        }
        origin::check_json(headers)?;
        if end {
            return Err(Failure::new(400, "invalid_json", "the body is empty; expected a JSON object"));
        }
        self.state = State::Reading(Kept::of(headers, &self.gateway)?);
        Ok(None)
    }

    fn plan(&mut self, body: Vec<u8>, mut kept: Kept, services: &dyn Services) -> Result<Forward, Failure> {
        let body = Envelope::text(body).map_err(Failure::of_request)?;
        let envelope = Envelope::read(&body).map_err(Failure::of_request)?;
        if self.gateway.logging != Logging::None {
            self.record.requested_model = Some(logged_name(&envelope.model, &self.gateway.redactor));
        }
        if self.gateway.logging == Logging::Full {
            let mut excerpt = Excerpt::default();
            excerpt.add(body.as_bytes());
            self.record.request = Some(excerpt.text(&self.gateway.redactor));
        }
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

    /// A piece of the answer leaves for the client.
    pub fn delivers(&mut self, piece: impl FnOnce() -> Vec<u8>) {
        if let Some(delivered) = &mut self.delivered {
            delivered.add(&piece());
        }
    }

    /// The exchange is over: what is told of it.
    pub fn done(&mut self, services: &dyn Services) -> Record {
        let mut record = std::mem::replace(&mut self.record, Record::new(self.gateway.logging));
        if let State::Planned(plan) = &self.state {
            plan.with(|plan| {
                plan.close(services);
                plan.keep_tried();
                record.route = Some(plan.route.name.clone());
                record.label = plan.label();
                record.answered = plan.answered;
                record.usage = plan.usage;
                record.attempts = std::mem::take(&mut plan.tried);
            });
        }
        record.response = self.delivered.take().map(|delivered| delivered.text(&self.gateway.redactor));
        record
    }

    /// Envoy answered by itself: in OpenAI's shape.
    fn instead(&self, status: u16) -> Delivery {
        let failure = match (status, &self.state) {
            (413, _) => too_large(self.gateway.max_request_bytes),
            (408, State::Reading(_)) => {
                Failure::new(408, "request_timeout", "the request's body did not come in time")
            }
            (408 | 504, _) => Failure::new(504, "timeout", "the providers did not answer in time"),
            (503, _) => Failure::new(503, "no_target", "no provider could be reached"),
            (500 | 502, _) => Failure::new(502, "upstream_invalid", "a provider's answer could not be read"),
            (400..=499, _) => Failure::new(status, "invalid_value", "the request could not be read"),
            (_, _) => Failure::new(502, "upstream_invalid", "the gateway could not get an answer"),
        };
        let reply = failure.into_reply(&self.gateway.redactor);
        let dressed = match &self.state {
            State::Planned(plan) => plan.with(|plan| plan.dress(reply.clone(), None)),
            _ => None,
        };
        Delivery::Instead(dressed.unwrap_or_else(|| self.named(reply)))
    }

    fn refuse(&mut self, failure: Failure) -> RequestStep {
        self.reply(failure.into_reply(&self.gateway.redactor))
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
