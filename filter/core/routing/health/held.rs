//! How many bytes the workers hold, told by each for itself.

use std::time::Duration;

use super::record::{Reader, Record, Writer};

/// For how long a worker's word counts that was not heard of since: it may have died.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// What the workers hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(Vec<Slot>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    worker: u64,
    bytes: u64,
    told: Duration,
}

/// Changes with every change of what is written.
const LAYOUT: u64 = 1;

impl Record for Held {
    const NAME: &'static str = "ferro.held";

    fn read(bytes: &[u8]) -> Self {
        let mut words = Reader::new(LAYOUT, bytes);
        let slot = || Some(Slot { worker: words.number()?, bytes: words.number()?, told: words.time()? });
        Self(std::iter::from_fn(slot).collect())
    }

    fn write(&self) -> Vec<u8> {
        let mut words = Writer::new(LAYOUT);
        for slot in &self.0 {
            words.number(slot.worker).number(slot.bytes).time(slot.told);
        }
        words.finish()
    }
}

impl Held {
    /// A worker tells what it holds. What all of them hold together.
    pub fn tell(&mut self, worker: u64, bytes: u64, now: Duration) -> u64 {
        self.0.retain(|slot| slot.worker != worker && now.saturating_sub(slot.told) < FORGOTTEN);
        self.0.push(Slot { worker, bytes, told: now });
        self.0.iter().fold(0, |sum, slot| sum.saturating_add(slot.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_summed_and_the_dead_forgotten() {
        let at = |seconds: u64| Duration::from_secs(1_000 + seconds);
        let mut held = Held::default();
        assert_eq!(held.tell(1, 10, at(0)), 10);
        let mut held = Held::read(&held.write());
        assert_eq!(held.tell(2, 5, at(9)), 15);
        assert_eq!(held.tell(2, 6, at(10)), 6);
        assert_eq!(Held::read(&[7; 64]), Held::default());
    }
}
