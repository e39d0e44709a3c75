//! Moderations of Mistral's: <https://docs.mistral.ai/api/endpoint/classifiers>,
//! <https://docs.mistral.ai/capabilities/guardrailing>.
//!
//! | OpenAI | Mistral |
//! |---|---|
//! | `input`: a text, or a list of them | the same |
//! | `input`: a list of objects | one text of their texts, since it is one input; an image is refused |
//! | `results[].flagged` | any of `categories` |
//! | `results[].categories`, `category_scores` | the same, by Mistral's own names |
//! | `id`, `model` | the same |

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialect::object::{Object, literal};
use crate::dialect::task::check_crowd;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{self, Document, Few, Members, Number, Str, is_null, kind};
use crate::hub::{Dropped, Malformed, Param, RequestError, Told, Usage};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: "moderations", path: "/moderations", provider: &Moderations };

/// The most that is looked at at once. Nobody says how much may be: as many as there may be texts to embed.
const MOST: usize = 2048;

json_object! { struct WireRequest<'a> { model: &'a RawValue, input: &'a RawValue, metadata: &'a RawValue } }

json_object! { struct WirePart<'a> { kind as "type": Str<'a>, text: Str<'a>, .. } }

json_object! {
    struct WireAnswer<'a> {
        id: Str<'a>,
        model: Str<'a>,
        results: Few<WireResult<'a>, MOST>,
        usage: WireUsage<'a>,
        ..
    }
}

json_object! { struct WireResult<'a> { flagged: bool, categories: Categories<'a>, category_scores: &'a RawValue } }

json_object! { struct Categories<'a> { } }

json_object! { struct WireUsage<'a> { prompt_tokens: Number<'a>, .. } }

#[derive(Debug)]
struct Moderations;

impl TaskProvider for Moderations {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        check_crowd(body, "input")?;
        let wire: WireRequest<'_> = body.read()?;
        let input = wire.input.ok_or_else(|| RequestError::missing("input"))?;
        let (input, count) = read_input(input)?;
        for (name, _) in wire.extra.iter().filter(|(_, value)| !is_null(value)) {
            dropped.add_member(Param::from, name);
        }
        let object = Object::new(input.len().saturating_add(256)).text("model", model).raw("input", &input);
        let mut written =
            Written::of(object.raw_if("metadata", wire.metadata.map(RawValue::get)).close().into_bytes());
        written.memo.note("model", model);
        written.memo.note("inputs", count.to_string());
        Ok(written)
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()))?;
        let wire: WireAnswer<'_> = json::read(text)?;
        let Few(results) = wire.results.ok_or_else(|| Malformed("no results".to_owned()))?;
        let asked = arrival.memo.noted("inputs").and_then(|count| count.parse().ok());
        if asked.is_some_and(|asked: usize| asked != results.len()) {
            return Err(Malformed(format!("{} results, which is not one for each input", results.len())));
        }
        let results = results.iter().map(result).collect::<Result<Vec<_>, _>>()?;
        let made = format!("modr-{:016x}", arrival.stamp.seed);
        let id = wire.id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&made);
        let model = wire.model.as_deref().or(arrival.memo.noted("model")).unwrap_or_default();
        let body = Object::new(body.len()).text("id", id).text("model", model).list("results", results);
        let prompt = wire.usage.and_then(|usage| usage.prompt_tokens).and_then(Number::as_u64);
        let usage = prompt.map(|prompt| Usage { prompt, ..Usage::default() });
        Ok(TaskAnswer::json(body.close().into_bytes(), Told { usage, finish: None }))
    }
}

/// What is to be looked at, and how many results that has.
fn read_input(input: &RawValue) -> Result<(Cow<'_, str>, usize), RequestError> {
    let expected = |path: String, found: &str| {
        RequestError::invalid(path, format_args!("expected a text, found {found}"))
    };
    match kind(input) {
        "a string" => return Ok((input.get().into(), 1)),
        "a list" => {}
        other => return Err(expected("input".to_owned(), other)),
    }
    let Few(parts): Few<&RawValue, MOST> =
        serde_json::from_str(input.get()).map_err(|error| RequestError::json_of("input", &error))?;
    if parts.iter().all(|part| kind(part) == "a string") {
        return match parts.len() {
            0 => Err(RequestError::invalid("input", "expected at least one text, found an empty list")),
            count => Ok((input.get().into(), count)),
        };
    }
    let mut texts = Vec::new();
    for (place, part) in parts.into_iter().enumerate() {
        let path = || format!("input[{place}]");
        if kind(part) == "a string" {
            texts.push(read_text(part, path())?);
            continue;
        }
        if kind(part) != "an object" {
            return Err(expected(path(), kind(part)));
        }
        let part: WirePart<'_> =
            serde_json::from_str(part.get()).map_err(|error| RequestError::json_of(path(), &error))?;
        match (part.kind.as_deref(), part.text) {
            (Some("text"), Some(text)) => texts.push(text.into_owned()),
            _ => return Err(RequestError::unsupported(path(), "Mistral looks at nothing but texts")),
        }
    }
    Ok((literal(&texts.join("\n")).into(), 1))
}

fn read_text(text: &RawValue, path: String) -> Result<String, RequestError> {
    serde_json::from_str(text.get()).map_err(|error| RequestError::json_of(path, &error))
}

/// A result with the word on all of it.
fn result(result: &WireResult<'_>) -> Result<String, Malformed> {
    let categories =
        result.categories.as_ref().ok_or_else(|| Malformed("a result without categories".to_owned()))?;
    let flagged = result.flagged.unwrap_or_else(|| categories.extra.iter().any(|(_, is)| is.get() == "true"));
    let mut named = Object::new(256);
    for (name, value) in &categories.extra {
        named = named.raw(name, value.get());
    }
    let object = Object::new(512).raw("flagged", if flagged { "true" } else { "false" });
    let object = object.raw("categories", &named.close());
    let object = object.raw_if("category_scores", result.category_scores.map(RawValue::get));
    let others: &Members<'_> = &result.extra;
    let all = others.iter().fold(object, |object, (name, value)| object.raw(name, value.get()));
    Ok(all.close())
}
