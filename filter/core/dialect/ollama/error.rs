//! Ollama's errors: `{"error": "…"}`, with a status or as a line of a stream. <https://docs.ollama.com/api/errors>
//!
//! | status | fault |
//! |---|---|
//! | 400, 404 | the caller's: a model that does not think or takes no tools among them |
//! | any, of a prompt that is too long, where the request says `truncate: false` | the caller's, who needs a longer context; told as 400 |
//! | 401, 403 | our credential's, at Ollama's cloud |
//! | 429 | rate limit |
//! | 499, though nobody here cancelled it | the provider's; told as 502 |
//! | 500 and above | the provider's |

use crate::dialect::plain_error;
use crate::hub::json::Str;
use crate::hub::{Fault, ProviderError};
use crate::json_object;

/// Reads an error answer: any status of 400 or more, any body.
pub fn read_error(status: u16, body: &[u8]) -> ProviderError {
    let mut error = plain_error::read(status, body);
    if let Some(words) = within(&error.message) {
        error.message = words;
    }
    if status == 499 {
        (error.status, error.fault) = (502, Fault::Provider);
    }
    if TOO_LONG.iter().any(|words| error.message.contains(words)) {
        // As OpenAI says it, whatever the server makes of it.
        (error.status, error.fault) = (400, Fault::ContextLength);
        error.code = Some("context_length_exceeded".to_owned());
    }
    if status == 404 && error.message.starts_with("model ") && error.message.contains("not found") {
        error.code = Some("model_not_found".to_owned());
    }
    error
}

/// What a prompt that is too long is told with: of Ollama itself, and of llama.cpp within it.
const TOO_LONG: [&str; 3] = [
    "exceeded max context length",
    "input length exceeds the context length",
    "exceeds the available context size",
];

json_object! {
    struct OfRunner<'a> { error: Said<'a>, .. }
}

json_object! {
    struct Said<'a> { message: Str<'a>, .. }
}

/// The words of the runner that Ollama asks, where its own words are all that the runner answered.
fn within(words: &str) -> Option<String> {
    let runner: OfRunner<'_> = serde_json::from_str(words).ok()?;
    runner.error?.message.filter(|words| !words.trim().is_empty()).map(|words| words.as_str().to_owned())
}
