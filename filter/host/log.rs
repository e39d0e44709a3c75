//! The one way into Envoy's log: every line, a panic's too, is fit to be read.
//!
//! Whoever logs need not think of it: credentials are taken out, control characters shown as escapes, long values cut.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use ferro::gateway::{Gateway, Redactor};
use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::calls;

struct Envoy;

thread_local! {
    /// The gateways that run: an old one has credentials, too, while it serves its last requests.
    static GATEWAYS: RefCell<Vec<Weak<Gateway>>> = const { RefCell::new(Vec::new()) };
}

/// Logs from now on, and what panics say.
pub fn begin() {
    const CRITICAL: u32 = 5;
    // It fails where there is a logger already, and then that one does it.
    let _ = log::set_logger(&Envoy);
    log::set_max_level(LevelFilter::Warn);
    std::panic::set_hook(Box::new(|panic| calls::log(CRITICAL, &fit(&panic.to_string()))));
}

/// Knows the credentials of a gateway that begins to run.
pub fn know(gateway: &Rc<Gateway>) {
    GATEWAYS.with(|gateways| {
        if let Ok(mut gateways) = gateways.try_borrow_mut() {
            gateways.retain(|gateway| gateway.strong_count() > 0);
            gateways.push(Rc::downgrade(gateway));
        }
    });
}

/// The gateway that began last, if it still runs.
pub fn last_known() -> Option<Rc<Gateway>> {
    GATEWAYS.with(|gateways| gateways.try_borrow().ok()?.iter().rev().find_map(Weak::upgrade))
}

impl Log for Envoy {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            calls::log(number(record.level()), &fit(&record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

/// A line that every running gateway has gone over.
fn fit(line: &str) -> String {
    let known = GATEWAYS.with(|gateways| {
        let gateways = gateways.try_borrow();
        gateways
            .map(|gateways| gateways.iter().filter_map(Weak::upgrade).collect::<Vec<_>>())
            .unwrap_or_default()
    });
    let mut line = line.to_owned();
    for gateway in known {
        line = gateway.redactor.redact(&line).into_owned();
    }
    Redactor::default().words(&line)
}

/// Envoy's number for a level.
const fn number(level: Level) -> u32 {
    match level {
        Level::Trace => 0,
        Level::Debug => 1,
        Level::Info => 2,
        Level::Warn => 3,
        Level::Error => 4,
    }
}
