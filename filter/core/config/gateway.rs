//! The configuration as the filter runs it: names resolved, credentials in hand.

use std::rc::Rc;
use std::time::Duration;

use super::secret::{Redactor, Secret};
use super::written::{Config, Credential, DEFAULT_ROUTE, Logging, Unsupported};
use crate::provider::{Endpoint, Row};
use crate::routing::{Glob, Match, Name, Owner, Retry, Strategy, Subject, nearest, owner};

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
    aliases: Vec<(String, String)>,
    /// What `/v1/models` lists: id and owner.
    models: Vec<(String, String)>,
    /// The headers that routes look at.
    headers: Vec<String>,
    needs_facts: bool,
}

/// A provider that can be asked.
#[derive(Debug)]
pub struct Provider {
    /// The instance's name, and its cluster's.
    pub name: String,
    /// The vendor.
    pub row: &'static Row,
    /// Where its API is.
    pub endpoint: Endpoint,
    /// The value of `:authority`.
    pub authority: String,
    /// The credential; `None` where none is sent.
    pub credential: Option<Secret>,
    /// Whether it has the credential it needs.
    pub is_ready: bool,
    models: Vec<Glob>,
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
    pub targets: Vec<Target>,
    /// Its retry settings.
    pub retry: Retry,
}

/// A target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Who is asked.
    pub provider: Rc<Provider>,
    /// For which model; `None` for the client's.
    pub model: Option<String>,
    /// Its share under [`Strategy::Weighted`].
    pub weight: u32,
    /// How often at most; `None` for the default of its place.
    pub attempts: Option<u32>,
}

impl Owner for Rc<Provider> {
    fn name(&self) -> &str {
        &self.name
    }
    fn models(&self) -> &[Glob] {
        &self.models
    }
}

impl Gateway {
    /// Builds what a configuration says. `environment` looks up a variable; `now` is Unix time in seconds.
    pub fn build(config: &Config, environment: impl Fn(&str) -> Option<String>, now: u64) -> Self {
        let providers = build_providers(config, environment);
        let target = |written: &super::TargetConfig| {
            let provider = providers.iter().find(|provider| provider.name == written.provider)?;
            Some(Target {
                provider: Rc::clone(provider),
                model: written.model.clone(),
                weight: written.weight,
                attempts: written.attempts,
            })
        };
        let route = |written: &super::RouteConfig| {
            Rc::new(Route {
                name: written.name.clone(),
                matching: written.matching.clone(),
                strategy: written.strategy,
                targets: written.targets.iter().filter_map(target).collect(),
                retry: written.retry.clone(),
            })
        };
        let mut routes: Vec<_> = config.routes.iter().map(route).collect();
        routes.push(Rc::new(Route {
            name: DEFAULT_ROUTE.to_owned(),
            matching: Match::default(),
            strategy: Strategy::Single,
            targets: Vec::new(),
            retry: config.retry.clone(),
        }));
        let secrets = providers.iter().filter_map(|provider| provider.credential.clone());
        let mut gateway = Self {
            redactor: Redactor::new(secrets),
            unsupported: config.unsupported,
            max_request_bytes: config.max_request_bytes,
            logging: config.logging,
            created: now,
            aliases: config.aliases.clone(),
            models: Vec::new(),
            headers: routes.iter().flat_map(|route| route.matching.header_names()).collect(),
            needs_facts: routes.iter().any(|route| route.matching.needs_facts()),
            providers,
            routes,
        };
        gateway.models = gateway.list_models(config);
        gateway
    }

    /// Resolves a model's name.
    pub fn name<'a>(&'a self, sent: &'a str) -> Name<'a> {
        Name::resolve(sent, &self.aliases, &self.providers)
    }

    /// The provider that a name pins, or that owns it.
    pub fn owner(&self, name: &Name<'_>) -> Option<&Rc<Provider>> {
        name.pinned.or_else(|| owner(name.model, &self.providers)).and_then(|index| self.providers.get(index))
    }

