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
//! Values are copied as they were written. What refers to itself, or nests deeper than 100, is refused.

mod close;
mod node;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::value::RawValue;

use crate::chat::json::{Members, Str, is_null, is_object};
use crate::chat::{Dropped, RequestError};
use crate::json_object;

pub use node::Node;

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

/// Lowers the schema at `path`. `None` for one that says nothing.
///
/// # Errors
/// It refers to itself or to what is not there, nests too deep, is too large, or is no schema.
pub fn lower<'a>(
    root: &'a RawValue,
    usage: Use,
    path: &str,
    dropped: &mut Dropped,
) -> Result<Option<Node<'a>>, RequestError> {
    let mut lowering = Lowering {
        root,
        usage,
        path,
        dropped,
        active: Vec::new(),
        objects: BTreeMap::new(),
        depth: 0,
        size: 0,
    };
    if root.get().len() > LONGEST || nesting(root.get()) > STEEPEST {
        let limit = if root.get().len() > LONGEST { "is too large" } else { "nests too deep" };
        return Err(lowering.refuse(format_args!("the schema {limit} for this model")));
    }
    let open = lowering.schema(root)?;
    let empty = !open.members.iter().any(|(name, node)| matches!(node, Node::Object(list) if name.as_str() == "properties" && !list.is_empty()));
    let node = lowering.close(open);
    Ok((!(usage.optional && empty)).then_some(node))
}

/// A schema whose members may still be merged with others'.
#[derive(Default)]
struct Open<'a> {
    types: Option<Vec<String>>,
    nullable: bool,
    members: Vec<(Str<'a>, Node<'a>)>,
}

struct Lowering<'a, 'd> {
    root: &'a RawValue,
    usage: Use,
    path: &'d str,
    dropped: &'d mut Dropped,
    /// The references that are being followed.
    active: Vec<String>,
    /// Objects that references led through, by their pointers, so that none is read twice.
    objects: BTreeMap<String, Rc<Members<'a>>>,
    depth: usize,
    size: usize,
}

