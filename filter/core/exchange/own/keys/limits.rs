//! What a caller may take, and what is left of it: one entry for each account that its requests go to.

use serde::Serialize;

use crate::access::ledger::Left;
use crate::access::{Budget, Caller, Credited};
use crate::exchange::Services;
use crate::exchange::accounts::standing_of;

/// An account.
#[derive(Serialize)]
pub(super) struct Limits {
    /// Whose: `key` for its own, `role` for what all keys of the role share.
    of: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_minute: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_per_minute: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrent_requests: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Spent>,
}

/// A limit in a minute.
#[derive(Serialize)]
struct Rate {
    limit: u64,
    remaining: u64,
}

/// Money.
#[derive(Serialize)]
struct Spent {
    #[serde(flatten)]
    budget: Budget,
    /// In US dollars, in this period.
    spent: f64,
}

/// The accounts of a caller.
pub(super) fn limits(caller: &Caller, services: &dyn Services) -> Vec<Limits> {
    caller.accounts().map(|account| Limits::of(&account, services)).collect()
}

impl Limits {
    fn of(account: &Credited<'_>, services: &dyn Services) -> Self {
        let (standing, spent) = standing_of(account, services);
        let rate = |left: Left| Rate { limit: left.limit, remaining: left.remaining };
        let spent = |budget| Spent { budget, spent: spent.unwrap_or_default().dollars() };
        Self {
            of: if account.kind == "role" { "role" } else { "key" },
            requests_per_minute: standing.requests.map(rate),
            tokens_per_minute: standing.tokens.map(rate),
            concurrent_requests: account.quota.concurrent_requests,
            budget: account.quota.budget.map(spent),
        }
    }
}
