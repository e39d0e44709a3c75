//! Errors in no format that is promised: of servers that imitate OpenAI's, of proxies, of load balancers.

use serde_json::Value;

use crate::hub::ProviderError;

/// Reads what a server answered to a failed request. Those that imitate OpenAI's format put their words in `error` (a
/// string or an object with `message`), `message`, `detail` (a string, an object or a list of `{msg}`) or
/// `errors[].message`; some send plain text.
pub fn read(status: u16, body: &[u8]) -> ProviderError {
    let text = String::from_utf8_lossy(body);
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        return ProviderError::new(status, plain_words(status, &text));
    };
    let error = value.get("error").unwrap_or(&value);
    let words = [error, &value].into_iter().find_map(words).unwrap_or_else(|| plain_words(status, &text));
    let mut read = ProviderError::new(status, words);
    read.kind = error.get("type").and_then(Value::as_str).map(str::to_owned);
    read.param = error.get("param").and_then(Value::as_str).map(str::to_owned);
    read.code = match error.get("code") {
        Some(Value::String(code)) => Some(code.clone()),
        Some(Value::Number(code)) => Some(code.to_string()),
        _ => None,
    };
    read
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
            let member = ["message", "Message", "detail", "msg", "errors", "error"];
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
}
