//! The gateway position, first half: a client's headers and body, to the request that goes to the providers.
//!
//! What is read of a body is its surface's to say ([`crate::surface::Body`]): all of it, as far as its head goes, or
//! nothing. What comes of it is decided in `admit`, what of the answer reaches the client in `deliver`.

use std::rc::Rc;

use super::admit::{ClientHead, Wishes};
use super::budget::{HALF, has_room};
use super::charge::Charge;
use super::deliver::too_large;
use super::excerpt::{Excerpt, logged_name};
use super::failure::Failure;
use super::gate::{self, Entered};
use super::headers::Headers;
use super::own::Question;
use super::plan::SharedPlan;
use super::record::Record;
use super::reply::Reply;
use super::trail::Trail;
use super::{Services, origin};
use crate::access::Caller;
use crate::config::Logging;
use crate::dialect::{ClientFormat, Format, USUAL_CLIENT};
use crate::frame::multipart::{self, Field, Search};
use crate::gateway::Gateway;
use crate::surface::{
    Answer, Body, SURFACES, Surface, SurfaceMatch, Unfound, below, find, is_confined, is_for_admins,
    parameter,
};

/// One client request and its answer.
#[derive(Debug)]
pub struct Exchange {
    pub(super) gateway: Rc<Gateway>,
    surfaces: &'static [Surface],
    pub(super) id: String,
    pub(super) trail: Trail,
    /// What stands before every path where the client connected.
    base: String,
    /// What the client speaks.
    pub(super) client: ClientFormat,
    pub(super) state: State,
    /// Who asks, where that is said beforehand.
    pub(super) introduced: Option<Entered>,
    /// What is told of it, as far as that is known.
    pub(super) record: Record,
    /// What is reserved of what the caller may take.
    pub(super) charge: Option<Charge>,
    /// What the client got, where bodies are logged.
    pub(super) delivered: Option<Excerpt>,
    /// What the client gets was decided; our own reply passes here once more.
    pub(super) settled: bool,
}

#[derive(Debug)]
pub(super) enum State {
    /// Nothing was decided.
    Fresh,
    /// The body is being read.
    Reading(Box<Intake>),
    /// The body is being read of what we answer ourselves.
    Asked(Box<Question>),
    /// It is with the providers.
    Planned(SharedPlan),
    /// We answered ourselves.
    Replied,
}

/// A request whose body is being read.
#[derive(Debug)]
pub(super) struct Intake {
    pub surface: &'static Surface,
    pub wishes: Wishes,
    pub head: ClientHead,
    /// What of the body was read.
    pub body: Vec<u8>,
    /// Of a form: the search for its model.
    form: Option<Search>,
    /// How long the body is, where the host cannot say when it has ended.
    ends_at: Option<usize>,
}

