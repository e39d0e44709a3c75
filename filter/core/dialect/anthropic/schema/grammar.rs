//! Schemas as the grammar that Claude's answer or a strict call is held to:
//! <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>.
//!
//! | JSON Schema | becomes |
//! |---|---|
//! | what the grammar knows ([`KEPT`]) | the same |
//! | an object of a strict schema without `additionalProperties` | one with `false` |
//! | `oneOf` | `anyOf` |
//! | `$ref` with others beside it | the definition itself, with them |
//! | bounds, and whatever else it does not know | words of the place's `description`, as in the vendor's own SDKs |
//! | an object that is open, something of any type, a reference to itself or out of the schema | no grammar |
//! | more than [`MOST_COPIED`] that references bring in | no grammar |
//! | more than [`MOST_OPTIONAL`] or [`MOST_UNIONS`] in all of a request's grammars | no grammar |

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::node::{Members, Node, get};
use super::pattern;
use super::root::{DEFINITIONS, describe};
use crate::dialect::anthropic::constraints::{FORMATS, KEPT, MOST_OPTIONAL, MOST_STRICT, MOST_UNIONS};
use crate::hub::Dropped;
use crate::hub::json::Str;

/// What the grammars of one request may still hold.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Tools that are strict.
    pub strict: usize,
    /// Properties that may be left out.
    optional: usize,
    /// Places of several types.
    unions: usize,
}

/// A schema is no grammar.
#[derive(Debug)]
pub struct NoGrammar;

/// A schema as a grammar.
#[derive(Debug)]
pub struct Grammar<'a> {
    /// It, for Claude.
    pub schema: Members<'a>,
    /// What it says in words only.
    pub lost: Vec<String>,
    /// What others may still hold.
    pub rest: Allowance,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { strict: MOST_STRICT, optional: MOST_OPTIONAL, unions: MOST_UNIONS }
    }
}

/// Makes a grammar of a schema. A `strict` one need not say that its objects are closed.
///
/// # Errors
/// See the table above.
pub fn grammar<'a>(schema: &Members<'a>, strict: bool, rest: Allowance) -> Result<Grammar<'a>, NoGrammar> {
    let mut lowering = lowering(schema, strict, rest);
    let lowered = lowering.schema(schema)?;
    let ends = ends(lowering.definitions.len(), lowering.references);
    match ends {
        true => Ok(Grammar { lost: lowering.lost, rest: lowering.rest, schema: lowered }),
        false => Err(NoGrammar),
    }
}

struct Lowering<'n, 'a> {
    definitions: Vec<&'n Members<'a>>,
    /// Where they are, by the references to them.
    places: BTreeMap<String, usize>,
    strict: bool,
    rest: Allowance,
    lost: Vec<String>,
    /// Which definitions refer to which.
    references: Vec<(usize, usize)>,
    /// The definition that is being read.
    within: Option<usize>,
    depth: usize,
    /// Bytes of schemas that others were brought into.
    copied: usize,
}

fn lowering<'n, 'a>(root: &'n Members<'a>, strict: bool, rest: Allowance) -> Lowering<'n, 'a> {
    let mut lowering = Lowering {
        definitions: Vec::new(),
        places: BTreeMap::new(),
        strict,
        rest,
        lost: Vec::new(),
        references: Vec::new(),
        within: None,
        depth: 0,
        copied: 0,
    };
    for (list, place) in DEFINITIONS {
        let Some(Node::Object(schemas)) = get(root, list) else { continue };
        for (name, node) in schemas {
            if let Node::Object(schema) = node {
                lowering.places.insert(format!("{place}{}", name.as_str()), lowering.definitions.len());
                lowering.definitions.push(schema);
            }
        }
    }
    lowering
}

