//! Files: <https://platform.openai.com/docs/api-reference/files>. They are kept in memory, see `kept.rs`, and nobody reads
//! them.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::delivery::{self, Ending, Refusal};
use super::super::script;
use super::kept::Kept;
use super::{authorize, finish, form, invalid, missing, now, refusal};

pub(super) async fn create(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> Response {
    finish(authorize(&headers).and_then(|()| {
        let fields = form::read(&headers, &body);
        let fields = fields.ok_or_else(|| invalid("Could not parse multipart form", None, None))?;
        if let Some(field) =
            fields.iter().find(|field| !FIELDS.iter().any(|known| field.name.starts_with(known)))
        {
            let message = format!("Unrecognized request argument supplied: {}", field.name);
            return Err(invalid(&message, None, None));
        }
        let file = fields.iter().find(|field| field.name == "file" && field.file.is_some());
        let file = file.ok_or_else(|| missing("file"))?;
        let purpose =
            fields.iter().find(|field| field.name == "purpose").ok_or_else(|| missing("purpose"))?;
        let purpose = String::from_utf8_lossy(purpose.bytes);
        let name = file.file.as_deref().unwrap_or_default();
        check(&purpose, name, file.bytes)?;
        let object = json!({
            "object": "file",
            "id": format!("file-demo{:018}", script::serial()),
            "purpose": purpose,
            "filename": name,
            "bytes": file.bytes.len(),
            "created_at": now(),
            "expires_at": null,
            "status": "processed",
            "status_details": null,
        });
        kept.lock().files.keep(object.clone(), Bytes::copy_from_slice(file.bytes));
        Ok(delivery::whole(object.to_string(), Ending::Complete))
    }))
}

fn check(purpose: &str, name: &str, bytes: &[u8]) -> Result<(), Box<Refusal>> {
    if !PURPOSES.contains(&purpose) {
        let message = format!("'{purpose}' is not one of ['{}'] - 'purpose'", PURPOSES.join("', '"));
        return Err(invalid(&message, Some("purpose"), None));
    }
    if bytes.is_empty() {
        return Err(invalid("File is empty.", Some("file"), None));
    }
    if bytes.len() > MOST_BYTES {
        let message = format!("Maximum size of a file is {MOST_BYTES} bytes (the stand-in's limit).");
        return Err(refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            &message,
            "invalid_request_error",
            Some("file"),
            None,
        ));
    }
    if OF_LINES.contains(&purpose) && !name.ends_with(".jsonl") {
        let message = format!("Invalid file format for '{purpose}'. Must be .jsonl");
        return Err(invalid(&message, Some("file"), Some("invalid_file_format")));
    }
    Ok(())
}

pub(super) async fn list(
    State(kept): State<Kept>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    finish(authorize(&headers).and_then(|()| {
        let query = query.unwrap_or_default();
        let said = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let limit = match said("limit") {
            Some(limit) => {
                limit.parse().ok().filter(|limit| (1..=10_000).contains(limit)).ok_or_else(|| {
                    invalid("Invalid 'limit': expected an integer between 1 and 10000.", Some("limit"), None)
                })?
            }
            None => usize::MAX,
        };
        let mut objects: Vec<Value> = kept.lock().files.objects().cloned().collect();
        match said("order") {
            None | Some("desc") => {}
            Some("asc") => objects.reverse(),
            Some(_) => {
                return Err(invalid("Invalid 'order': expected 'asc' or 'desc'.", Some("order"), None));
            }
        }
        if let Some(purpose) = said("purpose") {
            objects.retain(|object| object.get("purpose").is_some_and(|known| known == purpose));
        }
        if let Some(after) = said("after") {
            let at = objects.iter().position(|object| object.get("id").is_some_and(|id| id == after));
            objects.drain(..at.map_or(objects.len(), |at| at.saturating_add(1)));
        }
        let has_more = objects.len() > limit;
        objects.truncate(limit);
        let id = |object: Option<&Value>| object.and_then(|object| object.get("id")).cloned();
        let list = json!({
            "object": "list",
            "data": objects,
            "first_id": id(objects.first()),
            "last_id": id(objects.last()),
            "has_more": has_more,
        });
        Ok(delivery::whole(list.to_string(), Ending::Complete))
    }))
}

pub(super) async fn retrieve(
    State(kept): State<Kept>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    finish(authorize(&headers).and_then(|()| {
        let shelves = kept.lock();
        let (object, _) = shelves.files.find(&id).ok_or_else(|| none(&id))?;
        Ok(delivery::whole(object.to_string(), Ending::Complete))
    }))
}

pub(super) async fn content(
    State(kept): State<Kept>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    finish(authorize(&headers).and_then(|()| {
        let shelves = kept.lock();
        let (object, bytes) = shelves.files.find(&id).ok_or_else(|| none(&id))?;
        let purpose = object.get("purpose").and_then(Value::as_str).unwrap_or_default();
        if NOT_GIVEN.contains(&purpose) {
            let message = format!("Not allowed to download files of purpose: {purpose}");
            return Err(invalid(&message, None, None));
        }
        Ok(delivery::bytes("application/octet-stream", bytes.to_vec(), Ending::Complete))
    }))
}

pub(super) async fn delete(State(kept): State<Kept>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    finish(authorize(&headers).and_then(|()| match kept.lock().files.remove(&id) {
        true => {
            let gone = json!({ "object": "file", "id": id, "deleted": true });
            Ok(delivery::whole(gone.to_string(), Ending::Complete))
        }
        false => Err(none(&id)),
    }))
}

fn none(id: &str) -> Box<Refusal> {
    let message = format!("No such File object: {id}");
    refusal(StatusCode::NOT_FOUND, &message, "invalid_request_error", Some("id"), None)
}

/// What a form may have.
const FIELDS: &[&str] = &["expires_after", "file", "purpose"];
const PURPOSES: &[&str] = &["fine-tune", "assistants", "batch", "user_data", "vision", "evals"];
/// Purposes whose files are of one JSON document a line.
const OF_LINES: &[&str] = &["fine-tune", "batch", "evals"];
/// Purposes whose files do not come back.
const NOT_GIVEN: &[&str] = &["assistants", "user_data", "vision"];
/// With as many files as are kept, all that they take.
const MOST_BYTES: usize = 1024 * 1024;
