//! The plan of one request: what the gateway position knows and every attempt needs.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::envelope::Envelope;
use super::failure::Failure;
use super::headers::HeaderList;
use super::reply::Reply;
use super::silence::Silence;
use super::stream::Wanted;
use super::upstream::UpstreamRequest;
use super::verdict::Chances;
use super::{Services, contract_headers};
use crate::chat::{Dropped, RequestError, Usage};
use crate::config::{Gateway, Logging, Provider, Route, Target, Unsupported};
use crate::dialect::Stamp;
use crate::dialect::openai::read_facts;
use crate::routing::{Condition, Subject, Surface, order};

/// A plan, shared by the gateway position and the attempts of its request, which all run on one thread.
#[derive(Clone, Debug)]
pub struct SharedPlan(Rc<RefCell<Plan>>);

/// Everything about one request that outlives its first attempt.
#[derive(Debug)]
pub struct Plan {
    pub(super) gateway: Rc<Gateway>,
    pub(super) route: Rc<Route>,
    pub(super) request_id: String,
    pub(super) stamp: Stamp,
    /// The client's body: JSON, checked.
    pub(super) body: String,
    /// The model as the client named it, and where.
    pub(super) sent_model: String,
    pub(super) model_span: Range<usize>,
    pub(super) wanted_stream: bool,
    pub(super) wanted: Wanted,
    /// Headers of the client that some vendor wants.
    pub(super) forwarded: HeaderList,
    /// The targets, in the order they are asked.
    pub(super) targets: Vec<Candidate>,
    /// The target that is asked next; past the end when none is left.
    pub(super) cursor: usize,
    /// The cluster that the next attempt will ask, as Envoy was told.
    pub(super) named: String,
    /// The request for the target at the cursor, where it was already needed to know that it can be written.
    pub(super) prepared: Option<(usize, UpstreamRequest)>,
    /// Attempts begun.
    pub(super) attempts: u32,
    /// The first real cause of failure, which the client gets if nothing better comes.
    pub(super) kept: Option<Reply>,
    /// Models whose context the request does not fit into.
    pub(super) too_small: Vec<String>,
    /// Why a target could not be asked at all.
    pub(super) refused: Option<RequestError>,
    pub(super) outcome: Outcome,
    pub(super) usage: Option<Usage>,
    /// The client is gone, or has its answer: nothing is to be decided any more.
    pub(super) closed: bool,
    pub(super) silence: Silence,
}

/// A target of a plan.
#[derive(Debug)]
pub struct Candidate {
    pub(super) provider: Rc<Provider>,
    pub(super) model: String,
    /// How often it may be asked.
    pub(super) attempts: u32,
    /// How often it was.
    pub(super) tried: u32,
    /// It was asked once more because of a connection that broke soon.
    pub(super) repaired: bool,
}

/// What the gateway position may expect of the answer it sees.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// No attempt has answered: what comes is Envoy's own.
    #[default]
    None,
    /// It is as the client should see it.
    Given,
    /// It was marked to be tried again. If it comes all the same, Envoy has declined.
    Marked,
    /// It has no body to write to: this is to be said instead.
    Instead(Reply),
}

/// What is logged of a request when it is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The model as the client named it.
    pub model: String,
    /// Tokens.
    pub usage: Option<Usage>,
    /// The client's body, where bodies are logged; without our secrets.
    pub body: Option<String>,
}

impl SharedPlan {
    /// Shares a plan.
    pub(super) fn new(plan: Plan) -> Self {
        Self(Rc::new(RefCell::new(plan)))
    }

    /// Works on the plan. `None` if it is being worked on already, which one thread without callbacks in between
    /// cannot bring about.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Plan) -> T) -> Option<T> {
        self.0.try_borrow_mut().ok().map(|mut plan| work(&mut plan))
    }
}

impl SharedPlan {
    /// So much time has passed. Whether the answer, of a request that runs under `gateway`, has been silent for longer
    /// than its route allows: its transport is to be broken, so that nobody takes it for whole.
    pub fn is_stalled(&self, gateway: &Rc<Gateway>, elapsed: Duration) -> bool {
        let stalled = self.with(|plan| {
            let limit = plan.route.retry.timeouts.idle(plan.wanted_stream);
            Rc::ptr_eq(&plan.gateway, gateway) && plan.silence.grow(elapsed, limit)
        });
        stalled.unwrap_or_default()
    }
}

impl Plan {
    /// Chooses the targets of a request and orders them. `asked` are the headers that routes look at.
    ///
    /// # Errors
    /// Nobody serves the model, nobody who does can be asked, or nobody can express the request.
    pub(super) fn make(
        gateway: &Rc<Gateway>,
        envelope: Envelope,
        body: String,
        forwarded: HeaderList,
        asked: &HeaderList,
        request_id: String,
        services: &dyn Services,
    ) -> Result<Self, Failure> {
        let (route, candidates) = candidates(gateway, &envelope.model, &body, asked, services)?;
        let last = candidates.len().saturating_sub(1);
        let targets = candidates.into_iter().enumerate().map(|(place, (target, model))| Candidate {
            provider: target.provider,
            model,
            attempts: target.attempts.unwrap_or(if place == last { 2 } else { 1 }),
            tried: 0,
            repaired: false,
        });
        let mut plan = Self {
            gateway: Rc::clone(gateway),
            route,
            request_id,
            stamp: Stamp { seed: services.random(), created: services.now().as_secs() },
            body,
            sent_model: envelope.model,
            model_span: envelope.model_span,
            wanted_stream: envelope.stream,
            wanted: Wanted::of(envelope.include_usage, envelope.choices),
            forwarded,
            targets: targets.collect(),
            cursor: 0,
            named: String::new(),
            prepared: None,
            attempts: 0,
            kept: None,
            too_small: Vec::new(),
            refused: None,
            outcome: Outcome::None,
            usage: None,
            closed: false,
            silence: Silence::default(),
        };
        match plan.settle() {
            Some(cluster) => {
                plan.named = cluster;
                Ok(plan)
            }
            None => Err(plan.refused.take().map_or_else(nobody_left, Failure::of_request)),
        }
    }

