//! The requests that run in this VM: how the two positions find the same plan.
//!
//! A plan lives as long as the request's gateway context. Ids start at the clock, so that a VM that takes over from
//! one that died never gives a waiting retry somebody else's plan.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use ferro::config::Gateway;
use ferro::exchange::SharedPlan;

use crate::calls;
use crate::services::Host;

/// A request that runs.
struct Running {
    /// Its context in the gateway position.
    context: u32,
    plan: SharedPlan,
}

thread_local! {
    static PLANS: RefCell<HashMap<u64, Running>> = RefCell::new(HashMap::new());
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// Takes the plan of a gateway context in and names it.
pub fn insert(context: u32, plan: SharedPlan) -> u64 {
    let id = NEXT.get().max(1);
    let id = if id == 1 { calls::now() } else { id };
    NEXT.set(id.saturating_add(1));
    PLANS.with(|plans| {
        if let Ok(mut plans) = plans.try_borrow_mut() {
            plans.insert(id, Running { context, plan });
        }
    });
    id
}

/// The plan of this name.
pub fn find(id: u64) -> Option<SharedPlan> {
    PLANS.with(|plans| Some(plans.try_borrow().ok()?.get(&id)?.plan.clone()))
}

/// Forgets a plan.
pub fn remove(id: u64) {
    PLANS.with(|plans| {
        if let Ok(mut plans) = plans.try_borrow_mut() {
            plans.remove(&id);
        }
    });
}

/// So much time has passed: the contexts of the requests under `gateway` whose answers have fallen silent for too
/// long.
pub fn stalled(gateway: &Rc<Gateway>, elapsed: Duration) -> Vec<u32> {
    PLANS.with(|plans| {
        let Ok(plans) = plans.try_borrow() else { return Vec::new() };
        let stalled = plans.values().filter(|running| running.plan.is_stalled(gateway, elapsed, &Host));
        stalled.map(|running| running.context).collect()
    })
}
