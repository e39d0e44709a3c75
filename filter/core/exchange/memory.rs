//! Records that all workers share: looked at, or changed by reading, changing and writing back until nobody was
//! quicker.
//!
//! A record is created like it is changed: only over what was looked at. Envoy writes unconditionally where it is given
//! no state of what it replaces, so two workers that both found nothing would overwrite each other. Given a state that
//! no record has, it writes where there is nothing and refuses where somebody was quicker
//! (<https://github.com/proxy-wasm/proxy-wasm-cpp-host/blob/main/src/shared_data.cc>).
//!
//! A change that was not written says so: [`Contended`].

use std::collections::BTreeSet;
use std::fmt;

use super::Services;
use super::accounts::refresh;
use crate::gateway::Gateway;
use crate::routing::{Held, Load, REFRESHED, Record};

/// How often a change is tried: far more often than workers can be in each other's way.
const TRIES: usize = 64;

/// The state of what is not there. Envoy numbers states from 1 with every write of any record, so a record has this one
/// for as long as it is the last of four billion.
const NOTHING: u32 = u32::MAX;

/// A change was not written: others were quicker every time. What it would have recorded is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contended(String);

impl Contended {
    /// There was no room for it.
    pub(super) fn of_room() -> Self {
        Self("what has no room".to_owned())
    }
}

impl fmt::Display for Contended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a change of {} was lost: others were quicker {TRIES} times", self.0)
    }
}

impl Contended {
    /// Tells the operator, where nothing else can be done about it.
    pub(super) fn warn(self) {
        log::warn!("{self}");
    }
}

/// The record of the target of this name.
pub(super) fn look<T: Record>(services: &dyn Services, target: &str) -> T {
    let bytes = services.shared(&name::<T>(target));
    T::read(bytes.as_ref().map_or(&[], |(bytes, _)| bytes))
}

/// Changes the record of the target of this name. What does not change it is not written.
///
/// # Errors
/// It was not written, and what `work` has said of it is not so.
pub(super) fn change<T: Record, R>(
    services: &dyn Services,
    target: &str,
    mut work: impl FnMut(&mut T) -> R,
) -> Result<R, Contended> {
    let name = name::<T>(target);
    for _ in 0..TRIES {
        let found = services.shared(&name);
        let (bytes, state) = found.as_ref().map_or((&[][..], NOTHING), |(bytes, state)| (bytes, *state));
        let mut record = T::read(bytes);
        let result = work(&mut record);
        let written = record.write();
        if written == bytes || services.share(&name, &written, state) {
            return Ok(result);
        }
    }
    Err(Contended(name))
}

/// Tells the other workers how many bytes this one holds. How many all of them hold together.
///
/// # Errors
/// They were not told.
pub fn held_by_all(services: &dyn Services) -> Result<u64, Contended> {
    let held = u64::try_from(services.held()).unwrap_or(u64::MAX);
    let (worker, now) = (services.worker(), services.now());
    change(services, "workers", |all: &mut Held| all.tell(worker, held, now))
}

/// Says that this worker lives, so that the requests it counts, at targets and of callers, keep counting. Called all the
/// time; does something now and then.
pub fn keep_counted(gateway: &Gateway, services: &dyn Services) {
    let targets = gateway.routes.iter().flat_map(|route| &route.targets);
    let mut limited = targets.filter(|target| target.max_concurrency.is_some()).peekable();
    let callers = gateway.callers.held();
    if limited.peek().is_none() && callers.is_empty() {
        return;
    }
    let now = services.now();
    if now.saturating_sub(gateway.alive.get()) < REFRESHED {
        return;
    }
    gateway.alive.set(now);
    for target in limited {
        let told = change(services, &target.name, |load: &mut Load| load.refresh(services.worker(), now));
        told.map_or_else(Contended::warn, |_| ());
    }
    // Many callers of a role may have one account.
    let mut refreshed = BTreeSet::new();
    for account in callers.iter().flat_map(|caller| caller.accounts()) {
        if account.quota.concurrent_requests.is_some() && refreshed.insert(account.id()) {
            refresh(&account, services);
        }
    }
}

fn name<T: Record>(target: &str) -> String {
    format!("{}/{target}", T::NAME)
}
