//! How many requests a target serves at the moment, counted by all workers together.
//!
//! Each worker has a slot of its own. A worker that dies cannot take its requests back, so it says every now and then
//! that it lives, and the slot of one that has not done so for [`FORGOTTEN`] does not count any more.

use std::time::Duration;

use super::record::{Reader, Record, Writer};

/// How often a worker says that it lives.
pub const REFRESHED: Duration = Duration::from_secs(5);

/// For how long a silent worker counts.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// The requests at one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load(Vec<Slot>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    worker: u64,
    requests: u32,
    seen: Duration,
}

/// Changes with every change of what is written.
const LAYOUT: u64 = 1;

impl Record for Load {
    const NAME: &'static str = "ferro.load";

    fn read(bytes: &[u8]) -> Self {
        let mut words = Reader::new(LAYOUT, bytes);
        let slot = || Some(Slot { worker: words.number()?, requests: words.small()?, seen: words.time()? });
        Self(std::iter::from_fn(slot).collect())
    }

    fn write(&self) -> Vec<u8> {
        let mut words = Writer::new(LAYOUT);
        for slot in &self.0 {
            words.number(slot.worker).number(slot.requests.into()).time(slot.seen);
        }
        words.finish()
    }
}

impl Load {
    /// Reads one that is part of another record.
    pub fn read_part(words: &mut Reader<'_>) -> Option<Self> {
        let count = words.number()?;
        let slot = |_| Some(Slot { worker: words.number()?, requests: words.small()?, seen: words.time()? });
        (0..count).map(slot).collect::<Option<_>>().map(Self)
    }

    /// Writes it as part of another record.
    pub fn write_part(&self, words: &mut Writer) {
        words.number(u64::try_from(self.0.len()).unwrap_or_default());
        for slot in &self.0 {
            words.number(slot.worker).number(slot.requests.into()).time(slot.seen);
        }
    }

    /// How many requests there are.
    pub fn requests(&self, now: Duration) -> u32 {
        let alive = self.0.iter().filter(|slot| slot.lives(now));
        alive.fold(0, |sum, slot| sum.saturating_add(slot.requests))
    }

    /// A request has come to a worker.
    pub fn enter(&mut self, worker: u64, now: Duration) {
        self.0.retain(|slot| slot.lives(now));
        match self.0.iter_mut().find(|slot| slot.worker == worker) {
            Some(slot) => {
                slot.requests = slot.requests.saturating_add(1);
                slot.seen = now;
            }
            None => self.0.push(Slot { worker, requests: 1, seen: now }),
        }
    }

    /// A request of a worker is over.
    pub fn leave(&mut self, worker: u64, now: Duration) {
        if let Some(slot) = self.0.iter_mut().find(|slot| slot.worker == worker) {
            slot.requests = slot.requests.saturating_sub(1);
            slot.seen = now;
        }
        self.0.retain(|slot| slot.requests > 0);
    }

    /// A worker lives. Whether that had to be said: whether it has requests here.
    pub fn refresh(&mut self, worker: u64, now: Duration) -> bool {
        let own = self.0.iter_mut().find(|slot| slot.worker == worker);
        own.map(|slot| slot.seen = now).is_some()
    }
}

impl Slot {
    fn lives(&self, now: Duration) -> bool {
        now.saturating_sub(self.seen) < FORGOTTEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_count_together_and_the_dead_are_forgotten() {
        let at = |seconds: u64| Duration::from_secs(1_000 + seconds);
        let mut load = Load::default();
        for (worker, second) in [(1, 0), (1, 1), (2, 1)] {
            load.enter(worker, at(second));
            load = Load::read(&load.write());
        }
        assert_eq!(load.requests(at(2)), 3);
        assert!(load.refresh(2, at(29)) && !load.refresh(3, at(29)));
        assert_eq!(load.requests(at(31)), 1, "the first worker was not heard of for thirty seconds");
        load.enter(3, at(32));
        load.leave(2, at(33));
        load.leave(2, at(33));
        assert_eq!(load.requests(at(33)), 1);
        load.leave(3, at(34));
        assert_eq!(load, Load::default());
        assert_eq!(Load::read(&[7; 64]), Load::default());
    }
}
