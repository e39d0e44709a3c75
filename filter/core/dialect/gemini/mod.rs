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

use super::{Arrival, ChatProvider, Format, Head, ReadStream, Written};
use crate::frame::Framing;
use crate::hub::{Answer, Chat, Dropped, Field, Malformed, ProviderError, RequestError};

/// The format.
pub static FORMAT: Format = Format {
    name: "gemini",
    title: "generateContent",
    framing: Framing::Sse,
    client: None,
    provider: Some(&GenerateContent),
    faults: &super::KNOWN,
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
        request::write(chat, model, dropped).map(Written::of)
    }

    fn chat_path(&self, model: &str, stream: bool) -> Result<String, RequestError> {
        chat_path(model, stream)
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

/// The path of a chat request below the API root. The model's name is one segment of it and comes from a client, so
/// what could be more than that is refused.
///
/// # Errors
/// The name holds something that no name of Gemini's does.
fn chat_path(model: &str, stream: bool) -> Result<String, RequestError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'@');
    if model.is_empty() || !model.bytes().all(plain) || model.contains("..") {
        let why = "the name of a Gemini model holds letters, digits, `-`, `_`, `~`, `@` and single dots only";
        return Err(RequestError::invalid(Field::Model, why));
    }
    let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
    Ok(format!("/models/{model}:{method}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Field, Param};

    #[test]
    fn a_model_is_one_segment_of_the_path() {
        let kept = [
            "gemini-2.5-pro",
            "gemini-3-pro-preview",
            "g",
            "7",
            "A_b~c",
            "gemini-2.5-pro@001",
            ".a",
            "a.",
            "a.b.c",
        ];
        for model in kept {
            assert_eq!(chat_path(model, false).unwrap(), format!("/models/{model}:generateContent"));
        }
        assert_eq!(chat_path("m", true).unwrap(), "/models/m:streamGenerateContent?alt=sse");
    }

    #[test]
    fn what_could_walk_is_refused() {
        let mut names: Vec<String> = REFUSED.iter().map(|name| (*name).to_owned()).collect();
        // Every other byte of ASCII, alone and within a name.
        for character in (0..128_u8).map(char::from) {
            if !character.is_ascii_alphanumeric() && !"-_.~@".contains(character) {
                names.extend([character.to_string(), format!("gemini{character}2.5")]);
            }
        }
        assert!(names.len() > 60 + 100);
        for name in names {
            for stream in [false, true] {
                let error = chat_path(&name, stream).expect_err(&name);
                assert_eq!(
                    (error.code, error.param.as_ref()),
                    ("invalid_value", Some(&Param::Of(Field::Model))),
                    "{name:?}"
                );
                let message = error.message(|_| "model".to_owned());
                assert!(message.is_ascii() && message.len() < 200, "{message}");
            }
        }
    }

    /// Names that somebody might try.
    const REFUSED: &[&str] = &[
        "",
        "..",
        "...",
        "../x",
        "../../v1/files",
        "..\\..\\x",
        "a/../b",
        "a/..",
        "a..b",
        "gemini-2.5-pro..",
        "./a",
        "a/./b",
        "/a",
        "a/",
        "a//b",
        "models/gemini-2.5-pro",
        "tunedModels/x",
        "google/gemini-2.5-pro",
        "%2e%2e%2fx",
        "%2E%2E/x",
        ".%2e/x",
        "%252e%252e%252f",
        "%00",
        "%0d%0aHost:%20x",
        "a%2fb",
        "a%5cb",
        "a:countTokens",
        "a:batchGenerateContent?x=",
        ":",
        "a:",
        "a?key=b",
        "a?alt=json",
        "a?",
        "a#b",
        "#",
        "a&b=c",
        "a;b",
        "a;jsessionid=1",
        "a\\b",
        "\\",
        "a b",
        " a",
        "a ",
        " ",
        "a\tb",
        "a\nb",
        "a\r\nHost: x",
        "a\0b",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{a0}b",
        "a\u{2028}b",
        "a\u{202e}b",
        "a\u{2025}b",
        "a\u{2215}b",
        "a\u{ff0f}b",
        "\u{ff0e}\u{ff0e}/x",
        "a\u{2024}\u{2024}b",
        "gemini-é",
        "e\u{301}",
        "模型",
        "🦀",
        "\u{feff}a",
        "a\u{200b}b",
        "http://x/a",
        "//x/a",
        "a,b",
        "a|b",
        "a\"b",
        "<a>",
        "{a}",
        "[a]",
        "a*",
        "~/a",
        "${a}",
        "a=b",
    ];
}
