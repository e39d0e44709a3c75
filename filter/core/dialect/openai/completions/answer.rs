//! A whole answer, written for the client: <https://platform.openai.com/docs/api-reference/completions/object>.

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::answer::UsageBody;
use super::{OBJECT, completion_id, finish_word, logprobs};
use crate::dialect::Stamp;
use crate::hub::json::Str;
use crate::hub::{Answer, Choice, Kind};

/// Writes `answer`. `model` stands in where the provider named none.
pub fn write(answer: &Answer<'_>, model: &str, stamp: Stamp) -> Vec<u8> {
    let short = |name: &'_ Str<'_>| name.beginning(Answer::LONGEST_NAME).to_owned();
    let body = Body {
        id: answer.id.as_ref().map_or_else(|| completion_id(stamp), short),
        object: OBJECT,
        created: stamp.created,
        model: answer.model.as_ref().map_or_else(|| model.to_owned(), short),
        choices: answer.choices.iter().map(Alternative::of).collect(),
        usage: answer.usage.map(UsageBody::of),
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

#[derive(Serialize)]
struct Body {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    choices: Vec<Alternative>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageBody>,
}

#[derive(Serialize)]
struct Alternative {
    text: String,
    index: usize,
    logprobs: Option<Box<RawValue>>,
    finish_reason: &'static str,
}

impl Alternative {
    fn of(choice: &Choice<'_>) -> Self {
        let said = choice.parts.iter().filter_map(|part| match part {
            Kind::Text { text, .. } | Kind::Refusal(text) => Some(text.as_str()),
            _ => None,
        });
        let logprobs = choice.logprobs.as_ref().and_then(|chats| logprobs::write(chats, &mut 0));
        Self {
            text: said.collect(),
            index: choice.index,
            logprobs: logprobs.and_then(|written| RawValue::from_string(written).ok()),
            finish_reason: finish_word(choice.finish),
        }
    }
}
