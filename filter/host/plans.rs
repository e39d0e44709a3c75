//! The requests that run in this VM: how the two positions find the same plan.
//!
//! A plan lives as long as the request's gateway context. Ids start at the clock, so that a VM that takes over from
//! one that died never gives a waiting retry somebody else's plan.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use ferro::exchange::SharedPlan;

use crate::calls;

thread_local! {
    static PLANS: RefCell<HashMap<u64, SharedPlan>> = RefCell::new(HashMap::new());
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// Takes a plan in and names it.
pub fn insert(plan: SharedPlan) -> u64 {
    let id = NEXT.get().max(1);
    let id = if id == 1 { calls::now() } else { id };
    NEXT.set(id.saturating_add(1));
    PLANS.with(|plans| {
        if let Ok(mut plans) = plans.try_borrow_mut() {
            plans.insert(id, plan);
        }
    });
    id
}

/// The plan of this name.
pub fn find(id: u64) -> Option<SharedPlan> {
    PLANS.with(|plans| plans.try_borrow().ok()?.get(&id).cloned())
}

/// Forgets a plan.
pub fn remove(id: u64) {
    PLANS.with(|plans| {
        if let Ok(mut plans) = plans.try_borrow_mut() {
            plans.remove(&id);
        }
    });
}
