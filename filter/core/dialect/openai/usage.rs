//! The tokens of an answer that is no chat's: embeddings say `prompt_tokens`, images, transcriptions and responses say
//! `input_tokens` and `output_tokens` (<https://platform.openai.com/docs/api-reference>).

use serde_json::value::RawValue;

use crate::hub::json::{self, Number};
use crate::hub::{Told, Usage};
use crate::json_object;

json_object! {
    struct WireUsage<'a> {
        prompt_tokens: Number<'a>,
        input_tokens: Number<'a>,
        completion_tokens: Number<'a>,
        output_tokens: Number<'a>,
        total_tokens: Number<'a>,
        input_tokens_details: WireInput<'a>,
        output_tokens_details: WireOutput<'a>,
        ..
    }
}

json_object! { struct WireInput<'a> { cached_tokens: Number<'a>, .. } }

json_object! { struct WireOutput<'a> { reasoning_tokens: Number<'a>, .. } }

/// What an answer, or its end, says of itself: the last `usage` in it. Nothing where it cannot be read.
///
/// No text within an answer is taken for that: a quotation mark in a text has a backslash before it.
pub(super) fn read_told(text: &str) -> Told {
    let usage = text.rsplit_once("\"usage\"").and_then(|(_, rest)| {
        let value = rest.trim_start().strip_prefix(':')?;
        serde_json::Deserializer::from_str(value).into_iter::<&RawValue>().next()?.ok()
    });
    let usage = usage.and_then(|usage| json::read::<WireUsage<'_>>(usage.get()).ok());
    Told { usage: usage.and_then(WireUsage::count), finish: None }
}

impl WireUsage<'_> {
    fn count(self) -> Option<Usage> {
        let number = |number: Option<Number<'_>>| number.and_then(Number::as_u64);
        let output = number(self.completion_tokens).or(number(self.output_tokens));
        let total = number(self.total_tokens);
        // Who counts only one kind says all there is of it.
        let prompt = number(self.prompt_tokens).or(number(self.input_tokens));
        let prompt = prompt.or_else(|| total?.checked_sub(output.unwrap_or_default()))?;
        Some(Usage {
            prompt,
            completion: output.unwrap_or_default(),
            cached: self.input_tokens_details.and_then(|details| number(details.cached_tokens)),
            reasoning: self.output_tokens_details.and_then(|details| number(details.reasoning_tokens)),
            ..Usage::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_by_either_name() {
        for (usage, want) in [
            (r#"{"prompt_tokens":8,"total_tokens":8}"#, Some((8, 0, None))),
            (r#"{"total_tokens":8}"#, Some((8, 0, None))),
            (
                r#"{"type":"tokens","input_tokens":14,"output_tokens":45,"total_tokens":59}"#,
                Some((14, 45, None)),
            ),
            (
                r#"{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":2}"#,
                Some((9, 2, Some(4))),
            ),
            (r#"{"type":"duration","seconds":3}"#, None),
            ("null", None),
        ] {
            let told = read_told(&format!(r#"{{"data":[{{}}],"usage":{usage}}}"#));
            let told = told.usage.map(|usage| (usage.prompt, usage.completion, usage.cached));
            assert_eq!(told, want, "{usage}");
        }
        for nothing in [
            "[]",
            "",
            r#"{"usage""#,
            r#"{"usage":"#,
            r#"{"usage":7}"#,
            r#"{"text":"\"usage\":{\"total_tokens\":1}"}"#,
        ] {
            assert_eq!(read_told(nothing), Told::default(), "{nothing}");
        }
        let end = r#"0.25]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}} "#;
        assert_eq!(read_told(end).usage.map(|usage| usage.prompt), Some(8));
    }
}
