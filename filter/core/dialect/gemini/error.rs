//! Google's errors: `{"error": {"code", "message", "status", "details"}}`, at times in a list of one.
//! <https://ai.google.dev/gemini-api/docs/troubleshooting>, <https://cloud.google.com/apis/design/errors>.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::dialect::plain_error;
use crate::hub::json::{self, Str};
use crate::hub::{Fault, ProviderError, duration};
use crate::json_object;

/// Reads an error answer.
pub fn read_error(status: u16, body: &[u8]) -> ProviderError {
    match ErrorWords::read(&String::from_utf8_lossy(body)) {
        Some(words) => words.error(status),
        None => plain_error::read(status, body),
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
    /// `retryDelay` of `RetryInfo`:
    /// <https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto>.
    wait: Option<Duration>,
}

impl ErrorWords {
    /// Reads a body, or an event of a stream. `None` if it is no error of Google's.
    pub fn read(body: &str) -> Option<Self> {
        json_object! { struct Wire<'a> { error: &'a RawValue, .. } }
        let first = serde_json::from_str::<First<Wire<'_>>>(body).ok().and_then(|list| list.0);
        let wire = first.or_else(|| serde_json::from_str(body).ok())?;
        Self::of_raw(wire.error?)
    }

    /// Reads the value of `error`.
    pub fn of(error: &RawValue) -> Self {
        let unknown = || Self { message: plain_error::plain_words(500, error.get()), ..Self::default() };
        Self::of_raw(error).unwrap_or_else(unknown)
    }

    /// Reads with patience: a member that is not what it should be says nothing.
    fn of_raw(error: &RawValue) -> Option<Self> {
        json_object! {
            struct Wire<'a> {
                code: &'a RawValue, message: &'a RawValue, status: &'a RawValue, details: &'a RawValue, ..
            }
        }
        json_object! { struct Detail<'a> { reason: &'a RawValue, delay as "retryDelay": &'a RawValue, .. } }
        let wire = serde_json::from_str::<Wire<'_>>(error.get()).ok()?;
        let text = |raw: Option<&RawValue>| {
            let text = raw.and_then(|raw| serde_json::from_str::<Str<'_>>(raw.get()).ok());
            text.unwrap_or_default().trim().to_owned()
        };
        let details = wire.details.and_then(|raw| json::read::<Vec<&RawValue>>(raw.get()).ok());
        let details = details.into_iter().flatten().take(MOST_DETAILS);
        let details = details.filter_map(|raw| serde_json::from_str::<Detail<'_>>(raw.get()).ok());
        let (mut reasons, mut wait) = (Vec::new(), None);
        for detail in details {
            reasons.push(text(detail.reason));
            wait = wait.or_else(|| duration(&text(detail.delay)));
        }
        let code = wire.code.and_then(|raw| raw.get().parse().ok());
        let words = Self { message: text(wire.message), status: text(wire.status), reasons, code, wait };
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
            self.message = plain_error::plain_words(status, "");
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
        error.wait = self.wait;
        error
    }
}

/// The first element of a list; the others are passed over.
struct First<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = First<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let first = list.next_element()?;
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// How many of an error's details are looked at.
const MOST_DETAILS: usize = 64;

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
