//! Panics on demand, for the test that shows what a panic costs. Compiled in under a feature only.
#![expect(clippy::panic, reason = "that is what it is for")]

use std::cell::Cell;

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// Panics, or makes the next attempt panic, if the request asks for it: `x-ferro-test-panic: gateway | provider`.
pub fn arm(headers: &[(&[u8], &[u8])]) {
    match headers.iter().find(|(name, _)| *name == b"x-ferro-test-panic").map(|(_, place)| *place) {
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
