//! The configuration as it is written, checked: every name in it is known, every value in bounds.

mod access;
mod breaker;
mod doors;
mod files;
mod limits;
mod matching;
mod prices;
mod provider;
mod proxy;
mod retry;
mod route;
mod strategy;
mod target;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use serde_json::Value;

use super::errors::{ConfigErrors, Errors};
use super::keys::{Keys, key, optional};
use super::meant;
use super::prices::Prices;
use super::section::{Node, Section};
use crate::provider::Vendors;
use crate::routing::{Budget, Names, Retry, unreachable};
pub use access::{Access, AccessConfig, ExtAuthzConfig, JwksSource, JwtConfig, SignerConfig, SignerSource};
pub use doors::{Listen, ListenTls};
pub use files::Pair;
pub use limits::{Limits, Store};
pub use provider::{Header, ProviderConfig, ProviderTls};
pub use proxy::{Dns, Family, Proxied, Proxy};
pub use route::RouteConfig;
pub use target::TargetConfig;

/// The route of requests that match no other.
pub const DEFAULT_ROUTE: &str = "default";

/// The configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where clients connect: once at least.
    pub listen: Vec<Listen>,
    /// Which clients may call.
    pub access: Access,
    /// Where the reading paths of Envoy's admin interface are served to others; `None` for nowhere.
    pub admin: Option<SocketAddr>,
    /// The origins of web pages that may call.
    pub origins: Vec<String>,
    /// How many proxies before us are believed who a client is.
    pub trusted_hops: u32,
    /// The providers, in the file's order. If the file names none: every built-in one, and those without a credential
    /// in the environment are left out when the filter starts.
    pub providers: Vec<ProviderConfig>,
    /// Who gets what names no model: a family of surfaces, and a provider's name.
    pub defaults: Vec<(&'static str, String)>,
    /// Other names of models: alias, then what it stands for.
    pub aliases: Vec<(String, String)>,
    /// Retry settings of requests that match no route.
    pub retry: Retry,
    /// The routes, in the file's order.
    pub routes: Vec<RouteConfig>,
    /// What models cost.
    pub prices: Prices,
    /// What happens to parameters that a target cannot express.
    pub unsupported: Unsupported,
    /// What clients may take.
    pub limits: Limits,
    /// What is logged of requests.
    pub logging: Logging,
    /// Whether providers are asked through a proxy that say nothing of one.
    pub proxied: Proxied,
    /// How names are looked up.
    pub dns: Dns,
}

/// What happens to parameters that a target cannot express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// They are left out, and the answer's `x-ferro-dropped` says so.
    Warn,
    /// They are left out.
    Drop,
    /// Another target is asked, and with none left the request is refused.
    Reject,
}

/// What is logged of requests, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Logging {
    /// Nothing.
    None,
    /// All but what was said.
    Metadata,
    /// Bodies as well.
    Full,
}

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(value: &Value) -> Result<Self, ConfigErrors> {
        Self::parse_among(value, Vendors::BUILT_IN)
    }

    /// The same, where other vendors are known.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse_among(value: &Value, vendors: Vendors) -> Result<Self, ConfigErrors> {
        Self::read(value, vendors, Errors::new(None))
    }

    /// Likewise, for an operator: who is told what was probably meant, and may know of mistakes at some paths only.
    ///
    /// # Errors
    /// All that is wrong with it at paths that are `heeded`: nothing at all, if it is wrong at others only.
    pub fn parse_heeding(value: &Value, heeded: &dyn Fn(&str) -> bool) -> Result<Self, ConfigErrors> {
        let mut errors = Errors::new(Some(heeded));
        errors.guess = Some(meant::guess);
        Self::read(value, Vendors::BUILT_IN, errors)
    }

    fn read(value: &Value, vendors: Vendors, mut errors: Errors<'_>) -> Result<Self, ConfigErrors> {
        let empty = Value::Object(serde_json::Map::new());
        let value = if value.is_null() { &empty } else { value };
        let config = read(&Node::root(value), vendors, &mut errors);
        errors.check(config)
    }

    /// The routes that can never match, each with an earlier one that takes everything first: their indexes. As far as
    /// [`Budget::COMPARISONS`] tell.
    pub fn unreachable_routes(&self) -> Vec<(usize, usize)> {
        let routes: Vec<_> = self.routes.iter().map(|route| &route.matching).collect();
        unreachable(&routes, &Names::new(&self.aliases, &self.providers), &Budget::default())
    }
}

