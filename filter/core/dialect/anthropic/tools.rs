//! Functions and the choice among them:
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools>.
//!
//! | OpenAI | Claude |
//! |---|---|
//! | `function.parameters` | `input_schema`, always of type `object` |
//! | `function.strict` | `strict`, where the model takes it, else reported |
//! | `tool_choice` `auto`, `none`, `required`, a name | `auto`, `none`, `any`, `tool` |
//! | `allowed_tools` | only those tools, with `auto` or `any` |
//! | `parallel_tool_calls: false` | `disable_parallel_tool_use: true` |
//!
//! A model that can't be forced is let choose (of the named tool only), which is reported. A conversation with calls
//! but no tools gets the called ones declared and forbidden, since Claude demands a declaration.

use std::collections::BTreeSet;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::models::Model;
use crate::hub::json::{Members, Str, kind};
use crate::hub::{Chat, Dropped, Field, OfTool, Param, RequestError, Tool, ToolChoice};
use crate::json_object;

/// The members `tools` and `tool_choice`.
#[derive(Default)]
pub struct Tools<'a> {
    pub declared: Vec<Declared<'a>>,
    pub choice: Option<Choice<'a>>,
}

/// A tool.
#[derive(Serialize)]
pub struct Declared<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: Schema<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<&'a RawValue>,
}

/// A JSON Schema of type `object`.
enum Schema<'a> {
    /// No arguments.
    Empty,
    /// As the client wrote it.
    Raw(&'a RawValue),
    /// One without its type: the other members.
    Typed(Members<'a>),
}

/// Which tools to use.
#[derive(Serialize)]
pub struct Choice<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_parallel_tool_use: Option<bool>,
}

impl Tools<'_> {
    /// Whether a call is forced.
    pub fn forced(&self) -> bool {
        self.choice.as_ref().is_some_and(|choice| matches!(choice.kind, "any" | "tool"))
    }
}

/// Declares the tools; `called` are the functions that the conversation calls.
///
/// # Errors
/// A schema that is none of an object; a choice of tools that aren't there.
pub fn tools<'a>(
    chat: &'a Chat<'a>,
    model: &Model,
    called: &[&'a str],
    dropped: &mut Dropped,
) -> Result<Tools<'a>, RequestError> {
    if chat.tools.is_empty() {
        return without_tools(chat, called);
    }
    let (mut word, mut name, mut only): (_, _, Option<BTreeSet<&str>>) = ("auto", None, None);
    match &chat.tool_choice {
        None | Some(ToolChoice::Auto) => {}
        Some(ToolChoice::None) => word = "none",
        Some(ToolChoice::Required) => word = "any",
        Some(ToolChoice::Named(named)) => (word, name) = ("tool", Some(named.as_str())),
        Some(ToolChoice::Allowed { required, names }) => {
            word = if *required { "any" } else { "auto" };
            only = Some(names.iter().map(Str::as_str).collect());
        }
    }
    let known: BTreeSet<&str> = chat.tools.iter().map(|tool| tool.name.as_str()).collect();
    let stranger = name.iter().chain(only.iter().flatten()).find(|name| !known.contains(*name));
    if let Some(stranger) = stranger {
        return Err(RequestError::invalid(Field::ToolChoice, format_args!("there is no tool {stranger:?}")));
    }
    if only.as_ref().is_some_and(BTreeSet::is_empty) {
        if word == "any" {
            return Err(RequestError::invalid(Field::ToolChoice, "a call is required, but no tool allowed"));
        }
        (word, only) = ("none", None);
    }
    if !model.forced_tools && matches!(word, "any" | "tool") {
        dropped.add(Field::ToolChoice);
        only = name.take().map(|name| BTreeSet::from([name])).or(only);
        word = "auto";
    }
    let allowed = |tool: &&Tool<'_>| only.as_ref().is_none_or(|only| only.contains(tool.name.as_str()));
    let numbered = chat.tools.iter().enumerate().filter(|(_, tool)| allowed(tool));
    let declared =
        numbered.map(|(index, tool)| declare(index, tool, model, dropped)).collect::<Result<_, _>>()?;
    let alone =
        ((chat.parallel_tool_calls == Some(false) || chat.one_call) && word != "none").then_some(true);
    let chosen = word != "auto" || alone.is_some() || chat.tool_choice.is_some();
    let choice = Choice { kind: word, name, disable_parallel_tool_use: alone };
    Ok(Tools { declared, choice: chosen.then_some(choice) })
}

fn without_tools<'a>(chat: &Chat<'_>, called: &[&'a str]) -> Result<Tools<'a>, RequestError> {
    if let Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Allowed { .. }) = &chat.tool_choice
    {
        return Err(RequestError::invalid(Field::ToolChoice, "there are no tools to choose from"));
    }
    let declared: Vec<_> = called.iter().map(|name| Declared::of_name(name)).collect();
    let forbidden = Choice { kind: "none", name: None, disable_parallel_tool_use: None };
    Ok(Tools { choice: (!declared.is_empty()).then_some(forbidden), declared })
}

fn declare<'a>(
    index: usize,
    tool: &'a Tool<'a>,
    model: &Model,
    dropped: &mut Dropped,
) -> Result<Declared<'a>, RequestError> {
    dropped.add_members(|name| Param::Tool(None, OfTool::Member(name)), &tool.extra);
    let strict = tool.strict.filter(|strict| *strict);
    dropped.add_if(strict.is_some() && !model.schemas, Param::Tool(None, OfTool::Strict));
    Ok(Declared {
        name: &tool.name,
        description: tool.description.as_deref(),
        input_schema: schema(index, tool.parameters)?,
        strict: strict.filter(|_| model.schemas),
        cache_control: tool.cache_control,
    })
}

fn schema(index: usize, parameters: Option<&RawValue>) -> Result<Schema<'_>, RequestError> {
    json_object! { struct Wire<'a> { kind as "type": &'a RawValue } }
    let Some(raw) = parameters else { return Ok(Schema::Empty) };
    let wire: Wire<'_> = serde_json::from_str(raw.get())
        .map_err(|error| RequestError::json_of(Param::Tool(Some(index), OfTool::Schema), &error))?;
    match wire.kind {
        Some(kind) if kind.get() == "\"object\"" => Ok(Schema::Raw(raw)),
        None => Ok(Schema::Typed(wire.extra)),
        Some(other) => {
            let found = if other.get().starts_with('"') { other.get() } else { kind(other) };
            let why = format_args!("expected \"object\", found {found}");
            Err(RequestError::invalid(Param::Tool(Some(index), OfTool::SchemaKind), why))
        }
    }
}

impl<'a> Declared<'a> {
    fn of_name(name: &'a str) -> Self {
        Self { name, description: None, input_schema: Schema::Empty, strict: None, cache_control: None }
    }
}

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct NoProperties {}
        let rest = match self {
            Self::Raw(raw) => return raw.serialize(serializer),
            Self::Empty => &Members::new(),
            Self::Typed(rest) => rest,
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "object")?;
        if !rest.iter().any(|(name, _)| name.as_str() == "properties") {
            map.serialize_entry("properties", &NoProperties {})?;
        }
        for (name, value) in rest {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
