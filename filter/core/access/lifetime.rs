//! How long a key lasts, as people write it: `30s`, `15m`, `12h`, `30d`, or several of them, `1d12h`.

use super::date::DAY;

/// The longest, in seconds: a year, whichever. Who wants more asks anew.
pub const LONGEST_LIFETIME: u64 = 366 * DAY;

/// How long a key lasts if nobody says, in seconds.
pub const USUAL_LIFETIME: u64 = 30 * DAY;

/// Reads it, in seconds; `None` for what is none, or no time at all.
pub fn parse_lifetime(text: &str) -> Option<u64> {
    let (mut seconds, mut rest) = (0_u64, text);
    while !rest.is_empty() {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = rest.split_at_checked(length)?;
        let (unit, after) = after.split_at_checked(1)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => DAY,
            _ => return None,
        };
        seconds = digits.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(seconds)?;
        rest = after;
    }
    (seconds > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_as_people_write_them() {
        for (text, want) in [
            ("30s", 30),
            ("15m", 900),
            ("12h", 43_200),
            ("30d", USUAL_LIFETIME),
            ("366d", LONGEST_LIFETIME),
            ("1d12h", 129_600),
            ("0d1s", 1),
        ] {
            assert_eq!(parse_lifetime(text), Some(want), "{text}");
        }
        let huge = "99999999999999999999d";
        for bad in ["", "0s", "30", "d", "-1d", "1.5h", "1 d", "1w", "1D", "1dd", huge, "300000000000000d"] {
            assert_eq!(parse_lifetime(bad), None, "{bad}");
        }
    }
}
