//! Gemini's generateContent: <https://ai.google.dev/api/generate-content>.
//!
//! | hub | Gemini |
//! |---|---|
//! | `System` | `systemInstruction.parts`, one part per text, in order |
//! | `User`, `Tool` | contents of role `user`; neighbours are one content, tool results first in it |
//! | `Assistant` | contents of role `model`; neighbours are one content |
//! | history without a user's turn first | a blank text of the user before it |
//! | `Image`, `Audio`, `File` | `inlineData`; behind a URL `fileData`; `detail` is `mediaResolution` where the model has it |
//! | `Thinking` | a part with `thought: true`; its signature only beside another of Google's own |
//! | `ToolCall` | `functionCall {id, name, args}` |
//! | `ToolResult` | `functionResponse {id, name, response, parts?}`; text that is no object becomes `{output}` |
//! | signature of a text or call | `thoughtSignature`; a call without one gets the bypass value where it is demanded |
//! | `tools` | one `functionDeclarations`, with `parametersJsonSchema`, or a lowered `parameters` for older models |
//! | `ToolChoice` | `functionCallingConfig`; allowed tools that need not be called: only those are declared |
//! | `ResponseFormat` | `responseMimeType`, with `responseJsonSchema` or a lowered `responseSchema` |
//! | `Effort`, `Thinking` | `thinkingLevel` or `thinkingBudget`, by model, and `includeThoughts` |
//! | `n`, `max_tokens`, `stop` | `candidateCount`, `maxOutputTokens`, `stopSequences` |
//! | `Finish::ToolCalls` | any `functionCall` in the candidate, whatever its `finishReason` |
//! | `Finish::ContentFilter` | `SAFETY`, `RECITATION`, `BLOCKLIST`, …, and `promptFeedback.blockReason` |
//! | `Usage::prompt` | `promptTokenCount + toolUsePromptTokenCount` |
//! | images, speech | `:generateContent` with other modalities, in files of their own |
//! | `Usage::completion` | `candidatesTokenCount + thoughtsTokenCount` |
//! | embeddings | `:batchEmbedContents`, in a file of their own |
//!
//! What differs between models is a table: [`models`]. Signatures:
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>. Function calling:
//! <https://ai.google.dev/gemini-api/docs/function-calling>. Structured output:
//! <https://ai.google.dev/gemini-api/docs/structured-output>.

mod request;

mod constraints;
mod contents;
mod media;
mod models;
mod schema;
mod thinking;
mod tools;

mod answer;
mod error;
mod images;
mod speech;
mod stream;

mod embeddings;

pub use constraints::CONSTRAINTS;
pub use embeddings::TASK as EMBEDDINGS;
pub use images::TASK as IMAGES;
pub use speech::TASK as SPEECH;

use super::{Arrival, ChatProvider, Format, Head, ReadStream, Written};
use crate::frame::Framing;
use crate::hub::{Answer, Chat, Dropped, Malformed, ProviderError, RequestError};

/// The format.
pub static FORMAT: Format = Format {
    name: "gemini",
    title: "generateContent",
    framing: Framing::Sse,
    core_members: &["contents"],
    chat_path: "/models/{model}:{stream?streamGenerateContent?alt=sse:generateContent}",
    models_path: Some("/models?pageSize=1000"),
    lists_models: false,
    headers: &[],
    client: None,
    provider: Some(&GenerateContent),
    tasks: &[EMBEDDINGS, IMAGES, SPEECH],
    faults: &super::KNOWN,
    mend: None,
    foreign: None,
    call_ids: None,
    polled: None,
};

/// generateContent, of providers.
#[derive(Debug)]
struct GenerateContent;

impl ChatProvider for GenerateContent {
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
