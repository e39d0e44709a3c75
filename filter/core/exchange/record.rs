//! What is told of an exchange when it is over: one record, and one table of what the access log takes from it.
//!
//! A field is a row of [`FIELDS`]. The filter writes the rows that the record answers into filter state, Envoy's
//! configuration reads all rows into a line of the log, and `docs/log.md` is made of them: nothing else names one. What
//! is counted of a record is in the table beside it, [`METRICS`](super::METRICS).

use std::borrow::Cow;
use std::rc::Rc;

use super::bill::Bill;
use super::candidate::Candidate;
use crate::access::Caller;
use crate::config::Logging;
use crate::gateway::Target;
use crate::hub::Told;

/// What is known of an exchange that is over. Without our secrets.
#[derive(Clone, Debug)]
pub struct Record {
    /// How much of it is to be logged. What is not to be logged may be missing.
    pub level: Logging,
    /// The request's id.
    pub id: String,
    /// The client's own id of it.
    pub client_id: Option<String>,
    /// The trace that it belongs to.
    pub trace: Option<String>,
    /// The path that the client asked for, without its query.
    pub path: String,
    /// The model as the client named it.
    pub requested_model: Option<String>,
    /// The model that was asked for last, as it is logged: a client may have named it.
    pub model: Option<String>,
    /// How it ended for the client.
    pub outcome: Outcome,
    /// Why a provider failed, the first one that did, or the code of what the request was refused for.
    pub cause: Option<String>,
    /// Who asked, where that is known.
    pub caller: Option<Rc<Caller>>,
    /// The route, once there is one.
    pub route: Option<Rc<str>>,
    /// Every attempt, in order. The last is the one whose answer the client got, if it got one.
    pub attempts: Vec<AttemptRecord>,
    /// What its attempts have taken.
    pub bill: Bill,
    /// The same, as it is told to who counts for several gateways: of what, and how much.
    pub charges: Vec<(String, u64)>,
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
    /// How much of its answer went to the client.
    pub came: Came,
    /// What its answer said of itself.
    pub told: Told,
    /// How many tokens have come of its stream, by what its events look like.
    pub said: u64,
}

/// How much of an attempt's answer went to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Came {
    /// None, as far as that is an answer.
    #[default]
    Nothing,
    /// None yet: it was awaited when its client left.
    Awaited,
    /// Its beginning; its end has not come.
    Beginning,
    /// All.
    All,
    /// It broke off.
    Broken,
}

/// How an exchange ended for its client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It got a whole answer.
    Answered,
    /// Something of the request was refused, by the gateway or by a provider: 4xx.
    Refused,
    /// Nobody answered: 5xx.
    #[default]
    Failed,
    /// An answer broke off after it had begun.
    Broken,
    /// It left before its answer was there.
    Gone,
}

/// How Envoy saw a request end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parting {
    /// The status that the client got; 0 if it got none.
    pub status: u16,
    /// The client left.
    pub gone: bool,
    /// What the client sent was not HTTP.
    pub malformed: bool,
}

impl Outcome {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Broken => "broken",
            Self::Gone => "gone",
        }
    }

    /// The outcome of an exchange whose last attempt came so far. What Envoy saw is asked for only where it matters.
    pub(super) fn of(came: Came, parting: impl FnOnce() -> Parting) -> Self {
        match came {
            Came::All => return Self::Answered,
            Came::Broken => return Self::Broken,
            Came::Beginning | Came::Nothing | Came::Awaited => {}
        }
        match (parting(), came) {
            (Parting { malformed: true, status: 0, .. }, Came::Nothing | Came::Awaited) => Self::Refused,
            (Parting { gone: true, .. } | Parting { status: 0, .. }, _) => Self::Gone,
            (_, Came::Beginning) => Self::Broken,
            (Parting { status: ..400, .. }, _) => Self::Answered,
            (Parting { status: ..500, .. }, _) => Self::Refused,
            _ => Self::Failed,
        }
    }
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
    /// What Envoy says in the record's stead where there is none: an expression of its attributes
    /// (<https://www.envoyproxy.io/docs/envoy/v1.40.0/intro/arch_overview/advanced/attributes>).
    pub otherwise: Option<&'static str>,
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
            id: String::new(),
            client_id: None,
            trace: None,
            path: String::new(),
            requested_model: None,
            model: None,
            outcome: Outcome::default(),
            cause: None,
            caller: None,
            route: None,
            attempts: Vec::new(),
            bill: Bill::default(),
            charges: Vec::new(),
            request: None,
            response: None,
        }
    }

    /// The attempt that was made last, and whose answer the client got, if it got one.
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
            came: Came::default(),
            told: Told::default(),
            said: 0,
        }
    }
}

