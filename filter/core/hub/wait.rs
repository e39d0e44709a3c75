//! How long a provider wants to be left alone, where `retry-after` does not say so.
//!
//! | header | whose |
//! |---|---|
//! | `x-ratelimit-reset-requests: 6m0s`, beside `x-ratelimit-remaining-requests: 0`; the same of tokens | [OpenAI](https://platform.openai.com/docs/guides/rate-limits), [Groq](https://console.groq.com/docs/rate-limits), Azure, Cerebras |
//! | `anthropic-ratelimit-tokens-reset: 2025-01-27T12:00:00Z` | [Anthropic](https://platform.claude.com/docs/en/api/rate-limits) |
//! | `x-ratelimit-reset: 1741305600000` | [OpenRouter](https://openrouter.ai/docs/api-reference/limits) |
//! | `ratelimitbysize-reset: 12` | Mistral |
//!
//! | words | whose |
//! |---|---|
//! | `Please try again in 6m0s.`, `… in 837ms.` | [OpenAI](https://platform.openai.com/docs/guides/rate-limits), Groq |
//! | `Please retry in 31.207951545s.` | [Gemini](https://ai.google.dev/gemini-api/docs/rate-limits) |
//! | `Please retry after 7 seconds.`, `Try again in 38 seconds.` | [Azure](https://learn.microsoft.com/azure/ai-foundry/openai/how-to/quota) |

use std::time::{Duration, UNIX_EPOCH};

/// What stands before a time.
const BEFORE: &[&str] = &[
    "again in ",
    "again after ",
    "retry in ",
    "retrying in ",
    "retry after ",
    "wait ",
    "wait for ",
    "available in ",
    "reset in ",
    "resets in ",
    "reset after ",
];

/// Units, as they are written behind a number, and their seconds. Of two that begin alike, the longer comes first.
const UNITS: &[(&str, f64)] = &[
    ("milliseconds", 0.001),
    ("millisecond", 0.001),
    ("ms", 0.001),
    ("minutes", 60.0),
    ("minute", 60.0),
    ("min", 60.0),
    ("m", 60.0),
    ("hours", 3600.0),
    ("hour", 3600.0),
    ("h", 3600.0),
    ("seconds", 1.0),
    ("second", 1.0),
    ("sec", 1.0),
    ("s", 1.0),
];

/// No wait is longer than a day.
const LONGEST: f64 = 86_400.0;

/// The time that a message names.
pub fn wait_in(message: &str) -> Option<Duration> {
    let message = message.to_ascii_lowercase();
    let named = BEFORE.iter().flat_map(|before| message.match_indices(before));
    let mut after = named.filter_map(|(at, before)| message.get(at.saturating_add(before.len())..));
    after.find_map(duration)
}

/// The time after which none of the limits is used up any more that headers tell of. `now` is Unix time.
pub fn wait_of(headers: &[(&[u8], &[u8])], now: Duration) -> Option<Duration> {
    let text = |value: &'_ [u8]| std::str::from_utf8(value).ok().map(|text| text.trim().to_owned());
    let used_up = headers.iter().filter_map(|(name, value)| {
        let name = std::str::from_utf8(name).ok()?;
        let is_limit = name.contains("ratelimit") && name.contains("remaining");
        (is_limit && text(value)?.parse::<f64>().ok()? <= 0.0).then(|| name.replace("remaining", "reset"))
    });
    let resets = used_up.filter_map(|name| {
        let (_, value) = headers.iter().find(|(known, _)| *known == name.as_bytes())?;
        until(&text(value)?, now)
    });
    resets.max()
}

/// How long it is until a time: one from now on, `6m0s` or a number of seconds; a moment, in seconds or milliseconds of
/// Unix time, or as RFC 3339 or HTTP has it.
fn until(text: &str, now: Duration) -> Option<Duration> {
    // No wait in seconds is as long as it was from 1970 to 2001, and none in milliseconds.
    const MOMENT: f64 = 1e9;
    const MOMENT_IN_MILLISECONDS: f64 = 1e12;
    if let Some(wait) = duration(text) {
        return Some(wait);
    }
    let moment = match text.parse::<f64>().ok().filter(|number| (0.0..1e15).contains(number)) {
        Some(wait) if wait < MOMENT => return Some(Duration::from_secs_f64(wait.min(LONGEST))),
        Some(moment) if moment < MOMENT_IN_MILLISECONDS => Duration::from_secs_f64(moment),
        Some(moment) => Duration::from_secs_f64(moment / 1000.0),
        None => http_date(text).or_else(|| internet_date(text))?,
    };
    Some(moment.saturating_sub(now).min(Duration::from_secs_f64(LONGEST)))
}

