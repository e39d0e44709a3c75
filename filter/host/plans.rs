//! The requests that run in this VM: how the two positions find the same plan, and how the clock finds them.
//!
//! A plan lives as long as the request's gateway context. Ids start at the clock, so that a VM that takes over from
//! one that died never gives a waiting retry somebody else's plan.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use ferro::contract::TARGET_STATE;
use ferro::exchange::{SharedPlan, Silent};
use ferro::gateway::{Call, Gateway};

use crate::calls;
use crate::provider::Answer;

/// A request that runs.
struct Running {
    /// Its context in the gateway position.
    context: u32,
    plan: SharedPlan,
    /// The cluster of the next attempt, as Envoy was told.
    named: Rc<str>,
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

/// How many words to providers may wait. What is beyond is not told: a provider ends by itself what nobody waits for.
const MOST_WORDS: usize = 256;

thread_local! {
    /// What providers are to be told, of which nobody awaits anything.
    static WORDS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
    static PLANS: RefCell<HashMap<u64, Running>> = RefCell::new(HashMap::new());
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// Takes the plan of a gateway context in, gives it a name, and tells Envoy of the cluster of its first attempt.
pub fn insert(context: u32, plan: SharedPlan, cluster: Rc<str>) -> calls::Result<u64> {
    let id = NEXT.get().max(1);
    let id = if id == 1 { calls::now() } else { id };
    NEXT.set(id.saturating_add(1));
    calls::set_state(TARGET_STATE, cluster.as_bytes())?;
    PLANS.with(|plans| {
        if let Ok(mut plans) = plans.try_borrow_mut() {
            plans.insert(id, Running { context, plan, named: cluster, answer: Weak::new() });
        }
    });
    Ok(id)
}

/// Tells Envoy which cluster the next attempt of this plan asks, unless it knows.
pub fn name_next(id: u64, cluster: &Rc<str>) -> calls::Result<()> {
    PLANS.with(|plans| {
        let mut plans = plans.try_borrow_mut().ok();
        match plans.as_mut().and_then(|plans| plans.get_mut(&id)) {
            Some(running) if running.named == *cluster => Ok(()),
            Some(running) => {
                calls::set_state(TARGET_STATE, cluster.as_bytes())?;
                running.named = Rc::clone(cluster);
                Ok(())
            }
            None => calls::set_state(TARGET_STATE, cluster.as_bytes()),
        }
    })
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

/// A provider is to be told this, when there is time.
pub fn tell_later(word: Option<Call>) {
    let Some(word) = word else { return };
    WORDS.with(|words| {
        if let Ok(mut words) = words.try_borrow_mut()
            && words.len() < MOST_WORDS
        {
            words.push(word);
        }
    });
}

/// What providers are to be told now.
pub fn words() -> Vec<Call> {
    WORDS
        .with(|words| words.try_borrow_mut().map(|mut words| std::mem::take(&mut *words)).unwrap_or_default())
}

/// The answers to requests under `gateway` that came before they were done, and are to be asked for now.
pub fn unfinished(gateway: &Rc<Gateway>) -> Vec<(Rc<RefCell<Answer>>, Call)> {
    let unfinished = |running: &Running| {
        let answer = running.answer.upgrade()?;
        let call = answer.try_borrow_mut().ok()?.asks(gateway)?;
        Some((answer, call))
    };
    PLANS.with(|plans| {
        plans.try_borrow().map(|plans| plans.values().filter_map(unfinished).collect()).unwrap_or_default()
    })
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
    let fallen = |running: &Running| {
        let answer = running.answer.upgrade()?;
        let silent = answer.try_borrow_mut().ok()?.grow_silence(gateway, elapsed);
        match silent {
            Silent::Not => None,
            Silent::TooLong => Some(Fallen::Stalled(running.context)),
            Silent::AfterItsEnd => Some(Fallen::Complete(answer)),
        }
    };
    PLANS.with(|plans| {
        plans.try_borrow().map(|plans| plans.values().filter_map(fallen).collect()).unwrap_or_default()
    })
}
