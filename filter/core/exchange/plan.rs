//! The plan of one request: the facts that its admission has found, which no attempt changes.
//!
//! What attempts do change, the targets that are left, is the [`Queue`] beside it. Both are shared by the gateway
//! position and the attempts of the request.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::REQUEST_ID;
use super::admit::{Admitted, ClientHead};
use super::attempt::{Chances, StreamTerms};
use super::bill::Estimate;
use super::charge::{Charge, add_standing};
use super::choice::{Question, nobody_left};
use super::failure::Failure;
use super::gate;
use super::headers::HeaderBlock;
use super::queue::Queue;
use super::record::AttemptRecord;
use super::reply::Reply;
use super::trail::{CLIENT_ID, Trail};
use super::{Services, body::ClientBody, candidate::Candidate};
use crate::access::ledger::Standing;
use crate::config::{Logging, Unsupported};
use crate::contract::PASSING_ROUTE;
use crate::dialect::{ClientFormat, CountWish, Stamp};
use crate::gateway::{Gateway, Redactor, Route, Secret};
use crate::hub::json::{Names, beginning};
use crate::hub::{Dropped, in_header};
use crate::routing::{Condition, Strategy};
use crate::surface::{Body, Surface};

/// A plan and its queue, shared by the gateway position and the attempts of its request, which all run on one thread.
#[derive(Clone, Debug)]
pub struct SharedPlan(Rc<(Plan, RefCell<Queue>)>);

/// What is known of a request once it was admitted.
#[derive(Debug)]
pub struct Plan {
    pub(super) gateway: Rc<Gateway>,
    pub(super) route: Rc<Route>,
    pub(super) request_id: String,
    pub(super) trail: Trail,
    /// What the client speaks.
    pub(super) client: ClientFormat,
    pub(super) stamp: Stamp,
    /// What the client asks for.
    pub(super) surface: &'static Surface,
    /// What a request says of itself that is not read whole.
    pub(super) head: ClientHead,
    /// The model as the client named it, and where.
    pub(super) sent_model: String,
    pub(super) model_span: Range<usize>,
    /// What is in its body that not everybody takes.
    pub(super) names: Names,
    /// The most tokens that the client wants of an answer, if it says so.
    pub(super) max_tokens: Option<u64>,
    pub(super) wanted_stream: bool,
    pub(super) wanted: StreamTerms,
    /// What makes its stream end with a count of tokens, where somebody wants to know it and the client does not.
    pub(super) count: Option<CountWish>,
    /// Its first byte is due as soon as a stream's; else it may take as long as a whole answer's.
    pub(super) due_soon: bool,
    /// How long one attempt may take until the first byte of its body.
    pub(super) first_byte: Duration,
    /// What is left to the caller, where it is limited.
    pub(super) standing: Option<Standing>,
    /// The most tokens of an answer that the caller may have.
    pub(super) most_output: Option<u64>,
    /// What it is expected to take.
    pub(super) estimate: Estimate,
    /// The caller's own key, where its targets are called with that.
    pub(super) brought: Option<Secret>,
    /// Knows that one, too.
    redactor: Option<Redactor>,
}

/// A request that was admitted.
#[derive(Debug)]
pub(super) struct Planned {
    pub plan: SharedPlan,
    /// The cluster of its first attempt.
    pub cluster: Rc<str>,
    /// The most attempts that Envoy may make beyond that one.
    pub retries: u32,
    /// What is reserved of what the caller may take.
    pub charge: Option<Charge>,
}

