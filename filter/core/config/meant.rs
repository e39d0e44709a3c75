//! What was probably meant by a value that cannot be read, as it has to be written. Only the command line guesses: the
//! filter gets what that has checked, and need not be larger for it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use serde_json::Value;

use super::units::{parse_bytes, parse_duration};
use crate::provider::Endpoint;

/// What a value was to be.
#[derive(Clone, Copy, Debug)]
pub enum Meant {
    Duration,
    Flag,
    List,
    Address,
    /// The root of an API.
    Endpoint,
    /// A name, around which there is no white space.
    Trimmed,
    /// A whole number within bounds.
    Number(u64, u64),
    /// A size within bounds.
    Bytes(u64, u64),
}

/// Guesses, where it is likely.
pub fn guess(meant: Meant, value: &Value) -> Option<String> {
    match meant {
        Meant::Duration => duration(value),
        Meant::Flag => flag(value),
        Meant::List => list(value),
        Meant::Address => address(value),
        Meant::Endpoint => Endpoint::meant(value.as_str()?).map(|root| format!("{root:?}")),
        Meant::Trimmed => value.as_str().map(|text| format!("{:?}", text.trim())),
        Meant::Number(least, most) => number(value, |number| (least..=most).contains(&number)),
        Meant::Bytes(least, most) => bytes(value, |bytes| (least..=most).contains(&bytes)),
    }
}

/// `60`, `60 s`, `1m30s`, `1 minute`, `PT60S`.
fn duration(value: &Value) -> Option<String> {
    // A whole number of a thousand and more is one of milliseconds.
    if let Some(number) = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()) {
        return Some(if number < 1000 { format!("{number}s") } else { format!("{number}ms") })
            .filter(|text| is_duration(text));
    }
    let text = value.as_f64().map(|seconds| format!("{seconds}s"));
    let text = text.or_else(|| value.as_str().map(str::to_ascii_lowercase))?;
    let mut rest = text.trim().trim_start_matches("pt");
    let mut milliseconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?.trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        milliseconds += number
            * match rest.get(..letters)? {
                "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => 1.0,
                "s" | "sec" | "secs" | "second" | "seconds" => 1000.0,
                "m" | "min" | "mins" | "minute" | "minutes" => 60_000.0,
                "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000.0,
                _ => return None,
            };
        rest = rest.get(letters..)?.trim_start();
    }
    let text = if milliseconds % 1000.0 == 0.0 {
        format!("{}s", milliseconds / 1000.0)
    } else {
        format!("{milliseconds}ms")
    };
    Some(text).filter(|text| is_duration(text))
}

fn is_duration(text: &str) -> bool {
    parse_duration(text).is_some_and(|duration| !duration.is_zero())
}

/// `32M`, `32mb`, `1.5GiB`.
fn bytes(value: &Value, fits: impl Fn(u64) -> bool) -> Option<String> {
    let text = value.as_str()?.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let unit = text.get(digits..)?.trim().trim_end_matches("bytes").trim_end_matches(['b', 'i']);
    let (number, unit) = (
        text.get(..digits)?,
        match unit {
            "k" => "KiB",
            "m" => "MiB",
            "g" => "GiB",
            _ => return None,
        },
    );
    let smaller = match unit {
        "GiB" => "MiB",
        "MiB" => "KiB",
        _ => "B",
    };
    let whole = number.parse::<u64>().ok().map(|number| format!("{number}{unit}"));
    let text = whole.or_else(|| Some(format!("{}{smaller}", number.parse::<f64>().ok()? * 1024.0)))?;
    Some(text).filter(|text| parse_bytes(text).is_some_and(fits))
}

/// `"true"`, `yes`, `off`, `1`.
fn flag(value: &Value) -> Option<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_ascii_lowercase);
    match text.as_str() {
        "true" | "yes" | "on" | "y" | "1" => Some("true".to_owned()),
        "false" | "no" | "off" | "n" | "0" => Some("false".to_owned()),
        _ => None,
    }
}

/// `"3"`, `3.0`.
fn number(value: &Value, fits: impl Fn(u64) -> bool) -> Option<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), |text| text.replace(['_', ','], ""));
    let text = text.trim().trim_end_matches(".0").to_owned();
    Some(text).filter(|text| text.parse().is_ok_and(fits))
}

