//! Functions, and the choice among them: <https://docs.ollama.com/capabilities/tool-calling>.
//!
//! Ollama cannot be told to call one, nor which. With `none` no tool is declared; a named one, and allowed ones, are the
//! only ones declared. That a call is required is reported, and so is that calls are held to a schema.

use std::collections::BTreeSet;

use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::dialect::arguments_schema::{Root, Typed};
use crate::dialect::chosen::{Calls, Chosen};
use crate::hub::json::Members;
use crate::hub::{Chat, Dropped, Field, OfTool, Param, RequestError, Tool};

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
}

/// Declares the tools that may be called.
///
/// # Errors
/// A schema that is none of an object; a choice of tools that aren't there.
pub fn write<'a>(chat: &'a Chat<'a>, dropped: &mut Dropped) -> Result<Vec<Declared<'a>>, RequestError> {
    let Chosen { calls, only } = Chosen::of(chat)?;
    dropped.add_if(calls == Calls::Required, Field::ToolChoice);
    let alone = !chat.tools.is_empty() && chat.parallel_tool_calls == Some(false);
    dropped.add_if(alone, Field::ParallelToolCalls);
    let (mut declared, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, tool) in chat.tools.iter().enumerate() {
        dropped.add_if(tool.cache_control.is_some(), Field::CacheControl);
        dropped.add_members(|name| Param::Tool(None, OfTool::Member(name)), &tool.extra);
        if calls == Calls::None || only.as_ref().is_some_and(|only| !only.contains(tool.name.as_str())) {
            continue;
        }
        // No page speaks of two tools of one name: nobody could say which is called.
        if !seen.insert(tool.name.as_str()) {
            dropped.add(Param::Tool(None, OfTool::Whole));
            continue;
        }
        dropped.add_if(tool.strict == Some(true), Param::Tool(None, OfTool::Strict));
        declared.push(declare(index, tool)?);
    }
    Ok(declared)
}

fn declare<'a>(index: usize, tool: &'a Tool<'a>) -> Result<Declared<'a>, RequestError> {
    let parameters = match tool.parameters {
        Some(raw) => of_object(index, raw)?,
        None => Schema::Typed(Typed(Members::new())),
    };
    let function = Function { name: &tool.name, description: tool.description.as_deref(), parameters };
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
            Self::Typed(typed) => typed.serialize(serializer),
        }
    }
}
