//! How an answer leaves that the client gets: its headers, and what becomes of its body.

use std::borrow::Cow;

use super::super::charge::is_of_limits;
use super::super::headers::{HeaderBlock, Headers};
use super::super::plan::Plan;
use super::super::queue::Expected;
use super::super::record::Came;
use super::super::trail::{CLIENT_ID, PROVIDER_ID};
use super::{Running, Step, Turn};

/// Headers of a provider that a client gets, beside those of [`PASSED_FAMILIES`]. No other does: what else a provider
/// says is about itself, the hop, or the operator's account.
const PASSED: &[&str] = &[
    "content-length",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-ms-request-id",
    "x-goog-request-id",
    "openai-processing-ms",
    "openai-version",
    "ratelimit",
    "ratelimit-policy",
];

/// How the names of those begin that tell of rate limits.
const PASSED_FAMILIES: &[&str] = &["x-ratelimit-", "x-rate-limit-", "ratelimit-", "anthropic-ratelimit-"];

const JSON: &[u8] = b"application/json";

/// The longest value that is passed, in bytes.
const LONGEST_VALUE: usize = 256;

/// How much of an answer changes when it leaves.
pub(super) enum Leaving {
    /// Not its body.
    AsItIs,
    /// Not its body, and this is its kind.
    Bytes(Vec<u8>),
    /// Its body may, event by event.
    Stream,
    /// This is its body now.
    Whole(Vec<u8>),
    /// This is its body now, and its kind.
    Other(Vec<u8>, Cow<'static, str>),
}

impl Running {
    /// An answer that the client gets, with its headers.
    pub(super) fn release(&mut self, turn: &mut Turn<'_>, leaving: Leaving) -> Step {
        let is_whole = matches!(leaving, Leaving::Whole(_) | Leaving::Other(..));
        turn.queue.settle_for(Expected::Given);
        if let Some(tried) = turn.queue.tried.last_mut() {
            tried.came = if is_whole { Came::All } else { Came::Beginning };
        }
        let keeps_length = matches!(leaving, Leaving::AsItIs | Leaving::Bytes(_));
        if !is_whole {
            self.silence.begin();
            if let Some(report) = self.report.as_ref().filter(|_| turn.plan.wanted_stream) {
                report.begins(turn);
            }
        }
        let mut headers = HeaderBlock::new();
        headers.push_number(":status", self.status);
        let (kind, body) = match leaving {
            Leaving::AsItIs => (JSON.into(), None),
            Leaving::Bytes(kind) => (Cow::Owned(kind), None),
            Leaving::Stream => (turn.plan.client.format.framing.media_type().as_bytes().into(), None),
            Leaving::Whole(body) => (JSON.into(), Some(body)),
            Leaving::Other(body, kind) => (Cow::Owned(kind.into_owned().into_bytes()), Some(body)),
        };
        if !kind.is_empty() {
            headers.push("content-type", &*kind);
        }
        headers.extend(self.head.iter().filter(|(name, _)| keeps_length || *name != b"content-length"));
        if let Some(body) = &body {
            headers.push_number("content-length", body.len());
        }
        let attempts = turn.queue.tried.len();
        turn.plan.add_headers(&mut headers, attempts, Some(&self.asked), &self.dropped);
        Step { headers: Some(headers), body, ..Step::go() }
    }
}

/// Those of a provider's headers that are for the client, as far as they hold none of our credentials.
pub(super) fn client_headers(headers: Headers<'_>, plan: &Plan) -> HeaderBlock {
    let redactor = plan.redactor();
    let passes = |name: &[u8]| {
        PASSED.iter().any(|known| known.as_bytes() == name)
            || PASSED_FAMILIES.iter().any(|family| name.starts_with(family.as_bytes()))
    };
    let is_plain =
        |value: &[u8]| value.len() <= LONGEST_VALUE && value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    // Where the caller has limits of its own, those of our account at the provider would be taken for them.
    let misleads = |name: &[u8]| plan.standing.is_some() && is_of_limits(name);
    let kept = headers.0.iter().filter(|(name, value)| {
        passes(name)
            && !misleads(name)
            && is_plain(value)
            && !redactor.finds_in(value)
            && !redactor.finds_in(name)
    });
    // Where the client has an id of its own, the answer has that.
    let renamed = |name| match name == CLIENT_ID.as_bytes() && plan.trail.request_id.is_some() {
        true => PROVIDER_ID.as_bytes(),
        false => name,
    };
    kept.map(|(name, value)| (renamed(*name), *value)).collect()
}
