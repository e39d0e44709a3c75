//! The upstream request of one attempt: what a target is to see, and nothing else.

use super::super::candidate::Candidate;
use super::super::headers::HeaderList;
use super::super::plan::Plan;
use super::super::queue::Queue;
use crate::config::Unsupported;
use crate::dialect::Memo;
use crate::hub::{Dropped, RequestError};
use crate::provider::Scheme;

/// What the provider sees of us.
const USER_AGENT: &str = concat!("ferro/", env!("CARGO_PKG_VERSION"));

/// A request for one target.
#[derive(Debug, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// All headers, pseudo-headers included. They replace whatever is there: the router keeps what earlier attempts
    /// wrote, and what the client sent is not for the provider.
    pub headers: HeaderList,
    /// What becomes of the client's body.
    pub body: BodyEdit,
    /// What the target cannot express.
    pub dropped: Dropped,
    /// What the way back is to undo.
    pub memo: Memo,
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
        let dialect = target.provider().row.dialect;
        let path = dialect.chat_path(&target.model, plan.wanted_stream)?;
        let (mut dropped, mut memo) = (Dropped::default(), Memo::default());
        let body = match dialect.translator(plan.client.format) {
            None => splice_model(plan, &queue.body, &target.model),
            Some(translate) => {
                let chat = plan.client.chat.read_request(&queue.body)?;
                let written = translate.write_request(&chat, &target.model, &mut dropped)?;
                memo = written.memo;
                BodyEdit::Whole(written.body)
            }
        };
        if let (Unsupported::Reject, Some(first)) = (plan.gateway.unsupported, dropped.params().first()) {
            let why = format_args!("{} cannot express it for {}", target.provider().name, target.model);
            return Err(RequestError::unsupported(first.clone(), why));
        }
        let length = match &body {
            BodyEdit::Keep => queue.body.len(),
            BodyEdit::Prefix { length, with } => {
                queue.body.len().saturating_sub(*length).saturating_add(with.len())
            }
            BodyEdit::Whole(body) => body.len(),
        };
        Ok(Self { headers: headers(plan, queue, target, &path, length), body, dropped, memo })
    }
}

/// The same format: the model's name is all that changes, and only where it differs.
fn splice_model(plan: &Plan, body: &str, model: &str) -> BodyEdit {
    if plan.sent_model == model {
        return BodyEdit::Keep;
    }
    let span = plan.model_span.clone();
    let mut with = body.get(..span.start).unwrap_or_default().as_bytes().to_vec();
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(&mut with, model);
    BodyEdit::Prefix { length: span.end, with }
}

fn headers(plan: &Plan, queue: &Queue, target: &Candidate, path: &str, content_length: usize) -> HeaderList {
    let provider = target.provider();
    let text = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let mut headers = vec![
        text(":method", "POST"),
        text(":path", &format!("{}{path}", provider.endpoint.path)),
        text(":authority", &provider.authority),
        text(":scheme", provider.endpoint.scheme()),
        text("content-type", "application/json"),
        text("content-length", &content_length.to_string()),
        text("accept", if plan.wanted_stream { "text/event-stream" } else { "application/json" }),
        text("user-agent", USER_AGENT),
    ];
    let credential = provider.credentials.get(target.credential);
    if let Some(credential) = credential.and_then(|credential| credential.secret.as_ref()) {
        headers.push(match provider.row.scheme {
            Scheme::Bearer => text("authorization", &format!("Bearer {}", credential.reveal())),
            Scheme::Header(name) => text(name, credential.reveal()),
        });
    }
    headers.extend(provider.row.headers.iter().map(|(name, value)| text(name, value)));
    let listed = queue.forwarded.iter().filter(|(name, _)| provider.row.forwards.contains(&name.as_str()));
    headers.extend(listed.cloned());
    headers
}
