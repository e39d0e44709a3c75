//! JSON Schema, lowered to what older models take: Google's subset of OpenAPI's,
//! <https://ai.google.dev/api/caching#Schema>.
//!
//! | JSON Schema | becomes |
//! |---|---|
//! | `$ref` within the schema | what it names, in its place; members beside it win |
//! | `allOf` | one schema with the members of all |
//! | `anyOf`, `oneOf` | `anyOf`; an alternative of null becomes `nullable` |
//! | `type: [T, null]` | `type: T, nullable: true`; several types become `anyOf` |
//! | `const`, `enum` of strings | `enum`; other values cannot be said and are reported |
//! | `prefixItems`, a list of `items` | `items` that are any of them |
//! | `additionalProperties: false` | nothing: no model invents properties that are not listed |
//! | any other member that Google has no word for | nothing, and is reported |
//!
//! Newer models take JSON Schema: [`settle()`].
//!
//! Values are copied as they were written. What refers to itself, or nests too deep, is refused; and what references
//! bring in counts, over all schemas of a request ([`Allowance`]).

mod close;
mod node;
mod reference;
mod settle;
mod written;

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::hub::json::{Str, beginning, is_null, is_too_deep};
use crate::hub::{Dropped, Field, OfTool, Param, RequestError, complaint};

pub use node::Node;
pub use reference::Allowance;
use reference::Places;
pub use settle::settle;
use written::{Member, Schema};

/// What a schema is for.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// Properties are to be written in the schema's order, which older models do only if told.
    ordered: bool,
    /// No properties at all means no schema.
    optional: bool,
}

impl Use {
    /// A function's arguments.
    pub const ARGUMENTS: Self = Self { ordered: false, optional: true };
    /// An answer.
    pub const ANSWER: Self = Self { ordered: true, optional: false };
}

/// Where a schema stands in the request.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// It is of the answer.
    Answer,
    /// It is of the arguments of the tool at this index.
    Tool(usize),
}

impl Place {
    /// The schema.
    const fn param(self) -> Param {
        match self {
            Self::Answer => Param::Of(Field::Schema),
            Self::Tool(index) => Param::Tool(Some(index), OfTool::Schema),
        }
    }

    /// A member of it, as it is reported: of whichever tool.
    const fn member(self, name: String) -> Param {
        match self {
            Self::Answer => Param::Member(Field::Schema, name),
            Self::Tool(_) => Param::Tool(None, OfTool::SchemaMember(name)),
        }
    }
}

/// Lowers the schema at `place`. `None` for one that says nothing.
///
/// # Errors
/// It refers to itself or to what is not there, nests too deep, is too large, or is no schema.
pub fn lower<'a>(
    root: &'a RawValue,
    usage: Use,
    place: Place,
    allowance: &mut Allowance,
    dropped: &mut Dropped,
) -> Result<Option<Node<'a>>, RequestError> {
    let mut lowering = Lowering {
        root,
        usage,
        place,
        allowance,
        dropped,
        active: Vec::new(),
        places: Places::default(),
        depth: 0,
        size: 0,
    };
    if root.get().len() > LONGEST {
        return Err(lowering.refuse(TOO_LARGE));
    }
    let written = lowering.read(root)?;
    let open = lowering.schema(written)?;
    let empty = open.names.is_empty();
    let node = lowering.close(open);
    Ok((!(usage.optional && empty)).then_some(node))
}

/// A schema whose members may still be merged with others'. It has no two of one name.
#[derive(Default)]
struct Open<'a> {
    types: Option<Vec<String>>,
    nullable: bool,
    members: Vec<(Str<'a>, Node<'a>)>,
    /// The names of its properties.
    names: BTreeSet<Str<'a>>,
}

struct Lowering<'a, 'd> {
    root: &'a RawValue,
    usage: Use,
    place: Place,
    allowance: &'d mut Allowance,
    dropped: &'d mut Dropped,
    /// The references that are being followed.
    active: Vec<String>,
    places: Places<'a>,
    depth: usize,
    size: usize,
}

