//! The running gateway.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use super::provider::{Provider, build_providers};
use super::redactor::Redactor;
use super::route::Route;
use super::target::Target;
use super::token::{TokenAnswer, TokenRequest};
use crate::config::{Access, Config, Logging, Prices, Unsupported};
use crate::provider::Price;
use crate::routing::{Budget, Glob, Name, Names, Subject, Takers, nearest};

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
    /// Whether something stands before the paths of some place where clients connect: which, Envoy knows.
    pub has_bases: bool,
    /// The origins of web pages that may call.
    origins: BTreeSet<Vec<u8>>,
    /// Why it is not ready, where who runs it says so.
    pub unready: Option<String>,
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
    headers: BTreeSet<Vec<u8>>,
    /// The headers of clients that some provider sees.
    forwards: BTreeSet<Vec<u8>>,
    needs_facts: bool,
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
            is_local: is_local(config),
            has_bases: config.listen.iter().any(|place| !place.path.is_empty()),
            origins: config.origins.iter().map(|origin| origin.as_bytes().to_vec()).collect(),
            unready: None,
            prices: config.prices.clone(),
            names: Names::new(&config.aliases, &providers),
            takers: Takers::new(config.routes.iter().map(|route| &route.matching)),
            models: Vec::new(),
            targets: list_targets(&routes, &own_targets),
            own_targets,
            alive: Cell::new(Duration::ZERO),
            forwards: names(providers.iter().flat_map(|provider| provider.forwards())),
            headers: names(routes.iter().flat_map(|route| route.headers())),
            needs_facts: routes.iter().any(|route| route.needs_facts()),
            providers,
            routes,
        };
        gateway.models = gateway.list_models(config);
        gateway
    }

    /// Whether pages from there may call.
    pub fn welcomes(&self, origin: &[u8]) -> bool {
        self.origins.contains(origin)
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
        self.headers.contains(name)
    }

    /// Whether some provider sees this header of clients. Names are in lower case.
    pub fn forwards(&self, name: &[u8]) -> bool {
        self.forwards.contains(name)
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

    /// Why no provider can be asked; `None` if one can.
    pub fn unready(&self) -> Option<&str> {
        let lacking = (!self.providers.iter().any(|provider| provider.is_ready()))
            .then_some("no configured provider has its credential");
        lacking.or(self.unready.as_deref())
    }

    /// The requests for tokens that are to be made now, each with its provider's place. Called all the time; costs
    /// nothing where no provider's credential is fetched.
    pub fn due_tokens(&self, now: Duration) -> Vec<(usize, TokenRequest)> {
        let tokens = self.providers.iter().enumerate();
        tokens.filter_map(|(place, provider)| Some((place, provider.token.as_ref()?.due(now)?))).collect()
    }

    /// What came of a request for the token of the provider at this place.
    pub fn take_token(&self, place: usize, answer: TokenAnswer<'_>, now: Duration) {
        let Some(provider) = self.providers.get(place) else { return };
        let Some(token) = &provider.token else { return };
        match token.answered(answer, now) {
            Ok(()) => self.learn_token(provider),
            Err(why) => log::warn!("{} has no new token from its issuer: {why}", provider.name),
        }
    }

    /// Goes on with the tokens of the gateway that ran before an edit of the configuration.
    pub fn take_over(&self, before: &Self) {
        for provider in &self.providers {
            let earlier = before.provider(&provider.name).and_then(|provider| provider.token.as_ref());
            if let (Some(token), Some(earlier)) = (&provider.token, earlier) {
                token.take_over(earlier);
                self.learn_token(provider);
            }
        }
    }

    /// What a provider is called with from now on is no text's to hold.
    fn learn_token(&self, provider: &Provider) {
        if let Some(token) = provider.token.as_ref().and_then(|token| token.held()) {
            self.redactor.learn(&provider.name, &token);
        }
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

/// Whether only clients of this machine reach a gateway: not where proxies of the same machine pass on what others ask,
/// and everybody may call.
fn is_local(config: &Config) -> bool {
    let passed_on = config.trusted_hops > 0 && config.access == Access::Open;
    !passed_on && config.listen.iter().all(|place| place.address.ip().is_loopback())
}

/// Names of headers, as they are looked up: bytes of which nobody knows that they are text.
fn names(names: impl Iterator<Item = impl Into<Vec<u8>>>) -> BTreeSet<Vec<u8>> {
    names.map(Into::into).collect()
}

/// The routes' targets and the providers' own, each name once.
fn list_targets(routes: &[Rc<Route>], own: &[Rc<Target>]) -> Vec<Rc<Target>> {
    let mut known = BTreeSet::new();
    let all = routes.iter().flat_map(|route| &route.targets).chain(own);
    all.filter(|target| known.insert(target.name.as_str())).map(Rc::clone).collect()
}
