//! What Gemini refuses: members that it does not know, turns out of order, calls without their signature.
//!
//! The rules that a translation is likely to break, not all there are. Unlike Gemini, it names the first unknown
//! member only.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::delivery::Refusal;
use super::{list, member, refusal, snake};

/// A rule that a request breaks.
#[derive(Debug)]
pub(super) enum Broken {
    /// A member that does not exist.
    Unknown { name: String, at: String },
    /// Anything else, in Gemini's words.
    Invalid(String),
}

impl Broken {
    pub(super) fn refusal(self) -> Box<Refusal> {
        let (message, field) = match self {
            Self::Invalid(message) => return refusal(StatusCode::BAD_REQUEST, &message, STATUS, json!([])),
            Self::Unknown { name, at } if at.is_empty() => {
                (format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field."), None)
            }
            Self::Unknown { name, at } => {
                let place = format!("Unknown name \"{name}\" at '{at}': Cannot find field.");
                (format!("Invalid JSON payload received. {place}"), Some(at))
            }
        };
        let mut violation = json!({ "description": message });
        if let (Some(members), Some(field)) = (violation.as_object_mut(), field) {
            members.insert("field".to_owned(), json!(field));
        }
        let kind = "type.googleapis.com/google.rpc.BadRequest";
        let details = json!([{ "@type": kind, "fieldViolations": [violation] }]);
        refusal(StatusCode::BAD_REQUEST, &message, STATUS, details)
    }
}

/// Says which rule is broken first.
pub(super) fn check(body: &Value, model: &str) -> Result<(), Broken> {
    only(body, REQUEST, "")?;
    if let Some(config) = member(body, "generationConfig") {
        generation(config, body, model)?;
    }
    if let Some(instruction) = member(body, "systemInstruction") {
        only(instruction, CONTENT, "system_instruction")?;
        parts(instruction, "system_instruction")?;
    }
    for (index, tool) in list(body, "tools").iter().enumerate() {
        for (position, function) in list(tool, "functionDeclarations").iter().enumerate() {
            declaration(function, &format!("tools[{index}].function_declarations[{position}]"))?;
        }
    }
    let contents = list(body, "contents");
    if contents.is_empty() {
        return Err(invalid("* GenerateContentRequest.contents: contents is not specified\n"));
    }
    for (index, content) in contents.iter().enumerate() {
        only(content, CONTENT, &format!("contents[{index}]"))?;
        if content.get("role").and_then(Value::as_str).is_some_and(|role| !ROLES.contains(&role)) {
            return Err(invalid("Please use a valid role: user, model."));
        }
        if list(content, "parts").is_empty() {
            let at = format!("* GenerateContentRequest.contents[{index}].parts");
            return Err(invalid(&format!("{at}: contents.parts must not be empty.\n")));
        }
        parts(content, &format!("contents[{index}]"))?;
    }
    order(contents)?;
    signatures(contents, model)
}

fn generation(config: &Value, body: &Value, model: &str) -> Result<(), Broken> {
    only(config, GENERATION, "generation_config")?;
    if let Some(thinking) = member(config, "thinkingConfig") {
        only(thinking, THINKING, "generation_config.thinking_config")?;
        if member(thinking, "thinkingBudget").is_some() && member(thinking, "thinkingLevel").is_some() {
            return Err(invalid("You can only set only one of thinking budget and thinking level."));
        }
    }
    let is_json = member(config, "responseMimeType").is_some_and(|kind| kind == "application/json");
    let is_enum = member(config, "responseMimeType").is_some_and(|kind| kind == "text/x.enum");
    let shaped = member(config, "responseSchema").is_some() || member(config, "responseJsonSchema").is_some();
    if shaped && !is_json && !is_enum {
        return Err(invalid("Response schema is only supported with response mime type: 'application/json'"));
    }
    if let Some(shape) = member(config, "responseSchema") {
        schema(shape, "generation_config.response_schema")?;
    }
    let has_tools = list(body, "tools").iter().any(|tool| !list(tool, "functionDeclarations").is_empty());
    if is_json && has_tools && !model.starts_with("gemini-3") {
        return Err(invalid("Function calling with a response mime type: 'application/json' is unsupported"));
    }
    Ok(())
}

fn declaration(function: &Value, at: &str) -> Result<(), Broken> {
    only(function, FUNCTION, at)?;
    if member(function, "parameters").is_some() && member(function, "parametersJsonSchema").is_some() {
        return Err(invalid(&format!(
            "* {at}: parameters and parameters_json_schema are mutually exclusive.\n"
        )));
    }
    member(function, "parameters")
        .map_or(Ok(()), |parameters| schema(parameters, &format!("{at}.parameters")))
}

/// Gemini's own `Schema` knows a part of JSON Schema.
fn schema(value: &Value, at: &str) -> Result<(), Broken> {
    only(value, SCHEMA, at)?;
    if value.get("type").is_some_and(Value::is_array) {
        return Err(invalid(&format!(
            "Invalid JSON payload received. Unknown name \"type\" at '{at}': Proto field is not repeating, cannot \
             start list."
        )));
    }
    let properties = value.get("properties").and_then(Value::as_object);
    for (index, property) in properties.into_iter().flat_map(|members| members.values()).enumerate() {
        schema(property, &format!("{at}.properties[{index}].value"))?;
    }
    if let Some(items) = value.get("items") {
        schema(items, &format!("{at}.items"))?;
    }
    for (index, variant) in list(value, "anyOf").iter().enumerate() {
        schema(variant, &format!("{at}.any_of[{index}]"))?;
    }
    Ok(())
}

/// The parts of a content: each known, and with something in it.
pub(super) fn parts(content: &Value, at: &str) -> Result<(), Broken> {
    for (index, part) in list(content, "parts").iter().enumerate() {
        let at = format!("{at}.parts[{index}]");
        only(part, PART, &at)?;
        if !DATA.iter().any(|name| member(part, name).is_some()) {
            return Err(invalid(&format!(
                "* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field\n"
            )));
        }
        for (name, known) in [("functionCall", CALL), ("functionResponse", RESPONSE)] {
            if let Some(function) = member(part, name) {
                only(function, known, &format!("{at}.{}", snake(name)))?;
            }
        }
        let response = member(part, "functionResponse").map(|function| function.get("response"));
        if response.is_some_and(|response| !response.is_some_and(Value::is_object)) {
            return Err(invalid(&format!("Invalid value at '{at}.function_response.response' (Struct)")));
        }
    }
    Ok(())
}

/// Calls follow a user's turn, and all of them are answered by the very next turn.
fn order(contents: &[Value]) -> Result<(), Broken> {
    let is_model = |content: &Value| content.get("role").is_some_and(|role| role == "model");
    let mut before: Option<&Value> = None;
    for content in contents {
        let calls = before.map_or(0, |before| count(before, "functionCall"));
        let responses = count(content, "functionResponse");
        if count(content, "functionCall") > 0 && before.is_none_or(is_model) {
            return Err(invalid(CALLS_OUT_OF_ORDER));
        }
        if responses > 0 && calls == 0 {
            return Err(invalid(RESPONSES_OUT_OF_ORDER));
        }
        if responses != calls {
            return Err(invalid(RESPONSES_MISSING));
        }
        before = Some(content);
    }
    match before.filter(|last| count(last, "functionCall") > 0) {
        Some(_) => Err(invalid(RESPONSES_MISSING)),
        None => Ok(()),
    }
}

fn count(content: &Value, name: &str) -> usize {
    list(content, "parts").iter().filter(|part| member(part, name).is_some()).count()
}

/// A signature must be one that was given out. Gemini 3 demands one on the first call of each step of the current
/// turn: <https://ai.google.dev/gemini-api/docs/thought-signatures>.
fn signatures(contents: &[Value], model: &str) -> Result<(), Broken> {
    for part in contents.iter().flat_map(|content| list(content, "parts")) {
        let signature = member(part, "thoughtSignature").and_then(Value::as_str);
        if signature
            .is_some_and(|signature| !signature.starts_with("EqQBdemo") && !BYPASSES.contains(&signature))
        {
            return Err(invalid("Corrupted thought signature."));
        }
    }
    let is_question = |content: &Value| {
        content.get("role").is_none_or(|role| role == "user") && count(content, "functionResponse") == 0
    };
    let turn = contents.iter().rposition(is_question).unwrap_or(0);
    for (position, content) in contents.iter().enumerate().skip(turn) {
        let first =
            list(content, "parts").iter().find_map(|part| Some((part, member(part, "functionCall")?)));
        let Some((part, call)) = first else { continue };
        if model.starts_with("gemini-3") && member(part, "thoughtSignature").is_none() {
            let name = call.get("name").and_then(Value::as_str).unwrap_or_default();
            return Err(invalid(&format!(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to \
                 work correctly, and missing thought_signature may lead to degraded model performance. Additional \
                 data, function call `default_api:{name}` , position {}.",
                position.saturating_add(1)
            )));
        }
    }
    Ok(())
}

/// Refuses members but these.
pub(super) fn only(value: &Value, known: &[&str], at: &str) -> Result<(), Broken> {
    let Some(members) = value.as_object() else {
        return Err(invalid(&format!("Invalid value at '{at}': expected an object")));
    };
    let is_known = |name: &String| known.iter().any(|known| known == name || snake(known) == *name);
    match members.keys().find(|name| !is_known(name)) {
        Some(name) => Err(Broken::Unknown { name: name.clone(), at: at.to_owned() }),
        None => Ok(()),
    }
}

/// A rule in Gemini's words.
pub(super) fn invalid(message: &str) -> Broken {
    Broken::Invalid(message.to_owned())
}

const STATUS: &str = "INVALID_ARGUMENT";
const CALLS_OUT_OF_ORDER: &str = "Please ensure that function call turn comes immediately after a user turn or \
                                 after a function response turn.";
const RESPONSES_OUT_OF_ORDER: &str =
    "Please ensure that function response turn comes immediately after a function call turn.";
const RESPONSES_MISSING: &str = "Please ensure that the number of function response parts is equal to the number of \
                                 function call parts of the function call turn.";

/// Documented values for histories whose signatures are lost.
const BYPASSES: &[&str] = &["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];
const ROLES: &[&str] = &["user", "model", "function"];

// Members that Gemini knows (2026-05).
const REQUEST: &[&str] = &[
    "cachedContent",
    "contents",
    "generationConfig",
    "model",
    "safetySettings",
    "serviceTier",
    "store",
    "systemInstruction",
    "toolConfig",
    "tools",
];
const GENERATION: &[&str] = &[
    "candidateCount",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];
const THINKING: &[&str] = &["includeThoughts", "thinkingBudget", "thinkingLevel"];
pub(super) const CONTENT: &[&str] = &["parts", "role"];
const PART: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "mediaResolution",
    "partMetadata",
    "text",
    "thought",
    "thoughtSignature",
    "videoMetadata",
];
/// Of a part's members, those that are its content.
const DATA: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "text",
];
const CALL: &[&str] = &["args", "id", "name"];
const RESPONSE: &[&str] = &["id", "name", "parts", "response", "scheduling", "willContinue"];
const FUNCTION: &[&str] = &[
    "behavior",
    "description",
    "name",
    "parameters",
    "parametersJsonSchema",
    "response",
    "responseJsonSchema",
];
const SCHEMA: &[&str] = &[
    "additionalProperties",
    "anyOf",
    "default",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "propertyOrdering",
    "required",
    "title",
    "type",
];
