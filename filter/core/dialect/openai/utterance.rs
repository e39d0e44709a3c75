//! Whether an answer says something, or was ended before it did: by the provider's filter, or because it failed.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::watch::error_within;
use crate::dialect::Utterance;
use crate::frame::Frame;
use crate::hub::ProviderError;
use crate::hub::json::{self, Str, is_null};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(alias = "delta", borrow)]
    message: Option<Message<'a>>,
    /// Of completions of a prompt.
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    finish_reason: Option<Str<'a>>,
    #[serde(borrow)]
    native_finish_reason: Option<Str<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Words for the end of an answer that its provider gave up, in lower case; they stand alone or behind others:
/// `error` of [OpenRouter](https://openrouter.ai/docs/api-reference/errors), `insufficient_system_resource` of
/// [DeepSeek](https://api-docs.deepseek.com/api/create-chat-completion), `network_error` of Z.ai, `abort` of vLLM and SGLang,
/// and Google's, which its own endpoint of the format spells `function_call_filter: MALFORMED_FUNCTION_CALL`.
const ABORTED: &[&str] = &[
    "error",
    "abort",
    "aborted",
    "insufficient_system_resource",
    "network_error",
    "malformed_function_call",
    "malformed_response",
    "unexpected_tool_call",
    "missing_thought_signature",
    "too_many_tool_calls",
];

/// Whether a word for the end of an answer says that it was given up.
pub fn is_aborted(word: &str) -> bool {
    let word = word.rsplit(' ').next().unwrap_or_default();
    ABORTED.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Why an answer, or what a chunk ends, is a failure: an alternative has the provider's error, or was given up before
/// anything was said. `said`: something was, before this chunk.
pub fn aborted(data: &str, said: bool) -> Option<ProviderError> {
    let choices = json::read::<Answer<'_>>(data).ok()?.choices?;
    if let Some(error) = choices.iter().filter_map(|choice| choice.error).find(|error| !is_null(error)) {
        return Some(error_within(&format!("{{\"error\":{}}}", error.get())));
    }
    if said || choices.iter().any(Choice::speaks) {
        return None;
    }
    let mut words = choices.iter().flat_map(|choice| [&choice.finish_reason, &choice.native_finish_reason]);
    let word = words.find_map(|word| word.as_deref().filter(|word| is_aborted(word)))?;
    let word = json::beginning(word, json::IN_A_LOG);
    Some(ProviderError::new(502, format!("the model gave up with {word}")))
}

/// Whether a chunk says something.
pub fn speaks(data: &str) -> bool {
    let answer = json::read::<Answer<'_>>(data);
    answer.is_ok_and(|answer| answer.choices.iter().flatten().any(Choice::speaks))
}

impl Choice<'_> {
    fn speaks(&self) -> bool {
        let text = self.text.map_or("", RawValue::get);
        text.len() > "\"\"".len() && text.starts_with('"')
            || self.message.as_ref().is_some_and(|message| {
                let more = [&message.tool_calls, &message.function_call, &message.images, &message.audio];
                more.into_iter().any(Option::is_some)
                    || [&message.content, &message.reasoning_content, &message.reasoning]
                        .into_iter()
                        .any(says)
            })
    }
}

fn says(text: &Option<Str<'_>>) -> bool {
    text.as_deref().is_some_and(|text| !text.is_empty())
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<Str<'a>>,
    #[serde(borrow)]
    reasoning_content: Option<Str<'a>>,
    /// OpenRouter's word for it.
    #[serde(borrow)]
    reasoning: Option<Str<'a>>,
    #[serde(borrow)]
    refusal: Option<Str<'a>>,
    tool_calls: Option<IgnoredAny>,
    function_call: Option<IgnoredAny>,
    images: Option<IgnoredAny>,
    audio: Option<IgnoredAny>,
}

/// What an event of a stream says.
pub fn utterance(frame: &Frame<'_>) -> Utterance {
    frame.data.as_deref().map_or(Utterance::Nothing, answer_utterance)
}

