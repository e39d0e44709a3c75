//! A chat, written as a request to Claude: <https://platform.claude.com/docs/en/api/messages/create>.
//!
//! Borrowed throughout: texts are written from where the client's body lies, schemas and arguments as its raw JSON.

use serde::Serialize;
use serde_json::value::RawValue;

use super::constraints::{LONGEST_USER, MOST_MARKS};
use super::content::{Block, Content, Mark};
use super::models::{self, Model, Sampling};
use super::schema::{self, Allowance, Schema};
use super::thinking::{Thinking, plan};
use super::tools::{Choice, Declared, Renamed, Tools, tools};
use super::turns::{Conversation, Turn, conversation};
use crate::dialect::{Written, instruction};
use crate::hub::json::{Number, Str, is_null};
use crate::hub::{Chat, Dropped, Field, Kind, Param, Part, RequestError, ResponseFormat, Source};
use crate::json_object;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Content::is_empty")]
    system: &'a Content<'a>,
    messages: &'a [Turn<'a>],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Declared<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Temperature<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format<'a>>,
}

#[derive(Serialize)]
struct Format<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    schema: Schema<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    user_id: Str<'a>,
}

/// A temperature: the client's digits, or the end of the range that they overshoot.
#[derive(Serialize)]
#[serde(untagged)]
enum Temperature<'a> {
    Given(Number<'a>),
    Clamped(u8),
}

/// The header that a file of Anthropic's own needs: <https://platform.claude.com/docs/en/build-with-claude/files>.
const FILES: (&str, &str) = ("anthropic-beta", "files-api-2025-04-14");

/// Writes the request. Reports in `dropped` what Claude, or this model of it, can't express.
///
/// # Errors
/// What can't be made valid without losing its meaning.
pub fn write(chat: &Chat<'_>, model: &str, dropped: &mut Dropped) -> Result<Written, RequestError> {
    let renamed = Renamed::of(chat)?;
    let header = chat.messages.iter().any(|message| has_file(&message.parts)).then_some(FILES);
    let body = body(chat, model, &renamed, dropped)?;
    Ok(Written { body, memo: renamed.memo(), header })
}

fn body<'a>(
    chat: &'a Chat<'a>,
    model: &'a str,
    renamed: &'a Renamed<'a>,
    dropped: &mut Dropped,
) -> Result<Vec<u8>, RequestError> {
    let facts = models::of(model);
    let mut allowance = Allowance::default();
    let Conversation { mut system, mut turns, called, setting } =
        conversation(chat, facts, renamed, dropped)?;
    let format = form(chat, facts, &mut system, &mut allowance, dropped)?;
    let mut tools = tools(chat, facts, &called, renamed, &mut allowance, dropped)?;
    let plan = plan(chat, facts, setting.with_forced(tools.forced()), dropped)?;
    let thinks = plan.thinks();
    let (temperature, top_p, top_k) = sampling(chat, facts, thinks, dropped);
    unknown(chat, dropped);
    let cache_control = extra(chat, "cache_control");
    limit_marks(cache_control.is_some(), &mut tools, &mut system, &mut turns, dropped);
    let body = Body {
        model,
        max_tokens: plan.max_tokens,
        stream: chat.stream,
        system: &system,
        messages: &turns,
        tools: tools.declared,
        tool_choice: tools.choice,
        thinking: plan.thinking,
        output_config: (plan.effort.is_some() || format.is_some())
            .then_some(OutputConfig { effort: plan.effort, format }),
        temperature,
        top_p,
        top_k,
        stop_sequences: stop_sequences(chat, dropped),
        metadata: metadata(chat, dropped),
        cache_control,
    };
    chat.write(&body)
}

/// Whether a part is a file that was uploaded before.
fn has_file(parts: &[Part<'_>]) -> bool {
    let is_file = |part: &Part<'_>| {
        matches!(
            &part.kind,
            Kind::File { source: Source::Id(_), .. } | Kind::Image { source: Source::Id(_), .. }
        )
    };
    parts.iter().any(|part| match &part.kind {
        Kind::ToolResult { parts, .. } => parts.iter().any(is_file),
        _ => is_file(part),
    })
}