    /// The route that takes a request: the first that matches, or the default one.
    pub fn route(&self, subject: &Subject<'_>) -> Option<&Rc<Route>> {
        let (default, routes) = self.routes.split_last()?;
        Some(routes.iter().find(|route| route.matching.miss(subject).is_none()).unwrap_or(default))
    }

    /// Whether some route looks at this header of a request. Names are in lower case.
    pub fn looks_at_header(&self, name: &[u8]) -> bool {
        self.headers.iter().any(|known| known.as_bytes() == name)
    }

    /// Whether some route needs the facts of a request's body.
    pub const fn needs_facts(&self) -> bool {
        self.needs_facts
    }

    /// What `/v1/models` lists: id and owner, each id once.
    pub fn models(&self) -> &[(String, String)] {
        &self.models
    }

    /// The listed model that `name` probably means.
    pub fn nearest_model(&self, name: &str) -> Option<&str> {
        nearest(name, self.models.iter().map(|(id, _)| id.as_str()))
    }

    /// How often to look for answers that have fallen silent: often enough for the shortest idle timeout.
    pub fn watch_interval(&self) -> Duration {
        let idle = |route: &Rc<Route>| {
            let timeouts = &route.retry.timeouts;
            timeouts.idle_stream.min(timeouts.idle_answer)
        };
        let shortest = self.routes.iter().map(idle).min().unwrap_or(Duration::MAX);
        shortest.checked_div(4).unwrap_or_default().clamp(Duration::from_millis(50), Duration::from_secs(1))
    }

    /// Whether some provider can be asked.
    pub fn is_ready(&self) -> bool {
        self.providers.iter().any(|provider| provider.is_ready)
    }

    /// Aliases, exact names in routes, exact names of providers, built-in names of configured vendors.
    fn list_models(&self, config: &Config) -> Vec<(String, String)> {
        let mut listed: Vec<(String, String)> = Vec::new();
        let mut list = |id: &str, owner: &str| {
            if !listed.iter().any(|(known, _)| known == id) {
                listed.push((id.to_owned(), owner.to_owned()));
            }
        };
        let owned_by = |sent: &str| {
            let name = self.name(sent);
            // A route that takes some requests, whatever their model, is nobody's owner.
            let owns = |route: &&Rc<Route>| {
                let matching = &route.matching;
                matching.takes(&name) && !(matching.models.is_empty() && matching.looks_beyond_the_name())
            };
            let route = self.routes.iter().find(owns);
            let first = route.and_then(|route| Some(route.targets.first()?.provider.name.as_str()));
            first.or_else(|| Some(self.owner(&name)?.name.as_str())).map(str::to_owned)
        };
        let exact =
            config.routes.iter().flat_map(|route| &route.matching.models).filter(|glob| glob.is_exact());
        let names = config.aliases.iter().map(|(alias, _)| alias.as_str()).chain(exact.map(Glob::as_str));
        for id in names {
            if let Some(owner) = owned_by(id) {
                list(id, &owner);
            }
        }
        for provider in &self.providers {
            for glob in provider.models.iter().filter(|glob| glob.is_exact()) {
                list(glob.as_str(), &provider.name);
            }
            for model in provider.row.models {
                list(model, &owned_by(model).unwrap_or_else(|| provider.name.clone()));
            }
        }
        listed
    }
}

/// Those that can be asked, or that the file names.
fn build_providers(config: &Config, environment: impl Fn(&str) -> Option<String>) -> Vec<Rc<Provider>> {
    let mut providers = Vec::new();
    for written in &config.providers {
        let credential = match &written.credential {
            Credential::None => None,
            Credential::Variable(name) => environment(name).as_deref().and_then(Secret::new),
        };
        let is_ready = credential.is_some() || written.credential == Credential::None;
        if is_ready || !written.implied {
            providers.push(Rc::new(Provider {
                name: written.name.clone(),
                row: written.row,
                endpoint: written.endpoint.clone(),
                authority: written.endpoint.authority(),
                credential,
                is_ready,
                models: written.models.clone(),
            }));
        }
    }
    providers
}
