//! The requests that run in this VM: how the two positions find the same plan, and how the clock finds them.
//!
//! A plan lives as long as the request's gateway context. Ids start at the clock, so that a VM that takes over from
//! one that died never gives a waiting retry somebody else's plan.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use ferro::config::Gateway;
use ferro::exchange::{SharedPlan, Silent};

use crate::calls;
use crate::provider::Answer;
use crate::services::Host;

/// A request that runs.
struct Running {
    /// Its context in the gateway position.
    context: u32,
    plan: SharedPlan,
    /// The answer of its last attempt, if that is not over.
    answer: Weak<RefCell<Answer>>,
}

/// An answer that has fallen silent.
pub enum Fallen {
    /// For too long: its request's context in the gateway position.
    Stalled(u32),
    /// After its end.
    Complete(Rc<RefCell<Answer>>),
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
            plans.insert(id, Running { context, plan, answer: Weak::new() });
        }
    });
    id
}

/// The plan of this name.
pub fn find(id: u64) -> Option<SharedPlan> {
    PLANS.with(|plans| Some(plans.try_borrow().ok()?.get(&id)?.plan.clone()))
}

/// An attempt of this plan waits for its answer.
pub fn attach(id: u64, answer: &Rc<RefCell<Answer>>) {
    PLANS.with(|plans| {
        if let Ok(mut plans) = plans.try_borrow_mut()
            && let Some(running) = plans.get_mut(&id)
        {
            running.answer = Rc::downgrade(answer);
        }
    });
}

/// Forgets a plan.
pub fn remove(id: u64) {
    PLANS.with(|plans| {
        if let Ok(mut plans) = plans.try_borrow_mut() {
            plans.remove(&id);
        }
    });
}

/// So much time has passed: the answers to requests under `gateway` that have fallen silent.
pub fn fallen_silent(gateway: &Rc<Gateway>, elapsed: Duration) -> Vec<Fallen> {
    let fallen = |running: &Running| match running.plan.grow_silence(gateway, elapsed, &Host) {
        Silent::Not => None,
        Silent::TooLong => Some(Fallen::Stalled(running.context)),
        Silent::AfterItsEnd => running.answer.upgrade().map(Fallen::Complete),
    };
    PLANS.with(|plans| {
        plans.try_borrow().map(|plans| plans.values().filter_map(fallen).collect()).unwrap_or_default()
    })
}
