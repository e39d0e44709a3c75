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

/// The path of a chat request below the API root. The model's name is one segment, whatever it holds.
pub fn chat_path(model: &str, stream: bool) -> String {
    let mut path = String::from("/models/");
    let mut rest = model.bytes().peekable();
    let mut before = b'/';
    while let Some(byte) = rest.next() {
        let dots = byte == b'.' && (before == b'.' || rest.peek() == Some(&b'.'));
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' | b'.' if !dots => {
                path.push(char::from(byte));
            }
            _ => path.push_str(&format!("%{byte:02X}")),
        }
        before = byte;
    }
    path.push_str(if stream { ":streamGenerateContent?alt=sse" } else { ":generateContent" });
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_one_segment_of_the_path() {
        for (model, want) in [
            ("gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent"),
            ("a/b", "/models/a%2Fb:generateContent"),
            ("../x", "/models/%2E%2E%2Fx:generateContent"),
            ("a?b#c%2f", "/models/a%3Fb%23c%252f:generateContent"),
            ("a:countTokens", "/models/a%3AcountTokens:generateContent"),
            ("\u{e9} \n", "/models/%C3%A9%20%0A:generateContent"),
        ] {
            assert_eq!(chat_path(model, false), want);
        }
        assert_eq!(chat_path("m", true), "/models/m:streamGenerateContent?alt=sse");
    }
}
