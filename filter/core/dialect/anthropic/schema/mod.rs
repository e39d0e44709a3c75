//! JSON Schema, as Claude takes it.
//!
//! | file | what |
//! |---|---|
//! | `root` | the root of a tool's input, which may not be a union |
//! | `draft` | schemas of older drafts |
//! | `grammar`, `pattern` | what an answer, or a strict call, is held to |
//! | `node` | a schema as a tree |
//!
//! A schema that needs none of it goes as it was written. Where one is read, it is read as deep as `serde_json` reads.

mod draft;
mod grammar;
mod node;
mod pattern;
mod root;

use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::constraints::PROPERTY;
use crate::dialect::arguments_schema::{Root, Typed};
use crate::dialect::names::Names;
use crate::hub::json::{each_member, is_too_deep};
use crate::hub::{Dropped, Field, OfTool, Param, RequestError, Tool};

pub use grammar::Allowance;
use grammar::grammar;
use node::Node;
use root::{REFUSED, reshape};

/// A schema for Claude.
pub enum Schema<'a> {
    /// As the client wrote it.
    Raw(&'a RawValue),
    /// One without its type: the other members.
    Typed(Typed<'a>),
    /// Another.
    Tree(node::Members<'a>),
}

/// Other names for the properties of a schema that have none that Claude takes.
pub fn property_names(schema: &RawValue) -> Names {
    let mut odd = false;
    each_member(schema.get(), &mut |member| odd |= !PROPERTY.has(&member.name));
    // It may be no property's.
    if !odd {
        return Names::default();
    }
    let mut found = Vec::new();
    if let Ok(mut members) = node::read(schema) {
        node::each_schema(&mut members, &mut |schema| {
            if let Some(Node::Object(properties)) = node::get(schema, "properties") {
                found.extend(properties.iter().map(|(name, _)| name.as_str().to_owned()));
            }
        });
    }
    Names::new(&PROPERTY, found.iter().map(String::as_str))
}

/// The schema of the arguments of the tool at `index`, and whether Claude is to hold calls to it.
///
/// # Errors
/// It is none of an object, or nests too deep where it must be read.
pub fn of_tool<'a>(
    index: usize,
    tool: &'a Tool<'a>,
    names: Option<&Names>,
    allowance: Option<&mut Allowance>,
    dropped: &mut Dropped,
) -> Result<(Schema<'a>, bool), RequestError> {
    let root = match tool.parameters {
        Some(raw) => Root::read(index, raw)?,
        None => Root::default(),
    };
    let united = root.extra.iter().any(|(name, _)| REFUSED.contains(&name.as_str()));
    let older = tool.parameters.is_some_and(draft::is_older);
    if allowance.is_none() && names.is_none() && !united && !older {
        return Ok((written(tool, root), false));
    }
    let read = tool.parameters.map_or_else(|| Ok(Vec::new()), node::read);
    if united && read.as_ref().is_err_and(is_too_deep) {
        return Err(too_deep(Param::Tool(Some(index), OfTool::Schema)));
    }
    let Ok(mut members) = read else {
        dropped.add_if(allowance.is_some(), Param::Tool(None, OfTool::Strict));
        return Ok((written(tool, root), false));
    };
    if let Some(names) = names {
        node::each_schema(&mut members, &mut |schema| node::rename(schema, names));
    }
    if older {
        node::each_schema(&mut members, &mut draft::renew);
    }
    let whole = !united && root.is_of_object() && node::get(&members, "properties").is_some();
    let mut lost = Vec::new();
    let members = if whole { members } else { reshape(members, &mut lost) };
    let mut report =
        |name: &str| dropped.add_member(|name| Param::Tool(None, OfTool::SchemaMember(name)), name);
    lost.into_iter().for_each(&mut report);
    let Some(allowance) = allowance else { return Ok((Schema::Tree(members), false)) };
    let Ok(grammar) = grammar(&members, true, *allowance) else {
        dropped.add(Param::Tool(None, OfTool::Strict));
        return Ok((Schema::Tree(members), false));
    };
    grammar.lost.iter().for_each(|name| report(name));
    *allowance = grammar.rest;
    Ok((Schema::Tree(grammar.schema), true))
}

/// A tool's schema as it was written, with a type.
fn written<'a>(tool: &Tool<'a>, root: Root<'a>) -> Schema<'a> {
    match (tool.parameters, root.kind) {
        (Some(raw), Some(kind)) if !kind.get().starts_with('[') => Schema::Raw(raw),
        _ => Schema::Typed(Typed(root.extra)),
    }
}

/// The schema of an answer as a grammar; none if it is too much for one.
///
/// # Errors
/// It nests too deep to be read.
pub fn of_answer<'a>(
    schema: &'a RawValue,
    strict: bool,
    allowance: &mut Allowance,
    dropped: &mut Dropped,
) -> Result<Option<Schema<'a>>, RequestError> {
    let mut members = match node::read(schema) {
        Ok(members) => members,
        Err(error) if is_too_deep(&error) => return Err(too_deep(Param::Of(Field::Schema))),
        Err(_) => return Ok(None),
    };
    let mut lost = Vec::new();
    if node::get(&members, "$ref").is_some() {
        members = reshape(members, &mut lost);
    }
    let Ok(grammar) = grammar(&members, strict, *allowance) else { return Ok(None) };
    if !lost.is_empty() {
        return Ok(None);
    }
    *allowance = grammar.rest;
    grammar.lost.iter().for_each(|name| dropped.add_member(|name| Param::Member(Field::Schema, name), name));
    Ok(Some(Schema::Tree(grammar.schema)))
}

fn too_deep(param: Param) -> RequestError {
    RequestError::unsupported(param, "nests too deep to be read")
}

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Raw(raw) => raw.serialize(serializer),
            Self::Tree(members) => serializer.collect_map(members.iter().map(|(name, node)| (name, node))),
            Self::Typed(typed) => typed.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests;