/// The keys of every object of the file, in reading order.
pub const SECTIONS: &[&Keys] = &[
    &KEYS,
    &doors::LISTEN,
    &doors::TLS,
    &access::ACCESS,
    &access::SIGNING_KEY,
    &access::KEY,
    &access::ROLE,
    &access::BUDGET,
    &access::JWT,
    &access::JWKS,
    &access::MTLS,
    &access::EXT_AUTHZ,
    &doors::CORS,
    &provider::KEYS,
    &provider::auth::KEYS,
    &provider::token::KEYS,
    &provider::operations::KEYS,
    &provider::quirks::KEYS,
    &provider::quirks::USAGE,
    &provider::tls::KEYS,
    &proxy::KEYS,
    &proxy::DNS,
    &retry::KEYS,
    &retry::BACKOFF,
    &route::KEYS,
    &matching::KEYS,
    &matching::PROMPT,
    &target::KEYS,
    &target::BUDGET,
    &target::RETRY,
    &strategy::STICKY,
    &breaker::KEYS,
    &prices::KEYS,
    &COMPATIBILITY,
    &limits::KEYS,
    &limits::STORE,
    &LOG,
];

const KEYS: Keys = Keys {
    path: "",
    doc: "What stands at the left margin.",
    keys: &[
        key(
            "listen",
            "127.0.0.1:8080",
            "127.0.0.1:8080",
            "where clients connect: an address, an object that says more of one, or a list of these; one that others \
             reach needs `access`",
        ),
        optional(
            "access",
            "those of this machine",
            "none",
            "who may call, and what each may; `none`: everybody who reaches `listen`",
        ),
        key(
            "admin",
            "false",
            "127.0.0.1:9901",
            "an address opens the reading paths of Envoy's admin interface there",
        ),
        optional("cors", "none", "", "which web pages may call"),
        key(
            "trusted_hops",
            "0",
            "1",
            "how many proxies stand before the gateway: so many addresses of `x-forwarded-for` are believed, counted \
             from its end",
        ),
        optional(
            "providers",
            "every built-in one whose credential is set",
            "",
            "who is called, by names of your choice",
        ),
        optional(
            "defaults",
            "none",
            r#"{"files": "openai", "batches": "openai"}"#,
            "who gets what names no model, by what is asked for: `files`, `batches`, `fine_tuning`, `vector_stores`, \
             `uploads`, `responses`, `other`, and all that `match.surfaces` knows",
        ),
        optional(
            "aliases",
            "none",
            r#"{"fast": "gpt-4o-mini"}"#,
            "other names of models, applied once, before anything else; a name `provider/model` pins the provider",
        ),
        optional("retry", "as below", "", "what deserves another attempt; the default of every route"),
        optional(
            "routes",
            "the model's owner is asked",
            "",
            "who serves which requests; the first that matches wins, and without one the model's owner is asked",
        ),
        optional(
            "prices",
            "the built-in table",
            "",
            "what models cost, where the built-in table is wrong or silent",
        ),
        optional("compatibility", "as below", "", "what happens where formats differ"),
        optional(
            "proxy",
            "none",
            "http://proxy.example.com:3128",
            "an HTTP proxy between the gateway and providers: its URL, or an object that says more; not asked for this \
             machine",
        ),
        optional("dns", "as below", "", "how names are looked up"),
        optional("limits", "as below", "", "what clients may take of the gateway"),
        optional("log", "as below", "", "what is logged"),
    ],
    lacking: &["guardrails", "cache"],
};

const COMPATIBILITY: Keys = Keys {
    path: "compatibility",
    doc: "What happens where formats differ: see [translation](translation.md).",
    keys: &[key(
        "unsupported_params",
        "warn",
        "reject",
        "what a target cannot express is left out and named in `x-ferro-dropped` (`warn`), left out (`drop`), or a \
         reason to ask another target, and with none left a 400 (`reject`)",
    )],
    lacking: &[],
};

const LOG: Keys = Keys {
    path: "log",
    doc: "What is logged of requests, as a line of JSON each.",
    keys: &[key(
        "requests",
        "metadata",
        "none",
        "`none`; `metadata`: all but what was said; `full`: the bodies as well, without credentials",
    )],
    lacking: &[],
};

