//! How much a caller may take. What was taken, the [ledger](super::ledger) knows.

use std::fmt;
use std::time::Duration;

use super::date::{DAY, Date};

use serde::ser::{Serialize, SerializeStruct, Serializer};

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

const HOUR: u64 = 3600;

/// As the configuration writes it: `{"usd": 5, "per": "day"}`.
impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Budget", 2)?;
        members.serialize_field("usd", &self.amount.dollars())?;
        members.serialize_field("per", self.per.word())?;
        members.end()
    }
}

impl Money {
    /// A dollar.
    pub const DOLLAR: Self = Self(1_000_000_000);

    /// So many dollars, to the billionth; `None` for what is no amount, or more than eighteen billion.
    pub fn of_dollars(dollars: f64) -> Option<Self> {
        let billionths = (dollars * 1e9).round();
        // A float that is in bounds becomes the nearest number there is.
        (0.0..1.8e19).contains(&billionths).then_some(Self(billionths as u64))
    }

    /// In dollars.
    #[expect(clippy::cast_precision_loss, reason = "it is shown")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

/// In dollars, to the billionth and no further than needed.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, rest) = (self.0 / Self::DOLLAR.0, self.0 % Self::DOLLAR.0);
        let digits = format!("{rest:09}");
        // Two digits at least: they are cents.
        let kept = digits.trim_end_matches('0').len().max(2);
        write!(f, "{dollars}.{}", digits.get(..kept).unwrap_or_default())
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

    /// The seconds since 1970 at which the period around `now` began, and at which it ends; 0 for never.
    pub fn around(self, now: u64) -> (u64, u64) {
        const WEEK: u64 = 7 * DAY;
        /// The first Monday of 1970 was the fifth of January.
        const MONDAY: u64 = 4 * DAY;
        let steps = |length: u64, offset: u64| {
            let into = now.saturating_sub(offset).checked_rem(length).unwrap_or_default();
            let since = now.max(offset).saturating_sub(into);
            (since, since.saturating_add(length))
        };
        match self {
            Self::Hour => steps(HOUR, 0),
            Self::Day => steps(DAY, 0),
            Self::Week => steps(WEEK, MONDAY),
            Self::Month => month(now),
            Self::Forever => (0, 0),
        }
    }

    /// The period of this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, period)| *period)
    }
}

/// The month around a moment.
fn month(now: u64) -> (u64, u64) {
    let today = Date::of_days(i64::try_from(now / DAY).unwrap_or(i64::MAX));
    let first = Date { day: 1, ..today };
    let next = match first.month {
        12 => Date { year: first.year.saturating_add(1), month: 1, day: 1 },
        month => Date { month: month.saturating_add(1), ..first },
    };
    let seconds = |date: Date| u64::try_from(date.days()).unwrap_or_default().saturating_mul(DAY);
    (seconds(first), seconds(next))
}

impl Quota {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Until when what is taken now may matter, in seconds since 1970: the end of the budget's period, and no less than an
    /// hour. It changes once an hour at most.
    pub fn lasts(&self, now: Duration) -> u64 {
        let (_, hour) = Period::Hour.around(now.as_secs());
        let until = |budget: Budget| match budget.per.around(now.as_secs()) {
            (_, 0) => u64::MAX,
            (_, until) => until,
        };
        self.budget.map_or(0, until).max(hour.saturating_add(HOUR))
    }
}

/// The limits, in words: `60 requests and 1000 tokens a minute, 50.00 US dollars a month`.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rates = [(self.requests_per_minute, "requests"), (self.tokens_per_minute, "tokens")];
        let rates: Vec<_> =
            rates.iter().filter_map(|(limit, what)| Some(format!("{} {what}", (*limit)?))).collect();
        let mut words = Vec::new();
        if !rates.is_empty() {
            words.push(format!("{} a minute", rates.join(" and ")));
        }
        words.extend(self.concurrent_requests.map(|most| format!("{most} at one time")));
        words.extend(self.budget.map(|Budget { amount, per, .. }| match per {
            Period::Forever => format!("{amount} US dollars in all"),
            Period::Hour => format!("{amount} US dollars an hour"),
            per => format!("{amount} US dollars a {}", per.word()),
        }));
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::parse_date;

    #[test]
    fn periods_are_the_calendars() {
        // A Monday.
        let now = parse_date("2026-11-30T16:20:48Z").unwrap();
        for (period, since, until) in [
            (Period::Hour, "2026-11-30T16:00:00Z", "2026-11-30T17:00:00Z"),
            (Period::Day, "2026-11-30", "2026-12-01"),
            (Period::Week, "2026-11-30", "2026-12-07"),
            (Period::Month, "2026-11-01", "2026-12-01"),
        ] {
            let want = (parse_date(since).unwrap(), parse_date(until).unwrap());
            for moment in [want.0, now, want.1 - 1] {
                assert_eq!(period.around(moment), want, "{period:?}");
            }
            assert_eq!(period.around(want.1).0, want.1, "{period:?}");
        }
        let december = parse_date("2026-12-31T23:59:59Z").unwrap();
        assert_eq!(Period::Month.around(december).1, december + 1);
        assert_eq!((Period::Forever.around(now), Period::Week.around(3)), ((0, 0), (4 * DAY, 11 * DAY)));
    }

    #[test]
    fn money_is_what_was_written() {
        for (dollars, want) in [(50.0, Some(50_000_000_000)), (0.1, Some(100_000_000)), (0.0, Some(0))] {
            assert_eq!(Money::of_dollars(dollars).map(|money| money.0), want, "{dollars}");
        }
        for (money, want) in
            [(0, "0.00"), (1_500_000_000, "1.50"), (49_999_999_999, "49.999999999"), (1_000, "0.000001")]
        {
            assert_eq!(Money(money).to_string(), want);
        }
        for dollars in [-1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(Money::of_dollars(dollars), None, "{dollars}");
        }
    }
}