/// A moment of RFC 3339, in UTC, in Unix time; a part of a second is left out.
fn internet_date(text: &str) -> Option<Duration> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (date, time) = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?.split_once('T')?;
    let time = time.split('.').next()?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?.parse::<usize>().ok()?, parts.next()?);
    let month = MONTHS.get(month.checked_sub(1)?)?;
    // HTTP's has the day of the week, too, and only one of them is right.
    let mut days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].into_iter();
    days.find_map(|name| http_date(&format!("{name}, {day} {month} {year} {time} GMT")))
}

/// A moment as HTTP has it (RFC 9110, 5.6.7), in Unix time.
pub fn http_date(text: &str) -> Option<Duration> {
    httpdate::parse_http_date(text.trim()).ok()?.duration_since(UNIX_EPOCH).ok()
}

/// The time that a text begins with: numbers, each with its unit, `1h2m3.5s`.
pub fn duration(text: &str) -> Option<Duration> {
    let (mut seconds, mut rest, mut found) = (0.0, text, false);
    loop {
        let digits =
            rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let Some((number, unit)) = rest.split_at_checked(digits) else { break };
        let Ok(number) = number.trim_end_matches('.').parse::<f64>() else { break };
        let unit = unit.trim_start();
        let Some((name, worth)) = UNITS.iter().find(|(name, _)| unit.starts_with(name)) else { break };
        seconds += number * worth;
        rest = unit.strip_prefix(name).unwrap_or_default();
        found = true;
    }
    (found && seconds <= LONGEST).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_found_in_headers() {
        let now = Duration::from_secs(1_700_000_000);
        let wait = |headers: &[(&str, &str)]| {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
            wait_of(&headers, now).map(|wait| wait.as_millis())
        };
        let requests = "x-ratelimit-remaining-requests";
        for (value, want) in [
            ("6m0s", Some(360_000)),
            ("250ms", Some(250)),
            ("12.5", Some(12_500)),
            ("1700000007", Some(7000)),
            ("1700000007500", Some(7500)),
            ("2023-11-14T22:13:27Z", Some(7000)),
            ("2023-11-14T22:13:27.5+00:00", Some(7000)),
            ("Tue, 14 Nov 2023 22:13:27 GMT", Some(7000)),
            ("2020-01-01T00:00:00Z", Some(0)),
            ("99999999", Some(86_400_000)),
            ("soon", None),
            ("2023-13-14T22:13:27Z", None),
            ("", None),
        ] {
            assert_eq!(wait(&[(requests, "0"), ("x-ratelimit-reset-requests", value)]), want, "{value}");
            assert_eq!(wait(&[(requests, "1"), ("x-ratelimit-reset-requests", value)]), None);
        }
        assert_eq!(
            wait(&[
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2023-11-14T22:13:21Z"),
                ("anthropic-ratelimit-tokens-remaining", "0"),
                ("anthropic-ratelimit-tokens-reset", "2023-11-14T22:13:29Z"),
                ("anthropic-ratelimit-input-tokens-remaining", "9"),
                ("anthropic-ratelimit-input-tokens-reset", "2023-11-14T23:13:29Z"),
            ]),
            Some(9000)
        );
        assert_eq!(wait(&[(requests, "0")]), None);
        assert_eq!(wait(&[("ratelimitbysize-reset", "9"), ("ratelimitbysize-remaining", "0")]), Some(9000));
    }

    #[test]
    fn waits_are_found_in_words() {
        let ms = |milliseconds| Some(Duration::from_millis(milliseconds));
        for (message, want) in [
            (
                "Rate limit reached for gpt-4o on tokens per min. Limit: 30000. Please try again in 6m0s.",
                ms(360_000),
            ),
            ("Please try again in 837ms. Visit …", ms(837)),
            ("Please try again in 1m26.4s. Need more tokens?", ms(86_400)),
            ("* Quota exceeded for metric …\nPlease retry in 31.2s.", ms(31_200)),
            ("Requests have exceeded the rate limit. Please retry after 7 seconds.", ms(7000)),
            ("Try again in 38 seconds", ms(38_000)),
            ("try again in 1 hour 2 minutes", ms(3_600_000)),
            ("Please wait before trying again in 20s", ms(20_000)),
            ("Too many requests, please wait 1.5 seconds", ms(1500)),
            ("Limit resets in: soon. Limit resets in 2m", ms(120_000)),
            ("Please try again in a few minutes", None),
            ("Please try again in 7.", None),
            ("Please try again in 1.2.3s", None),
            ("Please try again in 9999999999999h", None),
            ("Please try again later", None),
            ("", None),
        ] {
            assert_eq!(wait_in(message), want, "{message}");
        }
        assert_eq!(
            (duration("31s"), duration("0.5s"), duration("-1s"), duration("s")),
            (ms(31_000), ms(500), None, None)
        );
    }
}
