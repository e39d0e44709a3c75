//! What was taken of something that comes back steadily: as much as the limit in a minute, and as much at once.

use std::time::Duration;

/// How much was taken and has not come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// In thousandths.
    taken: u64,
    /// When that was so, in nanoseconds since 1970.
    at: u64,
}

/// What one request has taken, and when: of that, what has come back since is not given back again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    amount: u64,
    /// What was taken before it, in thousandths: that comes back first.
    before: u64,
    /// In nanoseconds since 1970.
    at: u64,
}

/// Nanoseconds of a minute.
const MINUTE: u128 = 60_000_000_000;
/// What comes back in fractions is not lost.
const PARTS: u64 = 1000;

/// What is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The limit.
    pub limit: u64,
    /// What may be taken now.
    pub remaining: u64,
    /// How long it takes until all of it is back.
    pub reset: Duration,
}

impl Bucket {
    /// Of its words.
    pub const fn of(taken: u64, at: u64) -> Self {
        Self { taken, at }
    }

    /// Its words.
    pub const fn words(self) -> [u64; 2] {
        [self.taken, self.at]
    }

    /// Takes so much of this limit.
    ///
    /// # Errors
    /// So much is not there: how long it takes until it is, if it ever is.
    pub fn take(&mut self, amount: u64, limit: u64, now: Duration) -> Result<Share, Duration> {
        self.pass(limit, now);
        let share = Share { amount, before: self.taken, at: self.at };
        let taken = self.taken.saturating_add(amount.saturating_mul(PARTS));
        let over = taken.saturating_sub(limit.saturating_mul(PARTS));
        if over > 0 {
            return Err(time_for(over, limit));
        }
        self.taken = taken;
        Ok(share)
    }

    /// What was taken turns out to be this much.
    pub fn correct(&mut self, share: &Share, actual: u64, limit: u64, now: Duration) {
        self.pass(limit, now);
        let (back, _) = come_back(limit, nanoseconds(now).saturating_sub(share.at));
        let still =
            |amount: u64| share.before.saturating_add(amount.saturating_mul(PARTS)).saturating_sub(back);
        let more = actual.saturating_sub(share.amount).saturating_mul(PARTS);
        let less = still(share.amount).saturating_sub(still(actual));
        self.taken = self.taken.saturating_add(more).saturating_sub(less);
    }

    /// What is left.
    pub fn left(mut self, limit: u64, now: Duration) -> Left {
        self.pass(limit, now);
        let remaining = limit.saturating_mul(PARTS).saturating_sub(self.taken) / PARTS;
        Left { limit, remaining, reset: time_for(self.taken, limit) }
    }

    /// Time passes: some of it comes back.
    fn pass(&mut self, limit: u64, now: Duration) {
        let now = nanoseconds(now);
        // A clock that was set back gives nothing back for a while, but for no longer than all would have taken.
        if u128::from(self.at.saturating_sub(now)) > MINUTE {
            self.at = now;
        }
        let (back, time) = come_back(limit, now.saturating_sub(self.at));
        self.taken = self.taken.saturating_sub(back);
        // What has not come to a thousandth goes on coming.
        self.at = if self.taken == 0 { now } else { self.at.saturating_add(time) };
    }
}