/// One where a list belongs.
fn list(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| (1..=40).contains(&text.len()))?;
    Some(format!("[{text:?}]"))
}

/// `8080`, `:8080`, `localhost:8080`, `127.0.0.1`, `*:8080`, `::1:8080`, `http://127.0.0.1:8080/`.
fn address(value: &Value) -> Option<String> {
    let number = || value.as_u64().map(|port| port.to_string());
    let text = value.as_str().map(str::to_owned).or_else(number)?;
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest).trim_end_matches('/');
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let whole = text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let (host, port) = match whole {
        // What ends in digits may be a port, and more often is.
        Some(IpAddr::V6(_)) if is_with_port(&text) => text.rsplit_once(':')?,
        Some(_) => (text.as_str(), "8080"),
        None => text.rsplit_once(':').unwrap_or(match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => ("", &text),
            false => (&text, "8080"),
        }),
    };
    let host = match host.trim_matches(['[', ']']) {
        "" | "localhost" => "127.0.0.1",
        "*" => "0.0.0.0",
        host => host,
    };
    let address = SocketAddr::new(host.parse().ok()?, port.parse().ok()?);
    (address.port() != 0).then(|| address.to_string())
}

fn is_with_port(text: &str) -> bool {
    let split = text.rsplit_once(':');
    !text.contains('[')
        && split.is_some_and(|(host, port)| port.len() == 4 && host.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_meant_is_guessed_where_it_is_likely() {
        for (written, meant) in [
            (json!(60), Some("60s")),
            (json!("60"), Some("60s")),
            (json!(60000), Some("60000ms")),
            (json!("60 s"), Some("60s")),
            (json!("1m30s"), Some("90s")),
            (json!("60 Seconds"), Some("60s")),
            (json!("1min"), Some("60s")),
            (json!("PT60S"), Some("60s")),
            (json!(1.5), Some("1500ms")),
            (json!("1h30m"), Some("5400s")),
            (json!("-1s"), None),
            (json!(0), None),
            (json!("48h"), None),
            (json!("2 fortnights"), None),
            (json!(""), None),
            (json!([]), None),
        ] {
            assert_eq!(duration(&written).as_deref(), meant, "{written}");
        }
        for (written, meant) in [
            ("32M", Some("32MiB")),
            ("32 mb", Some("32MiB")),
            ("1.5MiB", Some("1536KiB")),
            ("9g", None),
            ("32", None),
            ("", None),
        ] {
            assert_eq!(bytes(&json!(written), |bytes| bytes < 1 << 30).as_deref(), meant, "{written}");
        }
        for (written, meant) in [
            (json!("yes"), Some("true")),
            (json!("OFF"), Some("false")),
            (json!(1), Some("true")),
            (json!("x"), None),
        ] {
            assert_eq!(flag(&written).as_deref(), meant, "{written}");
        }
        for (written, meant) in
            [(json!("3"), Some("3")), (json!(3.0), Some("3")), (json!("x"), None), (json!("99"), None)]
        {
            assert_eq!(number(&written, |number| number < 9).as_deref(), meant, "{written}");
        }
        for (written, meant) in [
            (json!(8080), Some("127.0.0.1:8080")),
            (json!(":80"), Some("127.0.0.1:80")),
            (json!("localhost:9000"), Some("127.0.0.1:9000")),
            (json!("127.0.0.1"), Some("127.0.0.1:8080")),
            (json!("*:9000"), Some("0.0.0.0:9000")),
            (json!("::1:8080"), Some("[::1]:8080")),
            (json!("[::1]"), Some("[::1]:8080")),
            (json!("http://127.0.0.1:9000/"), Some("127.0.0.1:9000")),
            (json!("127.0.0.1: 9000"), Some("127.0.0.1:9000")),
            (json!("127.0.0.1:0"), None),
            (json!("127.0.0.1:99999"), None),
            (json!("example.com:80"), None),
            (json!(70000), None),
        ] {
            assert_eq!(address(&written).as_deref(), meant, "{written}");
        }
    }
}
