//! JSON Schema as newer models take it, which is nearly as it was written:
//! <https://ai.google.dev/api/generate-content#GenerationConfig>, `responseJsonSchema`.
//!
//! | JSON Schema | becomes |
//! |---|---|
//! | `$ref` beside members whose names do not begin with `$` | what it names, in its place; members beside it win |
//! | the same where that refers to itself, or would be too long | the reference alone; what stands beside it is reported |
//! | `definitions` of the root | `$defs`, and so in references |
//! | `$ref` to anything but a definition | what it names, in its place |
//! | `allOf` | one schema with the members of all |
//! | `const` of a text or number | `enum` of one |
//! | null in an `enum` | an alternative of its own; an empty text there is reported |
//! | the root of a function's arguments | an object that is no mere reference |
//!
//! A schema without any of these is sent as it is, and so is one that is none.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::Place;
use super::node::Node;
use super::reference::{Allowance, Places};
use super::written::{self, Member, Schema};
use crate::dialect::applicators;
use crate::hub::Dropped;
use crate::hub::json::{Str, is_null};
use crate::json_object;

/// Settles the schema at `place`.
pub fn settle<'a>(
    root: &'a RawValue,
    place: Place,
    allowance: &mut Allowance,
    dropped: &mut Dropped,
) -> Node<'a> {
    json_object! {
        struct Root<'a> { kind as "type": &'a RawValue, defs as "$defs": &'a RawValue, .. }
    }
    let wire = serde_json::from_str::<Root<'_>>(root.get()).unwrap_or_default();
    let arguments = matches!(place, Place::Tool(_));
    let settled = is_settled(root.get()) && (!arguments || wire.kind.is_some());
    if settled || root.get().len() > super::LONGEST {
        return Node::Raw(root);
    }
    let Ok(written) = written::read(root, applicators::ALL) else { return Node::Raw(root) };
    let mut settling = Settling {
        root,
        place,
        allowance,
        dropped,
        active: Vec::new(),
        places: Places::default(),
        depth: 0,
        looks: MOST_LOOKS,
        renames: wire.defs.is_none(),
    };
    let mut members = settling.schema(written, arguments);
    if arguments && !has(&members, "type") && !has(&members, REF) {
        members.insert(0, (Str::borrowed("type"), Node::Text(Str::borrowed("object"))));
    }
    Node::Object(members)
}

/// Whether nothing of it is to be settled, as far as a look at its text can tell.
fn is_settled(text: &str) -> bool {
    let says = |word: &str| text.contains(word);
    let moves = ["\"$ref\"", "\"allOf\"", "\"const\"", "\"definitions\"", "\\u"].into_iter().any(says);
    !moves && !(says("\"enum\"") && (says("\"\"") || says("null")))
}

type Entry<'a> = (Str<'a>, Node<'a>);

struct Settling<'a, 'd> {
    root: &'a RawValue,
    place: Place,
    allowance: &'d mut Allowance,
    dropped: &'d mut Dropped,
    /// The references that are being followed, and the definition that is being walked.
    active: Vec<String>,
    places: Places<'a>,
    depth: usize,
    /// How many members may still be looked at to merge schemas.
    looks: usize,
    /// The root's `definitions` become its `$defs`.
    renames: bool,
}

/// What a schema says.
#[derive(Default)]
struct Members<'a> {
    /// Its members, but for these:
    open: Vec<Entry<'a>>,
    /// `$ref`.
    reference: Option<String>,
    /// `allOf`.
    all: Vec<Schema<'a>>,
    /// Null, in its `enum`.
    nullable: bool,
}

/// Where a reference leads.
enum Followed<'a> {
    /// It stays: what it names refers to itself, or nothing forbids it.
    Stays(String),
    /// To these members.
    To(Vec<Entry<'a>>),
    /// To nothing that is there.
    Nowhere,
}

