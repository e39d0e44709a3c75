//! What a failure becomes for the client: one place turns every cause into a status and OpenAI's error body.
//!
//! | cause | status | type | code |
//! |---|---|---|---|
//! | the request is wrong | 400 | invalid_request_error | invalid_json, missing_field, invalid_value, unsupported_parameter |
//! | a provider refuses our credential | 502 | api_error | provider_authentication |
//! | a provider says 429 | 429 | rate_limit_error | the provider's, else rate_limit_exceeded |
//! | a provider is overloaded (503, Anthropic's 529) | 503 | api_error | the provider's, else overloaded |
//! | a provider took too long (504) | 504 | api_error | the provider's, else timeout |
//! | a provider's other error | its own | by status | the provider's |
//! | a provider's answer cannot be read | 502 | api_error | upstream_invalid |

use super::reply::Reply;
use crate::chat::{Fault, Malformed, ProviderError, RequestError};
use crate::config::Redactor;
use crate::dialect::openai::{ErrorBody, kind_of_status};

/// An error as the client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status.
    pub status: u16,
    /// The body's `error`.
    pub error: ErrorBody,
}

impl Failure {
    /// An error of our own.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            error: ErrorBody {
                message: message.into(),
                kind: kind_of_status(status).to_owned(),
                param: None,
                code: Some(code.to_owned()),
            },
        }
    }

    /// Names the field at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.error.param = Some(param.into());
        self
    }

    /// A request that cannot be served.
    pub fn of_request(error: RequestError) -> Self {
        let mut failure = Self::new(400, error.code, error.message);
        failure.error.param = error.param;
        failure
    }

    /// A provider's answer that is not what its format promises.
    pub fn of_malformed(provider: &str, malformed: &Malformed) -> Self {
        Self::new(
            502,
            "upstream_invalid",
            format!("{provider} sent an answer that cannot be read: {malformed}"),
        )
    }

    /// A provider's own error, in its own words but for our secrets.
    pub fn of_provider(error: &ProviderError, redactor: &Redactor) -> Self {
        let (status, code) = match (error.fault, error.status) {
            (Fault::Credential, _) => (502, Some("provider_authentication")),
            (_, 429) => (429, Some("rate_limit_exceeded")),
            (_, 503 | 529) => (503, Some("overloaded")),
            (_, 504) => (504, Some("timeout")),
            (_, status @ 400..=599) => (status, None),
            (_, _) => (502, Some("upstream_invalid")),
        };
        let kept = error.code.as_deref().filter(|_| error.fault != Fault::Credential);
        let kind = match error.kind.as_deref() {
            Some(kind) if status < 500 && status == error.status => kind,
            _ => kind_of_status(status),
        };
        Self {
            status,
            error: ErrorBody {
                message: redactor.redact(&error.message).into_owned(),
                kind: redactor.redact(kind).into_owned(),
                param: error.param.as_deref().map(|param| redactor.redact(param).into_owned()),
                code: kept.or(code).map(|code| redactor.redact(code).into_owned()),
            },
        }
    }

    /// The answer to send.
    pub fn into_reply(self) -> Reply {
        Reply::error(self.status, &self.error)
    }
}