/// How many thousandths come back in so many nanoseconds, and how many nanoseconds those take.
fn come_back(limit: u64, passed: u64) -> (u64, u64) {
    let rate = u128::from(limit).saturating_mul(u128::from(PARTS));
    let back = u128::from(passed).saturating_mul(rate) / MINUTE;
    let time = back.saturating_mul(MINUTE).checked_div(rate).unwrap_or_default();
    (u64::try_from(back).unwrap_or(u64::MAX), u64::try_from(time).unwrap_or_default())
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// How long so many thousandths take to come back.
fn time_for(parts: u64, limit: u64) -> Duration {
    let rate = u128::from(limit).saturating_mul(u128::from(PARTS));
    let nanoseconds = u128::from(parts).saturating_mul(MINUTE).checked_div(rate);
    let nanoseconds = nanoseconds.and_then(|time| u64::try_from(time).ok());
    nanoseconds.map_or(LONGEST, Duration::from_nanos).min(LONGEST)
}

/// What never comes back is said to take an hour.
const LONGEST: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_secs(1_000_000).saturating_add(Duration::from_millis(milliseconds))
    }

    #[test]
    fn it_gives_as_much_as_the_limit_at_once_and_in_a_minute() {
        let mut bucket = Bucket::default();
        let taken = (0..100).filter(|_| bucket.take(1, 60, at(0)).is_ok()).count();
        assert_eq!(taken, 60);
        assert_eq!(bucket.take(1, 60, at(0)), Err(Duration::from_secs(1)));
        assert_eq!(bucket.left(60, at(0)), Left { limit: 60, remaining: 0, reset: Duration::from_secs(60) });
        let taken = (0..60_000).step_by(10).filter(|time| bucket.take(1, 60, at(*time)).is_ok()).count();
        assert_eq!(taken, 59, "one a second");
        assert_eq!(bucket.left(60, at(200_000)).remaining, 60);
    }

    #[test]
    fn what_comes_back_in_fractions_comes_back() {
        let mut bucket = Bucket::default();
        bucket.take(7, 7, at(0)).unwrap();
        for time in 0..8_571 {
            assert!(bucket.take(1, 7, at(time)).is_err(), "{time}");
        }
        assert!(bucket.take(1, 7, at(8_580)).is_ok());
    }

    #[test]
    fn estimates_are_corrected_both_ways() {
        let mut bucket = Bucket::default();
        let share = bucket.take(100, 1000, at(0)).unwrap();
        bucket.correct(&share, 1500, 1000, at(0));
        assert_eq!(bucket.left(1000, at(0)).remaining, 0);
        assert_eq!(bucket.take(1, 1000, at(0)), Err(Duration::from_millis(30_060)));
        let mut bucket = Bucket::default();
        let share = bucket.take(500, 1000, at(0)).unwrap();
        bucket.correct(&share, 20, 1000, at(0));
        assert_eq!(bucket.left(1000, at(0)).remaining, 980);
        let share = bucket.take(300, 1000, at(0)).unwrap();
        let before = bucket.left(1000, at(0)).remaining;
        bucket.correct(&share, 0, 1000, at(0));
        assert_eq!(bucket.left(1000, at(0)).remaining, before + 300);
    }

    #[test]
    fn what_has_come_back_is_not_given_back_again() {
        let mut bucket = Bucket::default();
        let share = bucket.take(1000, 1000, at(0)).unwrap();
        // A minute later all of it is back, and another takes it.
        assert!(bucket.take(1000, 1000, at(60_000)).is_ok());
        bucket.correct(&share, 10, 1000, at(60_000));
        assert_eq!(bucket.left(1000, at(60_000)).remaining, 0);
        // Of what was taken in the middle of another's minute, half is there still when that is over.
        let mut bucket = Bucket::default();
        bucket.take(500, 1000, at(0)).unwrap();
        let share = bucket.take(500, 1000, at(0)).unwrap();
        bucket.correct(&share, 0, 1000, at(45_000));
        assert_eq!(bucket.left(1000, at(45_000)).remaining, 1000);
        assert!(bucket.take(1000, 1000, at(45_000)).is_ok());
    }

    #[test]
    fn odd_limits_and_clocks_are_borne() {
        let mut none = Bucket::default();
        assert_eq!(none.take(1, 0, at(0)), Err(LONGEST));
        assert!(none.take(0, 0, at(0)).is_ok());
        let mut large = Bucket::default();
        assert_eq!(large.take(u64::MAX, 10, at(0)), Err(LONGEST));
        assert!(large.take(1 << 40, 1 << 40, at(0)).is_ok());
        assert!(large.take(1, 1 << 40, at(0) - Duration::from_secs(1)).is_err());
        assert!(large.take(1 << 39, 1 << 40, at(30_100)).is_ok());
        // A clock that was a year ahead keeps nobody out for a year.
        let mut ahead = Bucket::default();
        assert!(ahead.take(60, 60, at(0) + Duration::from_secs(31_536_000)).is_ok());
        assert!(ahead.take(1, 60, at(0)).is_err());
        assert!(ahead.take(1, 60, at(1000)).is_ok());
    }
}
