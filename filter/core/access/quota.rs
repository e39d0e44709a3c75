//! How much a caller may take. What was taken is counted elsewhere.

/// Money, in billionths of a US dollar: a token of the cheapest model costs some tens of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub u64);

/// What for money may be spent in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How much.
    pub amount: Money,
    /// How long that is for.
    pub per: Period,
    /// The part of it, in thousandths, from which on the log warns; `None` for never.
    pub warn_at: Option<u16>,
}

/// For how long a budget is: since the last turn of UTC's hour, day, ISO week or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week, which begins on Monday.
    Week,
    /// A month of the calendar.
    Month,
    /// For good.
    Forever,
}

/// What a caller may take. What is `None` is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests in a minute.
    pub requests_per_minute: Option<u64>,
    /// Tokens in a minute, input and output.
    pub tokens_per_minute: Option<u64>,
    /// Requests at one time.
    pub concurrent_requests: Option<u32>,
    /// Money.
    pub budget: Option<Budget>,
}

impl Money {
    /// A dollar.
    pub const DOLLAR: Self = Self(1_000_000_000);

    /// So many dollars, to the billionth; `None` for what is no amount, or more than eighteen billion.
    pub fn of_dollars(dollars: f64) -> Option<Self> {
        let billionths = (dollars * 1e9).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in bounds")]
        (0.0..1.8e19).contains(&billionths).then(|| Self(billionths as u64))
    }

    /// In dollars.
    #[expect(clippy::cast_precision_loss, reason = "it is shown")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Period {
    /// All of them, by their words.
    pub const WORDS: &[(&str, Self)] = &[
        ("hour", Self::Hour),
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
        ("forever", Self::Forever),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, period)| *period == self).map_or("", |(word, _)| word)
    }

    /// The period of this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, period)| *period)
    }
}

impl Quota {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_what_was_written() {
        for (dollars, want) in [(50.0, Some(50_000_000_000)), (0.1, Some(100_000_000)), (0.0, Some(0))] {
            assert_eq!(Money::of_dollars(dollars).map(|money| money.0), want, "{dollars}");
        }
        for dollars in [-1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(Money::of_dollars(dollars), None, "{dollars}");
        }
    }
}