json_object! { struct Any<'a> {} }

impl<'a> Lowering<'a, '_> {
    fn schema(&mut self, raw: &'a RawValue) -> Result<Open<'a>, RequestError> {
        self.size = self.size.saturating_add(1);
        if self.depth >= DEEPEST || self.size > LARGEST {
            let limit = if self.depth >= DEEPEST { "nests too deep" } else { "is too large" };
            return Err(self.refuse(format_args!("the schema {limit} for this model")));
        }
        self.depth = self.depth.saturating_add(1);
        let mut open = Open::default();
        let mut merged = Vec::new();
        for (name, value) in self.members(raw)? {
            match name.as_str() {
                "const" => self.values(vec![value], "const", &mut open),
                _ if is_null(value) => {}
                "type" => open.types = Some(self.types(value, &mut open.nullable)?),
                "nullable" => open.nullable |= value.get() == "true",
                "enum" => self.values(self.list(value)?, "enum", &mut open),
                "properties" => open.push("properties", self.properties(value)?),
                "items" | "prefixItems" => self.items(value, &mut open)?,
                "anyOf" | "oneOf" => self.alternatives(value, &mut open)?,
                "allOf" => {
                    for part in self.list(value)? {
                        merged.push(self.schema(part)?);
                    }
                }
                "$ref" => merged.push(self.reference(value)?),
                "required" => {
                    open.push("required", Node::List(self.list(value)?.into_iter().map(Node::Raw).collect()));
                }
                "additionalProperties" if value.get() == "false" => {}
                kept if KEPT.contains(&kept) => open.members.push((name, Node::Raw(value))),
                silent if SILENT.contains(&silent) => {}
                other => self.report(other),
            }
        }
        for other in merged {
            self.merge(&mut open, other);
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(open)
    }

    fn types(&self, value: &'a RawValue, nullable: &mut bool) -> Result<Vec<String>, RequestError> {
        let names = if value.get().starts_with('[') { self.list(value)? } else { vec![value] };
        let mut types = Vec::new();
        for name in names {
            let name = serde_json::from_str::<Str<'_>>(name.get()).map_err(|error| self.refuse(error))?;
            types.push(name.to_ascii_uppercase());
        }
        if types.len() > 1 {
            types.retain(|name| name != NULL);
            *nullable |= types.len() < self.list(value)?.len();
        }
        Ok(types)
    }

    fn values(&mut self, values: Vec<&'a RawValue>, name: &str, open: &mut Open<'a>) {
        let (nulls, values): (Vec<_>, Vec<_>) = values.into_iter().partition(|value| is_null(value));
        open.nullable |= !nulls.is_empty();
        let texts = values.iter().all(|value| value.get().starts_with('"') && value.get() != "\"\"");
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

    fn properties(&mut self, value: &'a RawValue) -> Result<Node<'a>, RequestError> {
        let mut properties = Vec::new();
        for (name, value) in self.members(value)? {
            let open = self.schema(value)?;
            properties.push((name, self.close(open)));
        }
        Ok(Node::Object(properties))
    }

    fn items(&mut self, value: &'a RawValue, open: &mut Open<'a>) -> Result<(), RequestError> {
        let mut items = match value.get().starts_with('[') {
            true => self.all(value)?,
            false if open.get("items").is_some() => return Ok(()),
            false => vec![self.schema(value)?],
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

    fn alternatives(&mut self, value: &'a RawValue, open: &mut Open<'a>) -> Result<(), RequestError> {
        let mut alternatives = self.all(value)?;
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
        let name = serde_json::from_str::<String>(value.get()).map_err(|error| self.refuse(error))?;
        if self.active.contains(&name) || name == "#" {
            return Err(
                self.refuse(format_args!("{name:?} refers to itself, which this model cannot be told"))
            );
        }
        let Some(pointer) = name.strip_prefix("#/") else {
            return Err(self.refuse(format_args!("{name:?} is not within the schema")));
        };
        let (mut found, mut walked) = (self.root, String::new());
        for step in pointer.split('/') {
            let member = step.replace("~1", "/").replace("~0", "~");
            let next = if found.get().starts_with('[') {
                member.parse::<usize>().ok().and_then(|at| self.list(found).ok()?.get(at).copied())
            } else {
                let members = match self.objects.get(&walked) {
                    Some(known) => Rc::clone(known),
                    None => Rc::new(self.members(found)?),
                };
                self.objects.entry(walked.clone()).or_insert_with(|| Rc::clone(&members));
                members.iter().find(|(name, _)| name.as_str() == member).map(|(_, value)| *value)
            };
            found = next.ok_or_else(|| self.refuse(format_args!("{name:?} names nothing")))?;
            walked.extend(["/", step]);
        }
        self.active.push(name);
        let open = self.schema(found)?;
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
        for (name, node) in other.members {
            match (open.members.iter_mut().find(|(known, _)| *known == name), node) {
                (None, node) => open.members.push((name, node)),
                (Some((_, Node::Object(known))), Node::Object(more)) if name.as_str() == "properties" => {
                    for (property, node) in more {
                        match known.iter().any(|(known, _)| *known == property) {
                            true => self.report("allOf"),
                            false => known.push((property, node)),
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

    fn all(&mut self, value: &'a RawValue) -> Result<Vec<Open<'a>>, RequestError> {
        self.list(value)?.into_iter().map(|schema| self.schema(schema)).collect()
    }

    /// The members of an object; `true` and `false` have none.
    fn members(&self, raw: &'a RawValue) -> Result<Members<'a>, RequestError> {
        match raw.get() {
            "true" | "false" => Ok(Members::new()),
            text if is_object(raw) => match serde_json::from_str::<Any<'a>>(text) {
                Ok(object) => Ok(object.extra),
                Err(error) => Err(self.refuse(error)),
            },
            _ => Err(self.refuse("not a JSON Schema: expected an object")),
        }
    }

    fn list(&self, raw: &'a RawValue) -> Result<Vec<&'a RawValue>, RequestError> {
        serde_json::from_str(raw.get()).map_err(|_| self.refuse("not a JSON Schema: expected a list"))
    }

    fn report(&mut self, member: &str) {
        self.dropped.add(format!("{}.{member}", self.path));
    }

    fn refuse(&self, why: impl std::fmt::Display) -> RequestError {
        RequestError::unsupported(self.path, why)
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

/// How deep a text nests, in brackets.
fn nesting(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            b'{' | b'[' if !quoted => depth = depth.saturating_add(1),
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
        quoted ^= byte == b'"' && !escaped;
        escaped = quoted && byte == b'\\' && !escaped;
    }
    deepest
}

/// Schemas within schemas.
const DEEPEST: usize = 100;
/// Schemas in all, each reference's own copy included.
const LARGEST: usize = 10_000;
/// Bytes, and brackets within brackets: every level is read again for its members, so these bound the work.
const LONGEST: usize = 256 * 1024;
const STEEPEST: usize = 400;
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
