//! The upstream request of a body that passes: the client's own, for a target that speaks the client's format.

use std::borrow::Cow;

use super::{BodyEdit, UpstreamRequest, add_own, check_dropped, edited, presented};
use crate::dialect::{self, Memo, quoted, splice};
use crate::exchange::admit::ClientHead;
use crate::exchange::candidate::Candidate;
use crate::exchange::headers::HeaderBlock;
use crate::exchange::plan::Plan;
use crate::exchange::queue::Queue;
use crate::hub::{Dropped, Field, RequestError};
use crate::provider::Operation;
use crate::surface::{Body, replaced};

impl UpstreamRequest {
    /// Writes the request of a surface whose answers are not a chat's.
    ///
    /// # Errors
    /// The target speaks another format, and has nothing of its own there.
    pub(super) fn passed(
        plan: &Plan,
        queue: &Queue,
        target: &Candidate,
        operation: &Operation,
    ) -> Result<Self, RequestError> {
        let lacks = operation.surface != plan.surface.word && !plan.surface.is_usual();
        if lacks || !plan.surface.is_of_any_format() && operation.format != plan.client.format {
            let why = format_args!("{} does not serve {}", target.provider().name, plan.surface.word);
            return Err(RequestError::unsupported(Field::Model, why));
        }
        let ClientHead { query, length, .. } = &plan.head;
        let mut dropped = Dropped::default();
        let body = match target.spelling(plan).filter(|_| plan.head.body == Body::Json) {
            Some(quirks) => {
                let named = (plan.sent_model != *target.model).then_some((&plan.model_span, &*target.model));
                let named = named.filter(|(place, _)| !place.is_empty());
                edited(dialect::edit(queue.body.document(), named, &quirks, Vec::new(), &mut dropped)?)
            }
            None => edit(plan, queue, &target.model),
        };
        check_dropped(plan, target, &dropped)?;
        let length = match (plan.head.body, &body) {
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
        let path = path(plan, target, operation, query)?;
        let headers = headers(plan, queue, target, operation, path, length);
        let (format, memo) = (operation.format, Memo::default());
        Ok(Self { headers, body, dropped, format, memo, counts: false })
    }
}

/// Where the target has what is asked for, and the client's query.
fn path<'a>(
    plan: &Plan,
    target: &Candidate,
    operation: &'a Operation,
    query: &str,
) -> Result<Cow<'a, str>, RequestError> {
    let query = match plan.head.body {
        Body::Nothing | Body::Opaque if !plan.sent_model.is_empty() => {
            &replaced(query, "model", &target.model)
        }
        _ => query,
    };
    let path = match operation.surface == plan.surface.word {
        true if plan.surface.is_about_kept() => {
            let slash = if plan.head.rest.is_empty() { "" } else { "/" };
            format!("{}{slash}{}", operation.path.write("", false)?, plan.head.rest).into()
        }
        true => operation.path.write(&target.model, false)?,
        // Whoever speaks the format has it at the format's own place.
        false => format!("{}{}", operation.endpoint.path, plan.surface.below_root(&plan.head.rest)).into(),
    };
    // The operation's path may have a query of its own.
    let query = match query.strip_prefix('?') {
        Some(query) if path.contains('?') => &format!("&{query}"),
        _ => query,
    };
    Ok(if query.is_empty() { path } else { format!("{path}{query}").into() })
}

/// The model's name is all that changes, and only where it differs and stands in the body.
fn edit(plan: &Plan, queue: &Queue, model: &str) -> BodyEdit {
    let (span, body) = (plan.model_span.clone(), queue.body.text());
    if plan.sent_model == model {
        return BodyEdit::Keep;
    }
    let with = match plan.head.body {
        // None was named, and another than the usual one is meant.
        Body::Json if span.is_empty() => {
            let named = body.find('{').map(|brace| brace.saturating_add(1));
            let Some(place) = named.filter(|_| !plan.sent_model.is_empty()) else { return BodyEdit::Keep };
            let is_empty = body.get(place..).is_some_and(|rest| rest.trim_start().starts_with('}'));
            let comma = if is_empty { "" } else { "," };
            let member = format!("\"model\":{}{comma}", quoted(model));
            return edited(splice(body, vec![(place..place, member)]));
        }
        Body::Json => quoted(model),
        _ if span.is_empty() => return BodyEdit::Keep,
        Body::Form => {
            let head = queue.body.form().get(..span.start).unwrap_or_default();
            return BodyEdit::Prefix { length: span.end, with: [head, model.as_bytes()].concat() };
        }
        Body::Nothing | Body::Opaque | Body::Any => model.to_owned(),
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
    let is_read = plan.head.body == Body::Json;
    let said = &plan.head.headers;
    let credential = presented(plan, target);
    let mut headers = HeaderBlock::new();
    headers.push(":method", &plan.head.method);
    headers.push(":path", &*credential.add_to_path(path));
    headers.push(":authority", &operation.authority);
    headers.push(":scheme", operation.endpoint.scheme());
    if is_read && !said.iter().any(|(name, _)| name == "content-type") {
        headers.push("content-type", "application/json");
    }
    headers.extend(said.iter().map(|(name, value)| (name, value)));
    if !said.iter().any(|(name, _)| name == "accept") {
        headers.push("accept", "*/*");
    }
    if let Some(length) = length.filter(|length| *length > 0 || plan.head.method != "GET") {
        headers.push_number("content-length", length);
    }
    add_own(&mut headers, &credential, queue, target);
    headers
}
