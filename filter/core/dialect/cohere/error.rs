//! Cohere's errors: `{"message", "id"}`. <https://docs.cohere.com/v2/reference/errors>, and the statuses of
//! <https://docs.cohere.com/v2/reference/chat>.
//!
//! | status | fault |
//! |---|---|
//! | 400, 404, 422 | the caller's |
//! | 400 of too many tokens in the prompt | the caller's, who needs a longer context |
//! | 401, 402, 403 | our credential's: the key, the account's billing |
//! | 429 | rate limit |
//! | 498 | a word of the request or the answer is on a list of what Cohere denies: a filter; told as 400 |
//! | 499, though nobody here cancelled it | the provider's; told as 502 |
//! | 500 to 504 | the provider's |

use super::answer::Body;
use crate::dialect::plain_error;
use crate::hub::json::Str;
use crate::hub::{Fault, ProviderError};

/// Reads an error answer: any status of 400 or more, any body.
pub fn read_error(status: u16, body: &[u8]) -> ProviderError {
    let wire = std::str::from_utf8(body).ok().and_then(|body| serde_json::from_str::<Body<'_>>(body).ok());
    let message = wire.and_then(|wire| serde_json::from_str::<Str<'_>>(wire.message?.get()).ok());
    let message = message.map(|message| message.trim().to_owned());
    // Statuses of Cohere's own, in words that callers know.
    let (told, fault) = match status {
        498 => (400, Some(Fault::ContentFilter)),
        499 => (502, Some(Fault::Provider)),
        status => (status, None),
    };
    let mut error = match message.filter(|message| !message.is_empty()) {
        Some(message) => ProviderError::new(told, message),
        None => plain_error::read(told, body),
    };
    error.fault = fault.unwrap_or(error.fault);
    let code = code(status, &error.message).map(str::to_owned);
    error.code = code.or(error.code);
    error
}

/// OpenAI's code for what Cohere says in words only.
fn code(status: u16, message: &str) -> Option<&'static str> {
    let says = |words: &str| message.contains(words);
    match status {
        // The same words begin a complaint about `max_tokens`.
        400 | 422 if says("too many tokens") && !says("max tokens must be") => {
            Some("context_length_exceeded")
        }
        404 if message.starts_with("model ") && says("not found") => Some("model_not_found"),
        498 => Some("content_filter"),
        _ => None,
    }
}
