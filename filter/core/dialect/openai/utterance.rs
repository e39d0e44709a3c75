//! Whether an answer says something, or the provider's filter ended it before it did.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::dialect::Utterance;
use crate::frame::Frame;
use crate::hub::json::{self, Str};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(alias = "delta", borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Str<'a>>,
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
    let says = |text: &Option<Str<'_>>| text.as_deref().is_some_and(|text| !text.is_empty());
    let speaks = |choice: &Choice<'_>| {
        choice.message.as_ref().is_some_and(|message| {
            let more = [&message.tool_calls, &message.function_call, &message.images, &message.audio];
            more.into_iter().any(Option::is_some)
                || [&message.content, &message.reasoning_content, &message.reasoning].into_iter().any(says)
        })
    };
    let ends = |choice: &Choice<'_>, filtered: bool| {
        choice.finish_reason.as_deref().is_some_and(|reason| (reason == "content_filter") == filtered)
    };
    // The model's own refusal is an answer, unless the filter ended it.
    let refuses = |choice: &Choice<'_>| choice.message.as_ref().is_some_and(|message| says(&message.refusal));
    match () {
        () if choices.iter().any(speaks) => Utterance::Words,
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
