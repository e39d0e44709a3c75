//! A route as it runs.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::provider::Provider;
use super::running::Gateway;
use super::target::Target;
use crate::config::{DEFAULT_ROUTE, RouteConfig};
use crate::contract::route_key;
use crate::routing::{Breaker, Match, Retry, Sticky, Strategy, Unpriced};

/// A route.
#[derive(Debug)]
pub struct Route {
    /// Its name.
    pub name: Rc<str>,
    /// Envoy's routes for its whole answers and its streams.
    keys: [Rc<str>; 2],
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

impl Route {
    pub(super) fn build(written: &RouteConfig, providers: &BTreeMap<&str, &Rc<Provider>>) -> Self {
        let brought = written.targets.first().filter(|_| written.brings_key);
        let brought = brought
            .and_then(|target| providers.get(target.provider.as_str()))
            .map(|provider| (provider.name.as_str(), Rc::new(provider.called_with_brought())));
        let brought = brought.as_ref().map(|(name, provider)| BTreeMap::from([(*name, provider)]));
        let providers = brought.as_ref().unwrap_or(providers);
        let targets = written.targets.iter().filter_map(|target| Target::build(target, providers));
        Self {
            name: written.name.as_str().into(),
            keys: keys(&written.name),
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
    pub(super) fn of_the_rest(retry: Retry) -> Self {
        Self {
            name: DEFAULT_ROUTE.into(),
            keys: keys(DEFAULT_ROUTE),
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

    /// Envoy's route for streams, or for whole answers.
    pub const fn key(&self, stream: bool) -> &Rc<str> {
        let [whole, streamed] = &self.keys;
        if stream { streamed } else { whole }
    }

    /// The headers of a request that it looks at.
    pub(super) fn headers(&self) -> impl Iterator<Item = String> {
        let sticky = match &self.sticky {
            Some(Sticky::Header(name)) => Some(name.clone()),
            Some(Sticky::Key) => Some(Gateway::KEY_HEADER.to_owned()),
            Some(Sticky::User) | None => None,
        };
        self.matching.header_names().chain(sticky)
    }

    /// Whether it needs to know more of a request's body than the model's name.
    pub(super) fn needs_facts(&self) -> bool {
        let counts = self.strategy == Strategy::Cost;
        counts || self.sticky == Some(Sticky::User) || self.matching.needs_facts()
    }
}

fn keys(name: &str) -> [Rc<str>; 2] {
    [false, true].map(|stream| route_key(name, stream).into())
}