impl<'a> Lowering<'a, '_> {
    fn read(&self, raw: &'a RawValue) -> Result<Schema<'a>, RequestError> {
        written::read(raw, written::USUAL).map_err(|error| match is_too_deep(&error) {
            true => self.refuse(TOO_DEEP),
            false => self.refuse(format_args!("not a JSON Schema: {}", complaint(&error))),
        })
    }

    fn schema(&mut self, written: Schema<'a>) -> Result<Open<'a>, RequestError> {
        self.size = self.size.saturating_add(1);
        if self.depth >= DEEPEST || self.size > LARGEST {
            return Err(self.refuse(if self.depth >= DEEPEST { TOO_DEEP } else { TOO_LARGE }));
        }
        self.depth = self.depth.saturating_add(1);
        let mut open = Open::default();
        let mut merged = Vec::new();
        for (name, value) in written.members {
            match value {
                Member::Nothing => {}
                Member::Raw(raw) => self.member(name, raw, &mut open, &mut merged)?,
                Member::Object(_) if open.get("properties").is_some() => self.report(&name),
                Member::Object(properties) => self.properties(properties, &mut open)?,
                Member::One(schema) => self.items(Items::All(schema), &mut open)?,
                Member::List(schemas) => match name.as_str() {
                    "allOf" => merged.extend(self.all(schemas)?),
                    "anyOf" | "oneOf" => self.alternatives(schemas, &mut open)?,
                    _ => self.items(Items::Each(schemas), &mut open)?,
                },
            }
        }
        for other in merged {
            self.merge(&mut open, other);
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(open)
    }

    /// A member that holds no schemas; a reference adds to what is to be merged.
    fn member(
        &mut self,
        name: Str<'a>,
        value: &'a RawValue,
        open: &mut Open<'a>,
        merged: &mut Vec<Open<'a>>,
    ) -> Result<(), RequestError> {
        match name.as_str() {
            "const" => self.values(vec![value], "const", open),
            _ if is_null(value) => {}
            "type" => open.types = Some(self.types(value, &mut open.nullable)?),
            "nullable" => open.nullable |= value.get() == "true",
            "enum" => self.values(self.list(value)?, "enum", open),
            "$ref" => merged.push(self.reference(value)?),
            kept if open.get(kept).is_some() => self.report(kept),
            "required" => {
                open.push("required", Node::List(self.list(value)?.into_iter().map(Node::Raw).collect()));
            }
            "additionalProperties" if value.get() == "false" => {}
            kept if KEPT.contains(&kept) => open.members.push((name, Node::Raw(value))),
            silent if SILENT.contains(&silent) => {}
            other => self.report(other),
        }
        Ok(())
    }

    fn types(&self, value: &'a RawValue, nullable: &mut bool) -> Result<Vec<String>, RequestError> {
        let names = if value.get().starts_with('[') { self.list(value)? } else { vec![value] };
        if names.len() > MOST_TYPES {
            return Err(self.refuse(format_args!("not a JSON Schema: {} types", names.len())));
        }
        let mut types = Vec::new();
        for name in &names {
            let name = serde_json::from_str::<Str<'_>>(name.get())
                .map_err(|_| self.refuse("not a JSON Schema: expected a string as its type"))?;
            let name = name.to_ascii_uppercase();
            if names.len() > 1 && name == NULL {
                *nullable = true;
            } else if !types.contains(&name) {
                types.push(name);
            }
        }
        Ok(types)
    }

    fn values(&mut self, values: Vec<&'a RawValue>, name: &str, open: &mut Open<'a>) {
        let (nulls, values): (Vec<_>, Vec<_>) = values.into_iter().partition(|value| is_null(value));
        open.nullable |= !nulls.is_empty();
        let texts = values.iter().all(|value| value.get().starts_with('"'));
        // Google takes no empty one.
        let (empty, values): (Vec<_>, Vec<_>) = values.into_iter().partition(|value| value.get() == "\"\"");
        if !empty.is_empty() {
            open.types.get_or_insert_with(|| vec!["STRING".to_owned()]);
            self.report(name);
        }
        let inferred = match values.first().map(|value| value.get().as_bytes()) {
            None => return,
            Some([b'"', ..]) => "STRING",
            Some([b't' | b'f', ..]) => "BOOLEAN",
            Some(digits) if digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-')) => "INTEGER",
            Some(_) => "NUMBER",
        };
        open.types.get_or_insert_with(|| vec![inferred.to_owned()]);
        match texts && open.get("enum").is_none() {
            true => open.push("enum", Node::List(values.into_iter().map(Node::Raw).collect())),
            false => self.report(name),
        }
    }

    fn properties(
        &mut self,
        schemas: Vec<(Str<'a>, Schema<'a>)>,
        open: &mut Open<'a>,
    ) -> Result<(), RequestError> {
        let mut properties = Vec::with_capacity(schemas.len());
        for (name, schema) in schemas {
            let node = self.schema(schema)?;
            let node = self.close(node);
            match open.names.insert(name.clone()) {
                true => properties.push((name, node)),
                false => self.report("properties"),
            }
        }
        open.push("properties", Node::Object(properties));
        Ok(())
    }

    fn items(&mut self, items: Items<'a>, open: &mut Open<'a>) -> Result<(), RequestError> {
        let mut items = match items {
            Items::Each(schemas) => self.all(schemas)?,
            Items::All(_) if open.get("items").is_some() => return Ok(()),
            Items::All(schema) => vec![self.schema(schema)?],
        };
        let node = match (items.pop(), items.is_empty()) {
            (Some(only), true) => self.close(only),
            (Some(last), false) => {
                items.push(last);
                let any = items.into_iter().map(|item| self.close(item)).collect();
                Node::Object(vec![(Str::borrowed("anyOf"), Node::List(any))])
            }
            (None, _) => return Ok(()),
        };
        open.members.retain(|(name, _)| name.as_str() != "items");
        open.push("items", node);
        Ok(())
    }

    fn alternatives(&mut self, schemas: Vec<Schema<'a>>, open: &mut Open<'a>) -> Result<(), RequestError> {
        let mut alternatives = self.all(schemas)?;
        let all = alternatives.len();
        alternatives.retain(|alternative| !alternative.is_null());
        open.nullable |= alternatives.len() < all;
        if open.get("anyOf").is_some() {
            self.report("oneOf");
        } else if alternatives.len() > 1 {
            let any = alternatives.into_iter().map(|alternative| self.close(alternative)).collect();
            open.push("anyOf", Node::List(any));
        } else if let Some(only) = alternatives.pop() {
            self.merge(open, only);
        } else {
            open.types.get_or_insert_with(|| vec![NULL.to_owned()]);
        }
        Ok(())
    }

    /// Follows `#`, `#/$defs/Name`, or any other JSON pointer into the schema.
    fn reference(&mut self, value: &'a RawValue) -> Result<Open<'a>, RequestError> {
        let name = serde_json::from_str::<String>(value.get())
            .map_err(|_| self.refuse("not a JSON Schema: expected a string as its reference"))?;
        let shown = beginning(&name, 128);
        if self.active.contains(&name) || name == "#" {
            let why = format_args!("{shown:?} refers to itself, which this model cannot be told");
            return Err(self.refuse(why));
        }
        let Some(pointer) = name.strip_prefix("#/") else {
            return Err(self.refuse(format_args!("{shown:?} is not within the schema")));
        };
        let Some(found) = self.places.find(self.root, pointer, self.allowance) else {
            return Err(self.refuse(format_args!("{shown:?} names nothing")));
        };
        let Some(rest) = self.allowance.copies.checked_sub(found.get().len()) else {
            return Err(
                self.refuse("with what its references bring in, the schema is too large for this model")
            );
        };
        self.allowance.copies = rest;
        self.active.push(name);
        let schema = self.read(found)?;
        let open = self.schema(schema)?;
        self.active.pop();
        Ok(open)
    }

    /// Adds what `other` says. Where both say something, the first counts.
    fn merge(&mut self, open: &mut Open<'a>, other: Open<'a>) {
        open.nullable |= other.nullable;
        match (&mut open.types, other.types) {
            (Some(types), Some(others)) => {
                let common: Vec<_> = types.iter().filter(|name| others.contains(name)).cloned().collect();
                match common.is_empty() {
                    true => self.report("allOf"),
                    false => *types = common,
                }
            }
            (types, others) => *types = types.take().or(others),
        }
        let mut names = other.names;
        for (name, node) in other.members {
            match (open.members.iter_mut().find(|(known, _)| *known == name), node) {
                (None, node) => {
                    if name.as_str() == "properties" {
                        open.names = std::mem::take(&mut names);
                    }
                    open.members.push((name, node));
                }
                (Some((_, Node::Object(known))), Node::Object(more)) if name.as_str() == "properties" => {
                    for (property, node) in more {
                        match open.names.insert(property.clone()) {
                            false => self.report("allOf"),
                            true => known.push((property, node)),
                        }
                    }
                }
                (Some((_, Node::List(known))), Node::List(more)) if name.as_str() == "required" => {
                    known.extend(more);
                }
                (Some(_), _) if SAID_ONCE.contains(&name.as_str()) => {}
                (Some((_, Node::Raw(known))), Node::Raw(more)) if known.get() == more.get() => {}
                (Some(_), _) => self.report("allOf"),
            }
        }
    }

    fn all(&mut self, schemas: Vec<Schema<'a>>) -> Result<Vec<Open<'a>>, RequestError> {
        schemas.into_iter().map(|schema| self.schema(schema)).collect()
    }

    fn list(&self, raw: &'a RawValue) -> Result<Vec<&'a RawValue>, RequestError> {
        serde_json::from_str(raw.get()).map_err(|_| self.refuse("not a JSON Schema: expected a list"))
    }

    fn report(&mut self, member: &str) {
        self.dropped.add_member(|name| self.place.member(name), member);
    }

    fn refuse(&self, why: impl std::fmt::Display) -> RequestError {
        RequestError::unsupported(self.place.param(), why)
    }
}

impl<'a> Open<'a> {
    fn push(&mut self, name: &'static str, node: Node<'a>) {
        self.members.push((Str::borrowed(name), node));
    }

    fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.members.iter().find(|(known, _)| known.as_str() == name).map(|(_, node)| node)
    }

    /// Whether nothing but null fits.
    fn is_null(&self) -> bool {
        match &self.types {
            Some(types) => types.as_slice() == [NULL],
            None => self.nullable && self.members.is_empty(),
        }
    }
}

/// The schemas of a list's elements.
enum Items<'a> {
    /// Of all of them.
    All(Schema<'a>),
    /// Of each of the first ones.
    Each(Vec<Schema<'a>>),
}

const TOO_DEEP: &str = "the schema nests too deep for this model";
const TOO_LARGE: &str = "the schema is too large for this model";

/// Schemas within schemas.
const DEEPEST: usize = 100;
/// Schemas in all, each reference's own copy included.
const LARGEST: usize = 10_000;
/// Bytes.
const LONGEST: usize = 256 * 1024;
/// JSON Schema knows seven.
const MOST_TYPES: usize = 16;
const NULL: &str = "NULL";

/// Members that Google knows by the same name.
const KEPT: &[&str] = &[
    "title",
    "description",
    "format",
    "default",
    "example",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "propertyOrdering",
];

/// Members that constrain nothing by themselves.
const SILENT: &[&str] = &["$schema", "$id", "$anchor", "$comment", "$defs", "definitions"];

/// Members of which one is enough, wherever it is said.
const SAID_ONCE: &[&str] = &["title", "description", "default", "example"];

#[cfg(test)]
mod tests;
