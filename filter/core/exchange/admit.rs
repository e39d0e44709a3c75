//! From what was read of a request to its plan.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use super::Services;
use super::choice::RoutingWishes;
use super::excerpt::{Excerpt, logged_name};
use super::failure::Failure;
use super::gate::Entered;
use super::headers::{HeaderList, Headers};
use super::intake::{Exchange, Forward, Intake, State};
use super::plan::{Plan, Planned};
use super::steering::Steering;
use super::store;
use crate::config::Logging;
use crate::contract::STORE_HEADER;
use crate::dialect::{ClientFormat, Envelope};
use crate::gateway::Gateway;
use crate::hub::json::Document;
use crate::hub::{Field, RequestError};
use crate::surface::{Answer, Body, Surface, SurfaceMatch};

/// What of the client's headers is a wish of its own.
#[derive(Debug)]
pub(super) struct Wishes {
    /// What the client speaks.
    pub client: ClientFormat,
    /// Those that some vendor wants.
    pub forwarded: HeaderList,
    /// Those that decide where it goes.
    pub asked: RoutingWishes,
    /// The names of those that would give Envoy's router orders.
    pub orders: Vec<String>,
}

/// What a request says of itself that is not all read.
#[derive(Debug)]
pub(super) struct ClientHead {
    /// What comes with it, and how much of that is read.
    pub body: Body,
    /// What stands before every path where the client connected.
    pub base: String,
    /// What its path has beyond its surface's.
    pub rest: String,
    /// The method.
    pub method: String,
    /// The query, with its question mark.
    pub query: String,
    /// Headers that tell of the body and of what is wanted back, as the client wrote them.
    pub headers: HeaderList,
    /// How long the body is, where that is said.
    pub length: Option<usize>,
}

/// A request that is admitted.
pub(super) struct Admitted {
    pub surface: &'static Surface,
    pub envelope: Envelope,
    /// What was read of the body, where that is JSON: all of it.
    pub body: Document,
    /// The same of a form: all before the end of its model.
    pub form: Vec<u8>,
    pub head: ClientHead,
    pub wishes: Wishes,
}

/// What Envoy itself says of a client in every request, over whatever that client says: it gives no orders.
/// <https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers>
const OF_ENVOY: [&[u8]; 2] = [b"x-envoy-internal", b"x-envoy-external-address"];

/// Headers by which another protocol is agreed on (RFC 6455, 4.1).
const UPGRADE: &[&str] = &[
    "connection",
    "upgrade",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
];

