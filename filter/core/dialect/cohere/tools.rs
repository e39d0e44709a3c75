//! Functions and the choice among them: <https://docs.cohere.com/v2/docs/tool-use-overview>,
//! <https://docs.cohere.com/v2/docs/tool-use-usage-patterns#forcing-tool-usage>.
//!
//! Cohere can be told to call some tool, or none. A named one, and allowed ones, are therefore the only ones declared;
//! where a model cannot be told either, no tool is declared that may not be called, and one that must be is let choose,
//! which is reported. `strict_tools` holds for all tools or none.

use std::collections::BTreeSet;

use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::constraints::MOST_PROPERTIES;
use super::models::Model;
use super::schema;
use crate::dialect::arguments_schema::{Root, Typed};
use crate::dialect::chosen::{Calls, Chosen};
use crate::dialect::names::Names;
use crate::hub::json::Members;
use crate::hub::{Chat, Dropped, Field, OfTool, Param, RequestError, ResponseFormat, Tool};

/// The members `tools`, `strict_tools` and `tool_choice`.
#[derive(Default)]
pub struct Tools<'a> {
    /// Those that may be called.
    pub declared: Vec<Declared<'a>>,
    /// Whether calls are held to the schemas.
    pub strict: bool,
    /// Whether one must be called, or none.
    pub choice: Option<&'static str>,
}

/// A tool.
#[derive(serde::Serialize)]
pub struct Declared<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(serde::Serialize)]
struct Function<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parameters: Schema<'a>,
}

enum Schema<'a> {
    Raw(&'a RawValue),
    /// One without its type: the other members.
    Typed(Typed<'a>),
    /// One that calls are held to.
    Held(Box<RawValue>),
}

/// Declares the tools.
///
/// # Errors
/// A schema that is none of an object; a choice of tools that aren't there.
pub fn write<'a>(
    chat: &'a Chat<'a>,
    model: &Model,
    names: &'a Names,
    dropped: &mut Dropped,
) -> Result<Tools<'a>, RequestError> {
    let Chosen { calls, only } = Chosen::of(chat)?;
    let word = match calls {
        Calls::AsItLikes => None,
        Calls::None => Some("NONE"),
        Calls::Required => Some("REQUIRED"),
    };
    let alone = !chat.tools.is_empty() && chat.parallel_tool_calls == Some(false);
    dropped.add_if(alone, Field::ParallelToolCalls);
    // Beside a form of the answer there may be no tools, and an older model can't be told to call none.
    let silent = word == Some("NONE") && (wants_json(chat) || !model.tool_choice);
    let mut tools = Tools::default();
    let (mut seen, mut strict) = (BTreeSet::new(), Vec::new());
    for (index, tool) in chat.tools.iter().enumerate() {
        dropped.add_if(tool.cache_control.is_some(), Field::CacheControl);
        dropped.add_members(|name| Param::Tool(None, OfTool::Member(name)), &tool.extra);
        if silent || only.as_ref().is_some_and(|only| !only.contains(tool.name.as_str())) {
            continue;
        }
        // No page speaks of two tools of one name: nobody could say which is called.
        if !seen.insert(tool.name.as_str()) {
            dropped.add(Param::Tool(None, OfTool::Whole));
            continue;
        }
        strict.push(tool.strict == Some(true));
        tools.declared.push(declare(index, tool, names)?);
    }
    if strict.contains(&true) && (strict.contains(&false) || !hold(&mut tools, dropped)) {
        dropped.add(Param::Tool(None, OfTool::Strict));
    }
    if !tools.declared.is_empty() {
        tools.choice = word.filter(|_| model.tool_choice);
        dropped.add_if(word != tools.choice, Field::ToolChoice);
    }
    Ok(tools)
}

/// Whether the answer is to be JSON.
pub fn wants_json(chat: &Chat<'_>) -> bool {
    !matches!(chat.response_format, None | Some(ResponseFormat::Text))
}

/// Holds calls to the schemas of all tools, if that can be.
fn hold(tools: &mut Tools<'_>, dropped: &mut Dropped) -> bool {
    let mut held = Vec::with_capacity(tools.declared.len());
    for (index, declared) in tools.declared.iter().enumerate() {
        let schema = match &declared.function.parameters {
            Schema::Raw(raw) => schema::held(raw),
            // There is nothing to be held to.
            Schema::Typed(Typed(rest)) if rest.is_empty() => continue,
            Schema::Typed(_) | Schema::Held(_) => None,
        };
        let Some(schema) = schema else { return false };
        held.push((index, schema));
    }
    let properties = held.iter().fold(0_usize, |sum, (_, schema)| sum.saturating_add(schema.properties));
    if properties > MOST_PROPERTIES {
        return false;
    }
    for (index, held) in held {
        for name in held.lost {
            dropped.add(Param::Tool(None, OfTool::SchemaMember(name.to_owned())));
        }
        if let Some(declared) = tools.declared.get_mut(index) {
            declared.function.parameters = Schema::Held(held.schema);
        }
    }
    tools.strict = true;
    true
}

fn declare<'a>(index: usize, tool: &'a Tool<'a>, names: &'a Names) -> Result<Declared<'a>, RequestError> {
    let parameters = match tool.parameters {
        Some(raw) => of_object(index, raw)?,
        None => Schema::Typed(Typed(Members::new())),
    };
    let function =
        Function { name: names.sent(&tool.name), description: tool.description.as_deref(), parameters };
    Ok(Declared { kind: "function", function })
}

/// A schema of an object, with its type.
fn of_object(index: usize, raw: &RawValue) -> Result<Schema<'_>, RequestError> {
    let root = Root::read(index, raw)?;
    Ok(if root.is_of_object() { Schema::Raw(raw) } else { Schema::Typed(Typed(root.extra)) })
}

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Raw(raw) => raw.serialize(serializer),
            Self::Held(held) => held.serialize(serializer),
            Self::Typed(typed) => typed.serialize(serializer),
        }
    }
}
