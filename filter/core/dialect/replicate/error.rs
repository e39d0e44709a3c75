//! Replicate's errors: `{"title", "detail", "status"}` with a status of HTTP, in 429 `retry_after` as well
//! (<https://replicate.com/docs/topics/predictions/rate-limits>); and `error` of a prediction that has failed.
//!
//! | error | fault |
//! |---|---|
//! | 400, 404, 422 | the caller's |
//! | 401, 402, 403 | our credential's: the token, the account's credit |
//! | 429 | rate limit |
//! | 5xx | the provider's |
//! | a prediction failed, in words that are known | what the words say: what was flagged, a context that is too long; told as 400 |
//! | any other failed | the provider's; told as 500 |
//! | a prediction was ended, by nobody here | the provider's; told as 502 |

use serde_json::value::RawValue;

use super::prediction::Prediction;
use crate::dialect::{KNOWN, plain_error};
use crate::hub::json::{Str, beginning};
use crate::hub::{Fault, ProviderError};

/// The most of a prediction's words that is told.
const LONGEST: usize = 2048;

/// Reads an error answer: any status of 400 or more, any body.
pub fn read(status: u16, body: &[u8]) -> ProviderError {
    let mut error = plain_error::read(status, body);
    error.message = error.message.trim().to_owned();
    error
}

/// Why a prediction has failed.
pub fn of_failed(prediction: &Prediction<'_>) -> ProviderError {
    let words = prediction.error.and_then(words).unwrap_or_else(|| "the prediction failed".to_owned());
    let judged = ProviderError::new(400, words.as_str()).judged(&KNOWN);
    match judged.fault {
        Fault::ContextLength | Fault::ContentFilter => judged,
        _ => ProviderError::new(500, words),
    }
}

/// Why there is none any more.
pub fn of_ended(prediction: &Prediction<'_>, status: &str) -> ProviderError {
    let words = prediction.error.and_then(words).unwrap_or_else(|| format!("the prediction was {status}"));
    ProviderError::new(502, words)
}

/// The words of `error`, whatever it is.
fn words(error: &RawValue) -> Option<String> {
    let text = serde_json::from_str::<Str<'_>>(error.get()).map(Str::into_owned);
    let text = text.unwrap_or_else(|_| error.get().to_owned());
    let text = beginning(text.trim(), LONGEST);
    (!text.is_empty()).then(|| text.to_owned())
}
