//! What the gateway itself must know of a request's body, whatever its format.

use std::ops::Range;

use crate::hub::RequestError;

/// What a request says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The model's name.
    pub model: String,
    /// Where the model's value lies in the body, quotes included.
    pub model_span: Range<usize>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether the model is asked to think first.
    pub reasons: bool,
    /// Whether the stream is to end with a count of tokens.
    pub include_usage: bool,
    /// What makes the stream end with a count of tokens, where the client has not asked for one.
    pub count: Option<CountWish>,
    /// How many alternative answers.
    pub choices: usize,
    /// The most tokens that each may have, if the request says so.
    pub max_tokens: Option<u64>,
    /// It is written as the format once was, and is to be answered so.
    pub of_old: bool,
}

/// An edit of a body that makes a stream end with a count of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountWish {
    /// The member of the body that says so.
    pub member: &'static str,
    /// What goes.
    pub place: Range<usize>,
    /// What stands there then.
    pub text: &'static str,
}

impl Envelope {
    /// The longest name of a model, in bytes. It is told in every chunk of a translated stream.
    pub const LONGEST_MODEL: usize = 256;

    /// The body as text.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(body: Vec<u8>) -> Result<String, RequestError> {
        String::from_utf8(body).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            RequestError::not_json(format!("the body is not UTF-8 at byte {place}"))
        })
    }
}
