//! `routes`: which targets serve which models, and in what order.

use std::collections::{BTreeMap, BTreeSet};

use super::super::errors::Errors;
use super::super::keys::{Keys, key, optional, required};
use super::super::prices::Prices;
use super::super::section::Node;
use super::provider::ProviderConfig;
use super::target::{self, TargetConfig};
use super::{DEFAULT_ROUTE, breaker, matching, retry, strategy};
use crate::provider::Auth;
use crate::routing::{Breaker, Match, Retry, Sticky, Strategy, Unpriced};

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
    /// Whether those after the first of an order are asked.
    pub failover: bool,
    /// What keeps a caller's order; `None` where every request has its own.
    pub sticky: Option<Sticky>,
    /// Where targets without a price stand.
    pub unpriced: Unpriced,
    /// When a target that fails is left alone.
    pub breaker: Breaker,
    /// Its targets are called with the caller's own key, not with ours.
    pub brings_key: bool,
    /// Its retry settings, complete.
    pub retry: Retry,
}

/// What a route refers to.
pub(super) struct Known<'a> {
    pub providers: &'a [ProviderConfig],
    /// The providers by name.
    pub names: BTreeMap<&'a str, &'a ProviderConfig>,
    pub prices: &'a Prices,
    /// The retry settings of routes that have none.
    pub retry: &'a retry::Written,
}

pub(super) const KEYS: Keys = Keys {
    path: "routes[]",
    doc: "A route: which requests it takes, who serves them, and in what order. The first that matches wins.",
    keys: &[
        required("name", "chat", "how answers, logs and `ferro explain` call it"),
        optional("match", "every request", "", "which requests it takes"),
        optional(
            "strategy",
            "`single` for one target, else `fallback`",
            "least-latency",
            "who goes first: `single`, `fallback`, `weighted`, `least-latency`, `cost`, `ab-test`",
        ),
        optional("targets", "the model's owner", "", "who serves it"),
        key(
            "failover",
            "true",
            "false",
            "`false`: the first of the order that is well is asked, and no other",
        ),
        optional(
            "sticky",
            "every request is drawn anew",
            "",
            "what keeps a caller's order, under `weighted` and `ab-test`",
        ),
        key(
            "unpriced",
            "last",
            "skip",
            "under `cost`, where targets without a price stand: `last`, `first`, or `skip`: nowhere",
        ),
        key(
            "credential",
            "gateway",
            "caller",
            "with whose key its targets are called: the provider's of this file, or the [caller's own](access.md#callers-who-bring-their-own-key)",
        ),
        optional("breaker", "as below", "", "when a target that fails is asked last"),
        optional(
            "retry",
            "the file's `retry`",
            "",
            "the same keys as the file's [`retry`](#retry), for this route",
        ),
    ],
    lacking: &[],
};

pub(super) fn read(node: &Node<'_>, known: &Known<'_>, errors: &mut Errors<'_>) -> Vec<RouteConfig> {
    let mut routes: Vec<RouteConfig> = Vec::new();
    let mut taken = BTreeSet::from([DEFAULT_ROUTE.to_owned()]);
    for node in node.list("a list of routes", errors).unwrap_or_default() {
        let Some(route) = route(&node, known, errors) else { continue };
        if !taken.insert(route.name.clone()) {
            node.error(format_args!("the name {:?} is taken; every route has its own", route.name), errors);
        }
        routes.push(route);
    }
    routes
}

fn route(node: &Node<'_>, known: &Known<'_>, errors: &mut Errors<'_>) -> Option<RouteConfig> {
    let section = node.keys(&KEYS, errors)?;
    let name = section.require("name", errors).and_then(|node| route_name(&node, errors));
    let matching = section.get("match").map(|node| matching::read(&node, errors)).unwrap_or_default();
    let retry = match section.get("retry") {
        None => known.retry.clone(),
        Some(node) => {
            let merged = retry::read(&node, errors).or(known.retry);
            merged.check(&node, errors);
            merged
        }
    };
    let written = strategy::read(&section, errors);
    let targets = section.get("targets").map(|node| target::read(&node, known, written, errors));
    let targets = targets.unwrap_or_default();
    let sticky = strategy::sticky(&section, written, errors);
    let unpriced = strategy::unpriced(&section, written, errors);
    strategy::check(&section, written, &targets, known, errors);
    let failover = section.get("failover").and_then(|node| node.flag(errors));
    let brings_key = section.get("credential").is_some_and(|node| brings_key(&node, &targets, known, errors));
    let breaker = section.get("breaker").map(|node| breaker::read(&node, errors));
    Some(RouteConfig {
        name: name?.to_owned(),
        matching,
        strategy: written?,
        targets,
        failover: failover.unwrap_or(true),
        sticky,
        unpriced,
        breaker: breaker.unwrap_or_default(),
        brings_key,
        retry: retry.resolve(),
    })
}

/// `credential`. A caller's key is one provider's, and goes to no other: not in another one's turn, nor when the first fails.
fn brings_key(node: &Node<'_>, targets: &[TargetConfig], known: &Known<'_>, errors: &mut Errors<'_>) -> bool {
    let brings = node.word(&[("gateway", false), ("caller", true)], errors).unwrap_or(false);
    if !brings {
        return false;
    }
    let mut others = targets.iter().skip(1).zip(targets);
    if targets.is_empty() || others.any(|(one, other)| one.provider != other.provider) {
        node.error(
            "a caller's key is for one provider: `targets` must be there, and all of the same one",
            errors,
        );
    }
    let provider = targets.first().and_then(|target| known.names.get(target.provider.as_str()));
    let takes = |auth: &Auth| auth.sends_credential() || *auth == Auth::Caller;
    if provider.is_some_and(|provider| provider.issuer.is_some() || !takes(&provider.auth)) {
        node.error("this provider is not called with a key that a caller could have", errors);
    }
    true
}

/// Reports routes whose callers bring a key where nobody says who they are: their only key would be taken for that.
pub(super) fn check_brought(node: &Node<'_>, errors: &mut Errors<'_>) {
    let is_list = node.value.is_array();
    let routes = is_list.then(|| node.list("a list of routes", errors)).flatten().unwrap_or_default();
    for route in routes {
        if let Some(node) = route.below("credential").filter(|node| node.value.as_str() == Some("caller")) {
            node.error(
                "this needs `access`; without it, `auth: caller` of a provider passes what clients send",
                errors,
            );
        }
    }
}

fn route_name<'a>(node: &Node<'a>, errors: &mut Errors<'_>) -> Option<&'a str> {
    let name = node.string("a name", errors)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.len() > 64 || !name.bytes().all(plain) {
        node.error("a route's name is 1 to 64 of letters, digits, '-', '_' and '.'", errors);
    }
    Some(name)
}
