//! What can be wrong with a request, and what a provider says went wrong.

use std::fmt;

use super::locate::locate;

/// A request that cannot be served as it is: the caller's fault, answered with 400 and the field's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    /// What is wrong and what is expected, for the caller to read.
    pub message: String,
    /// The field at fault, as a path: `messages[2].content[0].image_url.url`.
    pub param: Option<String>,
    /// One of OpenAI's spelling: `invalid_json`, `missing_field`, `invalid_value`, `unsupported_parameter`.
    pub code: &'static str,
}

impl RequestError {
    /// A required field is absent.
    pub fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        Self {
            message: format!("missing required field: {param}"),
            param: Some(param),
            code: "missing_field",
        }
    }

    /// A field's value is not what it must be.
    pub fn invalid(param: impl Into<String>, message: impl fmt::Display) -> Self {
        let param = param.into();
        Self { message: format!("{param}: {message}"), param: Some(param), code: "invalid_value" }
    }

    /// A field asks for something that the chosen target cannot do.
    pub fn unsupported(param: impl Into<String>, message: impl fmt::Display) -> Self {
        let param = param.into();
        Self { message: format!("{param}: {message}"), param: Some(param), code: "unsupported_parameter" }
    }

    /// What `serde_json` found wrong in a field's own text.
    pub fn json_of(param: impl Into<String>, error: &serde_json::Error) -> Self {
        Self::invalid(param, complaint(error))
    }

    /// What `serde_json` found wrong in `text`, with the path of the place.
    pub fn json(text: &str, error: &serde_json::Error) -> Self {
        let cause = complaint(error);
        if error.is_data() {
            let param = locate(text, error.line(), error.column());
            return match param.is_empty() {
                true => Self { message: format!("the body: {cause}"), param: None, code: "invalid_value" },
                false => Self::invalid(param, cause),
            };
        }
        let place = format!("line {} column {}", error.line(), error.column());
        Self {
            message: format!("the body is not valid JSON: {cause} at {place}"),
            param: None,
            code: "invalid_json",
        }
    }
}

/// Whose fault a failed answer is. It decides who else may be asked, and what the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request itself; another target would say the same.
    Caller,
    /// The request is longer than the model's context: a larger model may take it.
    ContextLength,
    /// The provider's policy forbids the request or its answer; another's may not.
    ContentFilter,
    /// Our credential for this provider, or the account behind it; never the caller's.
    Credential,
    /// Too many requests or tokens for now.
    RateLimit,
    /// The provider, at this moment: overloaded, broken, silent.
    Provider,
}

/// A failure in a provider's own words, read from its error body or from an error event of its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderError {
    /// The HTTP status it came with, or that stands for it where it came inside a stream.
    pub status: u16,
    /// The provider's words.
    pub message: String,
    /// The provider's `type`, if it named one in OpenAI's sense.
    pub kind: Option<String>,
    /// The provider's machine-readable code, if it named one.
    pub code: Option<String>,
    /// The field the provider blames, if it named one.
    pub param: Option<String>,
    /// Whose fault it is.
    pub fault: Fault,
}

impl ProviderError {
    /// An error of which only the status and some words are known.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        let fault = match status {
            401..=403 => Fault::Credential,
            429 => Fault::RateLimit,
            400..=499 if status != 408 => Fault::Caller,
            _ => Fault::Provider,
        };
        Self { status, message: message.into(), kind: None, code: None, param: None, fault }
    }

    /// The same with what its code and words say of whose fault it is.
    #[must_use]
    pub fn judged(mut self) -> Self {
        if self.fault == Fault::Caller {
            let code = self.code.as_deref().or(self.kind.as_deref()).unwrap_or_default();
            let says = |phrases: &[&str]| phrases.iter().any(|phrase| self.message.contains(phrase));
            if code == "context_length_exceeded" || says(CONTEXT_LENGTH) {
                self.fault = Fault::ContextLength;
            } else if CONTENT_FILTER.contains(&code) || says(CONTENT_FILTERED) {
                self.fault = Fault::ContentFilter;
            } else if CREDENTIAL.contains(&code) || matches!(self.status, 401..=403 | 407) {
                self.fault = Fault::Credential;
            }
        }
        self
    }
}

