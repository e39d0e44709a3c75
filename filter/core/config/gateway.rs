//! The configuration as the filter runs it: names resolved, credentials in hand.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use super::prices::Prices;
use super::provider::{Provider, build_providers};
use super::redactor::Redactor;
use super::tally::Tally;
use super::written::{Config, DEFAULT_ROUTE, Logging, RouteConfig, TargetConfig, Unsupported};
use crate::provider::Price;
use crate::routing::{
    Breaker, Budget, Glob, Match, Name, Names, Retry, Sticky, Strategy, Subject, Takers, Unpriced, identity,
    nearest,
};

/// A running gateway. Immutable; an edit of the configuration makes a new one, and requests keep theirs.
#[derive(Debug)]
pub struct Gateway {
    /// The providers, in the file's order.
    pub providers: Vec<Rc<Provider>>,
    /// The routes, in the file's order; then the one of requests that match none.
    pub routes: Vec<Rc<Route>>,
    /// Knows every credential.
    pub redactor: Redactor,
    /// What happens to parameters that a target cannot express.
    pub unsupported: Unsupported,
    /// The longest request body, in bytes.
    pub max_request_bytes: usize,
    /// What is logged of requests.
    pub logging: Logging,
    /// When it was built, in Unix seconds.
    pub created: u64,
    /// Whether only clients of this machine reach it.
    pub is_local: bool,
    prices: Prices,
    names: Names,
    /// The routes, by the names they take.
    takers: Takers,
    /// What `/v1/models` lists: id and owner.
    models: Vec<(String, String)>,
    /// Every target that requests may be sent to, each name once.
    targets: Vec<Rc<Target>>,
    /// What the providers are asked through where no route says so, in their order.
    own_targets: Vec<Rc<Target>>,
    /// When this worker last said that it lives.
    pub alive: Cell<Duration>,
    /// The headers that routes look at.
    headers: BTreeSet<String>,
    /// The headers of clients that some provider sees.
    forwards: BTreeSet<String>,
    needs_facts: bool,
}

/// A route.
#[derive(Debug)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The requests it takes.
    pub matching: Match,
    /// How its targets are ordered.
    pub strategy: Strategy,
    /// Its targets; empty for the model's owner.
    pub targets: Vec<Rc<Target>>,
    /// Whether those after the first of an order are asked.
    pub failover: bool,
    /// What keeps a caller's order; `None` where every request has its own.
    pub sticky: Option<Sticky>,
    /// Where targets without a price stand.
    pub unpriced: Unpriced,
    /// When a target that fails is left alone.
    pub breaker: Breaker,
    /// Its retry settings.
    pub retry: Retry,
}

/// A target. Built once, since it counts its answers.
#[derive(Debug)]
pub struct Target {
    /// Its name, under which all workers share what they know of it: `provider/model`, or `provider/*`.
    pub name: String,
    /// Who is asked.
    pub provider: Rc<Provider>,
    /// For which model; `None` for the client's.
    pub model: Option<String>,
    /// Who it is, for the orders that callers keep: see [`identity`].
    pub identity: u64,
    /// Its share, under the strategies that go by weight.
    pub weight: u32,
    /// What its answers are marked with.
    pub label: Option<Rc<str>>,
    /// What its price is multiplied by before it is compared.
    pub price_multiplier: f64,
    /// How many requests it serves at a time; `None` for any number.
    pub max_concurrency: Option<u32>,
    /// Its answers that the other workers do not know of.
    pub tally: Tally,
    attempts: Option<u32>,
}

impl Route {
    fn build(written: &RouteConfig, providers: &BTreeMap<&str, &Rc<Provider>>) -> Self {
        let targets = written.targets.iter().filter_map(|target| Target::build(target, providers));
        Self {
            name: written.name.clone(),
            matching: written.matching.clone(),
            strategy: written.strategy,
            targets: targets.map(Rc::new).collect(),
            failover: written.failover,
            sticky: written.sticky.clone(),
            unpriced: written.unpriced,
            breaker: written.breaker,
            retry: written.retry.clone(),
        }
    }

    /// The route of requests that match no other.
    fn of_the_rest(retry: Retry) -> Self {
        Self {
            name: DEFAULT_ROUTE.to_owned(),
            matching: Match::default(),
            strategy: Strategy::Single,
            targets: Vec::new(),
            failover: true,
            sticky: None,
            unpriced: Unpriced::default(),
            breaker: Breaker::default(),
            retry,
        }
    }

    /// The headers of a request that it looks at.
    fn headers(&self) -> impl Iterator<Item = String> {
        let sticky = match &self.sticky {
            Some(Sticky::Header(name)) => Some(name.clone()),
            Some(Sticky::Key) => Some(Gateway::KEY_HEADER.to_owned()),
            Some(Sticky::User) | None => None,
        };
        self.matching.header_names().chain(sticky)
    }

