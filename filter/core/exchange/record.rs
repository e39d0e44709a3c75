//! What is told of an exchange when it is over: one record, and one table of what the access log takes from it.
//!
//! A field is a row of [`FIELDS`]. The filter writes the rows that the record answers into filter state, Envoy's
//! configuration reads all rows into a line of the log, and `docs/log.md` is made of them: nothing else names one. What
//! is counted of a record is in the table beside it, [`METRICS`](super::METRICS).

use std::borrow::Cow;
use std::rc::Rc;

use super::candidate::Candidate;
use crate::config::Logging;
use crate::gateway::Target;
use crate::hub::Usage;

/// What is known of an exchange that is over. Without our secrets.
#[derive(Clone, Debug)]
pub struct Record {
    /// How much of it is to be logged. What is not to be logged may be missing.
    pub level: Logging,
    /// The path that the client asked for, without its query.
    pub path: String,
    /// The model as the client named it.
    pub requested_model: Option<String>,
    /// The route, once there is one.
    pub route: Option<Rc<str>>,
    /// Every attempt, in order. The last is the one whose answer the client got, if it got one.
    pub attempts: Vec<AttemptRecord>,
    /// The beginning of the client's body, where bodies are logged.
    pub request: Option<String>,
    /// The beginning of what the client got, where bodies are logged.
    pub response: Option<String>,
}

/// An attempt that is over. Its provider bills its tokens whether or not the client got its answer.
#[derive(Clone, Debug)]
pub struct AttemptRecord {
    /// Whom it asked.
    pub target: Rc<Target>,
    /// The model that it was asked for.
    pub model: Rc<str>,
    /// The HTTP status of its answer; `None` if none came.
    pub status: Option<u16>,
    /// Whether its answer went to the client.
    pub answered: bool,
    /// Its tokens, as far as its answer said.
    pub usage: Option<Usage>,
}

/// A field of the access log.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub doc: &'static str,
    /// The least that `log.requests` must say for it.
    pub log: Logging,
    /// Who knows it.
    pub source: Source,
}

/// Who knows a field.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Envoy, by one of its format strings.
    Envoy(&'static str),
    /// The record.
    Record(fn(&Record) -> Option<Cow<'_, str>>),
}

impl Record {
    /// A record of which nothing is known yet.
    pub(super) fn new(level: Logging) -> Self {
        Self {
            level,
            path: String::new(),
            requested_model: None,
            route: None,
            attempts: Vec::new(),
            request: None,
            response: None,
        }
    }

    /// The attempt that was made last.
    pub fn last(&self) -> Option<&AttemptRecord> {
        self.attempts.last()
    }

    /// What the access log takes from it: fields that Envoy does not know itself, and what they say.
    pub fn logged(&self) -> impl Iterator<Item = (&'static Field, Cow<'_, str>)> {
        let of = |field: &'static Field| match field.source {
            Source::Record(of) if field.log <= self.level => of(self).map(|text| (field, text)),
            Source::Record(_) | Source::Envoy(_) => None,
        };
        FIELDS.iter().filter_map(of)
    }
}

impl AttemptRecord {
    /// An attempt that begins.
    pub(super) fn begins(target: &Candidate) -> Self {
        Self {
            target: Rc::clone(&target.target),
            model: Rc::clone(&target.model),
            status: None,
            answered: false,
            usage: None,
        }
    }
}

/// All fields, in the order of the line.
pub const FIELDS: &[Field] = &[
    envoy("time", "when the request began", "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%"),
    envoy("request_id", "the answer's `x-ferro-request-id`", "%RESP(X-FERRO-REQUEST-ID)%"),
    envoy("method", "the request's method", "%REQ(:METHOD)%"),
    told("path", "the path that the client asked for, without its query", |record| {
        Some(Cow::Borrowed(&record.path))
    }),
    envoy("status", "the status that the client got", "%RESPONSE_CODE%"),
    envoy("route", "the route, by its name", "%RESP(X-FERRO-ROUTE)%"),
    told("requested_model", "the model as the client named it", |record| {
        record.requested_model.as_deref().map(Cow::Borrowed)
    }),
    envoy("provider", "whose answer the client got, by the provider's name", "%RESP(X-FERRO-PROVIDER)%"),
    envoy("model", "the model that it was asked for", "%RESP(X-FERRO-MODEL)%"),
    told("label", "the label of the target that was asked last", |record| {
        record.last()?.target.label.as_deref().map(Cow::Borrowed)
    }),
    envoy("attempts", "how many attempts were made", "%RESP(X-FERRO-ATTEMPTS)%"),
    envoy("dropped", "parameters that the target could not express", "%RESP(X-FERRO-DROPPED)%"),
    told("input_tokens", "input tokens, read from and written to a cache included", |record| {
        record.last()?.usage.map(|usage| Cow::Owned(usage.prompt.to_string()))
    }),
    told("output_tokens", "output tokens, thinking included", |record| {
        record.last()?.usage.map(|usage| Cow::Owned(usage.completion.to_string()))
    }),
    envoy(
        "flags",
        "[Envoy's flags](https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/observability/access_log/usage): why there was no better answer",
        "%RESPONSE_FLAGS%",
    ),
    envoy("details", "Envoy's word on who answered, and why", "%RESPONSE_CODE_DETAILS%"),
    envoy("duration_ms", "milliseconds from the request's first byte to the answer's last", "%DURATION%"),
    envoy("bytes_in", "bytes of the request's body", "%BYTES_RECEIVED%"),
    envoy("bytes_out", "bytes of the answer's body", "%BYTES_SENT%"),
    envoy("protocol", "the client's protocol", "%PROTOCOL%"),
    envoy("client", "the client's address", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
    said("request", "the beginning of the client's body, credentials taken out", |record| {
        record.request.as_deref().map(Cow::Borrowed)
    }),
    said("response", "the beginning of what the client got, credentials taken out", |record| {
        record.response.as_deref().map(Cow::Borrowed)
    }),
];

const fn envoy(name: &'static str, doc: &'static str, format: &'static str) -> Field {
    Field { name, doc, log: Logging::Metadata, source: Source::Envoy(format) }
}

const fn told(name: &'static str, doc: &'static str, of: fn(&Record) -> Option<Cow<'_, str>>) -> Field {
    Field { name, doc, log: Logging::Metadata, source: Source::Record(of) }
}

/// What was said, not what is known of it.
const fn said(name: &'static str, doc: &'static str, of: fn(&Record) -> Option<Cow<'_, str>>) -> Field {
    Field { name, doc, log: Logging::Full, source: Source::Record(of) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_is_as_much_as_the_level_says() {
        let names = |level| {
            let record = Record { request: Some("hi".to_owned()), ..Record::new(level) };
            record.logged().map(|(field, text)| format!("{}={text}", field.name)).collect::<Vec<_>>()
        };
        assert_eq!(names(Logging::None), [""; 0]);
        assert_eq!(names(Logging::Metadata), ["path="]);
        assert_eq!(names(Logging::Full), ["path=", "request=hi"]);
    }

    #[test]
    fn names_are_given_once() {
        for (index, field) in FIELDS.iter().enumerate() {
            assert!(FIELDS.iter().skip(index + 1).all(|other| other.name != field.name), "{}", field.name);
            assert!(!field.doc.is_empty() && field.log > Logging::None, "{}", field.name);
        }
    }
}
