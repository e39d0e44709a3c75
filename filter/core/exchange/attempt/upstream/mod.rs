//! The upstream request of one attempt: what a target is to see, and nothing else.

mod passed;
mod task;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::to_raw_value;

use crate::config::Unsupported;
use crate::dialect::{Format, Memo, Quirks, Splice, edit, quoted, splice};
use crate::exchange::candidate::Candidate;
use crate::exchange::headers::HeaderBlock;
use crate::exchange::plan::Plan;
use crate::exchange::queue::Queue;
use crate::gateway::{Presented, USER_AGENT};
use crate::hub::json::{Document, Number};
use crate::hub::{Dropped, Field, RequestError};
use crate::provider::{CHAT, Operation};
use crate::surface::Answer;

/// A request for one target.
#[derive(Debug, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// All headers, pseudo-headers included. They replace whatever is there: the router keeps what earlier attempts
    /// wrote, and what the client sent is not for the provider.
    pub headers: HeaderBlock,
    /// What becomes of the client's body.
    pub body: BodyEdit,
    /// What the target cannot express.
    pub dropped: Dropped,
    /// The format that its answer has.
    pub format: &'static Format,
    /// What the way back is to undo.
    pub memo: Memo,
    /// Its stream ends with a count of tokens that the client has not asked for.
    pub counts: bool,
}

/// How the client's body becomes the target's.
#[derive(Debug, PartialEq, Eq)]
pub enum BodyEdit {
    /// It is the target's already.
    Keep,
    /// Its first `length` bytes are replaced; the rest is not touched.
    Prefix {
        /// How many bytes go.
        length: usize,
        /// What takes their place.
        with: Vec<u8>,
    },
    /// All of it is replaced.
    Whole(Vec<u8>),
}

impl UpstreamRequest {
    /// Writes the request of `plan`, whose body `queue` holds, for `target`.
    ///
    /// # Errors
    /// The target cannot serve the request: the field that it cannot express, or a name that its path may not hold.
    pub(in crate::exchange) fn write(
        plan: &Plan,
        queue: &Queue,
        target: &Candidate,
    ) -> Result<Self, RequestError> {
        let serves = |operation: &&Operation| {
            plan.surface.answer != Answer::Chat
                || [plan.surface.word, CHAT].contains(&operation.surface.as_str())
        };
        let Some(operation) = target.operation().filter(serves) else {
            let why = format_args!("{} does not serve {}", target.provider().name, plan.surface.word);
            return Err(RequestError::unsupported(Field::Model, why));
        };
        // Its token was dropped after it was chosen.
        if target.provider().waits_for_token() {
            let why = format_args!("{} waits for its token", target.provider().name);
            return Err(RequestError::unsupported(Field::Model, why));
        }
        if plan.surface.answer != Answer::Chat {
            return match target.task(plan) {
                Some(task) => Self::of_task(plan, queue, target, operation, task),
                None => Self::passed(plan, queue, target, operation),
            };
        }
        let path = operation.path.write(&target.model, plan.wanted_stream)?;
        let (mut dropped, mut memo, mut needed) = (Dropped::default(), Memo::default(), None);
        let translator = operation.format.translator(plan.client.format);
        let model = (plan.sent_model != *target.model).then_some((&plan.model_span, &*target.model));
        let count = target.count(plan).map(|count| (count.place.clone(), count.text.to_owned()));
        let counts = count.is_some();
        let body = match (translator, target.spelling(plan)) {
            (None, None) => {
                let model = model.map(|(place, model)| (place.clone(), quoted(model)));
                edited(splice(queue.body.text(), model.into_iter().chain(count).collect()))
            }
            (None, Some(quirks)) => {
                let document = queue.body.document();
                let history = target.history(plan, &quirks);
                let foreign = operation.format.foreign.as_ref().filter(|_| !history.is_any());
                let edits = foreign.map(|foreign| (foreign.edits)(document, &history, &mut dropped));
                let ids = call_ids(operation, &quirks, document);
                let more = edits.into_iter().flatten().chain(count).chain(ids).collect();
                edited(edit(document, model, &quirks, more, &mut dropped)?)
            }
            (Some(provider), quirks) => {
                let mut chat = plan.client.chat.read_request(queue.body.document())?;
                let most = plan.most_output.and_then(|most| to_raw_value(&most).ok());
                if let Some(most) = &most {
                    chat.bound(Number::of(most), &mut dropped);
                }
                let written = provider.write_request(&chat, &target.model, &mut dropped)?;
                (memo, needed) = (written.memo, written.header);
                if let Some(echo) = &chat.echo {
                    memo.begin_with(echo);
                }
                for param in &chat.unsaid {
                    dropped.add(param.clone());
                }
                BodyEdit::Whole(match quirks {
                    Some(quirks) => spelled(written.body, operation, &quirks, &mut dropped)?,
                    None => written.body,
                })
            }
        };
        check_dropped(plan, target, &dropped)?;
        let length = match &body {
            BodyEdit::Keep => queue.body.length(),
            BodyEdit::Prefix { length, with } => {
                queue.body.length().saturating_sub(*length).saturating_add(with.len())
            }
            BodyEdit::Whole(body) => body.len(),
        };
        let accept =
            if plan.wanted_stream { operation.format.framing.media_type() } else { "application/json" };
        let mut headers = headers(plan, queue, target, operation, path, accept, length);
        add_wishes(&mut headers, plan, operation);
        if let Some((name, element)) = needed {
            headers = headers.with_element(name, element);
        }
        Ok(Self { headers, body, dropped, format: operation.format, memo, counts })
    }
}

