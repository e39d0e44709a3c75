//! Errors in OpenAI's shape: <https://platform.openai.com/docs/guides/error-codes/api-errors>.

use serde::{Deserialize, Serialize};

use super::param::spell;
use crate::hub::{ErrorReport, Param};

/// Writes an error body: `{"error": {…}}`.
pub fn write_error(error: &ErrorReport) -> Vec<u8> {
    write_spelled(error, spell)
}

/// The same for a client that spells parameters so.
pub(super) fn write_spelled(error: &ErrorReport, spell: fn(&Param) -> String) -> Vec<u8> {
    #[derive(Serialize)]
    struct Envelope<'a> {
        error: Body<'a>,
    }
    #[derive(Serialize)]
    struct Body<'a> {
        message: String,
        #[serde(rename = "type")]
        kind: &'a str,
        param: Option<&'a str>,
        code: Option<&'a str>,
    }
    let param = error.param.as_ref().map(spell);
    let body = Body {
        message: error.words.with(param.as_deref()),
        kind: error.kind.as_deref().unwrap_or_else(|| kind_of_status(error.status)),
        param: param.as_deref(),
        code: error.code.as_deref(),
    };
    serde_json::to_vec(&Envelope { error: body }).unwrap_or_default()
}

/// The `type` that OpenAI gives errors of this status.
const fn kind_of_status(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

/// Whether a body is an error that every client of the format can read, with all four members: it needs no rewriting.
pub fn is_error_body(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Envelope {
        error: Strict,
    }
    // A field that names its reader must be there, be it `null`.
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "read only to check the types")]
    struct Strict {
        message: String,
        #[serde(rename = "type", deserialize_with = "Option::deserialize")]
        kind: Option<String>,
        #[serde(deserialize_with = "Option::deserialize")]
        param: Option<String>,
        #[serde(deserialize_with = "Option::deserialize")]
        code: Option<String>,
    }
    serde_json::from_slice::<Envelope>(body).is_ok_and(|body| !body.error.message.is_empty())
}