    /// Whether it needs to know more of a request's body than the model's name.
    fn needs_facts(&self) -> bool {
        let counts = self.strategy == Strategy::Cost;
        counts || self.sticky == Some(Sticky::User) || self.matching.needs_facts()
    }
}

impl Target {
    /// `None` where the provider is left out.
    fn build(written: &TargetConfig, providers: &BTreeMap<&str, &Rc<Provider>>) -> Option<Self> {
        let provider = *providers.get(written.provider.as_str())?;
        Some(Self {
            name: target_name(provider, written.model.as_deref()),
            provider: Rc::clone(provider),
            model: written.model.clone(),
            identity: identity(&written.provider, written.model.as_deref(), written.label.as_deref()),
            weight: written.weight,
            label: written.label.as_deref().map(Rc::from),
            price_multiplier: written.price_multiplier,
            max_concurrency: written.max_concurrency,
            tally: Tally::default(),
            attempts: written.attempts,
        })
    }

    /// How often it is asked at most. By default once where another target follows.
    pub fn attempts(&self, is_last: bool) -> u32 {
        self.attempts.unwrap_or(if is_last { 2 } else { 1 })
    }

    /// A provider that is asked because it owns a model's name, not because a route says so.
    fn of_owner(provider: Rc<Provider>) -> Self {
        Self {
            name: target_name(&provider, None),
            identity: identity(&provider.name, None, None),
            provider,
            model: None,
            weight: 1,
            label: None,
            price_multiplier: 1.0,
            max_concurrency: None,
            tally: Tally::default(),
            attempts: None,
        }
    }
}

impl Gateway {
    /// The header that carries a caller's key.
    pub const KEY_HEADER: &str = "authorization";

    /// Builds what a configuration says. `environment` looks up a variable; `now` is Unix time in seconds.
    pub fn build(config: &Config, environment: impl Fn(&str) -> Option<String>, now: u64) -> Self {
        let providers = build_providers(config, environment);
        let by_name = providers.iter().map(|provider| (provider.name.as_str(), provider)).collect();
        let mut routes: Vec<_> =
            config.routes.iter().map(|written| Rc::new(Route::build(written, &by_name))).collect();
        routes.push(Rc::new(Route::of_the_rest(config.retry.clone())));
        let own_target = |provider: &Rc<Provider>| Rc::new(Target::of_owner(Rc::clone(provider)));
        let own_targets: Vec<_> = providers.iter().map(own_target).collect();
        let secrets = providers.iter().flat_map(|provider| provider.secrets()).cloned().collect::<Vec<_>>();
        let mut gateway = Self {
            redactor: Redactor::new(secrets),
            unsupported: config.unsupported,
            max_request_bytes: config.limits.max_request_bytes,
            logging: config.logging,
            created: now,
            is_local: config.listen.ip().is_loopback(),
            prices: config.prices.clone(),
            names: Names::new(&config.aliases, &providers),
            takers: Takers::new(config.routes.iter().map(|route| &route.matching)),
            models: Vec::new(),
            targets: list_targets(&routes, &own_targets),
            own_targets,
            alive: Cell::new(Duration::ZERO),
            forwards: forwards(&providers),
            headers: routes.iter().flat_map(|route| route.headers()).collect(),
            needs_facts: routes.iter().any(|route| route.needs_facts()),
            providers,
            routes,
        };
        gateway.models = gateway.list_models(config);
        gateway
    }

    /// Resolves a model's name.
    pub fn name<'a>(&'a self, sent: &'a str) -> Name<'a> {
        self.names.resolve(sent)
    }

    /// The provider that a name pins, or that owns it.
    pub fn owner(&self, name: &Name<'_>) -> Option<&Rc<Provider>> {
        name.pinned.or_else(|| self.names.owner(name.model)).and_then(|index| self.providers.get(index))
    }

    /// The provider of this name.
    pub fn provider(&self, name: &str) -> Option<&Rc<Provider>> {
        self.names.provider(name).and_then(|index| self.providers.get(index))
    }

    /// What a provider takes for a model, where that is known.
    pub fn price(&self, provider: &Provider, model: &str) -> Option<Price> {
        self.prices.find(&provider.name, &provider.kind, model)
    }

    /// The route that takes a request: the first that matches, or the default one.
    pub fn route(&self, subject: &Subject<'_>) -> Option<&Rc<Route>> {
        let mut routes = self.takers.of(subject.name).filter_map(|place| self.routes.get(place));
        routes.find(|route| route.matching.miss(subject).is_none()).or(self.routes.last())
    }

    /// Whether some route looks at this header of a request. Names are in lower case.
    pub fn looks_at_header(&self, name: &[u8]) -> bool {
        std::str::from_utf8(name).is_ok_and(|name| self.headers.contains(name))
    }