impl<'a> Settling<'a, '_> {
    /// A schema's members. With `follow`, a reference is followed wherever it can be.
    fn schema(&mut self, written: Schema<'a>, follow: bool) -> Vec<Entry<'a>> {
        self.depth = self.depth.saturating_add(1);
        let Members { mut open, reference, all, nullable } = self.members(written);
        let (mut alone, mut said) = (None, Said::default());
        if let Some(name) = reference {
            match self.follow(name, follow || open.iter().any(is_beside) || !all.is_empty()) {
                Followed::Stays(name) => alone = Some(name),
                Followed::To(members) => self.merge(&mut open, &mut said, members, REF),
                Followed::Nowhere => self.report(REF),
            }
        }
        for schema in all {
            let mut members = self.schema(schema, true);
            match take(&mut members, REF) {
                Some(Node::Text(name)) if alone.is_none() => alone = Some(name.into_owned()),
                Some(_) => self.report("allOf"),
                None => self.merge(&mut open, &mut said, members, "allOf"),
            }
        }
        if let Some(name) = alone {
            let (beside, mut kept): (Vec<_>, Vec<_>) = open.into_iter().partition(is_beside);
            beside.iter().for_each(|(name, _)| self.report(name));
            kept.push((Str::borrowed(REF), Node::Text(Str::from(name))));
            open = kept;
        } else if nullable {
            self.apart(&mut open);
        }
        self.depth = self.depth.saturating_sub(1);
        open
    }

    fn members(&mut self, written: Schema<'a>) -> Members<'a> {
        let mut read = Members::default();
        let open = &mut read.open;
        for (name, value) in written.members {
            match (name.as_str(), value) {
                (_, Member::Nothing) => {}
                (REF, Member::Raw(raw)) => {
                    read.reference = Some(serde_json::from_str(raw.get()).unwrap_or_default());
                }
                ("allOf", Member::List(schemas)) => read.all.extend(schemas),
                ("const" | "enum", Member::Raw(_)) if has(open, "enum") => self.report(&name),
                ("const", Member::Raw(raw)) if raw.get().starts_with(VALUE) => {
                    open.push((Str::borrowed("enum"), Node::List(vec![Node::Raw(raw)])));
                }
                ("enum", Member::Raw(raw)) => read.nullable |= self.values(raw, open),
                ("$defs" | "definitions", Member::Object(schemas)) if self.depth == 1 => {
                    let name = if self.renames { Str::borrowed("$defs") } else { name };
                    let definitions = schemas.into_iter().map(|entry| self.definition(&name, entry));
                    let definitions = Node::Object(definitions.collect());
                    open.push((name, definitions));
                }
                (_, value) => open.push((name, self.value(value))),
            }
        }
        read
    }

    /// What a definition refers to itself by stays in it.
    fn definition(&mut self, within: &str, (name, schema): (Str<'a>, Schema<'a>)) -> Entry<'a> {
        self.active.push(format!("#/{within}/{}", name.replace('~', "~0").replace('/', "~1")));
        let node = self.node(schema);
        self.active.pop();
        (name, node)
    }

    fn value(&mut self, value: Member<'a>) -> Node<'a> {
        match value {
            Member::Nothing => Node::Bool(true),
            Member::Raw(raw) => Node::Raw(raw),
            Member::One(schema) => self.node(schema),
            Member::List(schemas) => {
                Node::List(schemas.into_iter().map(|schema| self.node(schema)).collect())
            }
            Member::Object(schemas) => {
                let nodes = schemas.into_iter().map(|(name, schema)| (name, self.node(schema)));
                Node::Object(nodes.collect())
            }
        }
    }

    fn node(&mut self, schema: Schema<'a>) -> Node<'a> {
        match schema.verdict {
            Some(verdict) => Node::Bool(verdict),
            None => Node::Object(self.schema(schema, false)),
        }
    }

    /// The values of an `enum`, but for null: whether that was among them.
    fn values(&mut self, raw: &'a RawValue, open: &mut Vec<Entry<'a>>) -> bool {
        let values: Vec<&'a RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        let is_odd = |value: &&RawValue| is_null(value) || value.get() == "\"\"";
        let node = match values.iter().any(is_odd) {
            true => {
                Node::List(values.iter().filter(|value| !is_odd(value)).map(|raw| Node::Raw(raw)).collect())
            }
            false => Node::Raw(raw),
        };
        if values.iter().any(|value| value.get() == "\"\"") {
            self.report("enum");
        }
        // An `enum` of nothing is refused.
        if !matches!(&node, Node::List(kept) if kept.is_empty()) {
            open.push((Str::borrowed("enum"), node));
        }
        values.iter().any(|value| is_null(value))
    }

    /// Null apart from the values of an `enum`, where the types allow it.
    fn apart(&mut self, open: &mut Vec<Entry<'a>>) {
        let kind = take(open, "type");
        let mut types: Vec<Node<'a>> = match &kind {
            Some(Node::Raw(raw)) => match serde_json::from_str::<Vec<&'a RawValue>>(raw.get()) {
                Ok(types) => types.into_iter().map(Node::Raw).collect(),
                Err(_) => vec![Node::Raw(raw)],
            },
            _ => Vec::new(),
        };
        let all = types.len();
        types.retain(|name| !matches!(name, Node::Raw(raw) if raw.get() == "\"null\""));
        let is_allowed = kind.is_none() || types.len() < all;
        if !is_allowed || has(open, "anyOf") {
            if is_allowed {
                self.report("enum");
            }
            open.extend(kind.map(|kind| (Str::borrowed("type"), kind)));
            return;
        }
        let mut values = Vec::new();
        if let (Some(only), true) = (types.pop(), types.is_empty()) {
            values.push((Str::borrowed("type"), only));
        }
        values.extend(take(open, "enum").map(|node| (Str::borrowed("enum"), node)));
        let null = vec![(Str::borrowed("type"), Node::Text(Str::borrowed("null")))];
        match values.is_empty() {
            true => open.extend(null),
            false => {
                let any = Node::List(vec![Node::Object(values), Node::Object(null)]);
                open.push((Str::borrowed("anyOf"), any));
            }
        }
    }

    /// Follows a reference: always, or only where Google would not.
    fn follow(&mut self, written: String, always: bool) -> Followed<'a> {
        let pointer = written.strip_prefix("#/");
        let name = match written.strip_prefix("#/definitions/").filter(|_| self.renames) {
            Some(rest) => format!("#/$defs/{rest}"),
            None => written.clone(),
        };
        let Some(pointer) = pointer else {
            // The root, an anchor, or something outside.
            return if name.starts_with('#') { Followed::Stays(name) } else { Followed::Nowhere };
        };
        if self.active.contains(&name) || self.depth >= DEEPEST {
            return Followed::Stays(name);
        }
        let Some(found) = self.places.find(self.root, pointer, self.allowance) else {
            return Followed::Nowhere;
        };
        let is_definition = name.strip_prefix("#/$defs/").is_some_and(|name| !name.contains('/'));
        if is_definition && !always {
            return Followed::Stays(name);
        }
        let Some(rest) = self.allowance.copies.checked_sub(found.get().len()) else {
            return Followed::Stays(name);
        };
        let Ok(schema) = written::read(found, applicators::ALL) else { return Followed::Stays(name) };
        self.allowance.copies = rest;
        self.active.push(name);
        let mut members = self.schema(schema, true);
        self.active.pop();
        match take(&mut members, REF) {
            Some(Node::Text(name)) => Followed::Stays(name.into_owned()),
            _ => Followed::To(members),
        }
    }

    /// Adds what `others` say. Where both say something, the first counts: what else was said is reported, by the name
    /// of what brought it.
    fn merge(&mut self, open: &mut Vec<Entry<'a>>, said: &mut Said<'a>, others: Vec<Entry<'a>>, by: &str) {
        // Names for the whole of what they stand in are not for a copy of it.
        let others: Vec<_> = others.into_iter().filter(is_beside).collect();
        if !self.looks_at(open.len().saturating_mul(others.len())) {
            return self.report(by);
        }
        for (name, node) in others {
            let known = open.iter_mut().find(|(known, _)| *known == name).map(|(_, node)| node);
            match (known, node, name.as_str()) {
                (None, node, _) => open.push((name, node)),
                (Some(Node::Object(known)), Node::Object(more), "properties") => {
                    let names = said
                        .properties
                        .get_or_insert_with(|| known.iter().map(|(name, _)| name.clone()).collect());
                    for (name, node) in more {
                        match names.insert(name.clone()) {
                            true => known.push((name, node)),
                            false => self.report(by),
                        }
                    }
                }
                (Some(known), more, "required") => said.require(known, &more),
                (Some(Node::Raw(known)), Node::Raw(more), _) if known.get() == more.get() => {}
                (_, _, name) if super::SAID_ONCE.contains(&name) => {}
                _ => self.report(by),
            }
        }
    }

    /// Whether so many members may still be looked at.
    fn looks_at(&mut self, members: usize) -> bool {
        let rest = self.looks.checked_sub(members);
        self.looks = rest.unwrap_or(self.looks);
        rest.is_some()
    }

    fn report(&mut self, member: &str) {
        self.dropped.add_member(|name| self.place.member(name), member);
    }
}