/// Headers by which a part of something is asked for, or only what has changed.
const PARTIAL: &[&str] =
    &["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

impl Wishes {
    /// The wishes of a client's headers.
    ///
    /// # Errors
    /// One that asks something of routing cannot be read.
    pub(super) fn of(
        headers: Headers<'_>,
        client: ClientFormat,
        entered: Option<&Entered>,
        gateway: &Gateway,
    ) -> Result<Self, Failure> {
        let caller = entered.map(|entered| Rc::clone(&entered.caller));
        let steering = match &caller {
            // Who may ask nothing of it learns nothing of what there is.
            Some(caller) if !caller.role.may_route => Steering::refused(headers),
            _ => Steering::read(headers, gateway)?,
        };
        let brought = entered.and_then(|entered| entered.brought.clone());
        let asked = RoutingWishes { steering, caller, brought, ..RoutingWishes::default() };
        let mut wishes = Self { client, forwarded: Vec::new(), asked, orders: Vec::new() };
        for (name, value) in headers.0 {
            let owned = || String::from_utf8_lossy(name).into_owned();
            if gateway.looks_at_header(name) {
                wishes.asked.headers.push((owned(), value.to_vec()));
            }
            let is_order = name.starts_with(b"x-envoy-") && !OF_ENVOY.contains(name);
            if is_order || *name == STORE_HEADER.as_bytes() {
                wishes.orders.push(owned());
            } else if gateway.forwards(name) {
                let seen =
                    entered.map_or(Some((*value).into()), |entered| entered.keys.stripped(&owned(), value));
                wishes.forwarded.extend(seen.map(|value| (owned(), value.into_owned())));
            }
        }
        Ok(wishes)
    }
}

impl ClientHead {
    /// That of a chat, which goes by its body alone.
    const fn of_chat() -> Self {
        Self {
            body: Body::Json,
            base: String::new(),
            rest: String::new(),
            method: String::new(),
            query: String::new(),
            headers: Vec::new(),
            length: None,
        }
    }

    /// What a client's headers say, who asks for `asked` and brings this body; `end` if there is none.
    pub(super) fn of(
        asked: SurfaceMatch<'_>,
        body: Body,
        base: &str,
        headers: Headers<'_>,
        entered: Option<&Entered>,
        end: bool,
    ) -> Self {
        let surface = asked.surface;
        if surface.answer == Answer::Chat {
            return Self::of_chat();
        }
        let text = |name: &str| String::from_utf8_lossy(headers.get(name).unwrap_or_default());
        let of_body: &[_] = match surface.body {
            // It is what it must be.
            Body::Json => &[],
            _ if end => &[],
            _ => &["content-type", "content-encoding"],
        };
        let of_upgrade = if surface.answer == Answer::Upgrade { UPGRADE } else { &[] };
        let of_bytes = if surface.answer == Answer::Bytes { PARTIAL } else { &[] };
        let passed = of_body.iter().chain(of_upgrade).chain(of_bytes).chain(&["accept"]);
        let seen = |name: &str, value| {
            entered.map_or(Some(Cow::Borrowed(value)), |it| it.keys.stripped(name, value))
        };
        let passed = passed
            .filter_map(|name| Some(((*name).to_owned(), seen(name, headers.get(name)?)?.into_owned())));
        let length = headers.number("content-length").and_then(|length| usize::try_from(length).ok());
        let path = text(":path");
        let query = path.split('#').next().and_then(|path| path.split_once('?')).map(|(_, query)| query);
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Self {
            body,
            base: base.to_owned(),
            rest: asked.rest.to_owned(),
            method: text(":method").into_owned(),
            query: entered.map_or_else(|| query.clone(), |entered| entered.keys.without_key(&query)),
            headers: passed.collect(),
            length: if end { Some(0) } else { length },
        }
    }
}

impl Exchange {
    /// All of a body has come that is JSON.
    pub(super) fn admit_json(&mut self, intake: Intake, services: &dyn Services) -> Result<Forward, Failure> {
        let Intake { surface, wishes, head, body, .. } = intake;
        let body = Document::new(Envelope::text(body).map_err(Failure::of_request)?);
        let client = wishes.client.chat;
        let envelope = match surface.answer {
            Answer::Chat => client.read_envelope(&body),
            Answer::Json | Answer::Bytes | Answer::Upgrade | Answer::Own => client.read_name(&body),
        };
        let mut envelope = envelope.map_err(Failure::of_request)?;
        if envelope.model.is_empty()
            && let Some(unnamed) = surface.unnamed
        {
            unnamed.clone_into(&mut envelope.model);
        }
        if self.gateway.logging == Logging::Full {
            let mut excerpt = Excerpt::default();
            excerpt.add(body.text().as_bytes());
            self.record.request = Some(excerpt.text(&self.gateway.redactor));
        }
        self.admit(Admitted { surface, envelope, body, form: Vec::new(), head, wishes }, services)
    }

    /// The head of a form has come, and its model lies at `span`.
    pub(super) fn admit_form(
        &mut self,
        intake: Intake,
        span: Range<usize>,
        services: &dyn Services,
    ) -> Result<Forward, Failure> {
        let Intake { surface, wishes, head, body: mut form, .. } = intake;
        // What follows the model is not looked at, and what comes before it may be a file.
        form.truncate(span.end);
        let model = form.get(span.clone()).unwrap_or_default().to_vec();
        let envelope = envelope(Envelope::text(model).map_err(Failure::of_request)?, span)?;
        let body = Document::default();
        self.admit(Admitted { surface, envelope, body, form, head, wishes }, services)
    }

    /// Nothing that was read says more than this.
    pub(super) fn admit_unread(
        &mut self,
        intake: Intake,
        model: Option<String>,
        services: &dyn Services,
    ) -> Result<Forward, Failure> {
        let Intake { surface, wishes, head, .. } = intake;
        let envelope = model.map_or_else(|| Ok(nameless()), |model| envelope(model, 0..0))?;
        let (body, form) = (Document::default(), Vec::new());
        self.admit(Admitted { surface, envelope, body, form, head, wishes }, services)
    }

    fn admit(&mut self, mut admitted: Admitted, services: &dyn Services) -> Result<Forward, Failure> {
        let model = &admitted.envelope.model;
        if self.gateway.logging != Logging::None && !model.is_empty() {
            self.record.requested_model = Some(logged_name(model, &self.gateway.redactor));
        }
        let orders = std::mem::take(&mut admitted.wishes.orders);
        let planned = Plan::make(&self.gateway, admitted, self.id.clone(), self.trail.clone(), services)?;
        let Planned { plan, cluster: target, retries, charge } = planned;
        self.charge = charge;
        let facts = plan.facts();
        let mut headers = vec![
            ("x-envoy-max-retries", retries.to_string()),
            ("x-envoy-upstream-rq-per-try-timeout-ms", facts.first_byte.as_millis().to_string()),
        ];
        if self.gateway.store.is_some() {
            let model = plan.with(|_, queue| queue.next_model().cloned()).flatten();
            let (caller, now) = (self.record.caller.as_deref(), facts.stamp.created);
            headers.push((STORE_HEADER, store::question(caller, model.as_deref(), now)));
        }
        let route = facts.route_key();
        self.state = State::Planned(plan.clone());
        Ok(Forward { plan, remove: orders, headers, target, route })
    }
}

/// What a body that is not read whole says.
fn envelope(model: String, model_span: Range<usize>) -> Result<Envelope, Failure> {
    if model.trim().is_empty() || model.len() > Envelope::LONGEST_MODEL {
        let longest = Envelope::LONGEST_MODEL;
        let why = format_args!("expected the name of a model, of at most {longest} bytes");
        return Err(Failure::of_request(RequestError::invalid(Field::Model, why)));
    }
    Ok(Envelope { model, model_span, ..nameless() })
}

const fn nameless() -> Envelope {
    Envelope {
        model: String::new(),
        model_span: 0..0,
        stream: false,
        reasons: false,
        count: None,
        include_usage: false,
        choices: 1,
        max_tokens: None,
        of_old: false,
    }
}
