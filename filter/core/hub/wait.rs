//! How long a provider wants to be left alone, where that stands in its words and not in a header.
//!
//! | words | whose |
//! |---|---|
//! | `Please try again in 6m0s.`, `… in 837ms.` | [OpenAI](https://platform.openai.com/docs/guides/rate-limits), Groq |
//! | `Please retry in 31.207951545s.` | [Gemini](https://ai.google.dev/gemini-api/docs/rate-limits) |
//! | `Please retry after 7 seconds.`, `Try again in 38 seconds.` | [Azure](https://learn.microsoft.com/azure/ai-foundry/openai/how-to/quota) |

use std::time::Duration;

/// What stands before a time.
const BEFORE: &[&str] = &["try again in ", "retry in ", "retry after ", "try again after "];

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
    let named = BEFORE.iter().filter_map(|before| message.split_once(before));
    named.map(|(_, after)| after).find_map(duration)
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
