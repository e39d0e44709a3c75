//! Envoy's counters and gauges that the filter writes. Each is defined once a worker: Envoy keeps every definition for
//! as long as the VM lives, also one of a name that it has already.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use ferro::exchange::{METRICS, Measure, Record, Services};

use crate::calls::{self, Result};
use crate::services::Host;

/// How often gauges are set.
const TOLD: Duration = Duration::from_secs(1);

thread_local! {
    static LAST: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static DEFINED: RefCell<HashMap<String, u32>> = RefCell::new(HashMap::new());
}

/// Counts an exchange that is over.
pub fn count(record: &Record) {
    for name in METRICS.iter().filter_map(|metric| metric.counter(record)) {
        if let Err(failed) = id_of(name, calls::counter).and_then(calls::count) {
            log::error!("an exchange could not be counted: host status {}", failed.0);
        }
    }
}

/// Sets the gauges, every now and then.
pub fn tell() {
    let now = Host.now();
    if now.saturating_sub(LAST.get()) < TOLD {
        return;
    }
    LAST.set(now);
    for metric in METRICS {
        let Measure::Level(level) = metric.measure else { continue };
        let set = |value| id_of(metric.name.to_owned(), calls::gauge).and_then(|id| calls::record(id, value));
        match level(&Host).map(set) {
            Ok(Ok(())) => {}
            Ok(Err(failed)) => log::error!("{} could not be set: host status {}", metric.name, failed.0),
            Err(lost) => log::warn!("{} could not be set: {lost}", metric.name),
        }
    }
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
