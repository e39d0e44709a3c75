//! What the gateway tells of its targets: `GET /admin/targets`.
//!
//! All workers give the same answer, since it is made of what they share.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;

use super::{Ask, json};
use crate::access::Credited;
use crate::access::ledger::Left;
use crate::exchange::Services;
use crate::exchange::accounts::standing_of;
use crate::exchange::failure::Failure;
use crate::exchange::memory::look;
use crate::exchange::reply::Reply;
use crate::gateway::Target;
use crate::routing::{Health, Load, Measure};

/// The answer.
#[derive(Serialize)]
struct Targets<'a> {
    targets: Vec<Shown<'a>>,
}

/// A target, and how it is.
#[derive(Serialize)]
struct Shown<'a> {
    provider: &'a str,
    /// `*` for all that the provider itself is asked for.
    model: &'a str,
    /// The routes that have it.
    routes: Vec<&'a str>,
    /// The breaker's: closed, open, half_open.
    state: &'static str,
    consecutive_failures: u32,
    /// For how long the breaker stays open, or waits for its probe.
    open_seconds: Option<f64>,
    rests: Vec<Rest>,
    latency: Latency,
    /// How many tokens its answers have, on average.
    output_tokens: Option<f64>,
    /// Requests at the target, where they are counted.
    in_flight: Option<u32>,
    max_concurrency: Option<u32>,
    /// What is left of its limits, where it has some.
    limits: Option<Limits>,
}

/// What is left of a target's limits.
#[derive(Serialize)]
struct Limits {
    requests: Option<Rate>,
    tokens: Option<Rate>,
    budget: Option<Money>,
}

/// What is left of what comes back in a minute.
#[derive(Serialize)]
struct Rate {
    limit: u64,
    remaining: u64,
    /// How long it takes until all of it is back.
    reset_seconds: f64,
}

/// What is left of a budget, in US dollars.
#[derive(Serialize)]
struct Money {
    usd: f64,
    per: &'static str,
    spent: f64,
    remaining: f64,
}

/// How fast a target was of late, in milliseconds.
#[derive(Serialize)]
struct Latency {
    /// From an attempt's beginning to the first event of a stream.
    first_byte: Option<f64>,
    /// For each token of a whole answer.
    output_token: Option<f64>,
}

/// A credential that rests.
#[derive(Serialize)]
struct Rest {
    /// Its place among the provider's, from 1.
    credential: usize,
    /// It rests for one of the models that clients ask for by name, not for all.
    for_one_model: bool,
    seconds: f64,
}

/// How all targets are.
#[expect(clippy::unnecessary_wraps, reason = "an answer like the others")]
pub(super) fn targets(ask: &Ask<'_>) -> Result<Reply, Failure> {
    let Ask { gateway, services, .. } = *ask;
    let now = services.now();
    let mut having: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in &gateway.routes {
        for target in &route.targets {
            let routes = having.entry(&target.name).or_default();
            if routes.last() != Some(&&*route.name) {
                routes.push(&route.name);
            }
        }
    }
    let targets = gateway.targets().iter();
    let shown = |target| Shown::of(target, having.remove(target.name.as_str()), services, now);
    let targets = targets.map(Rc::as_ref).map(shown).collect();
    Ok(json(200, &Targets { targets }))
}

impl<'a> Shown<'a> {
    fn of(target: &'a Target, routes: Option<Vec<&'a str>>, services: &dyn Services, now: Duration) -> Self {
        let health: Health = look(services, &target.name);
        let left = |until: Duration| until.saturating_sub(now).as_secs_f64();
        let place = |id: u64| target.provider.credentials.iter().position(|credential| credential.id == id);
        let rests = health.rests(now).filter_map(|(id, scope, until)| {
            let credential = place(id)?.saturating_add(1);
            Some(Rest { credential, for_one_model: !scope.is_all(), seconds: left(until) })
        });
        let milliseconds = |measure| health.latency(measure).map(|latency| latency.value / 1000.0);
        let most = target.max_concurrency;
        Self {
            provider: &target.provider.name,
            model: target.model.as_deref().unwrap_or("*"),
            routes: routes.unwrap_or_default(),
            state: health.state(now),
            consecutive_failures: health.consecutive_failures(),
            open_seconds: health.is_open_until(now).map(left),
            rests: rests.collect(),
            latency: Latency {
                first_byte: milliseconds(Measure::FirstByte),
                output_token: milliseconds(Measure::OutputToken),
            },
            output_tokens: health.output_tokens(),
            in_flight: most.map(|_| look::<Load>(services, &target.name).requests(now)),
            max_concurrency: most,
            limits: target.account().map(|account| Limits::of(&account, services)),
        }
    }
}

impl Limits {
    fn of(account: &Credited<'_>, services: &dyn Services) -> Self {
        let (standing, spent) = standing_of(account, services);
        let rate = |left: Left| Rate {
            limit: left.limit,
            remaining: left.remaining,
            reset_seconds: left.reset.as_secs_f64(),
        };
        let budget = account.quota.budget.map(|budget| Money {
            usd: budget.amount.dollars(),
            per: budget.per.word(),
            spent: spent.unwrap_or_default().dollars(),
            remaining: standing.money.unwrap_or_default().dollars(),
        });
        Self { requests: standing.requests.map(rate), tokens: standing.tokens.map(rate), budget }
    }
}
