//! The tools of a client's chat request, and the form of the answer it wants.

use serde_json::value::RawValue;

use super::param::spell;
use super::request::{lift, only_functions, whole_number};
use super::wire::{WireAllowed, WireFormat, WireFunction, WireName, WireThinking, WireTool, WireToolChoice};
use crate::hub::json::{Members, Str, is_object, kind};
use crate::hub::{RequestError, ResponseFormat, Thinking, Tool, ToolChoice};

/// Reads one member of the request.
pub(super) fn read_tool(index: usize, wire: WireTool<'_>) -> Result<Tool<'_>, RequestError> {
    let at = |member: &str| format!("tools[{index}].{member}");
    only_functions(wire.kind, &at("type"))?;
    let function = wire.function.ok_or_else(|| RequestError::missing(at("function")))?;
    let tool = function_at(&at("function"), function)?;
    Ok(Tool { cache_control: wire.cache_control.or(tool.cache_control), beside: wire.extra, ..tool })
}

/// Reads a function of a request that is written as it was before there were tools.
pub(super) fn read_function(index: usize, wire: WireFunction<'_>) -> Result<Tool<'_>, RequestError> {
    function_at(&format!("functions[{index}]"), wire)
}

fn function_at<'a>(place: &str, function: WireFunction<'a>) -> Result<Tool<'a>, RequestError> {
    if let Some(parameters) = function.parameters
        && !is_object(parameters)
    {
        let why = format_args!("expected a JSON Schema object, found {}", kind(parameters));
        return Err(RequestError::invalid(format!("{place}.parameters"), why));
    }
    Ok(Tool {
        name: function.name.ok_or_else(|| RequestError::missing(format!("{place}.name")))?,
        description: function.description,
        parameters: function.parameters,
        strict: function.strict,
        cache_control: function.cache_control,
        extra: function.extra,
        beside: Members::new(),
    })
}

/// Reads one member of the request, by its name.
pub(super) fn read_tool_choice<'a>(
    wire: WireToolChoice<'a>,
    place: &str,
    extra: &mut Members<'a>,
) -> Result<ToolChoice<'a>, RequestError> {
    let mut object = match wire {
        WireToolChoice::Word(word) => {
            return match word.as_str() {
                "auto" => Ok(ToolChoice::Auto),
                "none" => Ok(ToolChoice::None),
                "required" | "any" => Ok(ToolChoice::Required),
                other => Err(RequestError::invalid(place, format_args!("unknown choice {other:?}"))),
            };
        }
        WireToolChoice::Object(object) => object,
    };
    lift(place, &mut object.extra, extra);
    if object.kind.as_deref() == Some("allowed_tools") {
        let allowed =
            object.allowed_tools.ok_or_else(|| RequestError::missing("tool_choice.allowed_tools"))?;
        return read_allowed_tools(allowed, extra);
    }
    only_functions(object.kind, "tool_choice.type")?;
    let name = function_name(object.function, "tool_choice.function", extra).or(object.name);
    name.map(ToolChoice::Named).ok_or_else(|| RequestError::missing("tool_choice.function.name"))
}

fn read_allowed_tools<'a>(
    mut wire: WireAllowed<'a>,
    extra: &mut Members<'a>,
) -> Result<ToolChoice<'a>, RequestError> {
    const PLACE: &str = "tool_choice.allowed_tools";
    lift(PLACE, &mut wire.extra, extra);
    let required = match wire.mode.as_deref() {
        None | Some("auto") => false,
        Some("required") => true,
        Some(other) => {
            return Err(RequestError::invalid(
                format!("{PLACE}.mode"),
                format_args!("unknown mode {other:?}"),
            ));
        }
    };
    let mut names = Vec::new();
    for (index, mut tool) in wire.tools.unwrap_or_default().into_iter().enumerate() {
        let at = |member: &str| format!("{PLACE}.tools[{index}].{member}");
        only_functions(tool.kind, &at("type"))?;
        lift(&format!("{PLACE}.tools[]"), &mut tool.extra, extra);
        let name = function_name(tool.function, &format!("{PLACE}.tools[].function"), extra).or(tool.name);
        names.push(name.ok_or_else(|| RequestError::missing(at("function.name")))?);
    }
    Ok(ToolChoice::Allowed { required, names })
}

fn function_name<'a>(wire: Option<WireName<'a>>, place: &str, extra: &mut Members<'a>) -> Option<Str<'a>> {
    let mut function = wire?;
    lift(place, &mut function.extra, extra);
    function.name
}

/// Reads one member of the request.
pub(super) fn read_response_format<'a>(
    mut wire: WireFormat<'a>,
    extra: &mut Members<'a>,
) -> Result<ResponseFormat<'a>, RequestError> {
    lift("response_format", &mut wire.extra, extra);
    match wire.kind.as_deref() {
        Some("text") => Ok(ResponseFormat::Text),
        Some("json_object") => Ok(ResponseFormat::JsonObject),
        Some("json_schema") => {
            let mut wire =
                wire.json_schema.ok_or_else(|| RequestError::missing("response_format.json_schema"))?;
            lift("response_format.json_schema", &mut wire.extra, extra);
            if let Some(schema) = wire.schema
                && !is_object(schema)
            {
                let why = format_args!("expected a JSON Schema object, found {}", kind(schema));
                return Err(RequestError::invalid("response_format.json_schema.schema", why));
            }
            Ok(ResponseFormat::JsonSchema {
                name: wire.name,
                description: wire.description,
                schema: wire.schema,
                strict: wire.strict,
            })
        }
        Some(other) => {
            Err(RequestError::invalid("response_format.type", format_args!("unknown format {other:?}")))
        }
        None => Err(RequestError::missing("response_format.type")),
    }
}

/// Reads one member of the request.
pub(super) fn read_thinking(raw: &RawValue) -> Result<Thinking<'_>, RequestError> {
    let wire: WireThinking<'_> = serde_json::from_str(raw.get()).map_err(|error| {
        let inner = RequestError::json(raw.get(), &error);
        let name = inner.param.as_ref().map(spell);
        let path = name.as_ref().map_or_else(|| "thinking".to_owned(), |name| format!("thinking.{name}"));
        RequestError::invalid(path, inner.words.with(name.as_deref()))
    })?;
    let kind = wire.kind.ok_or_else(|| RequestError::missing("thinking.type"))?;
    match kind.as_str() {
        "enabled" | "adaptive" | "disabled" | "between_tools" => {}
        other => return Err(RequestError::invalid("thinking.type", format_args!("unknown type {other:?}"))),
    }
    whole_number(wire.budget_tokens, "thinking.budget_tokens")?;
    Ok(Thinking { kind, budget_tokens: wire.budget_tokens, raw })
}