impl<'a> Lowering<'_, 'a> {
    fn schema(&mut self, members: &Members<'a>) -> Result<Members<'a>, NoGrammar> {
        if self.depth >= DEEPEST {
            return Err(NoGrammar);
        }
        self.depth = self.depth.saturating_add(1);
        let lowered = self.lower(members);
        self.depth = self.depth.saturating_sub(1);
        lowered
    }

    fn lower(&mut self, members: &Members<'a>) -> Result<Members<'a>, NoGrammar> {
        if let Some(reference) = get(members, "$ref") {
            return self.reference(members, reference);
        }
        if let Some(Node::List(list)) = get(members, "allOf")
            && let [Node::Object(only)] = list.as_slice()
        {
            let joined = self.joined(members, "allOf", only)?;
            return self.schema(&joined);
        }
        let mut out: Members<'a> = Vec::with_capacity(members.len());
        let mut words = Vec::new();
        for (name, node) in members {
            let node = match (name.as_str(), node) {
                ("properties" | "$defs" | "definitions", Node::Object(schemas)) => {
                    Node::Object(self.schemas(name, schemas)?)
                }
                ("items", Node::Object(schema)) => Node::Object(self.schema(schema)?),
                ("anyOf" | "oneOf", Node::List(list)) if get(&out, "anyOf").is_none() => {
                    self.rest.unions = self.rest.unions.checked_sub(1).ok_or(NoGrammar)?;
                    out.push((Str::borrowed("anyOf"), Node::List(self.list(list)?)));
                    continue;
                }
                ("allOf", Node::List(list)) => Node::List(self.all(list)?),
                ("additionalProperties", Node::Bool(false)) => node.clone(),
                ("properties" | "$defs" | "definitions" | "items" | "anyOf" | "oneOf" | "allOf", _)
                | ("additionalProperties" | "patternProperties" | "prefixItems", _) => return Err(NoGrammar),
                ("enum", node) if !has_simple_values(node) => return Err(NoGrammar),
                ("const", node) if !is_simple_value(&node.json()) => return Err(NoGrammar),
                (name, node) if is_known(name, node) => node.clone(),
                (silent, _) if SILENT.contains(&silent) => continue,
                (other, node) => {
                    words.push(format!("{other}: {}", node.json()));
                    self.lose(other);
                    continue;
                }
            };
            out.push((name.clone(), node));
        }
        self.settle(&mut out)?;
        if !words.is_empty() {
            describe(&mut out, &format!("{{{}}}", words.join(", ")));
        }
        Ok(out)
    }

    /// Notes that a member is said in words only: as many as are told, and one more.
    fn lose(&mut self, name: &str) {
        let told = |lost: &[String]| lost.len() > Dropped::MOST || lost.iter().any(|lost| lost == name);
        if !EXPLAINING.contains(&name) && !told(&self.lost) {
            self.lost.push(name.to_owned());
        }
    }

    fn schemas(&mut self, list: &str, schemas: &Members<'a>) -> Result<Members<'a>, NoGrammar> {
        let place = DEFINITIONS.into_iter().find(|(known, _)| *known == list).map(|(_, place)| place);
        let mut lowered = Vec::with_capacity(schemas.len());
        for (name, node) in schemas {
            let Node::Object(schema) = node else { return Err(NoGrammar) };
            let outside = self.within;
            if let Some(place) = place {
                self.within = self.places.get(&format!("{place}{}", name.as_str())).copied();
            }
            lowered.push((name.clone(), Node::Object(self.schema(schema)?)));
            self.within = outside;
        }
        Ok(lowered)
    }

    fn list(&mut self, list: &[Node<'a>]) -> Result<Vec<Node<'a>>, NoGrammar> {
        let lowered = list.iter().map(|node| match node {
            Node::Object(schema) => self.schema(schema).map(Node::Object),
            _ => Err(NoGrammar),
        });
        lowered.collect()
    }

    /// Schemas that must all match: none of an object, which would forbid what the others name, and no reference.
    fn all(&mut self, list: &[Node<'a>]) -> Result<Vec<Node<'a>>, NoGrammar> {
        let lowered = self.list(list)?;
        let fits = |node: &Node<'_>| match node {
            Node::Object(schema) => {
                get(schema, "$ref").or_else(|| get(schema, "additionalProperties")).is_none()
            }
            _ => false,
        };
        if lowered.iter().all(fits) { Ok(lowered) } else { Err(NoGrammar) }
    }

    /// A reference stands alone, or what it names stands in its place.
    fn reference(&mut self, members: &Members<'a>, reference: &Node<'a>) -> Result<Members<'a>, NoGrammar> {
        let text = reference.as_text().ok_or(NoGrammar)?;
        let place = *self.places.get(text.as_str()).ok_or(NoGrammar)?;
        let found = *self.definitions.get(place).ok_or(NoGrammar)?;
        self.references.extend(self.within.map(|within| (within, place)));
        if members.iter().all(|(name, _)| name.as_str() == "$ref" || SILENT.contains(&name.as_str())) {
            return Ok(vec![(Str::borrowed("$ref"), reference.clone())]);
        }
        let joined = self.joined(members, "$ref", found)?;
        self.schema(&joined)
    }

    /// A schema without this member, and with those of another schema.
    fn joined(
        &mut self,
        members: &Members<'a>,
        without: &str,
        other: &Members<'a>,
    ) -> Result<Members<'a>, NoGrammar> {
        let mut all: Members<'a> =
            members.iter().filter(|(name, _)| name.as_str() != without).cloned().collect();
        let known: BTreeSet<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        for (name, node) in other {
            match known.contains(name.as_str()) && name.as_str() != without {
                false => all.push((name.clone(), node.clone())),
                true if ["title", "description", "default"].contains(&name.as_str()) => {}
                true => return Err(NoGrammar),
            }
        }
        let all = Node::Object(all);
        self.copied = self.copied.saturating_add(all.json().len());
        match all {
            Node::Object(all) if self.copied <= MOST_COPIED => Ok(all),
            _ => Err(NoGrammar),
        }
    }

    /// The type, and what the grammar demands of it.
    fn settle(&mut self, schema: &mut Members<'_>) -> Result<(), NoGrammar> {
        let has = |name: &str| get(schema, name).is_some();
        let kinds = match get(schema, "type") {
            Some(Node::Raw(raw)) if raw.get().starts_with('[') => {
                self.rest.unions = self.rest.unions.checked_sub(1).ok_or(NoGrammar)?;
                raw.get().to_owned()
            }
            Some(kind) => kind.json(),
            None if has("properties") => {
                schema.insert(0, (Str::borrowed("type"), Node::text("object")));
                "\"object\"".to_owned()
            }
            None if has("items") => {
                schema.insert(0, (Str::borrowed("type"), Node::text("array")));
                "\"array\"".to_owned()
            }
            None if ["anyOf", "allOf"].into_iter().any(has) => String::new(),
            None => {
                let kind = kind_of_values(schema)?;
                schema.insert(0, (Str::borrowed("type"), Node::text(kind)));
                String::new()
            }
        };
        let has = |name: &str| get(schema, name).is_some();
        if kinds.contains("\"array\"") && !has("items") {
            return Err(NoGrammar);
        }
        if !kinds.contains("\"object\"") {
            return Ok(());
        }
        if !has("additionalProperties") {
            if !self.strict {
                return Err(NoGrammar);
            }
            schema.push((Str::borrowed("additionalProperties"), Node::Bool(false)));
        }
        let required = match get(schema, "required") {
            Some(names) => names.as_texts().ok_or(NoGrammar)?,
            None => Vec::new(),
        };
        let required: BTreeSet<&str> = required.iter().map(Str::as_str).collect();
        if let Some(Node::Object(properties)) = get(schema, "properties") {
            let optional = properties.iter().filter(|(name, _)| !required.contains(name.as_str())).count();
            self.rest.optional = self.rest.optional.checked_sub(optional).ok_or(NoGrammar)?;
        }
        Ok(())
    }
}

/// Whether the grammar knows a member that holds no schemas.
fn is_known(name: &str, node: &Node<'_>) -> bool {
    let text = || node.as_text();
    match name {
        "format" => text().is_some_and(|format| FORMATS.contains(&format.as_str())),
        "pattern" => text().is_some_and(|pattern| pattern::is_simple(&pattern)),
        "minItems" => matches!(node.json().as_str(), "0" | "1"),
        _ => KEPT.contains(&name),
    }
}

/// The type of all values that a schema lists.
fn kind_of_values(schema: &Members<'_>) -> Result<&'static str, NoGrammar> {
    let raw = match (get(schema, "enum"), get(schema, "const")) {
        (Some(Node::Raw(raw)), _) => values(raw)?,
        (None, Some(Node::Raw(raw))) => vec![*raw],
        _ => return Err(NoGrammar),
    };
    let mut kinds = raw.iter().map(|raw| match raw.get().as_bytes() {
        [b'"', ..] => "string",
        [b't' | b'f', ..] => "boolean",
        [b'n', ..] => "null",
        digits if digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-')) => "integer",
        _ => "number",
    });
    let first = kinds.next().ok_or(NoGrammar)?;
    if kinds.all(|kind| kind == first) { Ok(first) } else { Err(NoGrammar) }
}

/// Values that are no lists and no objects.
fn has_simple_values(node: &Node<'_>) -> bool {
    let Node::Raw(raw) = node else { return false };
    values(raw).is_ok_and(|values| values.iter().all(|value| is_simple_value(value.get())))
}

fn values(raw: &RawValue) -> Result<Vec<&RawValue>, NoGrammar> {
    serde_json::from_str(raw.get()).map_err(|_| NoGrammar)
}

fn is_simple_value(json: &str) -> bool {
    !json.starts_with(['{', '['])
}

/// Whether none of so many definitions leads to itself.
fn ends(count: usize, mut references: Vec<(usize, usize)>) -> bool {
    references.sort_unstable();
    references.dedup();
    let mut referred = vec![0_usize; count];
    for (_, to) in &references {
        if let Some(times) = referred.get_mut(*to) {
            *times = times.saturating_add(1);
        }
    }
    // Who is referred to by nobody any more goes, and so do its own references: what is left then leads to itself.
    let mut free: Vec<_> = (0..count).filter(|place| referred.get(*place) == Some(&0)).collect();
    let mut gone = 0_usize;
    while let Some(place) = free.pop() {
        gone = gone.saturating_add(1);
        let first = references.partition_point(|(from, _)| *from < place);
        let own = references.get(first..).unwrap_or_default().iter().take_while(|(from, _)| *from == place);
        for (_, to) in own {
            let Some(times) = referred.get_mut(*to) else { continue };
            *times = times.saturating_sub(1);
            if *times == 0 {
                free.push(*to);
            }
        }
    }
    gone == count
}

/// Schemas within schemas, those that references bring in included.
const DEEPEST: usize = 100;

/// Bytes of schemas that others are brought into, over a whole schema.
const MOST_COPIED: usize = 256 * 1024;

/// Members that say nothing of what fits.
const SILENT: &[&str] =
    &["$schema", "$id", "$anchor", "$comment", "title", "deprecated", "readOnly", "writeOnly"];

/// Members that only explain.
const EXPLAINING: &[&str] = &["examples", "example"];
