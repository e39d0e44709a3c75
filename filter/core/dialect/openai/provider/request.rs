//! A chat, written as a request: <https://platform.openai.com/docs/api-reference/chat/create>.
//!
//! Borrowed throughout: texts are written from where the client's body lies, numbers, schemas and arguments as its raw
//! JSON.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::messages::{self, Message};
use super::nested;
use crate::hub::json::Str;
use crate::hub::{Chat, Dropped, Effort, Param, RequestError, ResponseFormat, Tool, ToolChoice};

/// The objects that members are lifted from to the request itself.
const LIFTED: &[&str] = &[
    STREAM_OPTIONS,
    RESPONSE_FORMAT,
    JSON_SCHEMA,
    TOOL_CHOICE,
    "tool_choice.function",
    ALLOWED,
    "tool_choice.allowed_tools.tools[]",
    "tool_choice.allowed_tools.tools[].function",
];
const STREAM_OPTIONS: &str = "stream_options";
const RESPONSE_FORMAT: &str = "response_format";
const JSON_SCHEMA: &str = "response_format.json_schema";
const TOOL_CHOICE: &str = "tool_choice";
const ALLOWED: &str = "tool_choice.allowed_tools";

/// What a schema is called that has no name, which OpenAI demands.
const NAMELESS: &str = "answer";

/// Writes the body. Reports in `dropped` what lost its place.
///
/// # Errors
/// A part that the format has no word for.
pub fn write(chat: &Chat<'_>, model: &str, dropped: &mut Dropped) -> Result<Vec<u8>, RequestError> {
    messages::check(chat, dropped)?;
    for (name, _) in &chat.extra {
        let (object, _) = nested::place(name, LIFTED);
        let written = match object {
            "" => true,
            STREAM_OPTIONS => chat.stream,
            RESPONSE_FORMAT => chat.response_format.is_some(),
            JSON_SCHEMA => matches!(chat.response_format, Some(ResponseFormat::JsonSchema { .. })),
            TOOL_CHOICE => {
                matches!(chat.tool_choice, Some(ToolChoice::Named(_) | ToolChoice::Allowed { .. }))
            }
            ALLOWED => matches!(chat.tool_choice, Some(ToolChoice::Allowed { .. })),
            "tool_choice.function" => matches!(chat.tool_choice, Some(ToolChoice::Named(_))),
            // Of which of the tools it was, nobody knows.
            _ => false,
        };
        if !written {
            dropped.add_member(Param::from, name);
        }
    }
    chat.write(&Body { chat, model })
}

struct Body<'a> {
    chat: &'a Chat<'a>,
    model: &'a str,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let chat = self.chat;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("messages", &List(&chat.messages, Message::of))?;
        if !chat.tools.is_empty() {
            map.serialize_entry("tools", &List(&chat.tools, Declared))?;
        }
        if let Some(choice) = &chat.tool_choice {
            map.serialize_entry(TOOL_CHOICE, &Choice { choice, chat })?;
        }
        entry(&mut map, "parallel_tool_calls", chat.parallel_tool_calls)?;
        let limit = match chat.max_tokens_name {
            old @ "max_tokens" => old,
            _ => "max_completion_tokens",
        };
        entry(&mut map, limit, chat.max_tokens)?;
        entry(&mut map, "temperature", chat.temperature)?;
        entry(&mut map, "top_p", chat.top_p)?;
        entry(&mut map, "top_k", chat.top_k)?;
        entry(&mut map, "n", chat.n)?;
        entry(&mut map, "seed", chat.seed)?;
        entry(&mut map, "frequency_penalty", chat.frequency_penalty)?;
        entry(&mut map, "presence_penalty", chat.presence_penalty)?;
        entry(&mut map, "logprobs", chat.logprobs)?;
        entry(&mut map, "top_logprobs", chat.top_logprobs)?;
        if !chat.stop.is_empty() {
            map.serialize_entry("stop", &chat.stop)?;
        }
        if let Some(format) = &chat.response_format {
            map.serialize_entry(RESPONSE_FORMAT, &Format { format, chat })?;
        }
        entry(&mut map, "reasoning_effort", chat.effort.and_then(Effort::word))?;
        entry(&mut map, "thinking", chat.thinking.as_ref().map(|thinking| thinking.raw))?;
        entry(&mut map, "user", chat.user.as_ref())?;
        entry(&mut map, "metadata", chat.metadata)?;
        if chat.stream {
            map.serialize_entry("stream", &true)?;
            map.serialize_entry(STREAM_OPTIONS, &StreamOptions(chat))?;
        }
        nested::write(&mut map, &chat.extra, LIFTED, "")?;
        map.end()
    }
}