fn read(root: &Node<'_>, vendors: Vendors, errors: &mut Errors<'_>) -> Option<Config> {
    let section = root.keys(&KEYS, errors)?;
    let providers = provider::read(section.get("providers"), vendors, errors);
    let written = section.get("retry").map(|node| {
        let written = retry::read(&node, errors);
        written.check(&node, errors);
        written
    });
    let written = written.unwrap_or_default();
    let aliases = section.get("aliases").map(|node| aliases(&node, errors)).unwrap_or_default();
    let defaults = section.get("defaults").map(|node| matching::defaults(&node, &providers, errors));
    let prices = section.get("prices").map(|node| prices::read(&node, &providers, vendors, errors));
    let prices = prices.unwrap_or_default();
    let names = providers.iter().map(|provider| (provider.name.as_str(), provider)).collect();
    let known = route::Known { providers: &providers, names, prices: &prices, retry: &written };
    let routes = section.get("routes").map(|node| route::read(&node, &known, errors));
    check_aliases(section.get("aliases").as_ref(), &aliases, &providers, errors);
    let access = access::read(&section, &providers, routes.as_deref().unwrap_or_default(), errors);
    check_callers(&section, access.as_ref(), errors);
    let doors = doors::read(&section, access.as_ref(), errors);
    let compatibility = section.get("compatibility").and_then(|node| compatibility(&node, errors));
    let limits = section.get("limits").map(|node| limits::read(&node, errors));
    let logging = section.get("log").and_then(|node| logging(&node, errors));
    let proxied = proxy::read(&section, errors);
    let dns = section.get("dns").and_then(|node| proxy::dns(&node, errors));
    let doors = doors?;
    access::check_doors(&section, &doors.listen, errors);
    if let Some(node) = section.get("providers") {
        check_elsewhere(&node, &providers, &doors.listen, errors);
    }
    Some(Config {
        listen: doors.listen,
        access: access?,
        admin: doors.admin,
        origins: doors.origins,
        trusted_hops: doors.trusted_hops,
        providers,
        defaults: defaults.unwrap_or_default(),
        aliases,
        retry: written.resolve(),
        routes: routes.unwrap_or_default(),
        prices,
        unsupported: compatibility.unwrap_or(Unsupported::Warn),
        limits: limits.unwrap_or_default(),
        logging: logging.unwrap_or(Logging::Metadata),
        proxied,
        dns: dns.unwrap_or_default(),
    })
}

/// Reports routes that want to know more of callers than `access` says.
fn check_callers(section: &Section<'_>, access: Option<&Access>, errors: &mut Errors<'_>) {
    let Some(access) = access else { return };
    if let (Access::Local | Access::Open, Some(node)) = (access, section.get("routes")) {
        route::check_brought(&node, errors);
    }
    matching::check_roles(section, &access::role_names(access), errors);
}

fn aliases(node: &Node<'_>, errors: &mut Errors<'_>) -> Vec<(String, String)> {
    let members = node.members("an object of alias: model", errors).unwrap_or_default();
    let read = |(alias, node): (&str, Node<'_>)| {
        Some((alias.to_owned(), node.name("a model's name", errors)?.to_owned()))
    };
    members.into_iter().filter_map(read).collect()
}

/// Reports aliases that hide a provider, or stand for one another.
fn check_aliases(
    node: Option<&Node<'_>>,
    aliases: &[(String, String)],
    providers: &[ProviderConfig],
    errors: &mut Errors<'_>,
) {
    let Some(node) = node else { return };
    let names = Names::new(aliases, providers);
    for (alias, name) in aliases {
        let at = node.path.member(alias);
        if names.provider(alias).is_some() || alias == name {
            errors.add(at, "an alias may not be a provider's name or its own");
        } else if names.resolve(name).resolved != name.as_str() {
            errors.add(at, format_args!("{name:?} is itself an alias; aliases are applied once"));
        }
    }
}

/// Reports providers that are where clients connect: a request to one would come back as another, without end.
fn check_elsewhere(
    node: &Node<'_>,
    providers: &[ProviderConfig],
    listen: &[Listen],
    errors: &mut Errors<'_>,
) {
    for provider in providers {
        let mut places = provider.operations.iter().map(|operation| &operation.endpoint);
        if let Some(endpoint) = places.find(|endpoint| listen.iter().any(|place| place.is_at(endpoint))) {
            let at = node.path.member(&provider.name);
            errors.add(
                at,
                format_args!(
                    "the gateway itself listens at {endpoint}: another `endpoint`, or another `listen`"
                ),
            );
        }
    }
}

fn compatibility(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Unsupported> {
    let section = node.keys(&COMPATIBILITY, errors)?;
    let words = [("warn", Unsupported::Warn), ("drop", Unsupported::Drop), ("reject", Unsupported::Reject)];
    section.get("unsupported_params")?.word(&words, errors)
}

fn logging(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Logging> {
    let section = node.keys(&LOG, errors)?;
    let words = [("none", Logging::None), ("metadata", Logging::Metadata), ("full", Logging::Full)];
    section.get("requests")?.word(&words, errors)
}
