//! The root of a tool's input, without `$ref`, `allOf`, `anyOf` and `oneOf`, which Claude refuses there.
//!
//! | at the root | becomes |
//! |---|---|
//! | `$ref` within the schema | what it names, beside the root's own members |
//! | `allOf` | the properties and the demands of all |
//! | `anyOf`, `oneOf` of one alternative for an object | the same |
//! | `anyOf`, `oneOf` | the properties of all, required where all require them; in words, all of it |
//!
//! What says the same of a name twice is said once; where two differ, the property is any of them, or all of them. Of
//! everything else the root's own word counts, and what is lost is said in the root's `description`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::node::{Members, Node, get, put, take};
use crate::hub::json::Str;

/// The members that Claude refuses at the root.
pub const REFUSED: [&str; 4] = ["$ref", "allOf", "anyOf", "oneOf"];

/// Reshapes a root, with the names in `lost` of what could not be said but in words.
pub fn reshape<'a>(members: Members<'a>, lost: &mut Vec<&'static str>) -> Members<'a> {
    let mut root = Root::new(members, lost);
    root.all();
    // What one brings in may be another.
    while let Some((name, words, union)) = root.union() {
        root.any(name, words, &union);
    }
    root.end()
}

/// Adds words to the description of a schema.
pub fn describe(members: &mut Members<'_>, words: &str) {
    let told = get(members, "description").and_then(Node::as_text).filter(|told| !told.is_blank());
    let told = told.map(|told| format!("{}\n\n{words}", told.as_str()));
    put(members, "description", Node::text(told.unwrap_or_else(|| words.to_owned())));
}

struct Root<'a, 'l> {
    /// What the root says in words that are looked for: few, and each once.
    members: Members<'a>,
    /// What else it says.
    others: Members<'a>,
    properties: Properties<'a>,
    required: Names<'a>,
    /// Where in their list the definitions are, by the references to them.
    places: BTreeMap<String, usize>,
    /// Those that were brought in: none is twice.
    seen: BTreeSet<String>,
    /// What members say that branches say as well, as JSON.
    said: Vec<(String, String)>,
    words: Vec<String>,
    lost: &'l mut Vec<&'static str>,
}

impl<'a, 'l> Root<'a, 'l> {
    fn new(members: Members<'a>, lost: &'l mut Vec<&'static str>) -> Self {
        let mut root = Self {
            members: Vec::new(),
            others: Vec::new(),
            properties: Properties::default(),
            required: Names::default(),
            places: BTreeMap::new(),
            seen: BTreeSet::new(),
            said: Vec::new(),
            words: Vec::new(),
            lost,
        };
        for (name, node) in members {
            let known = get(&root.members, &name).is_some();
            match (name.as_str(), node) {
                ("properties", Node::Object(properties)) => root.properties.add_all(properties),
                ("required", required) => root.required.add(required.as_texts().unwrap_or_default()),
                // The one is ours to say, and of the other nothing is known.
                ("type" | "properties", _) => {}
                (kept, node) if MERGED.contains(&kept) && !known => root.members.push((name, node)),
                (_, node) => root.others.push((name, node)),
            }
        }
        for (list, place) in DEFINITIONS {
            if let Some(Node::Object(schemas)) = get(&root.members, list) {
                let named = schemas.iter().enumerate();
                root.places.extend(named.map(|(at, (name, _))| (format!("{place}{}", name.as_str()), at)));
            }
        }
        root
    }

    /// What the root's reference names and all of its `allOf` become the root's own.
    fn all(&mut self) {
        let mut waiting = VecDeque::new();
        loop {
            waiting.extend(self.referenced());
            match take(&mut self.members, "allOf") {
                Some(Node::List(branches)) => waiting.extend(branches),
                Some(_) => self.lose("allOf"),
                None => {}
            }
            let Some(branch) = waiting.pop_front() else { return };
            match self.resolve(branch, &mut |rest| waiting.push_back(rest)) {
                Some(Node::Object(branch)) => self.merge(branch),
                Some(Node::Bool(true)) | None => {}
                Some(other) => self.lose_with("allOf", "All", &Node::List(vec![other])),
            }
        }
    }

    /// A union that is left, and how many of its alternatives must match.
    fn union(&mut self) -> Option<(&'static str, &'static str, Node<'a>)> {
        let unions = [("anyOf", "At least one"), ("oneOf", "Exactly one")];
        unions.into_iter().find_map(|(name, words)| Some((name, words, take(&mut self.members, name)?)))
    }

