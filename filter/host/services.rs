//! What the core asks of its host: the time, random numbers, and memory that all workers share.

use std::cell::{OnceCell, RefCell};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ferro::exchange::Services;

use crate::calls;

/// Envoy's clock and the operating system's randomness.
pub struct Host;

impl Services for Host {
    fn now(&self) -> Duration {
        Duration::from_nanos(calls::now())
    }

    fn random(&self) -> u64 {
        // Without randomness the clock still tells requests apart.
        drawn().unwrap_or_else(calls::now)
    }

    fn address(&self) -> Option<IpAddr> {
        let address = calls::property("source\0address").ok()?;
        let address = std::str::from_utf8(&address).ok()?;
        address.parse().map(|address: SocketAddr| address.ip()).or_else(|_| address.parse()).ok()
    }

    fn held(&self) -> usize {
        crate::memory::held()
    }

    fn worker(&self) -> u64 {
        WORKER.with(|worker| *worker.get_or_init(|| self.random()))
    }

    fn shared(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        calls::shared(name).ok()
    }

    fn share(&self, name: &str, bytes: &[u8], state: u32) -> bool {
        calls::share(name, bytes, state).is_ok()
    }
}

/// How many random numbers are fetched at once: a call to the host costs more than the bytes it brings.
const FETCHED: usize = 32;

thread_local! {
    /// This VM's name among all. Each worker has one VM.
    static WORKER: OnceCell<u64> = const { OnceCell::new() };
    /// Random numbers that were not given out yet. Each is given out once.
    static STOCK: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

fn drawn() -> Option<u64> {
    STOCK.with(|stock| {
        let mut stock = stock.try_borrow_mut().ok()?;
        if stock.is_empty() {
            let mut bytes = [0; FETCHED * size_of::<u64>()];
            getrandom::fill(&mut bytes).ok()?;
            let (numbers, _) = bytes.as_chunks();
            stock.extend(numbers.iter().map(|number| u64::from_ne_bytes(*number)));
        }
        stock.pop()
    })
}