    /// Whether some provider sees this header of clients. Names are in lower case.
    pub fn forwards(&self, name: &[u8]) -> bool {
        std::str::from_utf8(name).is_ok_and(|name| self.forwards.contains(name))
    }

    /// Whether some route needs the facts of a request's body.
    pub const fn needs_facts(&self) -> bool {
        self.needs_facts
    }

    /// What `/v1/models` lists: id and owner, each id once.
    pub fn models(&self) -> &[(String, String)] {
        &self.models
    }

    /// The listed model that `name` probably means. One that is listed, and that no route takes in a request like this
    /// one, does not mean itself.
    pub fn nearest_model(&self, name: &str) -> Option<&str> {
        nearest(name, self.models.iter().map(|(id, _)| id.as_str()).filter(|id| *id != name))
    }

    /// What a provider is asked through where no route says so.
    pub fn own_target(&self, provider: &Provider) -> Option<&Rc<Target>> {
        self.own_targets.get(self.names.provider(&provider.name)?)
    }

    /// Every target that requests may be sent to, each name once.
    pub fn targets(&self) -> &[Rc<Target>] {
        &self.targets
    }

    /// The names of a provider's targets.
    pub fn targets_of(&self, provider: &Provider) -> impl Iterator<Item = &str> {
        let own = self.targets.iter().filter(move |target| target.provider.name == provider.name);
        own.map(|target| target.name.as_str())
    }

    /// How often to look for answers that have fallen silent: often enough for the shortest idle timeout, and to end
    /// within a second what has ended already.
    pub fn watch_interval(&self) -> Duration {
        let idle = |route: &Rc<Route>| {
            let timeouts = &route.retry.timeouts;
            timeouts.idle_stream.min(timeouts.idle_answer)
        };
        let shortest = self.routes.iter().map(idle).min().unwrap_or(Duration::MAX);
        shortest
            .checked_div(4)
            .unwrap_or_default()
            .clamp(Duration::from_millis(50), Duration::from_millis(500))
    }

    /// Whether some provider can be asked.
    pub fn is_ready(&self) -> bool {
        self.providers.iter().any(|provider| provider.is_ready())
    }

    /// Aliases, exact names in routes, exact names of providers, built-in names of configured vendors. As many as are
    /// found by [`Budget::COMPARISONS`].
    fn list_models(&self, config: &Config) -> Vec<(String, String)> {
        let budget = Budget::default();
        let mut listed: Vec<(String, String)> = Vec::new();
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut list = |id: &str, owner: &str| {
            if known.insert(id.to_owned()) {
                listed.push((id.to_owned(), owner.to_owned()));
            }
        };
        let exact = config
            .routes
            .iter()
            .flat_map(|route| route.matching.models.iter())
            .filter(|glob| glob.is_exact());
        let names = config.aliases.iter().map(|(alias, _)| alias.as_str()).chain(exact.map(Glob::as_str));
        for id in names {
            if let Some(owner) = self.owned_by(id, &budget) {
                list(id, owner);
            }
        }
        for provider in &self.providers {
            for glob in provider.models.iter().filter(|glob| glob.is_exact()) {
                list(glob.as_str(), &provider.name);
            }
            for model in &provider.listed {
                list(model, self.owned_by(model, &budget).unwrap_or(&provider.name));
            }
        }
        listed
    }

    /// The provider that a name is listed as owned by: the first one of its route, or its owner.
    fn owned_by(&self, sent: &str, budget: &Budget) -> Option<&str> {
        let name = self.name(sent);
        let comparisons = self.takers.comparisons(&name).saturating_add(self.names.comparisons(name.model));
        if !budget.take(comparisons) {
            return None;
        }
        // A route that takes some requests, whatever their model, is nobody's owner.
        let mut routes = self.takers.by_name(&name).into_iter().filter_map(|place| self.routes.get(place));
        let route = routes.find(|route| budget.take(1) && route.matching.takes(&name));
        let first = route.and_then(|route| Some(route.targets.first()?.provider.name.as_str()));
        first.or_else(|| Some(self.owner(&name)?.name.as_str()))
    }
}

/// The headers of clients that some provider sees.
fn forwards(providers: &[Rc<Provider>]) -> BTreeSet<String> {
    providers.iter().flat_map(|provider| provider.forwards()).map(str::to_owned).collect()
}

/// Under which name a target's health is shared. What clients call their models is not bounded, so all that a target
/// without a model of its own is asked for counts as one.
fn target_name(provider: &Provider, model: Option<&str>) -> String {
    format!("{}/{}", provider.name, model.unwrap_or("*"))
}

/// The routes' targets and the providers' own, each name once.
fn list_targets(routes: &[Rc<Route>], own: &[Rc<Target>]) -> Vec<Rc<Target>> {
    let mut known = BTreeSet::new();
    let all = routes.iter().flat_map(|route| &route.targets).chain(own);
    all.filter(|target| known.insert(target.name.as_str())).map(Rc::clone).collect()
}