/// Leaves as many marks for a cache as Claude takes, of which the request's own is one if `whole`. The oldest of the
/// conversation go first, then the tools' and the system's. A mark that stands behind a shorter one lasts no longer.
fn limit_marks<'a>(
    whole: bool,
    tools: &mut Tools<'a>,
    system: &mut Content<'a>,
    turns: &mut [Turn<'a>],
    dropped: &mut Dropped,
) {
    let lasts = |mark: &RawValue| mark.get().contains(AN_HOUR);
    let mut lasting = Vec::new();
    tools.each_mark(&mut |mark| lasting.extend(mark.map(lasts)));
    system.each_mark(&mut |mark| lasting.extend(mark.map(lasts)));
    let before = lasting.len();
    for turn in turns.iter_mut() {
        turn.content().each_mark(&mut |mark| lasting.extend(mark.map(lasts)));
    }
    let excess = lasting.len().saturating_add(usize::from(whole)).saturating_sub(MOST_MARKS);
    let first_short = lasting.iter().position(|long| !long).unwrap_or(lasting.len());
    let orderly = lasting.iter().skip(first_short).all(|long| !long);
    if excess == 0 && orderly {
        return;
    }
    dropped.add(Field::CacheControl);
    let late = before.saturating_add(excess);
    let early = late.saturating_sub(lasting.len());
    let (mut place, mut short) = (0_usize, false);
    let mut settle = |mark: &mut Mark<'a>| {
        let Some(known) = *mark else { return };
        if place < early || (before..late).contains(&place) {
            *mark = None;
        } else if lasts(known) && short {
            *mark = serde_json::from_str(FIVE_MINUTES).ok();
        } else {
            short |= !lasts(known);
        }
        place = place.saturating_add(1);
    };
    tools.each_mark(&mut settle);
    system.each_mark(&mut settle);
    turns.iter_mut().for_each(|turn| turn.content().each_mark(&mut settle));
}

/// How a mark says that it lasts an hour, and one that lasts as long as it does by default.
const AN_HOUR: &str = "\"1h\"";
const FIVE_MINUTES: &str = r#"{"type":"ephemeral"}"#;

/// The form of the answer: a schema where the model takes it. Otherwise, reported, an instruction of the system.
fn form<'a>(
    chat: &'a Chat<'a>,
    model: &Model,
    system: &mut Content<'a>,
    allowance: &mut Allowance,
    dropped: &mut Dropped,
) -> Result<Option<Format<'a>>, RequestError> {
    let Some(format) = &chat.response_format else { return Ok(None) };
    if let ResponseFormat::JsonSchema { schema: Some(schema), description, strict, .. } = format {
        let strict = *strict == Some(true);
        let grammar = match model.schemas {
            true => schema::of_answer(schema, strict, allowance, dropped)?,
            false => None,
        };
        if let Some(schema) = grammar {
            dropped.add_if(description.is_some(), Field::SchemaDescription);
            return Ok(Some(Format { kind: "json_schema", schema }));
        }
    }
    if let Some(text) = instruction::form(format) {
        dropped.add(Field::ResponseFormat);
        system.0.push(Block::text(text));
    }
    Ok(None)
}

type Sampled<'a> = (Option<Temperature<'a>>, Option<Number<'a>>, Option<Number<'a>>);