    /// Moves the cursor to the first target from there on that can express the request, and prepares it. Gives its
    /// cluster.
    pub(super) fn settle(&mut self) -> Option<String> {
        loop {
            let target = self.targets.get(self.cursor)?;
            if self.too_small.contains(&target.model) {
                self.cursor = self.cursor.saturating_add(1);
                continue;
            }
            if self.prepared.as_ref().is_some_and(|(index, _)| *index == self.cursor) {
                return Some(target.provider.name.clone());
            }
            match UpstreamRequest::write(self, target) {
                Ok(request) => {
                    let cluster = target.provider.name.clone();
                    self.prepared = Some((self.cursor, request));
                    return Some(cluster);
                }
                Err(error) => {
                    self.refused.get_or_insert(error);
                    self.cursor = self.cursor.saturating_add(1);
                }
            }
        }
    }

    /// Names the cluster of the next attempt; `None` where Envoy knows it already.
    pub(super) fn rename(&mut self, cluster: String) -> Option<String> {
        (self.named != cluster).then(|| {
            self.named.clone_from(&cluster);
            cluster
        })
    }

    /// Whether a refusal by the provider's filter would lead from the target at `index` to another.
    pub(super) fn outlives_refusal(&self, index: usize) -> bool {
        self.route.retry.allows(Condition::ContentFilter) && self.chances(index).next
    }

    /// Which chances are left after a try of the target at `index`.
    pub(super) fn chances(&self, index: usize) -> Chances {
        let again = self.targets.get(index).is_some_and(|target| target.tried < target.attempts);
        Chances { next: index.saturating_add(1) < self.targets.len(), again }
    }

    /// The most attempts Envoy may make beyond the first. The plan itself says when to stop, so this only has to be
    /// enough: all tries, and one repair for each target.
    pub(super) fn max_retries(&self) -> u32 {
        self.targets.iter().fold(1, |sum, target| sum.saturating_add(target.attempts).saturating_add(1))
    }

    /// How long one attempt may take until the first byte of its body.
    pub(super) fn per_try_timeout(&self) -> Duration {
        self.route.retry.timeouts.first_byte(self.wanted_stream)
    }

    /// `x-ferro-*` headers of an answer that the target at `index` gave.
    pub(super) fn answer_headers(&self, index: Option<usize>, dropped: &Dropped) -> HeaderList {
        let mut headers = contract_headers(&self.request_id);
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.as_bytes().to_vec()));
        add("x-ferro-route", &self.route.name);
        add("x-ferro-attempts", &self.attempts.to_string());
        if let Some(target) = index.and_then(|index| self.targets.get(index)) {
            add("x-ferro-provider", &target.provider.name);
            add("x-ferro-model", &header_text(&target.model));
        }
        if !dropped.is_empty() && self.gateway.unsupported == Unsupported::Warn {
            add("x-ferro-dropped", &dropped.header());
        }
        headers
    }

    /// Whether anything of the request is logged.
    pub(super) fn is_logged(&self) -> bool {
        self.gateway.logging != Logging::None
    }
}

/// The route of a request and its targets in order, each with its model.
#[expect(clippy::type_complexity, reason = "named where it is taken apart, one function up")]
fn candidates(
    gateway: &Gateway,
    sent: &str,
    body: &str,
    headers: &HeaderList,
    services: &dyn Services,
) -> Result<(Rc<Route>, Vec<(Target, String)>), Failure> {
    let name = gateway.name(sent);
    let facts = gateway.needs_facts().then(|| read_facts(body));
    let subject = Subject { name: &name, surface: Surface::Chat, headers, facts: facts.as_ref() };
    let route = Rc::clone(gateway.route(&subject).ok_or_else(nobody_left)?);
    let mut targets = route.targets.clone();
    if targets.is_empty() {
        let provider = Rc::clone(gateway.owner(&name).ok_or_else(|| unknown_model(gateway, sent))?);
        targets.push(Target { provider, model: Some(name.model.to_owned()), weight: 1, attempts: None });
    }
    let weights: Vec<_> = targets.iter().map(|target| target.weight).collect();
    let random = |below: u64| services.random().checked_rem(below).unwrap_or_default();
    let ordered = order(route.strategy, &weights, random).into_iter().filter_map(|index| targets.get(index));
    let with_model = |target: &Target| {
        let model = target.model.clone().unwrap_or_else(|| name.model.to_owned());
        (target.clone(), model)
    };
    let ready: Vec<_> = ordered.filter(|target| target.provider.is_ready).map(with_model).collect();
    match (ready.is_empty(), targets.first()) {
        (false, _) => Ok((route, ready)),
        (true, Some(target)) => Err(Failure::new(
            503,
            "no_target",
            format!(
                "provider {:?} has no credential; the gateway's operator must set one",
                target.provider.name
            ),
        )),
        (true, None) => Err(nobody_left()),
    }
}

fn unknown_model(gateway: &Gateway, sent: &str) -> Failure {
    let shown: String = sent.chars().take(128).collect();
    let hint =
        gateway.nearest_model(sent).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
    Failure::new(404, "model_not_found", format!("no configured provider serves the model {shown:?}{hint}"))
        .with_param("model")
}

fn nobody_left() -> Failure {
    Failure::new(503, "no_target", "no target is left that could be asked")
}

/// Text for a header: what no header may hold is left out.
fn header_text(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(256).collect()
}
