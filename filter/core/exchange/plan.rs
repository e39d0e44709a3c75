//! The plan of one request: what the gateway position knows and every attempt needs.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::admit::{Admitted, ClientHead};
use super::candidate::Candidate;
use super::choice::{Question, nobody_left};
use super::failure::Failure;
use super::first_cause::FirstCause;
use super::headers::HeaderList;
use super::record::Tried;
use super::reply::Reply;
use super::silence::{Silence, Silent};
use super::stream::Wanted;
use super::upstream::UpstreamRequest;
use super::verdict::Chances;
use super::{Services, contract_headers};
use crate::chat::{Dropped, RequestError, Usage};
use crate::config::{Gateway, Logging, Route, Unsupported};
use crate::dialect::Stamp;
use crate::routing::{Condition, Strategy};
use crate::surface::Surface;

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
    /// What the client asks for.
    pub(super) surface: &'static Surface,
    /// What a request says of itself that is not read whole.
    pub(super) head: ClientHead,
    /// The client's body: JSON, checked; of a form its head; else nothing.
    pub(super) body: String,
    /// The model as the client named it, and where.
    pub(super) sent_model: String,
    pub(super) model_span: Range<usize>,
    pub(super) wanted_stream: bool,
    pub(super) wanted: Wanted,
    /// Headers of the client that some vendor wants.
    pub(super) forwarded: HeaderList,
    /// How long one attempt may take until the first byte of its body.
    pub(super) first_byte: Duration,
    /// The targets, in the order they are asked.
    pub(super) targets: Vec<Candidate>,
    /// The target that is asked next; past the end when none is left.
    pub(super) cursor: usize,
    /// The cluster that the next attempt will ask, as Envoy was told.
    pub(super) named: String,
    /// The request for the target at the cursor, where it was already needed to know that it can be written.
    pub(super) prepared: Option<(usize, UpstreamRequest)>,
    /// The target that was asked last.
    pub(super) asked: usize,
    /// Attempts begun.
    pub(super) attempts: u32,
    /// When the last of them began.
    pub(super) began: Duration,
    /// Whether its target's answer went to the client.
    pub(super) answered: bool,
    /// What it tells of its target is known.
    pub(super) concluded: bool,
    /// What the client gets if nothing better comes.
    pub(super) first_cause: FirstCause,
    /// Models whose context the request does not fit into.
    pub(super) too_small: Vec<String>,
    /// Why a target could not be asked at all.
    pub(super) refused: Option<RequestError>,
    pub(super) outcome: Outcome,
    pub(super) usage: Option<Usage>,
    /// The attempts that have begun.
    pub(super) tried: Vec<Tried>,
    /// The client is gone, or has its answer: nothing is to be decided any more.
    pub(super) closed: bool,
    pub(super) silence: Silence,
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
    /// So much time has passed: what the silence of the answer means, if its request runs under `gateway`.
    pub fn grow_silence(&self, gateway: &Rc<Gateway>, elapsed: Duration, services: &dyn Services) -> Silent {
        let silent = self.with(|plan| {
            if !Rc::ptr_eq(&plan.gateway, gateway) {
                return Silent::Not;
            }
            let silent = plan.silence.grow(elapsed, plan.route.retry.timeouts.idle(plan.wanted_stream));
            match silent {
                Silent::TooLong if plan.silence.may_be_the_clients() => plan.concluded = true,
                Silent::TooLong => plan.ends(plan.asked, true, services),
                Silent::Not | Silent::AfterItsEnd => {}
            }
            silent
        });
        silent.unwrap_or(Silent::Not)
    }
}

impl Plan {
    /// Chooses the targets of a request and orders them.
    ///
    /// # Errors
    /// Nobody serves the model, nobody who does can be asked, or nobody can express the request.
    pub(super) fn make(
        gateway: &Rc<Gateway>,
        admitted: Admitted,
        request_id: String,
        services: &dyn Services,
    ) -> Result<Self, Failure> {
        let Admitted { surface, envelope, body, head, wishes } = admitted;
        let question = Question::new(gateway, surface, &envelope, &body, &wishes.asked);
        let route = Rc::clone(question.route().ok_or_else(nobody_left)?);
        let targets: Vec<_> = question.order(&route, services)?.into_iter().map(Candidate::new).collect();
        let (fails_over, first_byte) = (question.fails_over(&route), question.first_byte(&route));
        let mut plan = Self {
            gateway: Rc::clone(gateway),
            route,
            request_id,
            stamp: Stamp { seed: services.random(), created: services.now().as_secs() },
            surface,
            head,
            body,
            sent_model: envelope.model,
            model_span: envelope.model_span,
            wanted_stream: envelope.stream,
            wanted: Wanted::of(envelope.include_usage, envelope.choices),
            forwarded: wishes.forwarded,
            first_byte,
            targets,
            cursor: 0,
            named: String::new(),
            prepared: None,
            asked: 0,
            attempts: 0,
            began: Duration::ZERO,
            answered: false,
            concluded: true,
            first_cause: FirstCause::default(),
            too_small: Vec::new(),
            refused: None,
            outcome: Outcome::None,
            usage: None,
            tried: Vec::new(),
            closed: false,
            silence: Silence::default(),
        };
        plan.name_first(services)?;
        if !fails_over {
            plan.targets.truncate(plan.cursor.saturating_add(1));
        }
        Ok(plan)
    }

