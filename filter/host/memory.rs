//! How much memory this VM holds, counted at the one place that all of it passes.
//!
//! The core refuses what would go beyond its budget, so the count must be right: bodies, answers, events and whatever
//! else lives. Counting in the allocator cannot forget any of them, and costs an addition.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait; this one hands every call on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ferro::exchange::{Services, held_by_all};

use crate::metrics;
use crate::services::Host;

/// The gauge of what all workers' VMs hold together, in bytes.
const GAUGE: &str = "ferro.vm_bytes";
/// How often it is set.
const TOLD: Duration = Duration::from_secs(1);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        HELD.fetch_add(size, Ordering::Relaxed);
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// How many bytes this VM holds.
pub fn held() -> usize {
    HELD.load(Ordering::Relaxed)
}

thread_local! {
    static LAST: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Sets the gauge, every now and then.
pub fn tell() {
    let now = Host.now();
    if now.saturating_sub(LAST.get()) < TOLD {
        return;
    }
    LAST.set(now);
    match held_by_all(&Host).map(|held| metrics::set(GAUGE.to_owned(), held)) {
        Ok(Ok(())) => {}
        Ok(Err(failed)) => log::error!("{GAUGE} could not be set: host status {}", failed.0),
        Err(lost) => log::warn!("{GAUGE} could not be set: {lost}"),
    }
}
