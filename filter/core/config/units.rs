//! Durations and sizes as people write them.

use std::time::Duration;

/// Reads `250ms`, `1.5s`, `20s`, `5m`, `1h`: at most a day, to the millisecond.
pub fn parse_duration(text: &str) -> Option<Duration> {
    const DAY: f64 = 86_400_000.0;
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "ms" => 1.0,
        "s" => 1000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let milliseconds = digits.parse::<f64>().ok().filter(|_| plain)? * unit;
    (0.0..=DAY).contains(&milliseconds).then(|| Duration::from_secs_f64(milliseconds.round() / 1000.0))
}

/// Reads `512B`, `64KiB`, `32MiB`, `1GiB`, and decimal `kB`, `MB`, `GB`.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)?.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    digits.trim().parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read() {
        let ms = Duration::from_millis;
        for (text, want) in
            [("250ms", 250), ("1.5s", 1500), ("20s", 20_000), ("5m", 300_000), ("1h", 3_600_000)]
        {
            assert_eq!(parse_duration(text), Some(ms(want)), "{text}");
        }
        for bad in ["", "5", "s", "-1s", "1e3s", "infs", "25h", "1.2.3s", "5 s"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
        assert_eq!(parse_bytes("32MiB"), Some(32 << 20));
        assert_eq!(parse_bytes("7"), Some(7));
        assert_eq!(parse_bytes("99999999999GiB"), None);
        assert_eq!(parse_bytes("1.5MiB"), None);
    }
}
