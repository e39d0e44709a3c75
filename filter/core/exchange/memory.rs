//! Records that all workers share: looked at, or changed by reading, changing and writing back until nobody was
//! quicker.

use super::Services;
use crate::config::Gateway;
use crate::routing::{Held, Load, REFRESHED, Record};

/// How often a change is tried: far more often than workers can be in each other's way.
const TRIES: usize = 64;

/// The record of the target of this name.
pub(super) fn look<T: Record>(services: &dyn Services, target: &str) -> T {
    let bytes = services.shared(&name::<T>(target));
    T::read(bytes.as_ref().map_or(&[], |(bytes, _)| bytes))
}

/// Changes the record of the target of this name. What does not change it is not written.
pub(super) fn change<T: Record, R>(
    services: &dyn Services,
    target: &str,
    mut work: impl FnMut(&mut T) -> R,
) -> R {
    let name = name::<T>(target);
    let mut tries = 0..TRIES;
    loop {
        let found = services.shared(&name);
        let bytes = found.as_ref().map_or(&[][..], |(bytes, _)| bytes);
        let mut record = T::read(bytes);
        let result = work(&mut record);
        let written = record.write();
        let state = found.as_ref().map(|(_, state)| *state);
        if written == bytes || services.share(&name, &written, state) || tries.next().is_none() {
            return result;
        }
    }
}

/// Tells the other workers how many bytes this one holds. How many all of them hold together.
pub fn held_by_all(services: &dyn Services) -> u64 {
    let held = u64::try_from(services.held()).unwrap_or(u64::MAX);
    let (worker, now) = (services.worker(), services.now());
    change(services, "workers", |all: &mut Held| all.tell(worker, held, now))
}

/// Says that this worker lives, so that the requests it counts at targets keep counting. Called all the time; does
/// something now and then.
pub fn keep_counted(gateway: &Gateway, services: &dyn Services) {
    let targets = gateway.routes.iter().flat_map(|route| &route.targets);
    let mut limited = targets.filter(|target| target.max_concurrency.is_some()).peekable();
    if limited.peek().is_none() {
        return;
    }
    let now = services.now();
    if now.saturating_sub(gateway.alive.get()) < REFRESHED {
        return;
    }
    gateway.alive.set(now);
    for target in limited {
        change(services, &target.name, |load: &mut Load| load.refresh(services.worker(), now));
    }
}

fn name<T: Record>(target: &str) -> String {
    format!("{}/{target}", T::NAME)
}
