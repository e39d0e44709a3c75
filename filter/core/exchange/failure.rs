//! What a failure becomes for the client: one place turns every cause into a status and an error, which the client's
//! format spells; type and code are OpenAI's words for it.
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
//! | the gateway holds as much as it may | 503 | api_error | overloaded |
//! | nobody can be asked | 503 | api_error | no_target |
//! | a caller that may not, or has nothing left | 401 to 403, 429 | by status | see `gate` and `charge` |
//!
//! A failure leaves by [`Failure::into_reply`], or [`Failure::into_error`] where a stream has begun, and there all its
//! words pass the redactor. An upstream's 401 or 403 reaches no caller: it would take its own key for wrong.

use std::borrow::Cow;

use super::reply::Reply;
use crate::dialect::ClientFormat;
use crate::gateway::{Provider, Redactor};
use crate::hub::{ErrorReport, Fault, Malformed, Param, ProviderError, RequestError, Words};

/// An error as the client gets it, once its words are fit to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    error: Box<ErrorReport>,
    headers: Vec<(&'static str, Cow<'static, str>)>,
}

impl Failure {
    /// An error of our own.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        let words = Words::Whole(message.into());
        let error = ErrorReport { status, kind: None, code: Some(code.to_owned()), param: None, words };
        Self { error: Box::new(error), headers: Vec::new() }
    }

    /// Names the field at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<Param>) -> Self {
        self.error.param = Some(param.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, (name, value): &'static (&'static str, &'static str)) -> Self {
        self.headers.push((name, Cow::Borrowed(value)));
        self
    }

    /// Adds headers.
    #[must_use]
    pub fn with_headers(mut self, headers: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.headers.extend(headers.into_iter().map(|(name, value)| (name, value.into())));
        self
    }

    /// Has a type of its own.
    #[must_use]
    pub fn with_kind(mut self, kind: &str) -> Self {
        self.error.kind = Some(kind.to_owned());
        self
    }

    /// A request that cannot be served.
    pub fn of_request(error: RequestError) -> Self {
        Self { error: Box::new(error.into()), headers: Vec::new() }
    }

    /// A provider's answer that is not what its format promises.
    pub fn of_malformed(provider: &str, malformed: &Malformed) -> Self {
        Self::new(
            502,
            "upstream_invalid",
            format!("{provider} sent an answer that cannot be read: {malformed}"),
        )
    }

    /// A provider's own error, in its own words; but for those about our credential, which are the operator's to read.
    pub fn of_provider(provider: &str, error: &ProviderError) -> Self {
        let (status, code) = match (error.fault, error.status) {
            (Fault::ContextLength | Fault::ContentFilter, 401..=403 | 407) => (400, None),
            // The caller's own credential: see `Auth::Caller`.
            (Fault::Caller, 401 | 403) => (error.status, None),
            (Fault::Credential, _) | (_, 401 | 403 | 407) => return Self::of_credential(provider),
            (_, 429) => (429, Some("rate_limit_exceeded")),
            (_, 503 | 529) => (503, Some("overloaded")),
            (_, 504) => (504, Some("timeout")),
            (_, status @ 400..=599) => (status, None),
            (_, _) => (502, Some("upstream_invalid")),
        };
        let error = ErrorReport {
            status,
            kind: error.kind.clone().filter(|_| status < 500 && status == error.status),
            code: error.code.as_deref().or(code).map(str::to_owned),
            param: error.param.clone().map(Param::from),
            words: Words::Whole(error.message.clone()),
        };
        Self { error: Box::new(error), headers: Vec::new() }
    }

    /// A provider refuses the credential that the gateway has for it.
    pub fn of_credential(provider: &str) -> Self {
        let message = format!("{provider} refuses the gateway's credential; the gateway's log has its words");
        Self::new(502, "provider_authentication", message)
    }

    /// There is no credential for the provider that would be asked.
    pub fn of_no_credential(provider: &Provider) -> Self {
        let name = &provider.name;
        match provider.waits_for_token() {
            true => {
                let message = format!("provider {name:?} waits for its token; send the request again");
                Self::new(503, "no_target", message).with_header(&("retry-after", "1"))
            }
            false => {
                let why = format!("provider {name:?} has no credential; the gateway's operator must set one");
                Self::new(503, "no_target", why)
            }
        }
    }

    /// The gateway holds as much as it may: nothing is wrong with the request, nor with any provider.
    pub fn of_overload() -> Self {
        let message = "the gateway holds as much as it may for now; send the request again";
        Self::new(503, "overloaded", message).with_header(&("retry-after", "1"))
    }

    /// There was a plan for the request, and there is none any more.
    pub fn of_lost_plan() -> Self {
        Self::new(503, "plan_lost", "the gateway was restarted under this request; send it again")
    }

    /// HTTP status.
    pub const fn status(&self) -> u16 {
        self.error.status
    }

    /// The machine-readable word for it.
    pub fn code(&self) -> Option<&str> {
        self.error.code.as_deref()
    }

    /// The error, to be spelled by the client's format.
    pub fn into_error(self, redactor: &Redactor) -> ErrorReport {
        self.error.map_texts(|text| redactor.words(&text))
    }

    /// The answer to send.
    pub fn into_reply(mut self, client: ClientFormat, redactor: &Redactor) -> Reply {
        let headers = std::mem::take(&mut self.headers);
        let reply = Reply::error(client, &self.into_error(redactor));
        headers.into_iter().fold(reply, |reply, (name, value)| reply.with(name, value))
    }
}
