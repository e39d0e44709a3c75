//! What workers share is lost by none of them, whoever else writes between their looking and their writing; or it says
//! that it is.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use ferro::exchange::{Services, held_by_all};

use super::random::Random;
use crate::host::{Memory, NOW};

/// Workers that run at once: while one is between looking and writing, others run.
struct Crowd {
    memory: Memory,
    random: RefCell<Random>,
    /// What each has told last.
    told: Vec<Cell<u64>>,
    /// Who is in the middle of something.
    busy: Vec<Cell<bool>>,
    /// Changes that were written, and that were not.
    written: Cell<usize>,
    lost: Cell<usize>,
    /// Writes that somebody else was quicker at.
    races: Cell<usize>,
}

struct Worker<'a> {
    crowd: &'a Crowd,
    index: usize,
    holds: u64,
}

pub fn nothing_is_lost() {
    let (mut races, mut lost) = (0, 0);
    for seed in 1..400 {
        let workers = 2 + seed % 5;
        let crowd = Crowd {
            memory: Memory::default(),
            random: RefCell::new(Random::new(seed as u64 * 7919)),
            told: (0..workers).map(|_| Cell::default()).collect(),
            busy: (0..workers).map(|_| Cell::default()).collect(),
            written: Cell::default(),
            lost: Cell::default(),
            races: Cell::default(),
        };
        for _ in 0..20 {
            crowd.run_somebody();
        }
        // Now and then a worker meets rivals that never tire.
        if seed % 10 == 0 {
            crowd.memory.rival(1000);
            crowd.run_somebody();
            crowd.memory.rival(0);
            assert!(crowd.lost.get() > 0, "a change was lost and nobody was told");
        }
        // Whoever looks last sees what everybody wrote last.
        crowd.run(0);
        assert!(crowd.written.get() > 0);
        races += crowd.races.get();
        lost += crowd.lost.get();
    }
    assert!(races > 1000, "workers were hardly in each other's way: {races}");
    assert!(lost > 0);
}

impl Crowd {
    fn below(&self, limit: usize) -> usize {
        self.random.borrow_mut().below(limit)
    }

    fn run_somebody(&self) {
        let index = self.below(self.told.len());
        if !self.busy[index].get() {
            self.run(index);
        }
    }

    /// Worker `index` tells what it holds, and sees what all others have told.
    fn run(&self, index: usize) {
        self.busy[index].set(true);
        let holds = self.below(1 << 20) as u64;
        match held_by_all(&Worker { crowd: self, index, holds }) {
            Ok(all) => {
                self.told[index].set(holds);
                self.written.set(self.written.get() + 1);
                let told: u64 = self.told.iter().map(Cell::get).sum();
                assert_eq!(all, told, "what somebody wrote is gone");
            }
            Err(contended) => {
                assert!(contended.to_string().contains("lost"));
                self.lost.set(self.lost.get() + 1);
            }
        }
        self.busy[index].set(false);
    }
}

impl Services for Worker<'_> {
    fn now(&self) -> Duration {
        Duration::from_secs(NOW)
    }

    fn random(&self) -> u64 {
        self.crowd.random.borrow_mut().next()
    }

    fn address(&self) -> Option<std::net::IpAddr> {
        None
    }
    fn held(&self) -> usize {
        self.holds as usize
    }

    fn worker(&self) -> u64 {
        self.index as u64
    }

    fn shared(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.crowd.memory.get(name)
    }

    fn share(&self, name: &str, bytes: &[u8], state: u32) -> bool {
        if self.crowd.below(2) == 0 {
            self.crowd.run_somebody();
        }
        let is_written = self.crowd.memory.set(name, bytes, state);
        if !is_written {
            self.crowd.races.set(self.crowd.races.get() + 1);
        }
        is_written
    }
}