/// What to do with a request, or with a piece of its body.
#[derive(Debug)]
pub enum RequestStep {
    /// Hold it, and wait for more of the body.
    Wait,
    /// Let it through: it was decided before.
    Pass,
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
    /// Headers that tell the router how often and how long to try; and what is asked of who counts for several gateways.
    pub headers: Vec<(&'static str, String)>,
    /// The cluster of the first attempt.
    pub target: Rc<str>,
    /// The Envoy route.
    pub route: Rc<str>,
}

/// What the headers say that a body is.
fn kind_of_body(headers: Headers<'_>) -> Body {
    let kind = headers.text("content-type").and_then(|kind| kind.split(';').next()).unwrap_or_default();
    match kind.trim().to_ascii_lowercase().as_str() {
        "application/json" => Body::Json,
        "multipart/form-data" => Body::Form,
        _ => Body::Opaque,
    }
}

/// What a body is read as; `passes` if it is not to be looked into.
fn read_as(surface: &Surface, headers: Headers<'_>, passes: bool) -> Body {
    match surface.body {
        Body::Any if passes => Body::Opaque,
        Body::Any => kind_of_body(headers),
        body => body,
    }
}

/// Whether what is not read cannot name another model than was seen: there is none, or it is about what a provider keeps,
/// which names no model of its own.
fn shows_model(surface: &Surface, body: Body, is_named: bool, end: bool) -> bool {
    surface.is_about_kept() || if body == Body::Opaque { end } else { is_named }
}

/// Where another protocol is spoken, it has to be offered. Where none is, the offer is passed over, but then Envoy takes
/// whatever comes on the connection for the body: how long that is, its client has to say.
pub(super) fn ends_at(surface: &Surface, headers: Headers<'_>, end: bool) -> Result<Option<usize>, Failure> {
    let protocols = headers.text("upgrade").unwrap_or_default().split(',');
    let is_offered = protocols.map(str::trim).any(|protocol| protocol.eq_ignore_ascii_case("websocket"));
    match (surface.answer, is_offered) {
        (Answer::Upgrade, false) => {
            let why = "this URL speaks another protocol: offer it by `connection: upgrade` and `upgrade: websocket`";
            Err(Failure::new(426, "upgrade_required", why).with_param("upgrade"))
        }
        (Answer::Upgrade, true) | (_, false) => Ok(None),
        (_, true) if end => Ok(None),
        (_, true) => {
            let length = headers.number("content-length").and_then(|length| usize::try_from(length).ok());
            length.map(Some).ok_or_else(|| {
                let why = "a body beside an offer of another protocol needs a `content-length`";
                Failure::new(400, "invalid_value", why).with_param("upgrade")
            })
        }
    }
}

/// What a path has beyond its surface's must stay below that, whoever reads it.
fn confine(rest: &str) -> Result<(), Failure> {
    match is_confined(rest) {
        true => Ok(()),
        false => Err(Failure::new(
            400,
            "invalid_value",
            "the path holds what some server could take for another path: an empty segment, one of dots, `;`, `\\`, a \
             control character, or one of these or `/` and `%` escaped",
        )
        .with_param("path")),
    }
}

/// The most of a form that is held until its model is found, in bytes.
const MAX_FORM_HEAD: usize = 64 * 1024;

/// The same while there is room for it: a short file may come first, as the SDK for Node writes it.
const MAX_FORM_WITH_FILE: usize = 1 << 20;

/// Whether so much of a form is held for what is still to come. Those that come slowly leave half of the room to all
/// others.
fn awaits_model(length: usize, services: &dyn Services) -> bool {
    length <= MAX_FORM_HEAD || length <= MAX_FORM_WITH_FILE && has_room(services, HALF)
}

impl Exchange {
    /// An exchange that begins.
    pub fn new(gateway: Rc<Gateway>, services: &dyn Services) -> Self {
        Self::serving(SURFACES, gateway, services)
    }

    /// An exchange of one of these surfaces.
    pub fn serving(surfaces: &'static [Surface], gateway: Rc<Gateway>, services: &dyn Services) -> Self {
        let id = format!("{:016x}{:016x}", services.random(), services.random());
        let delivered = (gateway.logging == Logging::Full).then(Excerpt::default);
        let record = Record::new(gateway.logging);
        Self {
            gateway,
            surfaces,
            id,
            trail: Trail::default(),
            base: String::new(),
            client: USUAL_CLIENT,
            state: State::Fresh,
            introduced: None,
            record,
            charge: None,
            delivered,
            settled: false,
        }
    }

    /// Whether something may stand before paths, which is to be told before the headers are.
    pub fn has_base(&self) -> bool {
        self.gateway.has_bases
    }

    /// What stands before every path where the client connected.
    pub fn stand_below(&mut self, base: String) {
        self.base = base;
    }

    /// The client's headers have come; `end` if there is no body.
    pub fn headers(&mut self, headers: Headers<'_>, end: bool, services: &dyn Services) -> RequestStep {
        let method = String::from_utf8_lossy(headers.get(":method").unwrap_or_default());
        let path = String::from_utf8_lossy(headers.get(":path").unwrap_or_default());
        let below = below(&self.base, &path);
        if below.is_some_and(is_for_admins) {
            // What is said there is for nobody else: keys, once.
            self.delivered = None;
        }
        self.trail = Trail::of(headers);
        if self.gateway.logging != Logging::None {
            let path = path.split(['?', '#']).next().unwrap_or_default();
            self.record.path = logged_name(path, &self.gateway.redactor);
            let id = self.trail.request_id.as_ref();
            self.record.client_id = id.map(|id| logged_name(id, &self.gateway.redactor));
            self.record.trace.clone_from(&self.trail.trace);
        }
        let found = below.map_or(Err(Unfound::Path), |path| find(self.surfaces, &method, path));
        let spoken = match &found {
            Ok(asked) => Some(asked.surface.format),
            Err(Unfound::Method { format, .. }) => Some(*format),
            Err(Unfound::Path) => None,
        };
        self.client = spoken.and_then(Format::of_clients).unwrap_or(USUAL_CLIENT);
        if let Err(failure) = origin::check(headers, &self.gateway) {
            return self.refuse(failure);
        }
        let asked = match found {
            Ok(asked) => asked,
            Err(unfound) => return self.not_found(&method, &path, &unfound),
        };
        self.take_in(asked, headers, end, services).unwrap_or_else(|failure| self.refuse(failure))
    }

