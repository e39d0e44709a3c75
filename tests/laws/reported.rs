//! Nothing vanishes in silence: what a client asks for changes what is sent, or is reported, or is refused by name.

use ferro::dialect::{Format, openai};
use ferro::hub::json::Document;
use ferro::hub::{Dropped, RequestError};
use ferro::provider::{Path, RowOperation};
use serde_json::{Map, Value};

use super::goldens;
use super::panics::MODELS;
use super::parameters::{BASE, PARAMETERS};
use super::random::{count, nth};

/// Each parameter alone, for every model.
pub fn parameters() {
    let mut arrived = 0;
    for (name, value) in PARAMETERS {
        let mut with = object(BASE);
        with.insert((*name).to_owned(), serde_json::from_str(value).unwrap());
        arrived += spoken_for(name, BASE, &Value::Object(with).to_string());
    }
    let (without, with) = (with_logprobs(""), with_logprobs(r#","top_logprobs":3"#));
    arrived += spoken_for("top_logprobs", &without, &with);
    assert!(arrived > 100, "only {arrived} parameters arrived in some form");
}

fn with_logprobs(more: &str) -> String {
    let base = BASE.trim_end().strip_suffix('}').unwrap();
    format!("{base},\"logprobs\":true{more}}}")
}

/// Whether `name` made a difference or was named, for every model. How often it made one.
fn spoken_for(name: &str, without: &str, with: &str) -> usize {
    let mut arrived = 0;
    // What OpenAI deprecated is named as it is called now.
    let name = match name {
        "functions" => "tools",
        "function_call" => "tool_choice",
        name => name,
    };
    // An answer that comes whole is written as a stream: nothing of that is asked for.
    let is_whole = |dialect: &Format| name == "stream" && dialect.polled.is_some();
    for (dialect, models) in MODELS.iter().filter(|(dialect, _)| !is_whole(dialect)) {
        for model in *models {
            let write = |text: &str| -> Result<(String, Vec<u8>, Dropped), RequestError> {
                let mut dropped = Dropped::default();
                let document = Document::new(text);
                let chat = openai::read_request(&document)?;
                let written = dialect.provider.unwrap().write_request(&chat, model, &mut dropped)?;
                let path = Path::parse(RowOperation::chat(dialect).path).unwrap();
                Ok((path.write(model, chat.stream)?.into_owned(), written.body, dropped))
            };
            let (path, body, _) = write(without).unwrap();
            let named = match write(with) {
                Err(error) => error.param.is_some_and(|param| is_of(&openai::spell(&param), name)),
                Ok((other, changed, dropped)) => {
                    let arrives = other != path || changed != body;
                    arrived += usize::from(arrives);
                    arrives || dropped.names(openai::spell).iter().any(|dropped| is_of(dropped, name))
                }
            };
            assert!(named, "{name} vanished on its way to {model}");
        }
    }
    arrived
}

/// Whether a path speaks of this parameter.
fn is_of(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// A member that nobody knows, in every object of every golden request.
pub fn unknown_members() {
    const NAME: &str = "nobody_knows_it";
    let (mut checked, mut lost) = (0, Vec::new());
    for input in goldens::inputs("request") {
        let Ok(mut value) = serde_json::from_str::<Value>(input) else { continue };
        for place in 0..count(&value) {
            let Some(Value::Object(members)) = nth(&mut value, &mut { place }) else { continue };
            members.insert(NAME.to_owned(), Value::from("but here it is"));
            let (text, path) = (value.to_string(), path_of(&value, NAME).unwrap());
            if let Some(Value::Object(members)) = nth(&mut value, &mut { place }) {
                members.remove(NAME);
            }
            // What may not be called need not be declared: nothing of its meaning is lost.
            let path = path.replace("functions[]", "tools[].function");
            let chosen =
                ["{", "\"none\""].iter().any(|choice| text.contains(&["\"tool_choice\":", choice].concat()));
            let forbidden = path.starts_with("tools[]") && chosen;
            let document = Document::new(text.as_str());
            let Ok(chat) = openai::read_request(&document) else { continue };
            for (dialect, models) in MODELS.iter().filter(|_| !forbidden) {
                let mut dropped = Dropped::default();
                let written = dialect.provider.unwrap().write_request(&chat, models[0], &mut dropped);
                let Ok(written) = written else { continue };
                let arrives = String::from_utf8(written.body).unwrap().contains(NAME);
                // Whole, or with the member or some object around it; what is deep within a schema, as a member of that.
                let reported = dropped.names(openai::spell).iter().any(|name| {
                    let of_schema = name.strip_suffix(NAME).is_some_and(|schema| path.starts_with(schema));
                    // What a schema defines goes with what refers to it.
                    let of_definition = path.split_once(".$defs.").is_some_and(|(schema, _)| {
                        name.strip_prefix(schema).is_some_and(|member| member.starts_with('.'))
                    });
                    is_of(&path, name)
                        || of_schema
                        || of_definition
                        || name == "cache_control" && path.contains(&format!("{name}."))
                });
                if !arrives && !reported {
                    lost.push(format!("{path} on its way to {}; reported: {dropped:?}", models[0]));
                }
                checked += 1;
            }
        }
    }
    lost.sort_unstable();
    lost.dedup();
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    assert!(checked > 500, "only {checked} places");
}

/// Where a member of this name is: `messages[].content[].text`.
fn path_of(value: &Value, name: &str) -> Option<String> {
    let join = |step: &str, rest: String| match rest.starts_with('[') {
        true => format!("{step}{rest}"),
        false => format!("{step}.{rest}"),
    };
    match value {
        Value::Object(members) if members.contains_key(name) => Some(name.to_owned()),
        Value::Object(members) => {
            members.iter().find_map(|(step, value)| Some(join(step, path_of(value, name)?)))
        }
        Value::Array(list) => list.iter().find_map(|value| Some(join("[]", path_of(value, name)?))),
        _ => None,
    }
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}