/// How servers that give no code say that a prompt is too long: vLLM, Mistral, llama.cpp, TGI.
const CONTEXT_LENGTH: &[&str] =
    &["maximum context length", "exceeds the available context size", "must be <= `max_input_length`"];

/// OpenAI's codes and types for a credential that is refused, whatever the status that vendors send with them.
const CREDENTIAL: &[&str] = &[
    "invalid_api_key",
    "invalid_authentication",
    "authentication_error",
    "incorrect_api_key",
    "account_deactivated",
    "billing_not_active",
];

/// OpenAI's codes for its policy, Azure's for its filter.
const CONTENT_FILTER: &[&str] =
    &["content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"];

/// Anthropic's words for its filter.
const CONTENT_FILTERED: &[&str] = &["blocked by content filtering policy"];

/// A provider's answer or event that is not what its format promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl Malformed {
    /// What `serde_json` found wrong, and where.
    pub fn json(error: &serde_json::Error) -> Self {
        Self(format!("{} at line {} column {}", complaint(error), error.line(), error.column()))
    }
}

/// What `serde_json` complains of, without the value that it quotes: that is somebody's text, and may be a secret.
pub fn complaint(error: &serde_json::Error) -> String {
    let cause = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let cause = cause.strip_suffix(&place).unwrap_or(&cause);
    let Some((quoting, expected)) = cause.rsplit_once(", expected ") else { return cause.to_owned() };
    let expected = OURS.iter().find(|(theirs, _)| *theirs == expected).map_or(expected, |(_, ours)| *ours);
    let found =
        quoting.split_once(": ").map(|(_, found)| found.split(['"', '`']).next().unwrap_or_default().trim());
    match FOUND.iter().find(|(theirs, _)| Some(*theirs) == found) {
        Some((_, found)) => format!("expected {expected}, found {found}"),
        None => format!("expected {expected}"),
    }
}

/// `serde`'s words for what it expects, and ours.
const OURS: &[(&str, &str)] = &[("a sequence", "a list"), ("a map", "an object")];

/// `serde`'s words for what it found, and ours.
const FOUND: &[(&str, &str)] = &[
    ("string", "a string"),
    ("integer", "a whole number"),
    ("floating point", "a number"),
    ("number", "a number"),
    ("boolean", "a boolean"),
    ("null", "null"),
    ("map", "an object"),
    ("sequence", "a list"),
];

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_quotes_is_not_told() {
        #[derive(Debug, serde::Deserialize)]
        enum Word {
            Known,
        }
        fn wrong<T: serde::de::DeserializeOwned + fmt::Debug>(json: &str) -> String {
            Malformed::json(&serde_json::from_str::<T>(json).unwrap_err()).0
        }
        for (told, want) in [
            (wrong::<u64>(r#""sk-key""#), "expected u64, found a string at line 1 column 8"),
            (
                wrong::<u64>(r#""a\", expected b at line 9 column 9""#),
                "expected u64, found a string at line 1 column 36",
            ),
            (wrong::<u8>("-7"), "expected u8, found a whole number at line 1 column 2"),
            (wrong::<bool>("1.5"), "expected a boolean, found a number at line 1 column 3"),
            (wrong::<bool>("null"), "expected a boolean, found null at line 1 column 4"),
            (wrong::<bool>("{}"), "expected a boolean, found an object at line 1 column 0"),
            (wrong::<bool>("[]"), "expected a boolean, found a list at line 1 column 0"),
            (wrong::<Vec<u64>>("true"), "expected a list, found a boolean at line 1 column 4"),
            (wrong::<String>("true"), "expected a string, found a boolean at line 1 column 4"),
            (wrong::<Word>(r#""sk-key""#), "expected `Known` at line 1 column 8"),
            (wrong::<u64>("{"), "expected u64, found an object at line 1 column 0"),
            (wrong::<Vec<u64>>("[1,"), "EOF while parsing a value at line 1 column 3"),
        ] {
            assert_eq!(told, want);
            assert!(!told.contains("sk-key"));
        }
    }
}
