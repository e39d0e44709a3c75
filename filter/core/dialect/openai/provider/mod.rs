//! The format as providers speak it, where a client speaks another.
//!
//! What is written is all that the hub models, and what it does not model where the client's format had it. Values are
//! OpenAI's own where the hub has several spellings for one: role `system` for `developer`, lists for single `stop`
//! strings, `data:` URLs for bare base64. A stream is always asked to count its tokens.

mod answer;
mod messages;
mod nested;
mod request;
mod stream;

use crate::dialect::{Arrival, ChatProvider, Head, ReadStream, Written, plain_error};
use crate::hub::{Answer, Chat, Dropped, Malformed, ProviderError, RequestError};

/// Chat Completions, of providers.
#[derive(Debug)]
pub(super) struct Provider;

impl ChatProvider for Provider {
    fn write_request(
        &self,
        chat: &Chat<'_>,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        request::write(chat, model, dropped).map(Written::of)
    }

    fn read_answer<'a>(&self, body: &'a str, arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed> {
        answer::read(body, arrival.stamp)
    }

    fn reader(&self, arrival: &Arrival<'_>) -> Box<dyn ReadStream> {
        Box::new(stream::Reader::new(arrival.stamp))
    }

    fn read_error(&self, head: Head<'_>, body: &[u8]) -> ProviderError {
        plain_error::read(head.status, body)
    }
}
