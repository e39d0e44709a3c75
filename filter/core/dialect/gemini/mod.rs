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
//! | `Usage::completion` | `candidatesTokenCount + thoughtsTokenCount` |
//!
//! What differs between models is a table: [`models`]. Signatures:
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>. Function calling:
//! <https://ai.google.dev/gemini-api/docs/function-calling>. Structured output:
//! <https://ai.google.dev/gemini-api/docs/structured-output>.

mod request;

mod contents;
mod media;
mod models;
mod schema;
mod thinking;
mod tools;

mod answer;
mod error;
mod stream;

pub use error::read_error;

use crate::chat::{Answer, Chat, Dropped, Malformed, RequestError};
use crate::dialect::{ReadStream, Stamp, Translate};

/// The format.
#[derive(Debug)]
pub struct GenerateContent;

impl Translate for GenerateContent {
    fn write_request(
        &self,
        chat: &Chat<'_>,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Vec<u8>, RequestError> {
        request::write(chat, model, dropped)
    }

    fn read_answer<'a>(&self, body: &'a str, stamp: Stamp) -> Result<Answer<'a>, Malformed> {
        answer::read(body, stamp)
    }

    fn stream(&self, stamp: Stamp) -> Box<dyn ReadStream> {
        Box::new(stream::Reader::new(stamp))
    }
}
