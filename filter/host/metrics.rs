//! Envoy's counters and gauges that the filter writes. Each is defined once a worker: Envoy keeps every definition for
//! as long as the VM lives, also one of a name that it has already.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::calls::{self, Result};

thread_local! {
    static DEFINED: RefCell<HashMap<String, u32>> = RefCell::new(HashMap::new());
}

/// Counts one more under this name, of which there may be only few.
pub fn count(name: String) -> Result<()> {
    calls::count(id_of(name, calls::counter)?)
}

/// Sets the gauge of this name, of which there may be only few.
pub fn set(name: String, value: u64) -> Result<()> {
    calls::record(id_of(name, calls::gauge)?, value)
}

fn id_of(name: String, define: impl FnOnce(&str) -> Result<u32>) -> Result<u32> {
    let known = DEFINED.with(|defined| defined.try_borrow().ok()?.get(&name).copied());
    if let Some(id) = known {
        return Ok(id);
    }
    let id = define(&name)?;
    DEFINED.with(|defined| {
        if let Ok(mut defined) = defined.try_borrow_mut() {
            defined.insert(name, id);
        }
    });
    Ok(id)
}