/// A list of hub values, each written as what the function makes of it.
pub struct List<'a, T, W>(pub &'a [T], pub fn(&'a T) -> W);

impl<T, W: Serialize> Serialize for List<'_, T, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

/// Writes a member that is there.
///
/// # Errors
/// The writer's own.
pub fn entry<M: SerializeMap>(
    map: &mut M,
    name: &str,
    value: Option<impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, &value))
}

struct StreamOptions<'a>(&'a Chat<'a>);

impl Serialize for StreamOptions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("include_usage", &true)?;
        nested::write(&mut map, &self.0.extra, LIFTED, STREAM_OPTIONS)?;
        map.end()
    }
}

struct Declared<'a>(&'a Tool<'a>);
struct Function<'a>(&'a Tool<'a>);

impl Serialize for Declared<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "function")?;
        map.serialize_entry("function", &Function(self.0))?;
        entry(&mut map, "cache_control", self.0.cache_control)?;
        nested::write(&mut map, &self.0.beside, &[], "")?;
        map.end()
    }
}

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tool = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &tool.name)?;
        entry(&mut map, "description", tool.description.as_ref())?;
        entry(&mut map, "parameters", tool.parameters)?;
        entry(&mut map, "strict", tool.strict)?;
        nested::write(&mut map, &tool.extra, &[], "")?;
        map.end()
    }
}

struct Choice<'a> {
    choice: &'a ToolChoice<'a>,
    chat: &'a Chat<'a>,
}

impl Serialize for Choice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let word = match self.choice {
            ToolChoice::Auto => "auto",
            ToolChoice::None => "none",
            ToolChoice::Required => "required",
            ToolChoice::Named(name) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "function")?;
                map.serialize_entry("function", &Named(name, Some(self.chat)))?;
                nested::write(&mut map, &self.chat.extra, LIFTED, TOOL_CHOICE)?;
                return map.end();
            }
            ToolChoice::Allowed { required, names } => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "allowed_tools")?;
                map.serialize_entry(
                    "allowed_tools",
                    &Allowed { required: *required, names, chat: self.chat },
                )?;
                nested::write(&mut map, &self.chat.extra, LIFTED, TOOL_CHOICE)?;
                return map.end();
            }
        };
        serializer.serialize_str(word)
    }
}

struct Named<'a>(&'a str, Option<&'a Chat<'a>>);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.0)?;
        if let Some(chat) = self.1 {
            nested::write(&mut map, &chat.extra, LIFTED, "tool_choice.function")?;
        }
        map.end()
    }
}

struct Allowed<'a> {
    required: bool,
    names: &'a [Str<'a>],
    chat: &'a Chat<'a>,
}

impl Serialize for Allowed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Tool<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            function: Named<'a>,
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("mode", if self.required { "required" } else { "auto" })?;
        map.serialize_entry(
            "tools",
            &List(self.names, |name| Tool { kind: "function", function: Named(name, None) }),
        )?;
        nested::write(&mut map, &self.chat.extra, LIFTED, ALLOWED)?;
        map.end()
    }
}

struct Format<'a> {
    format: &'a ResponseFormat<'a>,
    chat: &'a Chat<'a>,
}

impl Serialize for Format<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let kind = match self.format {
            ResponseFormat::Text => "text",
            ResponseFormat::JsonObject => "json_object",
            ResponseFormat::JsonSchema { .. } => "json_schema",
        };
        map.serialize_entry("type", kind)?;
        if kind == "json_schema" {
            map.serialize_entry("json_schema", &Schema { format: self.format, chat: self.chat })?;
        }
        nested::write(&mut map, &self.chat.extra, LIFTED, RESPONSE_FORMAT)?;
        map.end()
    }
}

struct Schema<'a> {
    format: &'a ResponseFormat<'a>,
    chat: &'a Chat<'a>,
}

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let ResponseFormat::JsonSchema { name, description, schema, strict } = self.format {
            map.serialize_entry("name", name.as_deref().unwrap_or(NAMELESS))?;
            entry(&mut map, "description", description.as_ref())?;
            entry(&mut map, "schema", *schema)?;
            entry(&mut map, "strict", *strict)?;
        }
        nested::write(&mut map, &self.chat.extra, LIFTED, JSON_SCHEMA)?;
        map.end()
    }
}
