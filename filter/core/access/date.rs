//! Dates of the calendar, in UTC: seconds since 1970 and what people write (RFC 3339).

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// The year.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
}

/// How many seconds a day has.
pub const DAY: u64 = 86_400;

impl Date {
    /// Days since 1970: <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>.
    pub const fn days(self) -> i64 {
        // Years begin in March, so that a leap day is the last of its year.
        let (year, month) = match self.month > 2 {
            true => (self.year, self.month.saturating_sub(3)),
            false => (self.year.saturating_sub(1), self.month.saturating_add(9)),
        };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let before = month.saturating_mul(153).saturating_add(2).div_euclid(5);
        let of_year = before.saturating_add(self.day).saturating_sub(1);
        let leaps = of_era.div_euclid(4).saturating_sub(of_era.div_euclid(100));
        let of_era = of_era.saturating_mul(365).saturating_add(leaps).saturating_add(of_year);
        era.saturating_mul(146_097).saturating_add(of_era).saturating_sub(719_468)
    }

    /// The day that is so many days after the first of 1970: the inverse.
    pub const fn of_days(days: i64) -> Self {
        let days = days.saturating_add(719_468);
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let leaps = of_era.div_euclid(1460).saturating_sub(of_era.div_euclid(36_524));
        let leaps = leaps.saturating_add(of_era.div_euclid(146_096));
        let year = of_era.saturating_sub(leaps).div_euclid(365);
        let before =
            year.saturating_mul(365).saturating_add(year.div_euclid(4)).saturating_sub(year.div_euclid(100));
        let of_year = of_era.saturating_sub(before);
        let month = of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
        let day = of_year
            .saturating_sub(month.saturating_mul(153).saturating_add(2).div_euclid(5))
            .saturating_add(1);
        let year = year.saturating_add(era.saturating_mul(400));
        match month < 10 {
            true => Self { year, month: month.saturating_add(3), day },
            false => Self { year: year.saturating_add(1), month: month.saturating_sub(9), day },
        }
    }
}

/// Reads `2027-01-01T00:00:00Z`, with an offset in place of the `Z` or a day alone: seconds since 1970.
pub fn parse_date(text: &str) -> Option<u64> {
    let (date, time) = match text.split_at_checked(10)? {
        (date, "") => (date, "00:00:00Z"),
        (date, time) => (date, time.strip_prefix(['T', 't', ' '])?),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let date = Date { year, month, day };
    // What is no day of the calendar is another one, written back.
    let known = Date::of_days(date.days()) == date && (1..=12).contains(&month);
    let (clock, rest) = time.split_at_checked(8)?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let fits = known && hour < 24 && minute < 60 && second < 60;
    // What comes after the second is less than one.
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest,
    };
    let ahead = match zone {
        "Z" | "z" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let [hours, minutes] = numbers(zone.strip_prefix(['+', '-'])?, ':', [2, 2])?;
            let within = hours < 24 && minutes < 60;
            hours
                .checked_mul(60)?
                .checked_add(minutes)?
                .checked_mul(60)?
                .checked_mul(sign)
                .filter(|_| within)?
        }
    };
    let of_day = hour.checked_mul(60)?.checked_add(minute)?.checked_mul(60)?.checked_add(second)?;
    let seconds = date.days().checked_mul(86_400)?.checked_add(of_day)?.checked_sub(ahead)?;
    u64::try_from(seconds).ok().filter(|_| fits)
}

/// As [`parse_date`] reads it.
pub fn written_date(seconds: u64) -> String {
    let days = i64::try_from(seconds / DAY).unwrap_or(i64::MAX);
    let Date { year, month, day } = Date::of_days(days);
    let of_day = seconds % DAY;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Numbers of so many digits each, with this between them.
fn numbers<const COUNT: usize>(text: &str, between: char, digits: [usize; COUNT]) -> Option<[i64; COUNT]> {
    let mut parts = text.split(between);
    let mut numbers = [0; COUNT];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = part.parse().ok().filter(|_| plain)?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        for (text, want) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01", 0),
            ("2027-01-01T00:00:00Z", 1_798_761_600),
            ("2026-11-30T16:20:48Z", 1_796_055_648),
            ("2026-11-30T16:20:48.999Z", 1_796_055_648),
            ("2026-11-30T18:20:48+02:00", 1_796_055_648),
            ("2026-11-30 11:20:48-05:00", 1_796_055_648),
            ("2000-02-29T00:00:00Z", 951_782_400),
        ] {
            assert_eq!(parse_date(text), Some(want), "{text}");
            assert_eq!(parse_date(&written_date(want)), Some(want), "{text}");
        }
        for bad in [
            "",
            "2027",
            "2027-1-1",
            "2027-13-01",
            "2027-02-29",
            "2027-01-01T24:00:00Z",
            "2027-01-01T00:00:00",
            "2027-01-01T00:00Z",
            "2027-01-01T00:00:00.Z",
            "2027-01-01T00:00:00+2:00",
            "1969-12-31T23:59:59Z",
            "2027-00-10",
            "2027-01-00",
            "+027-01-01",
            "2027-01-01T00:00:00Zjunk",
            "2027-01-01T00:00:00+24:00",
        ] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_day_is_itself() {
        for days in (-1_000_000..1_000_000).step_by(37).chain([0, 10_956, 11_016, 11_017, 20_787]) {
            assert_eq!(Date::of_days(days).days(), days);
        }
    }
}
