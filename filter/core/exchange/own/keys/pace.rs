//! How fast keys are made, by all workers together: sixty at once, and one more each second.

use std::time::Duration;

use crate::routing::Record;

/// When the last of them would have been made, had one been made each second: since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pace(Duration);

/// For each key.
const EACH: Duration = Duration::from_secs(1);

/// So far ahead it may be.
const MOST: Duration = Duration::from_secs(60);

impl Record for Pace {
    const NAME: &'static str = "ferro.made";

    fn read(bytes: &[u8]) -> Self {
        bytes
            .try_into()
            .map_or_else(|_| Self::default(), |bytes| Self(Duration::from_millis(u64::from_le_bytes(bytes))))
    }

    fn write(&self) -> Vec<u8> {
        u64::try_from(self.0.as_millis()).unwrap_or_default().to_le_bytes().to_vec()
    }
}

impl Pace {
    /// Whether one more may be made.
    pub fn take(&mut self, now: Duration) -> bool {
        let most = now.saturating_add(MOST);
        // A clock that went back is not waited for.
        self.0 = self.0.clamp(now, most);
        let next = self.0.saturating_add(EACH);
        let fits = next <= most;
        if fits {
            self.0 = next;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_are_made_at_once_and_then_one_each_second() {
        let (mut pace, now) = (Pace::default(), Duration::from_secs(1_790_000_000));
        assert_eq!((0..100).filter(|_| pace.take(now)).count(), 60);
        pace = Pace::read(&pace.write());
        assert!(!pace.take(now + Duration::from_millis(999)));
        assert!(pace.take(now + EACH) && !pace.take(now + EACH));
        assert_eq!((0..100).filter(|_| pace.take(now + 2 * MOST)).count(), 60);
        // The clock goes back.
        assert!(!pace.take(now) && pace.take(now + EACH));
        assert_eq!(Pace::read(b"other"), Pace::default());
    }
}