/// What a target cannot express may be a reason not to ask it; what its caller may not have is none.
fn check_dropped(plan: &Plan, target: &Candidate, dropped: &Dropped) -> Result<(), RequestError> {
    let unable = dropped.params().iter().find(|param| !target.is_the_callers(plan, param));
    match (plan.gateway.unsupported, unable) {
        (Unsupported::Reject, Some(first)) => {
            let why = format_args!("{} cannot express it for {}", target.provider().name, target.model);
            Err(RequestError::unsupported(first.clone(), why))
        }
        _ => Ok(()),
    }
}

/// The client's bytes, but for what was edited.
fn edited(splice: Option<Splice>) -> BodyEdit {
    splice.map_or(BodyEdit::Keep, |Splice { length, with }| BodyEdit::Prefix { length, with })
}

/// A body of another format, as a vendor of that format wants it.
fn spelled(
    body: Vec<u8>,
    operation: &Operation,
    quirks: &Quirks,
    dropped: &mut Dropped,
) -> Result<Vec<u8>, RequestError> {
    let written = match String::from_utf8(body) {
        Ok(text) => Document::new(text),
        Err(error) => return Ok(error.into_bytes()),
    };
    Ok(match edit(&written, None, quirks, call_ids(operation, quirks, &written), dropped)? {
        Some(Splice { length, mut with }) => {
            with.extend_from_slice(written.text().as_bytes().get(length..).unwrap_or_default());
            with
        }
        None => written.into_text().into_bytes(),
    })
}

/// What is to be written where ids of calls stand that the vendor does not take.
fn call_ids(operation: &Operation, quirks: &Quirks, body: &Document) -> Vec<(Range<usize>, String)> {
    let others = quirks.call_ids.zip(operation.format.call_ids);
    others.map(|(length, others)| others(body, length)).unwrap_or_default()
}

fn headers(
    plan: &Plan,
    queue: &Queue,
    target: &Candidate,
    operation: &Operation,
    path: Cow<'_, str>,
    accept: &str,
    content_length: usize,
) -> HeaderBlock {
    let credential = presented(plan, target);
    let mut headers = HeaderBlock::new();
    headers.push(":method", "POST");
    headers.push(":path", &*credential.add_to_path(path));
    headers.push(":authority", &operation.authority);
    headers.push(":scheme", operation.endpoint.scheme());
    headers.push("content-type", "application/json");
    headers.push_number("content-length", content_length);
    headers.push("accept", accept);
    add_own(&mut headers, &credential, queue, target);
    headers
}

/// Adds what a vendor is to know that may answer before it is done.
fn add_wishes(headers: &mut HeaderBlock, plan: &Plan, operation: &Operation) {
    let wishes = operation.format.polled.map(|polled| polled.headers(plan.first_byte));
    for (name, value) in wishes.into_iter().flatten() {
        headers.push(name, value);
    }
}

/// What a target is called with: the caller's own key where that is so, and else ours.
fn presented<'a>(plan: &'a Plan, target: &'a Candidate) -> Presented<'a> {
    let provider = target.provider();
    match plan.brought.as_ref().filter(|_| provider.takes_brought) {
        Some(key) => provider.presents_brought(key),
        None => provider.presents(target.credential),
    }
}

/// Adds the credential, what every request to the provider carries, and what of the client's it sees.
fn add_own(headers: &mut HeaderBlock, credential: &Presented<'_>, queue: &Queue, target: &Candidate) {
    let provider = target.provider();
    if let Some((name, value)) = credential.header() {
        headers.push_parts(name, &value.map(str::as_bytes));
    }
    headers.push("user-agent", USER_AGENT);
    // An answer in a coding could be neither judged nor searched for credentials.
    headers.push("accept-encoding", "identity");
    headers.extend(provider.headers.iter().map(|(name, value)| (name, value.reveal())));
    let seen = queue.forwarded.iter().filter(|(name, _)| provider.forwards().any(|listed| listed == name));
    headers.extend(seen.map(|(name, value)| (name, value)));
}
