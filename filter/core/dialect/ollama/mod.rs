//! Ollama's own API: <https://docs.ollama.com/api/chat>.
//!
//! | hub | Ollama |
//! |---|---|
//! | `System`, `User`, `Assistant`, `Tool` | messages of that role, where they stand (`messages.rs`) |
//! | `Text`, `Refusal` | `content`; several texts of a message are parted by an empty line |
//! | `Image` | `images`, as base64; behind a URL, or in a message that is not the user's nor a tool's, an error |
//! | `Audio`, `File` | an error |
//! | `Thinking` | `thinking` |
//! | `RedactedThinking`, signatures | reported |
//! | `ToolCall` | `tool_calls`, with arguments that are an object |
//! | `ToolResult` | a message of role `tool`, with `tool_name` and `tool_call_id` |
//! | `tools` | `tools`; that calls are held to their schemas is reported (`tools.rs`) |
//! | `ToolChoice` | which tools are declared: none, the named one, those allowed; that one must be called is reported |
//! | `ResponseFormat` | `format`: `json`, or the schema |
//! | `Effort`, `Thinking` | `think` (`thinking.rs`) |
//! | `max_tokens` | `options.num_predict` |
//! | `temperature`, `top_p`, `top_k`, `seed`, `stop`, both penalties | `options` of these names (`options.rs`) |
//! | `logprobs`, `top_logprobs` | the same |
//! | `options`, `think`, `format`, `keep_alive`, `truncate`, `shift` of the request | the same, before what is said otherwise |
//! | `num_ctx` and other options beside them | `options` |
//! | all else | reported |
//! | embeddings | `/embed`: `embeddings.rs` |
//!
//! | `done_reason` | `Finish` |
//! |---|---|
//! | `length` | `Length` |
//! | `load`, `unload` | a failure: nothing was answered |
//! | any other, none | `ToolCalls` if there are calls, else `Stop` |
//!
//! A stream is lines of JSON (`stream.rs`); its last has `done`. Statuses of errors: `error.rs`. Which models there are
//! is for whoever runs the server to say, so nothing here goes by a model's name.

mod answer;
mod constraints;
mod embeddings;
mod error;
mod messages;
mod options;
mod request;
mod stream;
mod thinking;
mod tools;

pub use constraints::CONSTRAINTS;
pub use embeddings::TASK as EMBEDDINGS;

use super::{Arrival, ChatProvider, Format, Head, ReadStream, Written};
use crate::frame::Framing;
use crate::hub::{Answer, Chat, Dropped, Malformed, ProviderError, RequestError};

/// The format.
pub static FORMAT: Format = Format {
    name: "ollama",
    title: "Ollama",
    framing: Framing::Ndjson,
    core_members: &["model", "messages", "stream"],
    chat_path: "/chat",
    // <https://docs.ollama.com/api/tags>
    models_path: Some("/tags"),
    lists_models: true,
    headers: &[],
    client: None,
    provider: Some(&NativeChat),
    tasks: &[EMBEDDINGS],
    faults: &super::KNOWN,
    mend: None,
    foreign: None,
    call_ids: None,
    polled: None,
};

/// Chats, of servers.
#[derive(Debug)]
struct NativeChat;

impl ChatProvider for NativeChat {
    fn write_request(
        &self,
        chat: &Chat<'_>,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        request::write(chat, model, dropped)
    }

    fn read_answer<'a>(&self, body: &'a str, arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed> {
        answer::read(body, arrival.stamp)
    }

    fn reader(&self, arrival: &Arrival<'_>) -> Box<dyn ReadStream> {
        Box::new(stream::Reader::new(arrival.stamp))
    }

    fn read_error(&self, head: Head<'_>, body: &[u8]) -> ProviderError {
        error::read_error(head.status, body)
    }
}
