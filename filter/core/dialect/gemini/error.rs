//! Google's errors: `{"error": {"code", "message", "status", "details"}}`, at times in a list of one.
//! <https://ai.google.dev/gemini-api/docs/troubleshooting>, <https://cloud.google.com/apis/design/errors>.

use serde_json::Value;

use crate::chat::{Fault, ProviderError};
use crate::dialect::openai;

/// Reads an error answer.
pub fn read_error(status: u16, body: &[u8]) -> ProviderError {
    match ErrorWords::read(&String::from_utf8_lossy(body)) {
        Some(words) => words.error(status),
        None => openai::read_error(status, body),
    }
}

/// What Google says of an error.
#[derive(Debug, Default)]
pub struct ErrorWords {
    /// Words for people.
    pub message: String,
    /// `RESOURCE_EXHAUSTED` and the like.
    status: String,
    /// `API_KEY_INVALID` and the like, of all details.
    reasons: Vec<String>,
    /// The HTTP status.
    code: Option<u16>,
}

impl ErrorWords {
    /// Reads a body, or an event of a stream. `None` if it is no error of Google's.
    pub fn read(body: &str) -> Option<Self> {
        let value = serde_json::from_str::<Value>(body).ok()?;
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(&value);
        Self::of_value(value.get("error")?)
    }

    /// Reads the value of `error`.
    pub fn of(error: &str) -> Self {
        let value = serde_json::from_str::<Value>(error).unwrap_or_default();
        let unknown = || Self { message: openai::plain_words(500, error), ..Self::default() };
        Self::of_value(&value).unwrap_or_else(unknown)
    }

    fn of_value(error: &Value) -> Option<Self> {
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
        let reasons = details.filter_map(|detail| detail.get("reason")?.as_str()).map(str::to_owned);
        let code = error.get("code").and_then(Value::as_u64).and_then(|code| code.try_into().ok());
        let words =
            Self { message: text("message"), status: text("status"), reasons: reasons.collect(), code };
        (!words.message.is_empty() || !words.status.is_empty()).then_some(words)
    }

    /// The error of a stream, which has no status of its own.
    pub fn in_stream(self) -> ProviderError {
        let named = STATUSES.iter().find(|(name, _)| *name == self.status).map(|(_, status)| *status);
        let status = self.code.filter(|code| (400..600).contains(code)).or(named).unwrap_or(500);
        self.error(status)
    }

    fn error(mut self, status: u16) -> ProviderError {
        if self.message.is_empty() {
            self.message = openai::plain_words(status, "");
        }
        let says = |words: &str| self.message.to_ascii_lowercase().contains(words);
        let reason = |name: &str| self.reasons.iter().any(|reason| reason == name);
        let key = reason("API_KEY_INVALID") || says("api key not valid") || says("api key expired");
        // What only the owner of the account can mend.
        let account = self.status == "FAILED_PRECONDITION" && (says("location") || says("billing"));
        let fault = match self.status.as_str() {
            _ if key || account => Some(Fault::Credential),
            "UNAUTHENTICATED" | "PERMISSION_DENIED" => Some(Fault::Credential),
            "RESOURCE_EXHAUSTED" => Some(Fault::RateLimit),
            "UNAVAILABLE" | "INTERNAL" | "DEADLINE_EXCEEDED" | "UNKNOWN" => Some(Fault::Provider),
            _ => None,
        };
        let code = match self.status.as_str() {
            _ if key => Some("invalid_api_key"),
            "INVALID_ARGUMENT" if says("token") && says("exceed") && says("input") => {
                Some("context_length_exceeded")
            }
            "RESOURCE_EXHAUSTED" => Some("rate_limit_exceeded"),
            "NOT_FOUND" if says("model") => Some("model_not_found"),
            _ => None,
        };
        let mut error = ProviderError::new(status, self.message);
        error.fault = fault.unwrap_or(error.fault);
        error.code = code.map(str::to_owned);
        error
    }
}

/// <https://cloud.google.com/apis/design/errors#handling_errors>
const STATUSES: &[(&str, u16)] = &[
    ("INVALID_ARGUMENT", 400),
    ("FAILED_PRECONDITION", 400),
    ("OUT_OF_RANGE", 400),
    ("UNAUTHENTICATED", 401),
    ("PERMISSION_DENIED", 403),
    ("NOT_FOUND", 404),
    ("ABORTED", 409),
    ("ALREADY_EXISTS", 409),
    ("RESOURCE_EXHAUSTED", 429),
    ("CANCELLED", 499),
    ("UNIMPLEMENTED", 501),
    ("UNAVAILABLE", 503),
    ("DEADLINE_EXCEEDED", 504),
];
