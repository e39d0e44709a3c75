//! The running gateway.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use super::call::{Call, CallAnswer, Errand};
use super::callers::Callers;
use super::catalogue::Heard;
use super::keys::keyring;
use super::listing::Listed;
use super::provider::{Provider, build_providers};
use super::redactor::Redactor;
use super::route::Route;
use super::secret::Secret;
use super::target::Target;
use crate::access::{Keyring, Vouchers};
use crate::config::{Access, Config, Logging, Prices, Unsupported};
use crate::provider::Price;
use crate::routing::{Name, Names, Subject, Takers};

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
    /// The keys of callers; `None` where nobody needs one.
    pub keyring: Option<Keyring>,
    /// Where a service counts what callers take, for several gateways: when this worker last told that it says nothing.
    pub store: Option<Cell<Duration>>,
    /// Who vouches for callers beside keys.
    pub vouchers: Vouchers,
    /// Whether some route takes callers' own keys.
    pub takes_brought: bool,
    /// The callers whose requests this worker counts.
    pub callers: Callers,
    /// Whether only clients of this machine reach it, and need no key: none of them can have it from a web page.
    pub is_local: bool,
    /// Whether something stands before the paths of some place where clients connect: which, Envoy knows.
    pub has_bases: bool,
    /// The origins of web pages that may call.
    origins: BTreeSet<Vec<u8>>,
    /// Why it is not ready, where who runs it says so.
    pub unready: Option<String>,
    /// Who gets what names no model: families of surfaces, and providers' names.
    keepers: Vec<(&'static str, String)>,
    prices: Prices,
    pub(super) names: Names,
    /// The routes, by the names they take.
    pub(super) takers: Takers,
    /// The models that the configuration names.
    pub(super) configured: Rc<[Listed]>,
    /// What `/v1/models` lists: those, and what providers say they have.
    pub(super) models: RefCell<Rc<[Listed]>>,
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
        let providers = build_providers(config, &environment);
        let by_name = providers.iter().map(|provider| (provider.name.as_str(), provider)).collect();
        let mut routes: Vec<_> =
            config.routes.iter().map(|written| Rc::new(Route::build(written, &by_name))).collect();
        routes.push(Rc::new(Route::of_the_rest(config.retry.clone())));
        let own_target = |provider: &Rc<Provider>| Rc::new(Target::of_owner(Rc::clone(provider)));
        let own_targets: Vec<_> = providers.iter().map(own_target).collect();
        let mut secrets =
            providers.iter().flat_map(|provider| provider.secrets()).cloned().collect::<Vec<_>>();
        let (keyring, vouchers, signing) = callers(config, &environment);
        secrets.extend(signing);
        let mut gateway = Self {
            redactor: Redactor::new(secrets),
            unsupported: config.unsupported,
            max_request_bytes: config.limits.max_request_bytes,
            logging: config.logging,
            created: now,
            keyring,
            store: config.limits.store.as_ref().map(|_| Cell::default()),
            vouchers,
            takes_brought: config.routes.iter().any(|route| route.brings_key),
            callers: Callers::default(),
            is_local: is_local(config),
            has_bases: config.listen.iter().any(|place| !place.path.is_empty()),
            origins: config.origins.iter().map(|origin| origin.as_bytes().to_vec()).collect(),
            unready: None,
            keepers: config.defaults.clone(),
            prices: config.prices.clone(),
            names: Names::new(&config.aliases, &providers),
            takers: Takers::new(config.routes.iter().map(|route| &route.matching)),
            configured: Rc::default(),
            models: RefCell::default(),
            targets: list_targets(&routes, &own_targets),
            own_targets,
            alive: Cell::new(Duration::ZERO),
            forwards: names(providers.iter().flat_map(|provider| provider.forwards())),
            headers: names(routes.iter().flat_map(|route| route.headers())),
            needs_facts: routes.iter().any(|route| route.needs_facts()),
            providers,
            routes,
        };
        gateway.configured = gateway.list_configured(config);
        gateway.models = RefCell::new(Rc::clone(&gateway.configured));
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

    /// Who may serve a model of this name: targets of routes that may take it, each with its route, and the name's owner.
    pub fn serving<'a>(&'a self, name: &Name<'a>) -> impl Iterator<Item = (&'a str, &'a Rc<Target>)> {
        let routes =
            self.takers.of(name).filter_map(|place| self.routes.get(place)).chain(self.routes.last());
        let owner = self.owner(name).and_then(|provider| self.own_target(provider));
        routes.flat_map(move |route| {
            let own = owner.filter(|_| route.targets.is_empty());
            route.targets.iter().chain(own).map(|target| (&*route.name, target))
        })
    }

    /// The route that takes a request which names no model: the first that matches and names what it asks for, or the
    /// default one.
    pub fn route_of_family(&self, subject: &Subject<'_>) -> Option<&Rc<Route>> {
        let mut naming = self.routes.iter().filter(|route| !route.matching.surfaces.is_empty());
        naming.find(|route| route.matching.miss(subject).is_none()).or(self.routes.last())
    }

    /// Who gets what of a family of surfaces names no model.
    pub fn keeper(&self, family: &str) -> Option<&Rc<Provider>> {
        let (_, provider) = self.keepers.iter().find(|(known, _)| *known == family)?;
        self.provider(provider)
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

    /// What the gateway is to ask for itself now. Called all the time; costs nothing where there is nothing of the kind.
    pub fn due(&self, now: Duration) -> Vec<(Errand, Call)> {
        self.due_tokens(now).chain(self.due_models(now)).collect()
    }

    /// The requests for tokens that are due.
    pub fn due_tokens(&self, now: Duration) -> impl Iterator<Item = (Errand, Call)> {
        let tokens = self.providers.iter().enumerate();
        tokens.filter_map(move |(place, provider)| {
            Some((Errand::Token(place), provider.token.as_ref()?.due(now)?))
        })
    }

    /// The requests for lists of models that are due.
    pub fn due_models(&self, now: Duration) -> impl Iterator<Item = (Errand, Call)> {
        let providers = self.providers.iter().enumerate();
        providers
            .filter_map(move |(place, provider)| Some((Errand::Models(place), provider.asks_models(now)?)))
    }

    /// What came of an errand.
    pub fn take(&self, errand: Errand, answer: CallAnswer<'_>, now: Duration) {
        let (Errand::Token(place) | Errand::Models(place)) = errand;
        let Some(provider) = self.providers.get(place) else { return };
        match (errand, &provider.token, &provider.catalogue) {
            (Errand::Token(_), Some(token), _) => match token.answered(answer, now) {
                Ok(()) => self.learn_token(provider),
                Err(why) => log::warn!("{} has no new token from its issuer: {why}", provider.name),
            },
            (Errand::Models(_), _, Some(catalogue)) => match catalogue.answered(answer, now) {
                Heard::Another { cut } => {
                    self.list_models();
                    if cut {
                        log::warn!("{} has more models than are listed, which are its first", provider.name);
                    }
                }
                Heard::Nothing(why) => {
                    log::warn!(
                        "{} does not say which models it has: {why}; it is asked again",
                        provider.name
                    );
                }
                Heard::Same | Heard::NothingAgain => {}
            },
            _ => {}
        }
    }

    /// Goes on with what was fetched for the gateway that ran before an edit of the configuration.
    pub fn take_over(&mut self, before: &Self) {
        self.callers = before.callers.clone();
        for provider in &self.providers {
            if let Some(earlier) = before.provider(&provider.name) {
                provider.take_over(earlier);
                self.learn_token(provider);
            }
        }
        self.list_models();
    }

    /// What a provider is called with from now on is no text's to hold.
    fn learn_token(&self, provider: &Provider) {
        if let Some(token) = provider.token.as_ref().and_then(|token| token.held()) {
            self.redactor.learn(&provider.name, &token);
        }
    }
}

/// By what callers are known, where they need be, and the secrets that this is made of.
fn callers(
    config: &Config,
    environment: impl Fn(&str) -> Option<String>,
) -> (Option<Keyring>, Vouchers, Vec<Secret>) {
    match &config.access {
        Access::Keyed(access) => {
            let (keyring, signing) = keyring(access, environment);
            (Some(keyring), access.vouchers(), signing)
        }
        Access::Local | Access::Open => (None, Vouchers::default(), Vec::new()),
    }
}

/// Whether only clients of this machine reach a gateway: not where proxies of the same machine pass on what others ask,
/// and everybody may call.
fn is_local(config: &Config) -> bool {
    let passed_on = config.trusted_hops > 0 && matches!(config.access, Access::Open);
    let is_keyed = matches!(config.access, Access::Keyed(_));
    !passed_on && !is_keyed && config.listen.iter().all(|place| place.address.ip().is_loopback())
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