    /// What the root's own reference names, which goes. It stays if it names nothing within the schema.
    fn referenced(&mut self) -> Option<Node<'a>> {
        let name = get(&self.members, "$ref")?.as_text()?;
        self.find(&name)?;
        take(&mut self.members, "$ref");
        self.bring(&name)
    }

    /// A branch, or what it refers to, with what stands beside the reference apart; none if that is there already.
    fn resolve(&mut self, branch: Node<'a>, beside: &mut dyn FnMut(Node<'a>)) -> Option<Node<'a>> {
        let Node::Object(mut members) = branch else { return Some(branch) };
        let name = get(&members, "$ref").and_then(Node::as_text);
        let Some(name) = name.filter(|name| self.find(name).is_some()) else {
            return Some(Node::Object(members));
        };
        take(&mut members, "$ref");
        if !members.is_empty() {
            beside(Node::Object(members));
        }
        self.bring(&name)
    }

    /// A definition, the first time.
    fn bring(&mut self, reference: &str) -> Option<Node<'a>> {
        if self.seen.insert(reference.to_owned()) { self.find(reference).cloned() } else { None }
    }

    /// What `#/$defs/Name` names.
    fn find(&self, reference: &str) -> Option<&Node<'a>> {
        let place = self.places.get(reference)?;
        let (list, _) = DEFINITIONS.into_iter().find(|(_, place)| reference.starts_with(place))?;
        match get(&self.members, list)? {
            Node::Object(schemas) => schemas.get(*place).map(|(_, schema)| schema),
            _ => None,
        }
    }

    /// A branch that holds in any case.
    fn merge(&mut self, branch: Members<'a>) {
        let mut lost = Vec::new();
        for (name, node) in branch {
            let known = get(&self.members, &name);
            match (name.as_str(), node) {
                ("type", _) => {}
                ("properties", Node::Object(properties)) => self.properties.add_all(properties),
                ("required", required) => self.required.add(required.as_texts().unwrap_or_default()),
                (kept, node) if MERGED.contains(&kept) && known.is_none() => self.members.push((name, node)),
                (annotation, _) if ANNOTATIONS.contains(&annotation) => {}
                (_, node) => {
                    let said = known.map(|known| {
                        let place = self.said.iter().position(|(said, _)| said == name.as_str());
                        place.unwrap_or_else(|| {
                            self.said.push((name.as_str().to_owned(), known.json()));
                            self.said.len().saturating_sub(1)
                        })
                    });
                    let said = said.and_then(|place| self.said.get(place));
                    if said.is_none_or(|(_, said)| *said != node.json()) {
                        lost.push((name, node));
                    }
                }
            }
        }
        if !lost.is_empty() {
            self.lose_with("allOf", "All", &Node::List(vec![Node::Object(lost)]));
        }
    }

    /// Alternatives.
    fn any(&mut self, name: &'static str, words: &str, union: &Node<'a>) {
        let Node::List(branches) = union else { return self.lose(name) };
        let mut may = branches.iter().filter(|branch| !is_null(branch));
        if let (Some(only), None) = (may.next(), may.next()) {
            put(&mut self.members, "allOf", Node::List(vec![only.clone()]));
            return self.all();
        }
        let (mut objects, mut all) = (Vec::new(), Properties::default());
        for branch in branches {
            let mut beside = |rest| {
                if let Node::Object(mut rest) = rest {
                    all.take_from(&mut rest);
                }
            };
            match self.resolve(branch.clone(), &mut beside) {
                Some(Node::Object(members)) if takes_objects(&members) => objects.push(members),
                _ => {}
            }
        }
        self.lose_with(name, words, union);
        let closed = objects.iter().all(closes) && !objects.is_empty();
        let mut required = Vec::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for members in &mut objects {
            let mut theirs = Names::default();
            theirs.add(get(members, "required").and_then(Node::as_texts).unwrap_or_default());
            for name in &theirs.order {
                let count = counts.entry(name.as_str().to_owned()).or_default();
                *count = count.saturating_add(1);
            }
            required = theirs.order;
            all.take_from(members);
        }
        // Of what the root has of its own, the alternatives only say more, which is said in words.
        for (name, node) in all.join("anyOf") {
            if !self.properties.has(&name) {
                self.properties.add(name, node);
            }
        }
        required.retain(|name| counts.get(name.as_str()) == Some(&objects.len()));
        self.required.add(required);
        if closed && get(&self.members, "additionalProperties").is_none() {
            put(&mut self.members, "additionalProperties", Node::Bool(false));
        }
    }

    fn lose(&mut self, name: &'static str) {
        self.lost.push(name);
    }

    fn lose_with(&mut self, name: &'static str, words: &str, node: &Node<'_>) {
        self.lose(name);
        self.words.push(format!("{words} of these schemas must match: {}", node.json()));
    }

    fn end(self) -> Members<'a> {
        let mut root = vec![(Str::borrowed("type"), Node::text("object"))];
        root.push((Str::borrowed("properties"), Node::Object(self.properties.join("allOf"))));
        let required: Vec<_> = self.required.order.into_iter().map(Node::Text).collect();
        if !required.is_empty() {
            root.push((Str::borrowed("required"), Node::List(required)));
        }
        root.extend(self.members);
        root.extend(self.others);
        if !self.words.is_empty() {
            describe(&mut root, &self.words.join("\n\n"));
        }
        root
    }
}

