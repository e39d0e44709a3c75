//! Claude's errors, as answers and as events: <https://platform.claude.com/docs/en/api/errors>.
//!
//! | type | status | fault |
//! |---|---|---|
//! | `invalid_request_error`, `not_found_error`, `conflict_error`, `request_too_large` | 400, 404, 409, 413 | the caller's |
//! | `authentication_error`, `permission_error`, `billing_error` | 401, 403, 402 | our credential's |
//! | `rate_limit_error` | 429 | rate limit |
//! | `api_error`, `timeout_error`, `overloaded_error`, others | 500, 504, 529, 500 | the provider's |
//!
//! A 400 that says our account is out of credit or has reached its limit is our credential's fault, not the caller's.

use crate::dialect::plain_error;
use crate::hub::json::Str;
use crate::hub::{Fault, ProviderError};
use crate::json_object;

/// Reads an error answer: any status of 400 or more, any body.
pub fn read_error(status: u16, body: &[u8]) -> ProviderError {
    json_object! { struct Wire<'a> { error: ErrorBody<'a>, .. } }
    let wire = std::str::from_utf8(body).ok().and_then(|body| serde_json::from_str::<Wire<'_>>(body).ok());
    match wire.and_then(|wire| wire.error).filter(|error| error.message.is_some()) {
        Some(error) => error.read(Some(status)),
        None => ProviderError { kind: None, ..plain_error::read(status, body) },
    }
}

json_object! {
    /// The member `error` of an error.
    pub struct ErrorBody<'a> {
        kind as "type": Str<'a>,
        message: Str<'a>,
        ..
    }
}

impl ErrorBody<'_> {
    /// Reads it; a stream gives no status.
    pub fn read(self, status: Option<u16>) -> ProviderError {
        let kind = self.kind.as_deref().unwrap_or_default();
        let (usual, fault) = match kind {
            "invalid_request_error" => (400, Some(Fault::Caller)),
            "not_found_error" => (404, Some(Fault::Caller)),
            "conflict_error" => (409, Some(Fault::Caller)),
            "request_too_large" => (413, Some(Fault::Caller)),
            "authentication_error" => (401, Some(Fault::Credential)),
            "permission_error" => (403, Some(Fault::Credential)),
            "billing_error" => (402, Some(Fault::Credential)),
            "rate_limit_error" => (429, Some(Fault::RateLimit)),
            "timeout_error" => (504, Some(Fault::Provider)),
            "overloaded_error" => (529, Some(Fault::Provider)),
            "api_error" => (500, Some(Fault::Provider)),
            _ => (500, None),
        };
        let message = self.message.as_deref().unwrap_or_default().trim();
        let status = status.unwrap_or(usual);
        let words = match message {
            "" => plain_error::plain_words(status, ""),
            message => message.to_owned(),
        };
        let mut error = ProviderError::new(status, words);
        error.fault = fault.unwrap_or(error.fault);
        if error.fault == Fault::Caller && is_about_account(message) {
            error.fault = Fault::Credential;
        }
        error.kind = (kind == "invalid_request_error").then(|| kind.to_owned());
        error.code = code(kind, message).map(str::to_owned);
        error
    }
}

/// OpenAI's code for what Claude says in words only.
fn code(kind: &str, message: &str) -> Option<&'static str> {
    let says = |words: &str| message.contains(words);
    match kind {
        "invalid_request_error" if says("prompt is too long") || says("exceed context limit") => {
            Some("context_length_exceeded")
        }
        "not_found_error" if message.starts_with("model:") => Some("model_not_found"),
        _ => None,
    }
}

fn is_about_account(message: &str) -> bool {
    ["credit balance is too low", "specified API usage limits"].iter().any(|words| message.contains(words))
}
