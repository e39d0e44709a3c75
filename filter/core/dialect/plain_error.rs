//! Errors in no format that is promised: of servers that imitate OpenAI's, of proxies, of load balancers.

use std::time::Duration;

use serde_json::Value;

use crate::hub::ProviderError;

/// Reads what a server answered to a failed request. Those that imitate OpenAI's format put their words in `error` (a
/// string or an object with `message`), `message`, `detail` (a string, an object or a list of `{msg}`) or
/// `errors[].message`, MiniMax in `base_resp`; some send plain text.
pub fn read(status: u16, body: &[u8]) -> ProviderError {
    let text = String::from_utf8_lossy(body);
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        return ProviderError::new(status, plain_words(status, &text));
    };
    let refusal = value.get("base_resp");
    let error = value.get("error").or(refusal).unwrap_or(&value);
    let words = [error, &value].into_iter().find_map(words).unwrap_or_else(|| plain_words(status, &text));
    let mut read = ProviderError::new(status, words);
    read.kind = error.get("type").and_then(Value::as_str).map(str::to_owned);
    read.param = error.get("param").and_then(Value::as_str).map(str::to_owned);
    let code = error.get("code").or_else(|| refusal?.get("status_code"));
    read.code = match code {
        Some(Value::String(code)) => Some(code.clone()),
        Some(Value::Number(code)) => Some(code.to_string()),
        _ => None,
    };
    let metadata = error.get("metadata").unwrap_or(error);
    read.wait = [error, &value, metadata].into_iter().find_map(wait);
    read
}

/// How long the server wants to be left alone, where a member says so.
fn wait(value: &Value) -> Option<Duration> {
    const LONGEST: f64 = 86_400.0;
    let number = |name: &str| {
        let number = match value.get(name)? {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        };
        number.filter(|number| (0.0..=LONGEST).contains(number))
    };
    let seconds = ["retry_after", "retry_after_seconds", "estimated_time"].into_iter().find_map(number);
    let seconds = seconds.or_else(|| number("retry_after_ms").map(|milliseconds| milliseconds / 1000.0));
    seconds.map(Duration::from_secs_f64)
}

/// Words of a body that is not JSON: what it says if it is text, else what its status means.
pub fn plain_words(status: u16, text: &str) -> String {
    const LONGEST: usize = 2048;
    let text = text.trim();
    match text.is_empty() || text.starts_with('<') || text.starts_with(['{', '[']) {
        true => format!("the provider answered with status {status}"),
        false => text.chars().take(LONGEST).collect(),
    }
}

fn words(value: &Value) -> Option<String> {
    let found = match value {
        Value::String(text) => Some(text.as_str()),
        Value::Object(object) => {
            let member = ["message", "Message", "detail", "msg", "status_msg", "errors", "error"];
            return member.iter().find_map(|name| object.get(*name).and_then(words));
        }
        Value::Array(list) => return list.iter().find_map(words),
        _ => None,
    };
    found.filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_wherever_vendors_put_them() {
        for (body, want) in [
            (r#"{"error":{"message":"a","type":"t","code":7}}"#, "a"),
            (r#"{"error":"b"}"#, "b"),
            (r#"{"message":"c"}"#, "c"),
            (r#"{"detail":[{"msg":"d"}]}"#, "d"),
            (r#"{"success":false,"errors":[{"message":"e"}]}"#, "e"),
            (r#"{"base_resp":{"status_code":1004,"status_msg":"f"}}"#, "f"),
            ("upstream is busy", "upstream is busy"),
            ("<html>", "the provider answered with status 500"),
            ("{}", "the provider answered with status 500"),
        ] {
            assert_eq!(read(500, body.as_bytes()).message, want, "{body}");
        }
        let read = read(400, br#"{"error":{"message":"a","type":"t","param":"p","code":7}}"#);
        assert_eq!(
            (read.kind.as_deref(), read.param.as_deref(), read.code.as_deref()),
            (Some("t"), Some("p"), Some("7"))
        );
    }

    #[test]
    fn waits_are_found_wherever_vendors_put_them() {
        for (body, want) in [
            (r#"{"error":{"message":"a","retry_after":7}}"#, Some(7000)),
            (r#"{"error":"Model x is currently loading","estimated_time":20.5}"#, Some(20_500)),
            (r#"{"error":{"message":"a","metadata":{"retry_after_seconds":"3"}}}"#, Some(3000)),
            (r#"{"message":"a","retry_after_ms":250}"#, Some(250)),
            (r#"{"message":"a","retry_after":-1}"#, None),
            (r#"{"message":"a","retry_after":1e300}"#, None),
            (r#"{"message":"a","retry_after":null}"#, None),
        ] {
            let wait = read(429, body.as_bytes()).wait;
            assert_eq!(wait, want.map(Duration::from_millis), "{body}");
        }
    }
}