/// All fields, in the order of the line.
pub const FIELDS: &[Field] = &[
    envoy("time", "when the request began", "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%"),
    told("request_id", "the answer's `x-ferro-request-id`", |record| known(&record.id)),
    told("client_request_id", "the client's own id of the request: its `x-request-id`", |record| {
        record.client_id.as_deref().map(Cow::Borrowed)
    }),
    told("trace_id", "the trace that it belongs to, by its `traceparent`", |record| {
        record.trace.as_deref().map(Cow::Borrowed)
    }),
    envoy("method", "the request's method", "%REQ(:METHOD)%"),
    told("path", "the path that the client asked for, without its query", |record| known(&record.path)),
    envoy("status", "the status that the client got", "%RESPONSE_CODE%"),
    Field {
        otherwise: Some(OUTCOME_WITHOUT_RECORD),
        ..told(
            "outcome",
            "`answered`; `refused`: 4xx, by the gateway, a provider or Envoy itself, or what was sent was not HTTP; \
             `failed`: 5xx; `broken`: the answer broke off; `gone`: the client left before its end",
            |record| Some(Cow::Borrowed(record.outcome.word())),
        )
    },
    told(
        "key",
        "the id of the caller's key, or of the caller that somebody else has vouched for",
        |record| record.caller.as_ref().map(|caller| Cow::Borrowed(&*caller.id)),
    ),
    told("key_label", "what the key is for, as its issuer said", |record| {
        record.caller.as_ref()?.label.as_deref().map(Cow::Borrowed)
    }),
    told("role", "the caller's role", |record| {
        record.caller.as_ref().map(|caller| Cow::Borrowed(caller.role.name.as_str()))
    }),
    told("route", "the route, by its name", |record| record.route.as_deref().map(Cow::Borrowed)),
    told("requested_model", "the model as the client named it", |record| {
        record.requested_model.as_deref().map(Cow::Borrowed)
    }),
    told("provider", "who was asked last, by the provider's name: whose answer the client got", |record| {
        Some(Cow::Borrowed(record.last()?.target.provider.name.as_str()))
    }),
    told("model", "the model that it was asked for", |record| record.model.as_deref().map(Cow::Borrowed)),
    told("label", "the label of the target that was asked last", |record| {
        record.last()?.target.label.as_deref().map(Cow::Borrowed)
    }),
    told("attempts", "how many attempts were made", |record| {
        record.route.as_ref().map(|_| Cow::Owned(record.attempts.len().to_string()))
    }),
    told("cause", "why a provider failed, the first one that did; or the code of a refusal", |record| {
        record.cause.as_deref().map(Cow::Borrowed)
    }),
    told("finish_reason", "why the answer ended, in OpenAI's words", |record| {
        record.last()?.told.finish.map(|finish| Cow::Borrowed(finish.word()))
    }),
    envoy("dropped", "parameters that the target could not express", "%RESP(X-FERRO-DROPPED)%"),
    told("input_tokens", "input tokens, read from and written to a cache included", |record| {
        record.last()?.told.usage.map(|usage| Cow::Owned(usage.prompt.to_string()))
    }),
    told("output_tokens", "output tokens, thinking included", |record| {
        record.last()?.told.usage.map(|usage| Cow::Owned(usage.completion.to_string()))
    }),
    told("cost_usd", "what all its attempts cost in US dollars, where there is a price", |record| {
        let Bill { taken, priced, .. } = record.bill;
        (priced && taken.tokens > 0).then(|| Cow::Owned(taken.money.to_string()))
    }),
    told(
        "estimated",
        "`true` where a provider did not count tokens: what the caller is charged is an estimate",
        |record| record.bill.estimated.then_some(Cow::Borrowed("true")),
    ),
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

/// The filter never saw the request, since its headers did not come whole or were none; or it was lost with what it knew,
/// so that what it had let through is not whole. A bit of the flags says that what came was not HTTP
/// (`envoy/stream_info/stream_info.h`, `DownstreamProtocolError`).
const OUTCOME_WITHOUT_RECORD: &str = "has(response.code) ? (response.code >= 500 ? 'failed' : \
    response.code >= 400 ? 'refused' : 'broken') : response.flags / 262144 % 2 == 1 ? 'refused' : 'gone'";

/// What is not known is empty.
fn known(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

const fn envoy(name: &'static str, doc: &'static str, format: &'static str) -> Field {
    Field { name, doc, log: Logging::Metadata, source: Source::Envoy(format), otherwise: None }
}

const fn told(name: &'static str, doc: &'static str, of: fn(&Record) -> Option<Cow<'_, str>>) -> Field {
    Field { name, doc, log: Logging::Metadata, source: Source::Record(of), otherwise: None }
}

/// What was said, not what is known of it.
const fn said(name: &'static str, doc: &'static str, of: fn(&Record) -> Option<Cow<'_, str>>) -> Field {
    Field { name, doc, log: Logging::Full, source: Source::Record(of), otherwise: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_is_as_much_as_the_level_says() {
        let names = |level| {
            let (id, path) = ("1".to_owned(), "/v1".to_owned());
            let record = Record { request: Some("hi".to_owned()), id, path, ..Record::new(level) };
            record.logged().map(|(field, text)| format!("{}={text}", field.name)).collect::<Vec<_>>()
        };
        assert_eq!(names(Logging::None), [""; 0]);
        assert_eq!(names(Logging::Metadata), ["request_id=1", "path=/v1", "outcome=failed"]);
        assert_eq!(names(Logging::Full), ["request_id=1", "path=/v1", "outcome=failed", "request=hi"]);
    }

    #[test]
    fn of_a_request_that_never_came_nothing_is_told_but_how_it_ended() {
        let record = Record { outcome: Outcome::Refused, ..Record::new(Logging::Full) };
        let told: Vec<_> = record.logged().map(|(field, text)| (field.name, text)).collect();
        assert_eq!(told, [("outcome", Cow::Borrowed("refused"))]);
    }

    #[test]
    fn who_sends_what_is_no_http_is_refused_whether_or_not_it_is_told() {
        let of = |status, gone, malformed| Outcome::of(Came::Nothing, || Parting { status, gone, malformed });
        assert_eq!(of(0, false, true), Outcome::Refused);
        assert_eq!(of(0, true, true), Outcome::Refused);
        assert_eq!(of(400, false, true), Outcome::Refused);
        assert_eq!(of(0, true, false), Outcome::Gone);
        let left = Parting { status: 200, gone: true, malformed: true };
        assert_eq!(Outcome::of(Came::Beginning, || left), Outcome::Gone);
    }

    #[test]
    fn names_are_given_once() {
        for (index, field) in FIELDS.iter().enumerate() {
            assert!(FIELDS.iter().skip(index + 1).all(|other| other.name != field.name), "{}", field.name);
            assert!(!field.doc.is_empty() && field.log > Logging::None, "{}", field.name);
        }
    }
}