/// What a whole answer says. One that cannot be read is taken to say something.
pub fn answer_utterance(body: &str) -> Utterance {
    let Ok(answer) = json::read::<Answer<'_>>(body) else { return Utterance::Words };
    let choices = answer.choices.unwrap_or_default();
    let ends = |choice: &Choice<'_>, filtered: bool| {
        choice.finish_reason.as_deref().is_some_and(|reason| (reason == "content_filter") == filtered)
    };
    // The model's own refusal is an answer, unless the filter ended it.
    let refuses = |choice: &Choice<'_>| choice.message.as_ref().is_some_and(|message| says(&message.refusal));
    match () {
        () if choices.iter().any(Choice::speaks) => Utterance::Words,
        () if choices.iter().any(|choice| ends(choice, true)) => Utterance::Refusal,
        () if choices.iter().any(refuses) => Utterance::Words,
        () if choices.iter().any(|choice| ends(choice, false)) => Utterance::End,
        () => Utterance::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_up_before_it_said_anything_is_a_failure() {
        for (body, said, want) in [
            (
                r#"{"choices":[{"message":{"content":""},"finish_reason":"error"}]}"#,
                false,
                Some((502, "error")),
            ),
            (r#"{"choices":[{"message":{"content":"a"},"finish_reason":"error"}]}"#, false, None),
            (r#"{"choices":[{"delta":{},"finish_reason":"error"}]}"#, true, None),
            (
                r#"{"choices":[{"message":{"content":null},"finish_reason":"stop","native_finish_reason":"MALFORMED_FUNCTION_CALL"}]}"#,
                false,
                Some((502, "MALFORMED_FUNCTION_CALL")),
            ),
            (
                r#"{"choices":[{"message":{},"finish_reason":"function_call_filter: MALFORMED_FUNCTION_CALL"}]}"#,
                false,
                Some((502, "MALFORMED_FUNCTION_CALL")),
            ),
            (
                r#"{"choices":[{"delta":{},"finish_reason":"insufficient_system_resource"}]}"#,
                false,
                Some((502, "insufficient_system_resource")),
            ),
            (
                r#"{"choices":[{"delta":{"content":"a"},"error":{"code":429,"message":"Provider is busy"},"finish_reason":"error"}]}"#,
                true,
                Some((429, "Provider is busy")),
            ),
            (r#"{"choices":[{"message":{},"error":null,"finish_reason":"stop"}]}"#, false, None),
            (r#"{"choices":[{"message":{},"finish_reason":"length"}]}"#, false, None),
            (r#"{"choices":[{"message":{},"finish_reason":7}]}"#, false, None),
        ] {
            let error = aborted(body, said);
            let told = error.as_ref().map(|error| (error.status, error.message.as_str()));
            let same = match (told, want) {
                (Some((status, told)), Some((wanted, words))) => status == wanted && told.contains(words),
                (told, want) => told.is_none() && want.is_none(),
            };
            assert!(same, "{body}: {told:?}");
        }
    }

    #[test]
    fn a_refusal_says_nothing_and_is_filtered() {
        for (body, want) in [
            (
                r#"{"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
                Utterance::Nothing,
            ),
            (r#"{"choices":[]}"#, Utterance::Nothing),
            (r#"{"choices":[{"delta":{"content":"a"}}]}"#, Utterance::Words),
            (r#"{"choices":[{"delta":{"tool_calls":[]}}]}"#, Utterance::Words),
            (r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, Utterance::End),
            (r#"{"choices":[{"delta":{"refusal":"no"}}]}"#, Utterance::Words),
            (r#"{"choices":[{"delta":{"reasoning":"hm"}}]}"#, Utterance::Words),
            (r#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#, Utterance::End),
            (r#"{"choices":[{"message":{"function_call":{}},"finish_reason":"stop"}]}"#, Utterance::Words),
            (r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#, Utterance::Refusal),
            (
                r#"{"choices":[{"message":{"content":null},"finish_reason":"content_filter"}]}"#,
                Utterance::Refusal,
            ),
            (
                r#"{"choices":[{"message":{"content":"so far"},"finish_reason":"content_filter"}]}"#,
                Utterance::Words,
            ),
            (r#"{"choices":7}"#, Utterance::Words),
        ] {
            assert_eq!(answer_utterance(body), want, "{body}");
        }
    }
}
