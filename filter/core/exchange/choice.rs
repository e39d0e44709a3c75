//! From a request to whom it may go: its route, and the route's targets in the order of its strategy.
//!
//! Who of them is well is not asked here; see [`super::pick`].

use std::rc::Rc;
use std::time::Duration;

use super::Services;
use super::bill::Estimate;
use super::charge::Charge;
use super::failure::Failure;
use super::gate;
use super::headers::HeaderList;
use super::memory::look;
use super::steering::Steering;
use crate::access::Caller;
use crate::dialect::{ClientFormat, Envelope};
use crate::gateway::{Gateway, Provider, Route, Secret, Target};
use crate::hub::json::Document;
use crate::hub::{Facts, Field};
use crate::routing::{
    Contender, Cost, Health, Measure, Name, Occasion, Reason, Sticky, Strategy, Subject, caller,
    did_you_mean, expected_output, order,
};
use crate::surface::{Answer, Body, Surface};

/// What of a request's headers decides where it goes.
#[derive(Debug, Default)]
pub(super) struct RoutingWishes {
    /// Those that routes look at.
    pub headers: HeaderList,
    /// What the client asks of routing itself.
    pub steering: Steering,
    /// Who asks, where that is known.
    pub caller: Option<Rc<Caller>>,
    /// The caller's own key of some provider.
    pub brought: Option<Secret>,
}

impl RoutingWishes {
    /// Who asks, where that one has limits.
    fn limited_caller(&self) -> Option<&Rc<Caller>> {
        self.caller.as_ref().filter(|caller| caller.accounts().next().is_some())
    }
}

/// A request, as far as it decides where it goes.
#[derive(Debug)]
pub(super) struct Question<'a> {
    gateway: &'a Gateway,
    pub name: Name<'a>,
    facts: Option<Facts<'a>>,
    stream: bool,
    /// Its first byte is due soon: it is a stream, and the model is not asked to think first.
    pub due_soon: bool,
    surface: &'static Surface,
    /// What comes with it.
    body: Body,
    /// How many bytes of that were read.
    length: usize,
    envelope: &'a Envelope,
    asked: &'a RoutingWishes,
}

/// About how many.
const BYTES_OF_A_TOKEN: u64 = 4;

/// Up to here a body's length is good enough to guess its tokens by. What is longer may be pictures.
const SHORT: usize = 16 * 1024;

/// Whether it matters how many tokens a body has, and its length tells little of that.
fn is_guessed_badly(asked: &RoutingWishes, surface: &Surface, body: &Document) -> bool {
    body.text().len() > SHORT && surface.answer == Answer::Chat && asked.limited_caller().is_some()
}

/// A target that may be asked.
#[derive(Debug)]
pub(super) struct OrderedTarget {
    pub target: Rc<Target>,
    /// The model that it is asked for.
    pub model: Rc<str>,
    /// Why it stands where it stands.
    pub reason: Reason,
}

/// A target that may be asked, and the model that it is asked for.
pub(super) type Eligible = (Rc<Target>, Rc<str>);

impl<'a> Question<'a> {
    /// The question that a request puts. `body` is read again only if some route needs to know more of it.
    pub fn new(
        gateway: &'a Gateway,
        surface: &'static Surface,
        client: ClientFormat,
        envelope: &'a Envelope,
        brought: Body,
        body: &'a Document,
        asked: &'a RoutingWishes,
    ) -> Self {
        Self {
            gateway,
            name: gateway.name(&envelope.model),
            facts: (gateway.needs_facts() || is_guessed_badly(asked, surface, body))
                .then(|| client.chat.read_facts(body)),
            stream: envelope.stream,
            due_soon: envelope.stream && !envelope.reasons,
            surface,
            body: brought,
            length: body.text().len(),
            envelope,
            asked,
        }
    }

