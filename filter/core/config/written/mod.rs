//! The configuration as it is written, checked: every name in it is known, every value in bounds.

mod breaker;
mod doors;
mod limits;
mod matching;
mod prices;
mod provider;
mod retry;
mod route;
mod strategy;
mod target;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use serde_json::Value;

use super::prices::Prices;
use super::section::{ConfigError, Errors, Node};
use crate::routing::{Name, Retry};
pub use doors::Access;
pub use limits::Limits;
pub use provider::ProviderConfig;
pub use route::RouteConfig;
pub use target::TargetConfig;

/// The route of requests that match no other.
pub const DEFAULT_ROUTE: &str = "default";

/// The configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Which clients may call.
    pub access: Access,
    /// Where the reading paths of Envoy's admin interface are served to others; `None` for nowhere.
    pub admin: Option<SocketAddr>,
    /// The providers, in the file's order. If the file names none: every built-in one, and those without a credential
    /// in the environment are left out when the filter starts.
    pub providers: Vec<ProviderConfig>,
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
    pub fn parse(value: &Value) -> Result<Self, Vec<ConfigError>> {
        let mut errors = Errors::new();
        let empty = Value::Object(serde_json::Map::new());
        let value = if value.is_null() { &empty } else { value };
        let config = read(&Node::root(value), &mut errors);
        match config {
            Some(config) if errors.is_empty() => Ok(config),
            _ => Err(errors),
        }
    }

    /// The provider of this name.
    pub fn provider(&self, name: &str) -> Option<&ProviderConfig> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    /// The routes that can never match, each with an earlier one that takes everything first: their indexes.
    pub fn unreachable_routes(&self) -> Vec<(usize, usize)> {
        let earlier = |(index, later): (usize, &RouteConfig)| {
            let covers =
                |route: &RouteConfig| route.matching.covers(&later.matching, &self.aliases, &self.providers);
            Some((index, self.routes.iter().take(index).position(covers)?))
        };
        self.routes.iter().enumerate().filter_map(earlier).collect()
    }
}

const KNOWN: &[&str] = &[
    "listen",
    "access",
    "admin",
    "providers",
    "aliases",
    "retry",
    "routes",
    "prices",
    "compatibility",
    "limits",
    "log",
];
const LACKING: &[&str] = &["guardrails", "cache"];

fn read(root: &Node<'_>, errors: &mut Errors) -> Option<Config> {
    let section = root.section(KNOWN, LACKING, errors)?;
    let doors = doors::read(&section, errors);
    let providers = provider::read(section.get("providers"), errors);
    let written = section.get("retry").map(|node| {
        let written = retry::read(&node, errors);
        written.check(&node, errors);
        written
    });
    let written = written.unwrap_or_default();
    let aliases = section.get("aliases").map(|node| aliases(&node, errors)).unwrap_or_default();
    let prices = section.get("prices").map(|node| prices::read(&node, &providers, errors));
    let prices = prices.unwrap_or_default();
    let known = route::Known { providers: &providers, prices: &prices, retry: &written };
    let routes = section.get("routes").map(|node| route::read(&node, &known, errors));
    check_aliases(&aliases, &providers, errors);
    let compatibility = section.get("compatibility").and_then(|node| compatibility(&node, errors));
    let limits = section.get("limits").map(|node| limits::read(&node, errors));
    let logging = section.get("log").and_then(|node| logging(&node, errors));
    let doors = doors?;
    Some(Config {
        listen: doors.listen,
        access: doors.access,
        admin: doors.admin,
        providers,
        aliases,
        retry: written.resolve(),
        routes: routes.unwrap_or_default(),
        prices,
        unsupported: compatibility.unwrap_or(Unsupported::Warn),
        limits: limits.unwrap_or_default(),
        logging: logging.unwrap_or(Logging::Metadata),
    })
}

fn aliases(node: &Node<'_>, errors: &mut Errors) -> Vec<(String, String)> {
    let members = node.members("an object of alias: model", errors).unwrap_or_default();
    let read = |(alias, node): (&str, Node<'_>)| {
        Some((alias.to_owned(), node.string("a model's name", errors)?.to_owned()))
    };
    members.into_iter().filter_map(read).collect()
}

/// Reports aliases that hide a provider, or stand for one another.
fn check_aliases(aliases: &[(String, String)], providers: &[ProviderConfig], errors: &mut Errors) {
    for (alias, name) in aliases {
        let path = format!("aliases.{alias}");
        let known = providers.iter().any(|provider| provider.name == *alias);
        if known || alias == name {
            errors.push(ConfigError {
                path,
                message: "an alias may not be a provider's name or its own".to_owned(),
            });
        } else if Name::resolve(name, aliases, providers).resolved != name.as_str() {
            let message = format!("{name:?} is itself an alias; aliases are applied once");
            errors.push(ConfigError { path, message });
        }
    }
}

fn compatibility(node: &Node<'_>, errors: &mut Errors) -> Option<Unsupported> {
    let section = node.section(&["unsupported_params"], &[], errors)?;
    let words = [("warn", Unsupported::Warn), ("drop", Unsupported::Drop), ("reject", Unsupported::Reject)];
    section.get("unsupported_params")?.word(&words, errors)
}

fn logging(node: &Node<'_>, errors: &mut Errors) -> Option<Logging> {
    let section = node.section(&["requests"], &[], errors)?;
    let words = [("none", Logging::None), ("metadata", Logging::Metadata), ("full", Logging::Full)];
    section.get("requests")?.word(&words, errors)
}
