//! The upstream request of a body that passes: the client's own, for a target that speaks the client's format.

use super::admit::ClientHead;
use super::candidate::Candidate;
use super::headers::HeaderList;
use super::plan::Plan;
use super::upstream::{BodyEdit, USER_AGENT, UpstreamRequest, credential};
use crate::chat::{Dropped, RequestError};
use crate::surface::{Body, Surface, replaced};

impl UpstreamRequest {
    /// Writes the request of a surface whose answers are not a chat's.
    ///
    /// # Errors
    /// The target speaks another format.
    pub(super) fn passed(plan: &Plan, target: &Candidate) -> Result<Self, RequestError> {
        let provider = target.provider();
        if provider.row.dialect.translate().is_some() {
            let why = format_args!("{} does not serve {}", provider.name, plan.surface.word);
            return Err(RequestError::unsupported("model", why));
        }
        let ClientHead { query, length, .. } = &plan.head;
        let body = edit(plan, &target.model);
        let length = match (plan.surface.body, &body) {
            (Body::Json, BodyEdit::Keep) => Some(plan.body.len()),
            (Body::Json, BodyEdit::Prefix { length, with }) => {
                Some(plan.body.len().saturating_sub(*length).saturating_add(with.len()))
            }
            (_, BodyEdit::Keep) => *length,
            (_, BodyEdit::Prefix { length: gone, with }) => {
                length.map(|length| length.saturating_sub(*gone).saturating_add(with.len()))
            }
            (_, BodyEdit::Whole(body)) => Some(body.len()),
        };
        let query = match plan.surface.body {
            Body::Nothing | Body::Opaque if plan.sent_model != target.model => {
                &replaced(query, "model", &target.model)
            }
            _ => query,
        };
        let path = format!("{}{}{query}", provider.endpoint.path, plan.surface.operation());
        Ok(Self { headers: headers(plan, target, &path, length), body, dropped: Dropped::default() })
    }
}

/// The model's name is all that changes, and only where it differs and stands in the body.
fn edit(plan: &Plan, model: &str) -> BodyEdit {
    let span = plan.model_span.clone();
    if plan.sent_model == model || span.is_empty() {
        return BodyEdit::Keep;
    }
    let mut with = plan.body.get(..span.start).unwrap_or_default().as_bytes().to_vec();
    match plan.surface.body {
        Body::Json => {
            // Writing a string to memory cannot fail.
            let _ = serde_json::to_writer(&mut with, model);
        }
        Body::Nothing | Body::Form | Body::Opaque => with.extend_from_slice(model.as_bytes()),
    }
    BodyEdit::Prefix { length: span.end, with }
}

fn headers(plan: &Plan, target: &Candidate, path: &str, length: Option<usize>) -> HeaderList {
    let provider = target.provider();
    let text = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let is_read = plan.surface.body == Body::Json;
    let mut headers = vec![
        text(":method", if is_read { "POST" } else { &plan.head.method }),
        text(":path", path),
        text(":authority", &provider.authority),
        text(":scheme", provider.endpoint.scheme()),
    ];
    if is_read {
        headers.push(text("content-type", "application/json"));
    }
    headers.extend(plan.head.headers.iter().cloned());
    if !headers.iter().any(|(name, _)| name == "accept") {
        headers.push(text("accept", "*/*"));
    }
    headers.push(text("user-agent", USER_AGENT));
    if let Some(length) = length.filter(|length| *length > 0 || has_body(plan.surface)) {
        headers.push(text("content-length", &length.to_string()));
    }
    headers.extend(credential(target));
    headers.extend(provider.row.headers.iter().map(|(name, value)| text(name, value)));
    let listed = plan.forwarded.iter().filter(|(name, _)| provider.row.forwards.contains(&name.as_str()));
    headers.extend(listed.cloned());
    headers
}

const fn has_body(surface: &Surface) -> bool {
    !matches!(surface.body, Body::Nothing)
}