    /// The provider that the model's name pins.
    pub fn pinned(&self) -> Option<&'a Rc<Provider>> {
        self.name.pinned.and_then(|index| self.gateway.providers.get(index))
    }

    /// What routes see of it.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            name: &self.name,
            surface: self.surface.family,
            headers: &self.asked.headers,
            role: self.asked.caller.as_ref().map(|caller| caller.role.name.as_str()),
            facts: self.facts.as_ref(),
        }
    }

    /// Its route: the one that the client named, or the first that takes it.
    pub fn route(&self) -> Option<&'a Rc<Route>> {
        match &self.asked.steering.route {
            Some(named) => self.gateway.routes.iter().find(|route| *route.name == **named),
            None if self.is_nameless() => self.gateway.route_of_family(&self.subject()),
            None => self.gateway.route(&self.subject()),
        }
    }

    /// The question, if the caller may put it at all, whoever would serve it.
    ///
    /// # Errors
    /// It may not.
    pub fn permitted(&self) -> Result<&Self, Failure> {
        let Some(caller) = &self.asked.caller else { return Ok(self) };
        if !self.is_nameless() && !gate::may_name(caller, &self.name, self.gateway) {
            return Err(gate::of_model(self.name.sent));
        }
        self.asked.steering.refused.map_or(Ok(self), |header| Err(gate::of_wish(header)))
    }

    /// The targets that the caller may be served by.
    ///
    /// # Errors
    /// There are none.
    fn within_role(&self, route: &Route, mut targets: Vec<Eligible>) -> Result<Vec<Eligible>, Failure> {
        let Some(caller) = &self.asked.caller else { return Ok(targets) };
        targets.retain(|(target, model)| gate::may_be_served(caller, &route.name, target, model));
        if targets.is_empty() { Err(gate::of_model(self.name.sent)) } else { Ok(targets) }
    }

    /// Whether no model says who is meant.
    const fn is_nameless(&self) -> bool {
        self.name.sent.is_empty()
    }

    /// Whether anybody is asked after the first of the order that is well.
    pub const fn fails_over(&self, route: &Route) -> bool {
        route.failover && !self.asked.steering.no_failover
    }

    /// How long an attempt may take until the first byte of its body.
    pub fn first_byte(&self, route: &Route) -> Duration {
        let timeouts = &route.retry.timeouts;
        match self.asked.steering.timeout {
            // Envoy bounds every wait by the idle timeout, which is the route's.
            Some(timeout) => timeout.min(timeouts.idle(self.due_soon)),
            None => timeouts.first_byte(self.due_soon),
        }
    }

    /// The route's targets in order.
    ///
    /// # Errors
    /// Nobody serves the model, or nobody who does can be asked.
    pub fn order(&self, route: &Route, services: &dyn Services) -> Result<Vec<OrderedTarget>, Failure> {
        let targets = self.targets(route)?;
        let contenders: Vec<_> =
            targets.iter().map(|(target, model)| self.contender(route, target, model, services)).collect();
        let occasion = Occasion {
            now: u64::try_from(services.now().as_millis()).unwrap_or(u64::MAX),
            measure: measure(self.stream),
            unpriced: route.unpriced,
            caller: route.sticky.as_ref().and_then(|sticky| self.caller(sticky)),
        };
        let random = |below: u64| services.random().checked_rem(below).unwrap_or_default();
        let chosen: Vec<_> = order(route.strategy, &contenders, &occasion, random)
            .into_iter()
            .filter_map(|place| {
                let (target, model) = targets.get(place.index)?.clone();
                Some(OrderedTarget { target, model, reason: place.reason })
            })
            .collect();
        let lacking = chosen.first().map(|first| Rc::clone(&first.target.provider));
        let ready: Vec<_> = chosen.into_iter().filter(|chosen| chosen.target.provider.is_ready()).collect();
        match (ready.is_empty(), lacking) {
            (false, _) => Ok(ready),
            (true, Some(provider)) => Err(Failure::of_no_credential(&provider)),
            (true, None) => Err(nobody_left()),
        }
    }

    /// The targets that may be asked, each with its model: the route's, or the model's owner.
    ///
    /// # Errors
    /// Nobody serves the model.
    pub fn targets(&self, route: &Route) -> Result<Vec<Eligible>, Failure> {
        let named = self.asked.steering.provider.as_deref();
        let wanted = |target: &&Rc<Target>| named.is_none_or(|named| target.provider.name == named);
        let mut targets: Vec<_> = route.targets.iter().filter(wanted).cloned().collect();
        if targets.is_empty() {
            let provider = match named {
                Some(named) => self.gateway.provider(named),
                None if self.is_nameless() => Some(self.keeper()?),
                None => self.gateway.owner(&self.name),
            };
            let own = provider.and_then(|provider| self.gateway.own_target(provider));
            targets.push(Rc::clone(own.ok_or_else(|| self.unserved())?));
        }
        let with_model = |target: Rc<Target>| {
            let model = target.model.clone().unwrap_or_else(|| self.name.model.into());
            (target, model)
        };
        self.within_role(route, targets.into_iter().map(with_model).collect())
    }

    /// Nobody serves the model. Who may not use all that there is does not learn so.
    fn unserved(&self) -> Failure {
        match &self.asked.caller {
            Some(caller) if !caller.knows_all() => gate::of_model(self.name.sent),
            _ => unknown_model(self.gateway, self.name.sent),
        }
    }

    /// Who gets what of the surface names no model.
    fn keeper(&self) -> Result<&'a Rc<Provider>, Failure> {
        let Surface { family, .. } = self.surface;
        self.gateway.keeper(family).ok_or_else(|| {
            let lacks = match self.body {
                Body::Form => "no `model` that could be found: send it before the file",
                _ if self.surface.is_about_kept() => "nothing says which provider keeps this",
                Body::Nothing => "no `model` in the query: add it",
                Body::Json | Body::Opaque | Body::Any => "no `model`: add it",
            };
            let why = format!(
                "{lacks}; or name a provider by the header x-ferro-provider; or let the gateway's configuration say \
                 `defaults: {{{family}: PROVIDER}}`"
            );
            let failure = Failure::new(400, "missing_field", why);
            match self.surface.is_about_kept() {
                true => failure.with_param("x-ferro-provider"),
                false => failure.with_param(Field::Model),
            }
        })
    }

    /// Why a target stands where it stands, in words.
    pub fn reason(&self, route: &Route, chosen: &OrderedTarget) -> String {
        let provider = &chosen.target.provider.name;
        match route.targets.iter().any(|target| target.provider.name == *provider) {
            true => chosen.reason.to_string(),
            false if self.asked.steering.provider.is_some() => "x-ferro-provider names it".to_owned(),
            false if self.is_nameless() => format!("`defaults` names it for {}", self.surface.family),
            false if self.name.pinned.is_some() => "the model's name pins it".to_owned(),
            false => "it owns the model's name".to_owned(),
        }
    }

    /// A target as the strategy sees it. What the strategy does not go by is not looked up.
    fn contender(&self, route: &Route, target: &Target, model: &str, services: &dyn Services) -> Contender {
        let health = || look::<Health>(services, &target.name);
        let mut contender =
            Contender { identity: target.identity, weight: target.weight, latency: None, cost: None };
        match route.strategy {
            Strategy::LeastLatency => contender.latency = health().latency(measure(self.stream)),
            Strategy::Cost => contender.cost = self.cost(target, model, &health()),
            Strategy::Single | Strategy::Fallback | Strategy::Weighted | Strategy::AbTest => {}
        }
        contender
    }

    /// What the request is expected to take.
    pub fn estimate(&self) -> Estimate {
        let role = self.asked.caller.as_ref().and_then(|caller| caller.role.max_output_tokens);
        let most = [self.envelope.max_tokens, role].into_iter().flatten().min();
        let choices = u64::try_from(self.envelope.choices.max(1)).unwrap_or(u64::MAX);
        let length = u64::try_from(self.length).unwrap_or(u64::MAX);
        let speaks = self.surface.output_limit().is_some();
        Estimate {
            input: self.facts.as_ref().map_or(length / BYTES_OF_A_TOKEN, Facts::input_tokens),
            output: if speaks { expected_output(None, most).saturating_mul(choices) } else { 0 },
        }
    }

    /// Reserves what the request is expected to take of what its caller may.
    ///
    /// # Errors
    /// So much is not left to it.
    pub fn reserve(
        &self,
        estimate: Estimate,
        first: Option<&OrderedTarget>,
        services: &dyn Services,
    ) -> Result<Option<Charge>, Failure> {
        let Some(caller) = self.asked.limited_caller() else { return Ok(None) };
        let wanted = first.map(|first| estimate.taken(self.gateway, &first.target, &first.model));
        Charge::reserve(caller, estimate, wanted.unwrap_or_default(), self.gateway, services).map(Some)
    }

    /// What the request is expected to cost at a target.
    fn cost(&self, target: &Target, model: &str, health: &Health) -> Option<Cost> {
        let price = self.gateway.price(&target.provider, model)?;
        let facts = self.facts.as_ref()?;
        let output = expected_output(health.output_tokens(), facts.max_tokens);
        Some(Cost::expected(price, target.price_multiplier, facts.input_tokens(), output))
    }

    /// Who asks, in a number.
    fn caller(&self, sticky: &Sticky) -> Option<u64> {
        let header = |name: &str| {
            let found = self.asked.headers.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_slice())
        };
        let value = match sticky {
            Sticky::Header(name) => header(name),
            Sticky::Key => match &self.asked.caller {
                Some(caller) => Some(caller.id.as_bytes()),
                None => header(Gateway::KEY_HEADER),
            },
            Sticky::User => self.facts.as_ref()?.user.as_ref().map(|user| user.as_bytes()),
        };
        value.filter(|value| !value.is_empty()).map(caller)
    }
}

/// What is measured of an answer.
pub(super) const fn measure(stream: bool) -> Measure {
    match stream {
        true => Measure::FirstByte,
        false => Measure::OutputToken,
    }
}

/// Nobody can be asked.
pub(super) fn nobody_left() -> Failure {
    Failure::new(503, "no_target", "no target is left that could be asked")
}

fn unknown_model(gateway: &Gateway, sent: &str) -> Failure {
    let hint = did_you_mean(';', gateway.nearest_model(sent).as_deref());
    Failure::new(404, "model_not_found", format!("no configured provider serves the model {sent:?}{hint}"))
        .with_param(Field::Model)
}
