//! Anthropic's Messages: <https://platform.claude.com/docs/en/api/messages/create>.
//!
//! | hub | Messages |
//! |---|---|
//! | `System` | blocks of `system`, in their order; late ones are turns where the model takes them (`turns.rs`) |
//! | `User`, `Assistant`, `Tool` | turns that alternate; results open the user's (`turns.rs`) |
//! | `Text`, `Refusal` | `text` |
//! | `Image`, `File` | `image`, `document` (`content.rs`) |
//! | `Audio` | an error |
//! | `Thinking`, `RedactedThinking` | `thinking` with its signature, `redacted_thinking` |
//! | `ToolCall`, `ToolResult` | `tool_use` with raw `input`, `tool_result` |
//! | `tools`, `tool_choice`, `parallel_tool_calls` | `tools`, `tool_choice` (`tools.rs`, `names.rs`, `schema/`) |
//! | `max_tokens` | `max_tokens`, no more than the model's; its default if absent (`models.rs`) |
//! | `temperature`, `top_p`, `top_k` | the same, within 0 to 1 and where the model takes them |
//! | `stop` | `stop_sequences` |
//! | `response_format` | `output_config.format` where its schema is a grammar, else an instruction of the system |
//! | `effort`, `thinking` | `output_config.effort`, `thinking` (`thinking.rs`) |
//! | `user`, `safety_identifier`, `metadata.user_id` | `metadata.user_id` |
//! | `cache_control` of the request, of parts, tools and calls | the same |
//! | all else | reported |
//!
//! | `stop_reason` | `Finish` |
//! |---|---|
//! | `max_tokens`, `model_context_window_exceeded` | `Length` |
//! | `refusal` | `ContentFilter`; its explanation is a `Refusal` |
//! | any other | `ToolCalls` if there are calls, else `Stop` |
//!
//! Events of streams: `stream.rs`. Types of errors: `error.rs`.

mod answer;
mod constraints;
mod content;
mod error;
mod models;
mod request;
mod schema;
mod stream;
mod thinking;
mod tools;
mod turns;

pub use constraints::CONSTRAINTS;

use super::{Arrival, ChatProvider, Format, Head, ReadStream, Written};
use crate::frame::Framing;
use crate::hub::{Answer, Chat, Dropped, Malformed, ProviderError, RequestError};

/// The format.
pub static FORMAT: Format = Format {
    name: "anthropic",
    title: "Messages",
    framing: Framing::Sse,
    core_members: &["model", "messages", "stream"],
    chat_path: "/messages",
    models_path: Some("/models?limit=1000"),
    lists_models: false,
    headers: &[],
    client: None,
    provider: Some(&Messages),
    tasks: &[],
    faults: &super::KNOWN,
    mend: None,
    foreign: None,
    call_ids: None,
    polled: None,
};

/// Messages, of providers.
#[derive(Debug)]
struct Messages;

impl ChatProvider for Messages {
    fn write_request(
        &self,
        chat: &Chat<'_>,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        request::write(chat, model, dropped)
    }

    fn read_answer<'a>(&self, body: &'a str, arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed> {
        answer::read(body, arrival.memo)
    }

    fn reader(&self, arrival: &Arrival<'_>) -> Box<dyn ReadStream> {
        Box::new(stream::Reader::new(arrival.memo))
    }

    fn read_error(&self, head: Head<'_>, body: &[u8]) -> ProviderError {
        error::read_error(head.status, body)
    }
}
