//! The upstream request of a body that passes: the client's own, for a target that speaks the client's format.

use std::borrow::Cow;

use super::{BodyEdit, UpstreamRequest, add_own, edited};
use crate::dialect::{Memo, quoted, splice};
use crate::exchange::admit::ClientHead;
use crate::exchange::candidate::Candidate;
use crate::exchange::headers::HeaderBlock;
use crate::exchange::plan::Plan;
use crate::exchange::queue::Queue;
use crate::hub::{Dropped, Field, RequestError};
use crate::provider::Operation;
use crate::surface::{Body, Surface, replaced};

impl UpstreamRequest {
    /// Writes the request of a surface whose answers are not a chat's.
    ///
    /// # Errors
    /// The target speaks another format.
    pub(super) fn passed(
        plan: &Plan,
        queue: &Queue,
        target: &Candidate,
        operation: &Operation,
    ) -> Result<Self, RequestError> {
        if operation.format.translator(plan.client.format).is_some() {
            let why = format_args!("{} does not serve {}", target.provider().name, plan.surface.word);
            return Err(RequestError::unsupported(Field::Model, why));
        }
        let ClientHead { query, length, .. } = &plan.head;
        let body = edit(plan, queue.body.text(), &target.model);
        let length = match (plan.surface.body, &body) {
            (Body::Json, BodyEdit::Keep) => Some(queue.body.length()),
            (Body::Json, BodyEdit::Prefix { length, with }) => {
                Some(queue.body.length().saturating_sub(*length).saturating_add(with.len()))
            }
            (_, BodyEdit::Keep) => *length,
            (_, BodyEdit::Prefix { length: gone, with }) => {
                length.map(|length| length.saturating_sub(*gone).saturating_add(with.len()))
            }
            (_, BodyEdit::Whole(body)) => Some(body.len()),
        };
        let query = match plan.surface.body {
            Body::Nothing | Body::Opaque if !plan.sent_model.is_empty() => {
                &replaced(query, "model", &target.model)
            }
            _ => query,
        };
        let path = match operation.surface == plan.surface.word {
            true => operation.path.write(&target.model, false)?,
            // Whoever speaks the format has it at the format's own place.
            false => format!("{}{}", operation.endpoint.path, plan.surface.operation()).into(),
        };
        // The operation's path may have a query of its own.
        let query = match query.strip_prefix('?') {
            Some(query) if path.contains('?') => &format!("&{query}"),
            _ => query,
        };
        let path = if query.is_empty() { path } else { format!("{path}{query}").into() };
        let headers = headers(plan, queue, target, operation, path, length);
        let (format, memo) = (operation.format, Memo::default());
        Ok(Self { headers, body, dropped: Dropped::default(), format, memo, counts: false })
    }
}

/// The model's name is all that changes, and only where it differs and stands in the body.
fn edit(plan: &Plan, body: &str, model: &str) -> BodyEdit {
    let span = plan.model_span.clone();
    if plan.sent_model == model || span.is_empty() {
        return BodyEdit::Keep;
    }
    let with = match plan.surface.body {
        Body::Json => quoted(model),
        Body::Nothing | Body::Form | Body::Opaque => model.to_owned(),
    };
    edited(splice(body, vec![(span, with)]))
}

fn headers(
    plan: &Plan,
    queue: &Queue,
    target: &Candidate,
    operation: &Operation,
    path: Cow<'_, str>,
    length: Option<usize>,
) -> HeaderBlock {
    let is_read = plan.surface.body == Body::Json;
    let said = &plan.head.headers;
    let credential = target.provider().presents(target.credential);
    let mut headers = HeaderBlock::new();
    headers.push(":method", if is_read { "POST" } else { &plan.head.method });
    headers.push(":path", &*credential.add_to_path(path));
    headers.push(":authority", &operation.authority);
    headers.push(":scheme", operation.endpoint.scheme());
    if is_read {
        headers.push("content-type", "application/json");
    }
    headers.extend(said.iter().map(|(name, value)| (name, value)));
    if !said.iter().any(|(name, _)| name == "accept") {
        headers.push("accept", "*/*");
    }
    if let Some(length) = length.filter(|length| *length > 0 || has_body(plan.surface)) {
        headers.push_number("content-length", length);
    }
    add_own(&mut headers, &credential, queue, target);
    headers
}

const fn has_body(surface: &Surface) -> bool {
    !matches!(surface.body, Body::Nothing)
}