    /// So many bytes of body have come: why they are not to be read, if they are not.
    pub fn overflows(&mut self, length: usize, services: &dyn Services) -> Option<RequestStep> {
        let is_read = matches!(self.state, State::Reading(_) | State::Asked(_));
        (is_read && !has_room(services, length)).then(|| self.refuse(Failure::of_overload()))
    }

    /// Whether the bytes are needed that have come and were not read; `end` if they are the last.
    pub const fn reads(&self, end: bool) -> bool {
        match &self.state {
            State::Reading(intake) => end || matches!(intake.head.body, Body::Form),
            State::Asked(_) => true,
            State::Fresh | State::Planned(_) | State::Replied => false,
        }
    }

    /// Whether so many bytes of body are all of it, though the host cannot tell.
    pub fn is_all(&self, length: usize) -> bool {
        let ends_at = match &self.state {
            State::Reading(intake) => intake.ends_at,
            State::Asked(question) => question.ends_at,
            State::Fresh | State::Planned(_) | State::Replied => None,
        };
        ends_at.is_some_and(|end| length >= end)
    }

    /// A piece of the body has come: what was not read before. `end` if it is the last.
    pub fn piece(&mut self, piece: Vec<u8>, end: bool, services: &dyn Services) -> RequestStep {
        let mut intake = match std::mem::replace(&mut self.state, State::Fresh) {
            State::Reading(intake) => intake,
            State::Asked(question) => return self.hear(question, piece, end, services),
            decided => {
                let passes = matches!(decided, State::Planned(_));
                self.state = decided;
                return if passes { RequestStep::Pass } else { RequestStep::Wait };
            }
        };
        match intake.body.is_empty() {
            true => intake.body = piece,
            false => intake.body.extend_from_slice(&piece),
        }
        let limit = self.gateway.max_request_bytes;
        let step = match intake.head.body {
            Body::Form => self.form(intake, end, services),
            _ if !end => {
                self.state = State::Reading(intake);
                return RequestStep::Wait;
            }
            _ if intake.body.len() > limit => Err(too_large(limit)),
            _ => self.admit_json(*intake, services).map(RequestStep::Forward),
        };
        step.unwrap_or_else(|failure| self.refuse(failure))
    }

    /// What the surface says of a request whose headers have come.
    fn take_in(
        &mut self,
        asked: SurfaceMatch<'_>,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> Result<RequestStep, Failure> {
        let surface = asked.surface;
        let entered = self.let_in(headers, surface, services)?;
        let entered = entered.as_ref();
        if !surface.is_served_by_providers() {
            let caller = entered.map(|entered| Rc::clone(&entered.caller));
            return self.be_asked(asked, caller, headers, end, services);
        }
        confine(asked.rest)?;
        let ends_at = ends_at(surface, headers, end)?;
        let mut wishes = Wishes::of(headers, self.client, entered, &self.gateway)?;
        // Envoy's router would hold the body back until the provider has changed the protocol.
        wishes.orders.extend(ends_at.map(|_| "upgrade".to_owned()));
        let caller = entered.map(|entered| &*entered.caller);
        // Who says where it goes has it go there as it is, unless it has to be seen which model is meant.
        let is_sent_on = wishes.asked.steering.provider.is_some() && !caller.is_some_and(Caller::is_confined);
        let body = read_as(surface, headers, end || is_sent_on);
        let mut form = None;
        match body {
            Body::Json => self.check_json(headers, end, services)?,
            Body::Form => form = Some(self.check_form(headers, end)?),
            Body::Nothing | Body::Opaque | Body::Any => origin::check_no_page(headers, &self.gateway)?,
        }
        let head = ClientHead::of(asked, body, &self.base, headers, entered, end);
        let intake = Box::new(Intake { surface, wishes, head, body: Vec::new(), form, ends_at });
        match body {
            Body::Json | Body::Form => {
                self.state = State::Reading(intake);
                Ok(RequestStep::Wait)
            }
            Body::Nothing | Body::Opaque | Body::Any => {
                let path = String::from_utf8_lossy(headers.get(":path").unwrap_or_default());
                // What a provider keeps no model says who keeps it.
                let model = parameter(&path, "model").filter(|_| !surface.is_about_kept());
                if !shows_model(surface, body, model.is_some(), end) {
                    gate::see_model(caller)?;
                }
                self.admit_unread(*intake, model, services).map(RequestStep::Forward)
            }
        }
    }

