//! Panics, and host calls that fail, on demand: for the tests that show what they cost. Compiled in under a feature only.
#![expect(clippy::panic, reason = "that is what it is for")]

use std::cell::{Cell, RefCell};

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
    static FAILING: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Panics, or makes the next attempt panic, if the request asks for it: `x-ferro-test-panic: gateway | provider`. Or
/// makes the next host call of a kind fail: `x-ferro-test-fail: write-body`.
pub fn arm(headers: &[(&[u8], &[u8])]) {
    let asked = |name: &[u8]| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    if let Some(call) = asked(b"x-ferro-test-fail") {
        FAILING.replace(String::from_utf8_lossy(call).into_owned());
    }
    match asked(b"x-ferro-test-panic") {
        Some(b"gateway") => panic!("asked to, in the gateway position"),
        Some(b"provider") => ARMED.set(true),
        _ => {}
    }
}

/// Panics if a request has asked for it.
pub fn fire() {
    if ARMED.replace(false) {
        panic!("asked to, in the provider position");
    }
}

/// Whether a host call of this kind is to fail, which it does once.
pub fn fails(call: &str) -> bool {
    let fails = FAILING.with_borrow(|failing| failing == call);
    if fails {
        FAILING.take();
    }
    fails
}