    fn name_first(&mut self, services: &dyn Services) -> Result<(), Failure> {
        let first = self.settle(services);
        let refused = || self.refused.take().map_or_else(nobody_left, Failure::of_request);
        self.named = first.ok_or_else(refused)?;
        Ok(())
    }

    /// Names the cluster of the next attempt; `None` where Envoy knows it already.
    pub(super) fn rename(&mut self, cluster: String) -> Option<String> {
        (self.named != cluster).then(|| {
            self.named.clone_from(&cluster);
            cluster
        })
    }

    /// Whether the client wished for less time than the route gives.
    pub(super) fn is_shortened(&self) -> bool {
        self.first_byte < self.route.retry.timeouts.first_byte(self.wanted_stream)
    }

    /// The client gets an answer: no other target will be asked, and nothing that was kept for that is needed.
    pub(super) fn settle_for(&mut self, outcome: Outcome) {
        self.outcome = outcome;
        self.body = String::new();
        self.prepared = None;
        self.forwarded = Vec::new();
    }

    /// Whether a refusal by the provider's filter would lead from the target at `index` to another.
    pub(super) fn outlives_refusal(&self, index: usize) -> bool {
        self.route.retry.allows(Condition::ContentFilter) && self.chances(index).next
    }

    /// Which chances are left after a try of the target at `index`.
    pub(super) fn chances(&self, index: usize) -> Chances {
        let next = index.saturating_add(1) < self.targets.len();
        let again =
            self.targets.get(index).is_some_and(|target| target.tried < target.target.attempts(!next));
        Chances { next, again, credential: false }
    }

    /// The most attempts Envoy may make beyond the first. The plan itself says when to stop, so this only has to be
    /// enough: all tries, one repair for each target, every credential once, and one that says there is nobody left.
    pub(super) fn max_retries(&self) -> u32 {
        let last = self.targets.len().saturating_sub(1);
        let targets = self.targets.iter().enumerate();
        targets.fold(1, |sum, (place, target)| {
            let attempts = target.target.attempts(place == last);
            let credentials = u32::try_from(target.provider().credentials.len()).unwrap_or(u32::MAX).max(1);
            sum.saturating_add(attempts).saturating_add(credentials)
        })
    }

    /// `x-ferro-*` headers of an answer that the target at `index` gave.
    pub(super) fn answer_headers(&self, index: Option<usize>, dropped: &Dropped) -> HeaderList {
        let mut headers = contract_headers(&self.request_id);
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.as_bytes().to_vec()));
        add("x-ferro-route", &self.route.name);
        add("x-ferro-attempts", &self.attempts.to_string());
        if let Some(target) = index.and_then(|index| self.targets.get(index)) {
            add("x-ferro-provider", &target.provider().name);
            add("x-ferro-model", &header_text(&target.model));
        }
        if !dropped.is_empty() && self.gateway.unsupported == Unsupported::Warn {
            add("x-ferro-dropped", &dropped.header());
        }
        headers
    }

    /// The exchange is over, or its client is gone: nothing is decided any more, and nothing is held.
    pub(super) fn close(&mut self, services: &dyn Services) {
        self.closed = true;
        for target in &mut self.targets {
            target.let_go(services);
        }
    }

    /// The label of the target that was asked last.
    pub(super) fn label(&self) -> Option<Rc<str>> {
        self.targets.get(self.asked)?.target.label.clone()
    }

    /// Whether somebody wants to know how many tokens an answer has.
    pub(super) fn counts_tokens(&self) -> bool {
        self.gateway.logging != Logging::None
            || matches!(self.route.strategy, Strategy::LeastLatency | Strategy::Cost)
    }
}

/// Text for a header: what no header may hold is left out.
fn header_text(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(256).collect()
}
