//! The upstream request of one attempt: what a target is to see, and nothing else.

use super::candidate::Candidate;
use super::headers::HeaderList;
use super::plan::Plan;
use crate::chat::{Dropped, RequestError};
use crate::config::Unsupported;
use crate::dialect::openai;
use crate::provider::Scheme;
use crate::surface::Answer;

/// What the provider sees of us.
pub(super) const USER_AGENT: &str = concat!("ferro/", env!("CARGO_PKG_VERSION"));

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
    /// Writes the request of `plan` for `target`.
    ///
    /// # Errors
    /// The target cannot serve the request: the field that it cannot express, or a name that its path may not hold.
    pub fn write(plan: &Plan, target: &Candidate) -> Result<Self, RequestError> {
        if plan.surface.answer != Answer::Chat {
            return Self::passed(plan, target);
        }
        let dialect = target.provider().row.dialect;
        let path = dialect.chat_path(&target.model, plan.wanted_stream)?;
        let mut dropped = Dropped::default();
        let body = match dialect.translate() {
            None => splice_model(plan, &target.model),
            Some(translate) => {
                let chat = openai::read_request(&plan.body)?;
                let body = translate.write_request(&chat, &target.model, &mut dropped)?;
                BodyEdit::Whole(body)
            }
        };
        if let (Unsupported::Reject, Some(first)) = (plan.gateway.unsupported, dropped.names().first()) {
            let why = format_args!("{} cannot express it for {}", target.provider().name, target.model);
            return Err(RequestError::unsupported(first.as_str(), why));
        }
        let length = match &body {
            BodyEdit::Keep => plan.body.len(),
            BodyEdit::Prefix { length, with } => {
                plan.body.len().saturating_sub(*length).saturating_add(with.len())
            }
            BodyEdit::Whole(body) => body.len(),
        };
        Ok(Self { headers: headers(plan, target, &path, length), body, dropped })
    }
}

/// The same format: the model's name is all that changes, and only where it differs.
fn splice_model(plan: &Plan, model: &str) -> BodyEdit {
    if plan.sent_model == model {
        return BodyEdit::Keep;
    }
    let span = plan.model_span.clone();
    let mut with = plan.body.get(..span.start).unwrap_or_default().as_bytes().to_vec();
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(&mut with, model);
    BodyEdit::Prefix { length: span.end, with }
}

fn headers(plan: &Plan, target: &Candidate, path: &str, content_length: usize) -> HeaderList {
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
    headers.extend(credential(target));
    headers.extend(provider.row.headers.iter().map(|(name, value)| text(name, value)));
    let listed = plan.forwarded.iter().filter(|(name, _)| provider.row.forwards.contains(&name.as_str()));
    headers.extend(listed.cloned());
    headers
}

/// The header that holds the target's credential, if it has one.
pub(super) fn credential(target: &Candidate) -> Option<(String, Vec<u8>)> {
    let provider = target.provider();
    let secret = provider.credentials.get(target.credential)?.secret.as_ref()?.reveal();
    Some(match provider.row.scheme {
        Scheme::Bearer => ("authorization".to_owned(), format!("Bearer {secret}").into_bytes()),
        Scheme::Header(name) => (name.to_owned(), secret.as_bytes().to_vec()),
    })
}
