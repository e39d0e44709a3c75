//! Cohere's Chat, version 2: <https://docs.cohere.com/v2/reference/chat>.
//!
//! | hub | Chat v2 |
//! |---|---|
//! | `System`, `User`, `Assistant`, `Tool` | messages of that role, where they stand; without a word they are left out (`messages.rs`) |
//! | `Text`, `Refusal` | `text`, or the content as a string |
//! | `Image` | `image_url`, of the user's only |
//! | `Audio`, `File` | an error |
//! | `Thinking` | `thinking` for models that think; for others the `tool_plan` of a message with calls, else reported |
//! | `RedactedThinking` | reported |
//! | `ToolCall`, `ToolResult` | `tool_calls`, a message of role `tool`; ids that were used before get others |
//! | `tools` | `tools`; all of them `strict`: `strict_tools` (`tools.rs`, `schema.rs`) |
//! | `ToolChoice` | `REQUIRED`, `NONE`; a named one, and allowed ones, are the only ones declared |
//! | `ResponseFormat` | `response_format`; beside tools or documents an instruction of the system |
//! | `Effort`, `Thinking` | `thinking` (`thinking.rs`) |
//! | `temperature`, `top_p`, `top_k`, both penalties | `temperature`, `p`, `k`, the same, within Cohere's bounds |
//! | `max_tokens`, `seed`, `stop`, `logprobs` | the same, `stop_sequences` |
//! | `documents`, `citation_options`, `safety_mode`, `priority` of the request | the same |
//! | all else | reported |
//! | embeddings | `/embed`: `embeddings.rs` |
//! | rankings | bytes: what clients of ours speak there is Cohere's own |
//!
//! | `finish_reason` | `Finish` |
//! |---|---|
//! | `MAX_TOKENS`; `TIMEOUT` once something was said | `Length` |
//! | `ERROR`; `TIMEOUT` before that | a failure |
//! | any other | `ToolCalls` if there are calls, else `Stop` |
//!
//! What an answer says of its plan (`tool_plan`) is thinking: Cohere calls it "a chain-of-thought style reflection and
//! plan", and cites for it apart from the text. Citations have sources of the request's own, documents and results,
//! while OpenAI's annotations name URLs: they are left out.
//!
//! Events of streams: `stream.rs`. Statuses of errors: `error.rs`. What differs between models: `models.rs`.

mod answer;
mod constraints;
mod embeddings;
mod error;
mod messages;
mod models;
mod request;
mod schema;
mod stream;
mod thinking;
mod tools;

pub use constraints::CONSTRAINTS;
pub use embeddings::TASK as EMBEDDINGS;

use super::{Arrival, ChatProvider, Format, Head, ReadStream, Task, Written};
use crate::frame::Framing;
use crate::hub::{Answer, Chat, Dropped, Malformed, ProviderError, RequestError};

/// What it has beside chats.
pub const TASKS: &[Task] = &[EMBEDDINGS];

/// The format.
pub static FORMAT: Format = Format {
    name: "cohere",
    title: "Chat v2",
    framing: Framing::Sse,
    core_members: &["model", "messages", "stream"],
    chat_path: "/chat",
    // There is a list, but of the version before, and so not below this root:
    // <https://docs.cohere.com/reference/list-models>.
    models_path: None,
    lists_models: false,
    headers: &[],
    client: None,
    provider: Some(&ChatV2),
    tasks: TASKS,
    faults: &super::KNOWN,
    mend: None,
    foreign: None,
    call_ids: None,
    polled: None,
};

/// Chat v2, of providers.
#[derive(Debug)]
struct ChatV2;

impl ChatProvider for ChatV2 {
    fn write_request(
        &self,
        chat: &Chat<'_>,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        request::write(chat, model, dropped)
    }

    fn read_answer<'a>(&self, body: &'a str, arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed> {
        answer::read(body, arrival)
    }

    fn reader(&self, arrival: &Arrival<'_>) -> Box<dyn ReadStream> {
        Box::new(stream::Reader::new(arrival))
    }

    fn read_error(&self, head: Head<'_>, body: &[u8]) -> ProviderError {
        error::read_error(head.status, body)
    }
}