/// What the merged schemas have said, to be found again.
#[derive(Default)]
struct Said<'a> {
    properties: Option<BTreeSet<Str<'a>>>,
    required: Option<BTreeSet<&'a str>>,
}

impl<'a> Said<'a> {
    /// Adds names to a list of them, each once.
    fn require(&mut self, known: &mut Node<'a>, more: &Node<'a>) {
        let first = if self.required.is_none() { required(known) } else { Vec::new() };
        let names = self.required.get_or_insert_default();
        let mut list = match (std::mem::replace(known, Node::Bool(true)), first.is_empty()) {
            (Node::List(list), true) => list,
            _ => Vec::new(),
        };
        let new = first.into_iter().chain(required(more)).filter(|name| names.insert(name.get()));
        list.extend(new.map(Node::Raw));
        *known = Node::List(list);
    }
}

/// The names in a list of them.
fn required<'a>(node: &Node<'a>) -> Vec<&'a RawValue> {
    match node {
        Node::Raw(raw) => serde_json::from_str(raw.get()).unwrap_or_default(),
        Node::List(names) => {
            let raw = |name: &Node<'a>| if let Node::Raw(raw) = name { Some(*raw) } else { None };
            names.iter().filter_map(raw).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a member may not stand beside a reference.
fn is_beside((name, _): &Entry<'_>) -> bool {
    !name.starts_with('$')
}

fn has(members: &[Entry<'_>], name: &str) -> bool {
    members.iter().any(|(known, _)| known.as_str() == name)
}

fn take<'a>(members: &mut Vec<Entry<'a>>, name: &str) -> Option<Node<'a>> {
    let at = members.iter().position(|(known, _)| known.as_str() == name)?;
    Some(members.remove(at).1)
}

const REF: &str = "$ref";

/// What a text or a number begins with.
const VALUE: [char; 12] = ['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/// Schemas within schemas, from where on references are not followed.
const DEEPEST: usize = 100;

/// Members that are looked at, over all merges of a schema.
const MOST_LOOKS: usize = 1 << 18;

#[cfg(test)]
mod tests;