impl SharedPlan {
    /// Works on the plan. `None` if it is being worked on already, which one thread without callbacks in between
    /// cannot bring about.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Plan, &mut Queue) -> T) -> Option<T> {
        let (plan, queue) = &*self.0;
        queue.try_borrow_mut().ok().map(|mut queue| work(plan, &mut queue))
    }

    /// What its client is answered where something of it could not be read or written.
    pub fn lost(&self) -> Reply {
        self.facts().reply(Failure::of_lost_plan())
    }

    /// What never changes of it.
    pub(super) fn facts(&self) -> &Plan {
        &self.0.0
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
        trail: Trail,
        services: &dyn Services,
    ) -> Result<Planned, Failure> {
        let Admitted { surface, envelope, body, form, head, wishes } = admitted;
        let question =
            Question::new(gateway, surface, wishes.client, &envelope, head.body, &body, &wishes.asked);
        let route = Rc::clone(question.permitted()?.route().ok_or_else(nobody_left)?);
        let targets = question.order(&route, services)?;
        let brought = gate::brought(wishes.asked.brought.clone(), &targets)?;
        let estimate = question.estimate();
        let charge = question.reserve(estimate, targets.first(), services)?;
        let targets = targets.into_iter().map(|chosen| Candidate::new(chosen, surface)).collect();
        let (fails_over, first_byte) = (question.fails_over(&route), question.first_byte(&route));
        let due_soon = question.due_soon;
        let counts = charge.is_some() || counts_tokens(gateway, &route);
        let plan = Self {
            gateway: Rc::clone(gateway),
            route,
            request_id,
            trail,
            client: wishes.client.answering(&envelope),
            stamp: Stamp { seed: services.random(), created: services.now().as_secs() },
            surface,
            head,
            count: envelope.count.clone().filter(|_| counts),
            sent_model: envelope.model,
            model_span: envelope.model_span,
            names: body.names().foreign(),
            max_tokens: envelope.max_tokens,
            wanted_stream: envelope.stream,
            wanted: StreamTerms::of(envelope.include_usage, envelope.choices),
            due_soon,
            first_byte,
            standing: charge.as_ref().map(|charge| charge.standing),
            redactor: brought.clone().map(|key| gateway.redactor.and(key)),
            brought,
            most_output: wishes.asked.caller.and_then(|caller| caller.role.max_output_tokens),
            estimate,
        };
        let queue = Queue::new(targets, ClientBody::new(body, form), wishes.forwarded);
        plan.begin(queue, fails_over, charge, services)
    }

    /// Chooses who is asked first.
    ///
    /// # Errors
    /// Nobody can express the request.
    fn begin(
        self,
        mut queue: Queue,
        fails_over: bool,
        charge: Option<Charge>,
        services: &dyn Services,
    ) -> Result<Planned, Failure> {
        let mut retries = queue.max_retries();
        let Some(cluster) = queue.move_on(&self, services) else {
            if let Some(charge) = charge {
                charge.cancel(&self.gateway, services);
            }
            return Err(queue.nobody(services));
        };
        if !fails_over {
            queue.drop_rest();
            retries = queue.max_retries();
        }
        if self.passes_unread() {
            queue.ask_once();
            retries = 0;
        }
        let plan = SharedPlan(Rc::new((self, RefCell::new(queue))));
        Ok(Planned { plan, cluster, retries, charge })
    }

    /// Whether the client wished for less time than the route gives.
    pub(super) fn is_shortened(&self) -> bool {
        self.first_byte < self.route.retry.timeouts.first_byte(self.due_soon)
    }

    /// Whether its body is on its way to whoever is asked first: nobody has it any more for a second attempt.
    pub(super) fn passes_unread(&self) -> bool {
        !matches!(self.head.body, Body::Json | Body::Nothing) && self.head.length != Some(0)
    }

    /// Envoy's route for it.
    pub(super) fn route_key(&self) -> Rc<str> {
        match self.passes_unread() {
            true => PASSING_ROUTE.into(),
            false => Rc::clone(self.route.key(self.due_soon)),
        }
    }

    /// How long an answer may be silent.
    pub(super) fn idle(&self) -> Duration {
        self.route.retry.timeouts.idle(self.wanted_stream)
    }

    /// How long an answer that was let go may be nothing but signs of life: providers send them for ten minutes.
    pub(super) fn patience(&self) -> Duration {
        const LONG: Duration = Duration::from_secs(600);
        self.first_byte.saturating_mul(10).min(LONG.max(self.first_byte))
    }

    /// Whether a refusal by the provider's filter would lead to another target.
    pub(super) fn outlives_refusal(&self, chances: Chances) -> bool {
        self.route.retry.allows(Condition::ContentFilter) && chances.next
    }

    /// Whether an answer that says nothing would lead to another attempt.
    pub(super) fn outlives_empty(&self, chances: Chances) -> bool {
        self.route.retry.allows(Condition::Empty) && (chances.next || chances.again)
    }

    /// Adds the `x-ferro-*` headers of an answer, which this target gave.
    pub(super) fn add_headers(
        &self,
        headers: &mut HeaderBlock,
        attempts: usize,
        target: Option<&AttemptRecord>,
        dropped: &Dropped,
    ) {
        headers.push(REQUEST_ID, &self.request_id);
        if let Some(id) = &self.trail.request_id {
            headers.push(CLIENT_ID, id);
        }
        headers.push("x-ferro-route", &*self.route.name);
        headers.push_number(ATTEMPTS, attempts);
        if let Some(AttemptRecord { target, model, .. }) = target {
            headers.push("x-ferro-provider", &target.provider.name);
            headers.push("x-ferro-model", told(model).as_bytes());
        }
        if let Some(standing) = &self.standing {
            add_standing(headers, standing);
        }
        // Where targets that cannot express something are passed over, this is what the caller's own limit has done.
        if !dropped.is_empty() && self.gateway.unsupported != Unsupported::Drop {
            headers.push("x-ferro-dropped", dropped.header(|param| self.client.chat.spell(param)));
        }
    }

    /// Knows every credential that an answer may not hold.
    pub(super) fn redactor(&self) -> &Redactor {
        self.redactor.as_ref().unwrap_or(&self.gateway.redactor)
    }

    /// What the client gets of a failure.
    pub(super) fn reply(&self, failure: Failure) -> Reply {
        failure.into_reply(self.client, self.redactor())
    }

    /// Adds our headers to a reply, unless it has them.
    pub(super) fn dress(&self, mut reply: Reply, attempts: usize, target: Option<&AttemptRecord>) -> Reply {
        let mut headers = HeaderBlock::new();
        self.add_headers(&mut headers, attempts, target, &Dropped::default());
        reply.headers.retain(|(known, _)| known != ATTEMPTS);
        for (name, value) in headers.iter() {
            if !reply.headers.iter().any(|(known, _)| known.as_bytes() == name) {
                let [name, value] = [name, value].map(String::from_utf8_lossy).map(Cow::into_owned);
                reply.headers.push((name, value));
            }
        }
        reply
    }

    /// Whether somebody wants to know how many tokens an answer has.
    pub(super) fn counts_tokens(&self) -> bool {
        self.standing.is_some() || counts_tokens(&self.gateway, &self.route)
    }
}

fn counts_tokens(gateway: &Gateway, route: &Route) -> bool {
    let limited = || gateway.store.is_some() || route.targets.iter().any(|target| !target.quota.is_none());
    let measured = matches!(route.strategy, Strategy::LeastLatency | Strategy::Cost);
    gateway.logging != Logging::None || measured || limited()
}

/// A name for a header.
fn told(name: &str) -> Cow<'_, str> {
    const LONGEST: usize = 256;
    in_header(beginning(name, LONGEST))
}

/// How many attempts an answer took.
const ATTEMPTS: &str = "x-ferro-attempts";
