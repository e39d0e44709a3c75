//! Nothing vanishes in silence: what a client asks for changes what is sent, or is reported, or is refused by name.

use ferro::chat::{Dropped, RequestError};
use ferro::dialect::openai;
use ferro::provider::{Path, RowOperation};
use serde_json::{Map, Value};

use super::goldens;
use super::panics::MODELS;
use super::random::{count, nth};

/// A conversation in which every parameter has something to do.
const BASE: &str = r#"{
    "model":"m",
    "messages":[{"role":"user","content":"hi"}],
    "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]
}"#;

/// OpenAI's parameters beside `model` and `messages`, each with a value that is not its default:
/// <https://platform.openai.com/docs/api-reference/chat/create>. Then those of others that the hub models.
const PARAMETERS: &[(&str, &str)] = &[
    ("audio", r#"{"voice":"alloy","format":"mp3"}"#),
    ("frequency_penalty", "0.5"),
    ("function_call", r#""auto""#),
    ("functions", r#"[{"name":"g"}]"#),
    ("logit_bias", r#"{"50256":-100}"#),
    ("logprobs", "true"),
    ("max_completion_tokens", "77"),
    ("max_tokens", "77"),
    ("metadata", r#"{"a":"b"}"#),
    ("modalities", r#"["text","audio"]"#),
    ("n", "3"),
    ("parallel_tool_calls", "false"),
    ("prediction", r#"{"type":"content","content":"x"}"#),
    ("presence_penalty", "0.5"),
    ("prompt_cache_key", r#""k""#),
    ("prompt_cache_retention", r#""24h""#),
    ("reasoning_effort", r#""high""#),
    ("response_format", r#"{"type":"json_object"}"#),
    ("safety_identifier", r#""s""#),
    ("seed", "7"),
    ("service_tier", r#""flex""#),
    ("stop", r#"["END"]"#),
    ("store", "true"),
    ("stream", "true"),
    ("temperature", "0.25"),
    ("tool_choice", r#""required""#),
    ("tools", r#"[{"type":"function","function":{"name":"other"}}]"#),
    ("top_p", "0.5"),
    ("user", r#""u""#),
    ("verbosity", r#""low""#),
    ("web_search_options", "{}"),
    ("top_k", "5"),
    ("thinking", r#"{"type":"enabled","budget_tokens":2048}"#),
    ("nobody_knows_it", "1"),
];

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
    for (dialect, models) in MODELS {
        for model in *models {
            let write = |text: &str| -> Result<(String, Vec<u8>, Dropped), RequestError> {
                let mut dropped = Dropped::default();
                let chat = openai::read_request(text)?;
                let body = dialect.translate().unwrap().write_request(&chat, model, &mut dropped)?;
                let path = Path::parse(RowOperation::chat(*dialect).path).unwrap();
                Ok((path.write(model, chat.stream)?, body, dropped))
            };
            let (path, body, _) = write(without).unwrap();
            let named = match write(with) {
                Err(error) => error.param.is_some_and(|param| is_of(&param, name)),
                Ok((other, changed, dropped)) => {
                    let arrives = other != path || changed != body;
                    arrived += usize::from(arrives);
                    arrives || dropped.names().iter().any(|dropped| is_of(dropped, name))
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
            let forbidden = path.starts_with("tools[]") && text.contains("\"allowed_tools\"");
            let Ok(chat) = openai::read_request(&text) else { continue };
            for (dialect, models) in MODELS.iter().filter(|_| !forbidden) {
                let mut dropped = Dropped::default();
                let written = dialect.translate().unwrap().write_request(&chat, models[0], &mut dropped);
                let Ok(body) = written else { continue };
                let arrives = String::from_utf8(body).unwrap().contains(NAME);
                // Whole, or with the member or some object around it.
                let reported = dropped.names().iter().any(|name| {
                    is_of(&path, name) || name == "cache_control" && path.contains(&format!("{name}."))
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