    /// Who asks, unless that was said beforehand.
    fn let_in(
        &mut self,
        headers: Headers<'_>,
        surface: &Surface,
        services: &dyn Services,
    ) -> Result<Option<Entered>, Failure> {
        let entered = match self.introduced.take() {
            None => gate::enter(headers, surface, &self.gateway, services)?,
            introduced => introduced,
        };
        self.record.caller = entered.as_ref().map(|entered| Rc::clone(&entered.caller));
        Ok(entered)
    }

    /// A body that is read whole can be.
    pub(super) fn check_json(
        &self,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> Result<(), Failure> {
        if let Some(length) = self.declared(headers)?
            && !has_room(services, length)
        {
            return Err(Failure::of_overload());
        }
        let encoding = String::from_utf8_lossy(headers.get("content-encoding").unwrap_or_default());
        if !matches!(encoding.as_ref(), "" | "identity") {
            let message =
                format!("a body with content-encoding {encoding:?} cannot be read; send it as it is");
            return Err(Failure::new(400, "invalid_value", message).with_param("content-encoding"));
        }
        origin::check_json(headers)?;
        match end {
            true => Err(Failure::new(400, "invalid_json", "the body is empty; expected a JSON object")),
            false => Ok(()),
        }
    }

    /// The search in a form.
    fn check_form(&self, headers: Headers<'_>, end: bool) -> Result<Search, Failure> {
        origin::check_no_page(headers, &self.gateway)?;
        let boundary = headers.text("content-type").and_then(multipart::boundary).filter(|_| !end);
        boundary.map(Search::new).ok_or_else(|| {
            let why =
                "the body must be a form: send the header `content-type: multipart/form-data; boundary=…`";
            Failure::new(415, "unsupported_media_type", why).with_param("content-type")
        })
    }

    /// How long a body is said to be.
    pub(super) fn declared(&self, headers: Headers<'_>) -> Result<Option<usize>, Failure> {
        let declared = headers.number("content-length");
        // What no address reaches is too long as well.
        let declared = declared.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        match declared {
            Some(length) if length > self.gateway.max_request_bytes => {
                Err(too_large(self.gateway.max_request_bytes))
            }
            declared => Ok(declared),
        }
    }

    /// A form, as far as it was read.
    fn form(
        &mut self,
        mut intake: Box<Intake>,
        end: bool,
        services: &dyn Services,
    ) -> Result<RequestStep, Failure> {
        let Intake { form, body, .. } = &mut *intake;
        match form.as_mut().map_or(Field::Missing, |form| form.find(body, "model")) {
            Field::Unclear if !end && awaits_model(intake.body.len(), services) => {
                self.state = State::Reading(intake);
                Ok(RequestStep::Wait)
            }
            Field::At(span) => self.admit_form(*intake, span, services).map(RequestStep::Forward),
            Field::Unclear | Field::Missing => {
                gate::see_model(intake.wishes.asked.caller.as_deref())?;
                self.admit_unread(*intake, None, services).map(RequestStep::Forward)
            }
        }
    }

    fn not_found(&mut self, method: &str, path: &str, unfound: &Unfound) -> RequestStep {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let shown: String = path.chars().take(256).collect();
        match unfound {
            Unfound::Path => {
                self.refuse(Failure::new(404, "unknown_url", format!("unknown URL: {method} {shown}")))
            }
            Unfound::Method { allowed, .. } => {
                let allowed = allowed.join(", ");
                let message = format!("{method} is not allowed for {shown}; use {allowed}");
                let reply = Failure::new(405, "method_not_allowed", message)
                    .into_reply(self.client, &self.gateway.redactor);
                self.reply(reply.with("allow", allowed))
            }
        }
    }

    /// What a request is answered that the host has lost: something of it could not be read or written.
    pub fn lost(&self) -> Reply {
        self.named(Failure::of_lost_plan().into_reply(self.client, &self.gateway.redactor))
    }

    pub(super) fn refuse(&mut self, failure: Failure) -> RequestStep {
        self.record.cause = failure.code().map(str::to_owned);
        self.reply(failure.into_reply(self.client, &self.gateway.redactor))
    }

    pub(super) fn reply(&mut self, reply: Reply) -> RequestStep {
        self.state = State::Replied;
        RequestStep::Reply(self.named(reply))
    }
}
