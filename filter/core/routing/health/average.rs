//! A moving average, of times and of lengths.

/// What has been measured of late. A plain value: it can be kept anywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Average {
    /// The average, in the unit of what is measured.
    pub value: f64,
    /// When the last sample was taken, in Unix milliseconds.
    pub at: u64,
}

impl Average {
    /// The average with one more sample. The longer nothing was measured, the more the sample says: a quarter at
    /// least, half after ten seconds. What is no measure (negative, infinite, not a number) changes nothing.
    pub fn sample(before: Option<Self>, value: f64, now: u64) -> Option<Self> {
        const LEAST_SHARE: f64 = 0.25;
        const HALF_AFTER: f64 = 10_000.0;
        if !value.is_finite() || value < 0.0 {
            return before;
        }
        let Some(before) = before.filter(|before| before.value.is_finite()) else {
            return Some(Self { value, at: now });
        };
        let age = before.age(now) as f64;
        let share = (age / (age + HALF_AFTER)).max(LEAST_SHARE);
        Some(Self { value: before.value + (value - before.value) * share, at: now })
    }

    /// How long ago the last sample was taken, in milliseconds.
    pub const fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.at)
    }
}
