//! The hub's request as a body of Chat v2: <https://docs.cohere.com/v2/reference/chat>.

use serde::Serialize;
use serde_json::value::RawValue;

use super::constraints::{FUNCTION, MOST_K, MOST_STOPS, P};
use super::messages::{self, Message};
use super::models::Model;
use super::schema;
use super::thinking::{self, Limit, Thinking};
use super::tools::{self, Declared, wants_json};
use crate::dialect::names::Names;
use crate::dialect::{Written, instruction};
use crate::hub::json::{Number, Str, is_null};
use crate::hub::{Chat, Dropped, Field, Param, RequestError, ResponseFormat};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    stream: bool,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Declared<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict_tools: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Form>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<Limit<'a>>,
    #[serde(skip_serializing_if = "<[Str<'_>]>::is_empty")]
    stop_sequences: &'a [Str<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Amount<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<Amount<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<Amount<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<Amount<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<Amount<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citation_options: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safety_mode: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<&'a RawValue>,
}

/// The form of the answer.
#[derive(Serialize)]
struct Form {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_schema: Option<Box<RawValue>>,
}

/// How tokens are chosen.
struct Sampling<'a> {
    temperature: Option<Amount<'a>>,
    p: Option<Amount<'a>>,
    k: Option<Amount<'a>>,
    seed: Option<Number<'a>>,
    frequency_penalty: Option<Amount<'a>>,
    presence_penalty: Option<Amount<'a>>,
}

/// A number: the client's digits, or the end of the range that they are beyond.
#[derive(Serialize)]
#[serde(untagged)]
enum Amount<'a> {
    Given(Number<'a>),
    Whole(u64),
    Real(f64),
}

/// Members of Cohere's own that a client may give: see the reference.
const OWN: [&str; 4] = ["documents", "citation_options", "safety_mode", "priority"];

/// Writes the body.
///
/// # Errors
/// What Cohere cannot be told without a loss of meaning: the field's path.
pub fn write(chat: &Chat<'_>, model: &str, dropped: &mut Dropped) -> Result<Written, RequestError> {
    let facts = Model::of(model);
    let names = Names::of_functions(&FUNCTION, chat)?;
    let mut messages = messages::write(chat, &facts, &names, dropped)?;
    let tools = tools::write(chat, &facts, &names, dropped)?;
    let [documents, citation_options, safety_mode, priority] = OWN.map(|name| extra(chat, name));
    let beside = !tools.declared.is_empty() || documents.is_some();
    let response_format = form(chat, beside, &mut messages, dropped);
    let plan = thinking::plan(chat, &facts, dropped);
    let stop_sequences = chat.stop.get(..MOST_STOPS).unwrap_or(&chat.stop);
    dropped.add_if(stop_sequences.len() < chat.stop.len(), Field::Stop);
    let sampling = Sampling::of(chat, dropped);
    unknown(chat, dropped);
    let body = Body {
        model,
        stream: chat.stream,
        messages,
        tools: tools.declared,
        strict_tools: tools.strict,
        tool_choice: tools.choice,
        response_format,
        thinking: plan.thinking,
        max_tokens: plan.max_tokens,
        stop_sequences,
        temperature: sampling.temperature,
        p: sampling.p,
        k: sampling.k,
        seed: sampling.seed,
        frequency_penalty: sampling.frequency_penalty,
        presence_penalty: sampling.presence_penalty,
        logprobs: chat.logprobs.filter(|wanted| *wanted),
        documents,
        citation_options,
        safety_mode,
        priority,
    };
    Ok(Written { body: chat.write(&body)?, memo: names.memo(), ..Written::default() })
}

/// The form of the answer; where Cohere does not take it, reported, an instruction of the system.
fn form(
    chat: &Chat<'_>,
    beside: bool,
    messages: &mut Vec<Message<'_>>,
    dropped: &mut Dropped,
) -> Option<Form> {
    let format = chat.response_format.as_ref().filter(|_| wants_json(chat))?;
    let mut instruct = || {
        dropped.add(Field::ResponseFormat);
        instruction::form(format).into_iter().for_each(|text| messages::instruct(messages, text));
    };
    if beside {
        instruct();
        return None;
    }
    let mut json_schema = None;
    if let ResponseFormat::JsonSchema { schema: Some(schema), description, .. } = format {
        match schema::held(schema) {
            Some(held) => {
                for name in held.lost {
                    dropped.add(Param::Member(Field::Schema, name.to_owned()));
                }
                dropped.add_if(description.is_some(), Field::SchemaDescription);
                json_schema = Some(held.schema);
            }
            None => instruct(),
        }
    }
    Some(Form { kind: "json_object", json_schema })
}

impl<'a> Sampling<'a> {
    fn of(chat: &Chat<'a>, dropped: &mut Dropped) -> Self {
        let mut within = |number, (least, most): (Amount<'a>, Amount<'a>), field: Field| {
            let (amount, is_beyond) = bounded(number, least, most)?;
            dropped.add_if(is_beyond, field);
            Some(amount)
        };
        let one = || (Amount::Whole(0), Amount::Whole(1));
        let sampling = Self {
            temperature: within(chat.temperature, one(), Field::Temperature),
            p: within(chat.top_p, (Amount::Real(P.0), Amount::Real(P.1)), Field::TopP),
            k: within(chat.top_k, (Amount::Whole(0), Amount::Whole(MOST_K)), Field::TopK),
            seed: chat.seed.filter(|seed| seed.as_u64().is_some()),
            frequency_penalty: within(chat.frequency_penalty, one(), Field::FrequencyPenalty),
            presence_penalty: within(chat.presence_penalty, one(), Field::PresencePenalty),
        };
        dropped.add_if(chat.seed.is_some() && sampling.seed.is_none(), Field::Seed);
        sampling
    }
}

/// A number within a range, and whether it was beyond it.
fn bounded<'a>(
    number: Option<Number<'a>>,
    least: Amount<'a>,
    most: Amount<'a>,
) -> Option<(Amount<'a>, bool)> {
    let number = number?;
    let value = number.as_f64();
    Some(match value {
        Some(value) if value < least.value() => (least, true),
        Some(value) if value > most.value() => (most, true),
        _ => (Amount::Given(number), false),
    })
}

impl Amount<'_> {
    fn value(&self) -> f64 {
        match self {
            Self::Given(number) => number.as_f64().unwrap_or_default(),
            // No bound of theirs is so large that it is no float.
            Self::Whole(number) => *number as f64,
            Self::Real(number) => *number,
        }
    }
}

/// Reports what Cohere has no word for. What is its own default (`n: 1`) needs none.
fn unknown(chat: &Chat<'_>, dropped: &mut Dropped) {
    let told = |number: Option<Number<'_>>, default: f64| {
        number.is_some_and(|number| number.as_f64() != Some(default))
    };
    dropped.add_if(told(chat.n, 1.0), Field::N);
    dropped.add_if(told(chat.top_logprobs, 0.0), Field::TopLogprobs);
    dropped.add_if(chat.user.is_some(), Field::User);
    dropped.add_if(chat.metadata.is_some(), Field::Metadata);
    chat.report_unknown(&OWN, dropped);
}

/// A member that the hub does not model.
fn extra<'a>(chat: &Chat<'a>, name: &str) -> Option<&'a RawValue> {
    let found = chat.extra.iter().find(|(known, _)| known.as_str() == name);
    found.map(|(_, value)| *value).filter(|value| !is_null(value))
}
