//! Envoy's counters that the filter adds to. Each is looked up by name once a worker.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::calls;

thread_local! {
    static COUNTERS: RefCell<HashMap<String, u32>> = RefCell::new(HashMap::new());
}

/// Counts one more under this name, of which there may be only few.
pub fn count(name: String) {
    COUNTERS.with(|counters| {
        let Ok(mut counters) = counters.try_borrow_mut() else { return };
        let known = counters.get(&name).copied();
        let Some(id) = known.or_else(|| calls::counter(&name).ok()) else { return };
        counters.insert(name, id);
        let _ = calls::count(id);
    });
}