/// Names, each once, in their order.
#[derive(Default)]
struct Names<'a> {
    order: Vec<Str<'a>>,
    known: BTreeSet<String>,
}

impl<'a> Names<'a> {
    fn add(&mut self, names: impl IntoIterator<Item = Str<'a>>) {
        self.order.extend(names.into_iter().filter(|name| self.known.insert(name.as_str().to_owned())));
    }
}

/// Properties in their order, with all that is said of each.
#[derive(Default)]
struct Properties<'a> {
    all: Vec<(Str<'a>, Vec<Node<'a>>)>,
    /// Where they are, by their names.
    places: BTreeMap<String, usize>,
    /// What was said, as JSON behind the names.
    said: BTreeSet<String>,
}

impl<'a> Properties<'a> {
    fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Those of a schema, which loses them.
    fn take_from(&mut self, schema: &mut Members<'a>) {
        if let Some(Node::Object(properties)) = take(schema, "properties") {
            self.add_all(properties);
        }
    }

    fn add_all(&mut self, properties: Members<'a>) {
        properties.into_iter().for_each(|(name, node)| self.add(name, node));
    }

    fn add(&mut self, name: Str<'a>, node: Node<'a>) {
        if !self.said.insert(format!("{}\n{}", name.as_str(), node.json())) {
            return;
        }
        let next = self.all.len();
        let place = *self.places.entry(name.as_str().to_owned()).or_insert(next);
        match self.all.get_mut(place) {
            Some((_, variants)) => variants.push(node),
            None => self.all.push((name, vec![node])),
        }
    }

    /// One schema each: what is said of it, or all or any of that.
    fn join(self, how: &'static str) -> Members<'a> {
        let join = |mut variants: Vec<Node<'a>>| match (variants.pop(), variants.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                variants.extend(last);
                Node::Object(vec![(Str::borrowed(how), Node::List(variants))])
            }
        };
        self.all.into_iter().map(|(name, variants)| (name, join(variants))).collect()
    }
}

/// The lists of definitions, and what references to them begin with. Of names that would be written otherwise in a
/// pointer, none is found.
pub const DEFINITIONS: [(&str, &str); 2] = [("$defs", "#/$defs/"), ("definitions", "#/definitions/")];

/// Whether a schema's type, where it has one, is an object.
fn takes_objects(members: &Members<'_>) -> bool {
    get(members, "type").is_none_or(|kind| kind.json().contains("\"object\""))
}

fn closes(members: &Members<'_>) -> bool {
    get(members, "additionalProperties").is_some_and(|more| matches!(more, Node::Bool(false)))
}

fn is_null(node: &Node<'_>) -> bool {
    matches!(node, Node::Object(members) if get(members, "type").is_some_and(|kind| kind.json() == "\"null\""))
}

/// What of a branch becomes the root's own, where the root says nothing of it.
const MERGED: [&str; 24] = [
    "$ref",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "$comment",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "additionalProperties",
    "patternProperties",
    "unevaluatedProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
];

/// Of these, one is enough.
const ANNOTATIONS: [&str; 5] = ["title", "description", "default", "examples", "$comment"];
