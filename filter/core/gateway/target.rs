//! A target as it is asked.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::provider::Provider;
use super::tally::Tally;
use crate::access::{Credited, Quota};
use crate::config::TargetConfig;
use crate::routing::identity;

/// A target. Built once, since it counts its answers.
#[derive(Debug)]
pub struct Target {
    /// Its name, under which all workers share what they know of it: `provider/model`, or `provider/*`.
    pub name: String,
    /// Who is asked.
    pub provider: Rc<Provider>,
    /// For which model; `None` for the client's.
    pub model: Option<Rc<str>>,
    /// Who it is, for the orders that callers keep: see [`identity`].
    pub identity: u64,
    /// Its share, under the strategies that go by weight.
    pub weight: u32,
    /// What its answers are marked with.
    pub label: Option<Rc<str>>,
    /// What its price is multiplied by before it is compared.
    pub price_multiplier: f64,
    /// How many requests it serves at a time; `None` for any number.
    pub max_concurrency: Option<u32>,
    /// What may be taken of it, by all callers together.
    pub quota: Quota,
    /// Its answers that the other workers do not know of.
    pub tally: Tally,
    attempts: Option<u32>,
}

impl Target {
    /// `None` where the provider is left out.
    pub(super) fn build(written: &TargetConfig, providers: &BTreeMap<&str, &Rc<Provider>>) -> Option<Self> {
        let provider = *providers.get(written.provider.as_str())?;
        Some(Self {
            name: target_name(provider, written.model.as_deref()),
            provider: Rc::clone(provider),
            model: written.model.as_deref().map(Rc::from),
            identity: identity(&written.provider, written.model.as_deref(), written.label.as_deref()),
            weight: written.weight,
            label: written.label.as_deref().map(Rc::from),
            price_multiplier: written.price_multiplier,
            max_concurrency: written.max_concurrency,
            quota: written.quota,
            tally: Tally::default(),
            attempts: written.attempts,
        })
    }

    /// Its account, where it has limits: that of all targets of its name.
    pub fn account(&self) -> Option<Credited<'_>> {
        let account = Credited { kind: "target", name: &self.name, quota: self.quota };
        (!self.quota.is_none()).then_some(account)
    }

    /// How often it is asked at most. By default once where another target follows.
    pub fn attempts(&self, is_last: bool) -> u32 {
        self.attempts.unwrap_or(if is_last { 2 } else { 1 })
    }

    /// A provider that is asked because it owns a model's name, not because a route says so.
    pub(super) fn of_owner(provider: Rc<Provider>) -> Self {
        Self {
            name: target_name(&provider, None),
            identity: identity(&provider.name, None, None),
            provider,
            model: None,
            weight: 1,
            label: None,
            price_multiplier: 1.0,
            max_concurrency: None,
            quota: Quota::default(),
            tally: Tally::default(),
            attempts: None,
        }
    }
}

/// Under which name a target's health is shared. What clients call their models is not bounded, so all that a target
/// without a model of its own is asked for counts as one.
fn target_name(provider: &Provider, model: Option<&str>) -> String {
    format!("{}/{}", provider.name, model.unwrap_or("*"))
}
