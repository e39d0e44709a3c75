//! `routes`: which targets serve which models, and in what order.

use super::super::section::{Errors, Node, Section};
use super::provider::ProviderConfig;
use super::{DEFAULT_ROUTE, matching, retry};
use crate::routing::{Match, Retry, Strategy, nearest};

/// A route.
#[derive(Clone, Debug)]
pub struct RouteConfig {
    /// Its name.
    pub name: String,
    /// The requests it takes.
    pub matching: Match,
    /// How its targets are ordered.
    pub strategy: Strategy,
    /// Its targets; empty for the model's owner.
    pub targets: Vec<TargetConfig>,
    /// Its retry settings, complete.
    pub retry: Retry,
}

/// A target of a route.
#[derive(Clone, Debug)]
pub struct TargetConfig {
    /// The provider's name.
    pub provider: String,
    /// The model; `None` for the client's.
    pub model: Option<String>,
    /// Its share under [`Strategy::Weighted`].
    pub weight: u32,
    /// How often it is asked at most; `None` for the default of its place.
    pub attempts: Option<u32>,
}

const KNOWN: &[&str] = &["name", "match", "strategy", "targets", "retry"];
const LACKING: &[&str] = &["failover", "sticky", "unpriced", "breaker"];
const TARGET_LACKING: &[&str] = &["label", "price_multiplier", "max_concurrency"];
const STRATEGIES_LACKING: &[&str] = &["least-latency", "cost", "ab-test"];
const HEAVIEST: u64 = 1_000_000;

pub(super) fn read(
    node: &Node<'_>,
    providers: &[ProviderConfig],
    default: &retry::Written,
    errors: &mut Errors,
) -> Vec<RouteConfig> {
    let mut routes: Vec<RouteConfig> = Vec::new();
    for node in node.list("a list of routes", errors).unwrap_or_default() {
        let Some(route) = route(&node, providers, default, errors) else { continue };
        if routes.iter().any(|known| known.name == route.name) || route.name == DEFAULT_ROUTE {
            node.error(format_args!("the name {:?} is taken; every route has its own", route.name), errors);
        }
        routes.push(route);
    }
    routes
}

fn route(
    node: &Node<'_>,
    providers: &[ProviderConfig],
    default: &retry::Written,
    errors: &mut Errors,
) -> Option<RouteConfig> {
    let section = node.section(KNOWN, LACKING, errors)?;
    let name = section.require("name", errors).and_then(|node| route_name(&node, errors));
    let matching = section.get("match").map(|node| matching::read(&node, errors)).unwrap_or_default();
    let retry = match section.get("retry") {
        None => default.clone(),
        Some(node) => {
            let merged = retry::read(&node, errors).or(default);
            merged.check(&node, errors);
            merged
        }
    };
    let given = section.get("strategy");
    let weighted = given.as_ref().is_some_and(|node| node.value == "weighted");
    let targets =
        section.get("targets").map(|node| targets(&node, providers, weighted, errors)).unwrap_or_default();
    let strategy = match given {
        Some(node) => strategy(&node, &targets, errors),
        None if targets.len() > 1 => Some(Strategy::Fallback),
        None => Some(Strategy::Single),
    };
    Some(RouteConfig {
        name: name?.to_owned(),
        matching,
        strategy: strategy?,
        targets,
        retry: retry.resolve(),
    })
}

fn route_name<'a>(node: &Node<'a>, errors: &mut Errors) -> Option<&'a str> {
    let name = node.string("a name", errors)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.len() > 64 || !name.bytes().all(plain) {
        node.error("a route's name is 1 to 64 of letters, digits, '-', '_' and '.'", errors);
    }
    Some(name)
}

fn strategy(node: &Node<'_>, targets: &[TargetConfig], errors: &mut Errors) -> Option<Strategy> {
    if let Some(word) = node.value.as_str().filter(|word| STRATEGIES_LACKING.contains(word)) {
        node.error(format_args!("{word:?} is not supported by this version"), errors);
        return None;
    }
    let words =
        [("single", Strategy::Single), ("fallback", Strategy::Fallback), ("weighted", Strategy::Weighted)];
    let strategy = node.word(&words, errors)?;
    if strategy == Strategy::Single && targets.len() > 1 {
        node.error("a single route has one target; use fallback or weighted for several", errors);
    }
    if strategy == Strategy::Weighted
        && !targets.is_empty()
        && targets.iter().all(|target| target.weight == 0)
    {
        node.error("all weights are 0: nothing would be asked", errors);
    }
    Some(strategy)
}

fn targets(
    node: &Node<'_>,
    providers: &[ProviderConfig],
    weighted: bool,
    errors: &mut Errors,
) -> Vec<TargetConfig> {
    let nodes = node.list("a list of targets", errors).unwrap_or_default();
    nodes.into_iter().filter_map(|node| target(&node, providers, weighted, errors)).collect()
}

fn target(
    node: &Node<'_>,
    providers: &[ProviderConfig],
    weighted: bool,
    errors: &mut Errors,
) -> Option<TargetConfig> {
    let section = node.section(&["provider", "model", "weight", "retry"], TARGET_LACKING, errors)?;
    let provider =
        section.require("provider", errors).and_then(|node| known_provider(&node, providers, errors));
    let model = section.get("model").and_then(|node| node.string("a model's name", errors));
    let weight = section.get("weight").map_or(Some(1), |node| {
        if !weighted {
            node.error("weights mean something to the weighted strategy only", errors);
        }
        node.number(0, HEAVIEST, errors).and_then(|weight| u32::try_from(weight).ok())
    });
    let attempts =
        section.get("retry").and_then(|node| attempts(node.section(&["attempts"], &[], errors)?, errors));
    Some(TargetConfig {
        provider: provider?.to_owned(),
        model: model.map(str::to_owned),
        weight: weight?,
        attempts,
    })
}

fn attempts(section: Section<'_>, errors: &mut Errors) -> Option<u32> {
    section.get("attempts")?.number(1, 6, errors).and_then(|attempts| u32::try_from(attempts).ok())
}

fn known_provider<'a>(node: &Node<'a>, providers: &[ProviderConfig], errors: &mut Errors) -> Option<&'a str> {
    let name = node.string("a provider's name", errors)?;
    if providers.iter().any(|provider| provider.name == name) {
        return Some(name);
    }
    let near = nearest(name, providers.iter().map(|provider| provider.name.as_str()));
    let hint = near.map(|near| format!(", did you mean {near:?}?")).unwrap_or_default();
    node.error(format_args!("no provider of the name {name:?} is configured{hint}"), errors);
    None
}