/// Sampling parameters, without those that the model refuses. A value that is the default anyway is left out silently.
fn sampling<'a>(chat: &Chat<'a>, model: &Model, thinks: bool, dropped: &mut Dropped) -> Sampled<'a> {
    let (mut temperature, mut top_p, mut top_k) = (chat.temperature, chat.top_p, chat.top_k);
    let value = |number: Option<Number<'_>>| number.and_then(Number::as_f64);
    let is_one = |number| value(number) == Some(1.0);
    let fixed = model.sampling == Sampling::Fixed;
    if fixed || thinks {
        dropped.add_if(temperature.is_some() && !is_one(temperature), Field::Temperature);
        dropped.add_if(top_k.is_some(), Field::TopK);
        (temperature, top_k) = (None, None);
    }
    // Beside thinking, `top_p` may be between 0.95 and 1.
    if fixed || thinks && value(top_p).is_none_or(|value| value < 0.95) {
        dropped.add_if(top_p.is_some() && !is_one(top_p), Field::TopP);
        top_p = None;
    }
    if model.sampling == Sampling::NotBoth && temperature.is_some() && top_p.is_some() {
        if is_one(temperature) {
            temperature = None;
        } else {
            dropped.add_if(!is_one(top_p), Field::TopP);
            top_p = None;
        }
    }
    let clamped = |number: Number<'a>| match number.as_f64() {
        Some(value) if value > 1.0 => Temperature::Clamped(1),
        Some(value) if value < 0.0 => Temperature::Clamped(0),
        _ => Temperature::Given(number),
    };
    let temperature = temperature.map(clamped);
    dropped.add_if(matches!(temperature, Some(Temperature::Clamped(_))), Field::Temperature);
    (temperature, top_p, top_k)
}

/// Claude refuses blank ones.
fn stop_sequences<'a>(chat: &'a Chat<'a>, dropped: &mut Dropped) -> Vec<&'a str> {
    let (kept, blank): (Vec<_>, Vec<_>) =
        chat.stop.iter().map(Str::as_str).partition(|text| !text.trim().is_empty());
    dropped.add_if(!blank.is_empty(), Field::Stop);
    kept
}

/// Who the caller's user is: `user`, else its successor `safety_identifier`, else `metadata.user_id`.
fn metadata<'a>(chat: &'a Chat<'a>, dropped: &mut Dropped) -> Option<Metadata<'a>> {
    json_object! { struct Wire<'a> { user_id: &'a RawValue } }
    let string = |raw: &'a RawValue| serde_json::from_str::<Str<'a>>(raw.get()).ok();
    let mut user = chat.user.as_ref().map(|user| Str::borrowed(user));
    if let Some(raw) = extra(chat, "safety_identifier") {
        user = user.or_else(|| string(raw));
    }
    if let Some(raw) = chat.metadata {
        match serde_json::from_str::<Wire<'a>>(raw.get()) {
            Ok(wire) => {
                let named = wire.user_id.and_then(string);
                dropped.add_if(
                    wire.user_id.is_some() && (user.is_some() || named.is_none()),
                    Field::MetadataUser,
                );
                dropped.add_members(|name| Param::Member(Field::Metadata, name), &wire.extra);
                user = user.or(named);
            }
            Err(_) => dropped.add(Field::Metadata),
        }
    }
    let short = |user: &Str<'_>| user.chars().nth(LONGEST_USER).is_none();
    // The beginning of an id may be another's.
    dropped.add_if(user.as_ref().is_some_and(|user| !short(user)), Field::User);
    user.filter(|user| !user.is_empty() && short(user)).map(|user_id| Metadata { user_id })
}

/// Reports what Claude has no word for. What is its own default (`n: 1`, a penalty of 0) needs none.
fn unknown(chat: &Chat<'_>, dropped: &mut Dropped) {
    let told = |number: Option<Number<'_>>, default: f64| {
        number.is_some_and(|number| number.as_f64() != Some(default))
    };
    dropped.add_if(told(chat.n, 1.0), Field::N);
    dropped.add_if(chat.seed.is_some(), Field::Seed);
    dropped.add_if(told(chat.frequency_penalty, 0.0), Field::FrequencyPenalty);
    dropped.add_if(told(chat.presence_penalty, 0.0), Field::PresencePenalty);
    dropped.add_if(chat.logprobs == Some(true), Field::Logprobs);
    dropped.add_if(told(chat.top_logprobs, 0.0), Field::TopLogprobs);
    chat.report_unknown(&["cache_control", "safety_identifier"], dropped);
}

/// A member that the hub does not model.
fn extra<'a>(chat: &Chat<'a>, name: &str) -> Option<&'a RawValue> {
    let found = chat.extra.iter().find(|(known, _)| known.as_str() == name);
    found.map(|(_, value)| *value).filter(|value| !is_null(value))
}
