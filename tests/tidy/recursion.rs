//! Nothing in the core calls itself as often as a client or a provider likes: that ends the VM.
//!
//! Found by name: a cycle among functions, within a file and where one file names another's, and a type that holds
//! itself, which is read, written, copied and dropped by functions that nobody sees.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::{Function, functions};
use super::sources::{Source, files};

/// What may, each with its bound. One that no longer does must leave the list.
const BOUNDED: &[(&str, &str)] = &[
    ("filter/core/hub/request.rs Kind", "a result holds content, which holds no result"),
    ("filter/core/hub/request.rs Part", "a result holds content, which holds no result"),
    ("filter/core/config/section.rs Path", "as deep as the keys that are known, which is less than ten"),
    ("filter/core/dialect/anthropic/content.rs Block", "a result holds content, which holds no result"),
    ("filter/core/dialect/anthropic/content.rs Content", "a result holds content, which holds no result"),
    ("filter/core/dialect/anthropic/schema/grammar.rs Lowering::all", LOWERING),
    ("filter/core/dialect/anthropic/schema/grammar.rs Lowering::list", LOWERING),
    ("filter/core/dialect/anthropic/schema/grammar.rs Lowering::lower", LOWERING),
    ("filter/core/dialect/anthropic/schema/grammar.rs Lowering::reference", LOWERING),
    ("filter/core/dialect/anthropic/schema/grammar.rs Lowering::schema", LOWERING),
    ("filter/core/dialect/anthropic/schema/grammar.rs Lowering::schemas", LOWERING),
    ("filter/core/dialect/anthropic/schema/node.rs Form::deserialize", SERDE),
    ("filter/core/dialect/anthropic/schema/node.rs Form::visit_map", SERDE),
    ("filter/core/dialect/anthropic/schema/node.rs Form::visit_seq", SERDE),
    ("filter/core/dialect/anthropic/schema/node.rs Node", SERDE),
    ("filter/core/dialect/cohere/schema.rs Reading::deserialize", SERDE),
    ("filter/core/dialect/cohere/schema.rs Reading::visit_seq", SERDE),
    ("filter/core/dialect/gemini/contents.rs FunctionResponse", "a response holds media alone"),
    ("filter/core/dialect/gemini/contents.rs Part", "a response holds media alone"),
    ("filter/core/dialect/gemini/schema/mod.rs Lowering::all", LOWERING),
    ("filter/core/dialect/gemini/schema/mod.rs Lowering::alternatives", LOWERING),
    ("filter/core/dialect/gemini/schema/mod.rs Lowering::items", LOWERING),
    ("filter/core/dialect/gemini/schema/mod.rs Lowering::member", LOWERING),
    ("filter/core/dialect/gemini/schema/mod.rs Lowering::properties", LOWERING),
    ("filter/core/dialect/gemini/schema/mod.rs Lowering::reference", LOWERING),
    ("filter/core/dialect/gemini/schema/mod.rs Lowering::schema", LOWERING),
    ("filter/core/dialect/gemini/schema/node.rs Node", LOWERING),
    ("filter/core/dialect/gemini/schema/settle.rs Settling::definition", SETTLING),
    ("filter/core/dialect/gemini/schema/settle.rs Settling::follow", SETTLING),
    ("filter/core/dialect/gemini/schema/settle.rs Settling::members", SETTLING),
    ("filter/core/dialect/gemini/schema/settle.rs Settling::node", SETTLING),
    ("filter/core/dialect/gemini/schema/settle.rs Settling::schema", SETTLING),
    ("filter/core/dialect/gemini/schema/settle.rs Settling::value", SETTLING),
    ("filter/core/dialect/gemini/schema/written.rs Member", SERDE),
    ("filter/core/dialect/gemini/schema/written.rs Reading::deserialize", SERDE),
    ("filter/core/dialect/gemini/schema/written.rs Reading::visit_map", SERDE),
    ("filter/core/dialect/gemini/schema/written.rs Reading::visit_seq", SERDE),
    ("filter/core/dialect/gemini/schema/written.rs Schema", SERDE),
    ("filter/core/dialect/plain_error.rs words", "a `Value`, which serde_json reads 127 deep"),
];

const SERDE: &str = "serde_json reads 127 deep";
const SETTLING: &str =
    "what serde_json reads, 127 deep, below the last reference: DEEPEST levels down at most";
const LOWERING: &str = "DEEPEST: 100 schemas within schemas, references included";

/// What leads back to where values are read, by way of `serde`.
const BY_SERDE: &[(&str, &[&str])] = &[
    ("next_value_seed", &["deserialize"]),
    ("next_element_seed", &["deserialize"]),
    ("deserialize_any", &["visit_map", "visit_seq"]),
    ("deserialize_map", &["visit_map"]),
    ("deserialize_seq", &["visit_seq"]),
];

/// Something that may lead to itself: a file and a name.
type Place = (String, String);

/// Every cycle is bounded.
pub fn bounds() {
    let sources = files("filter/core", "rs");
    let sources: Vec<_> = sources.into_iter().filter(|source| !source.is_test()).collect();
    let mut found = cycles(&calls(&sources));
    for source in &sources {
        let path = |name: String| (source.path.clone(), name);
        let types = types(&source.code());
        let edges = types.into_iter().map(|(name, held)| (path(name), held.into_iter().map(path).collect()));
        found.extend(cycles(&edges.collect()));
    }
    let found: BTreeSet<_> = found.into_iter().map(|(path, name)| format!("{path} {name}")).collect();
    let known = |place: &str| BOUNDED.iter().any(|(known, _)| *known == place);
    let unknown: Vec<_> = found.iter().filter(|place| !known(place)).collect();
    assert!(unknown.is_empty(), "leads to itself, and nothing bounds how often: {unknown:#?}");
    for (place, bound) in BOUNDED {
        assert!(found.contains(*place), "{place} does not lead to itself: it needs no bound ({bound})");
    }
}

/// Which functions name which.
fn calls(sources: &[Source]) -> BTreeMap<Place, BTreeSet<Place>> {
    let codes: Vec<_> = sources.iter().map(|source| (source.path.as_str(), source.code())).collect();
    let defined: Vec<_> = codes
        .iter()
        .flat_map(|(path, code)| functions(code).into_iter().map(move |function| (*path, code, function)))
        .collect();
    let mut edges: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for (path, code, caller) in &defined {
        let body = code[caller.start + 1..caller.start + caller.length.max(1)].join("\n");
        let imported = imported(code);
        let to = edges.entry(place(path, caller)).or_default();
        for Name { before, owner, name } in names(&body) {
            // What is bound here is no function of that name.
            let forms = [("let ", " "), ("let mut ", " "), ("(", " "), ("|", "|"), ("(", ") =>")];
            let bound = forms.iter().any(|(before, after)| body.contains(&format!("{before}{name}{after}")));
            let near = |other: &str| folder(other) == folder(path);
            let fits = |other: &str, callee: &Function| match (before, owner) {
                _ if callee.name != name => false,
                ("", _) => !bound && callee.owner.is_none() && (other == *path || imported.contains(name)),
                (_, "self" | "Self") => callee.owner == caller.owner && near(other),
                ("::", owner) if is_type(owner) => callee.owner.as_deref() == Some(owner) && near(other),
                ("::", owner) => callee.owner.is_none() && module(other) == owner,
                _ => false,
            };
            let callees = defined.iter().filter(|(other, _, callee)| fits(other, callee));
            to.extend(callees.map(|(other, _, callee)| place(other, callee)));
        }
        let by_serde = BY_SERDE.iter().filter(|(call, _)| body.contains(&format!(".{call}(")));
        for name in by_serde.flat_map(|(_, names)| *names) {
            let callees = defined.iter().filter(|(other, _, callee)| other == path && callee.name == *name);
            to.extend(callees.map(|(other, _, callee)| place(other, callee)));
        }
    }
    edges
}

fn place(path: &str, function: &Function) -> Place {
    let owner = function.owner.as_ref().map(|owner| format!("{owner}::")).unwrap_or_default();
    (path.to_owned(), format!("{owner}{}", function.name))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn module(path: &str) -> &str {
    let path = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    path.rsplit('/').next().unwrap_or(path)
}

fn is_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Names that a file imports, the functions among them.
fn imported<'a>(code: &[&'a str]) -> BTreeSet<&'a str> {
    let uses = code.iter().filter(|line| line.starts_with("use ") || line.starts_with("pub use "));
    uses.flat_map(|line| line.split(|c: char| !is_part(c))).collect()
}

/// A name of what may be a function.
struct Name<'a> {
    /// `.`, `::` or nothing.
    before: &'static str,
    /// What stands before that: `self`, a type, a module, a variable.
    owner: &'a str,
    name: &'a str,
}

/// What a text calls, or gives to something that calls it.
fn names(body: &str) -> Vec<Name<'_>> {
    let mut found = Vec::new();
    for line in body.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut start = 0;
        while let Some(length) = line[start..].find(is_part) {
            let at = start + length;
            let end = line[at..].find(|c| !is_part(c)).map_or(line.len(), |length| at + length);
            let (front, after) = (&line[..at], &line[end..]);
            let before = ["::", "."].into_iter().find(|before| front.ends_with(before)).unwrap_or("");
            let owner = front[..at - before.len()].rsplit(|c| !is_part(c)).next().unwrap_or_default();
            let is_called = after.starts_with('(') || after.starts_with("::<");
            let is_given = after.starts_with(')') && (front.ends_with('(') || before == "::");
            if (is_called || is_given) && !front.ends_with("fn ") {
                found.push(Name { before, owner, name: &line[at..end] });
            }
            start = end;
        }
    }
    found
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The types of a file, and those of them that each names in what it holds.
fn types(code: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut bodies: Vec<(String, String)> = Vec::new();
    for (start, line) in code.iter().enumerate() {
        let words: Vec<_> = line.split(|c: char| !is_part(c)).filter(|word| !word.is_empty()).collect();
        let keyword =
            words.iter().position(|word| !matches!(*word, "pub" | "super" | "crate" | "json_object"));
        let keyword = keyword.filter(|at| matches!(words[*at], "struct" | "enum"));
        let Some(name) = keyword.and_then(|at| words.get(at + 1)).filter(|name| is_type(name)) else {
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let closes = |line: &str| *line == format!("{indent}}}");
        let length = match line.ends_with('{') {
            true => code[start..].iter().position(|line| closes(line)).unwrap_or_default(),
            false => 0,
        };
        let header = line.split_once(name).map_or("", |(_, rest)| rest);
        let body = [&[header], &code[start + 1..=start + length]].concat().join("\n");
        bodies.push(((*name).to_owned(), body));
    }
    let names: BTreeSet<_> = bodies.iter().map(|(name, _)| name.clone()).collect();
    let mut held: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, body) in bodies {
        let lines = body.lines().filter(|line| !line.trim_start().starts_with("//"));
        let words = lines.flat_map(|line| line.split(|c: char| !is_part(c)));
        held.entry(name).or_default().extend(words.filter(|word| names.contains(*word)).map(str::to_owned));
    }
    held
}

/// The places from which one comes back to them.
fn cycles(edges: &BTreeMap<Place, BTreeSet<Place>>) -> Vec<Place> {
    let returns = |start: &&Place| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<_> = edges[*start].iter().collect();
        while let Some(place) = next.pop() {
            if seen.insert(place) {
                next.extend(edges.get(place).into_iter().flatten());
            }
        }
        seen.contains(*start)
    };
    edges.keys().filter(returns).cloned().collect()
}

#[test]
fn cycles_are_found() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let sources = [
        source(
            "a/x.rs",
            "use super::y::there;\nfn one() {\n    two(1)\n}\nfn two() {\n    list.map(one)\n}\nfn three() {\n    one()\n}\n\
             fn four() {\n    there()\n}\nfn five() {\n    other.five();\n    // five()\n    five.sum()\n}\n",
        ),
        source("a/y.rs", "pub fn there() {\n    x::four()\n}\nfn six() {\n    Self::six::<u8>()\n}\n"),
        source(
            "a/z.rs",
            "fn visit_map() {\n    map.next_value_seed(x)\n}\nfn deserialize() {\n    d.deserialize_any(x)\n}\n",
        ),
    ];
    let found = cycles(&calls(&sources));
    let found: Vec<_> = found.iter().map(|(path, name)| format!("{path} {name}")).collect();
    let want = [
        "a/x.rs four",
        "a/x.rs one",
        "a/x.rs two",
        "a/y.rs six",
        "a/y.rs there",
        "a/z.rs deserialize",
        "a/z.rs visit_map",
    ];
    assert_eq!(found, want);
    let code = [
        "pub enum A<'a> {",
        "    One(Vec<B<'a>>),",
        "}",
        "struct B<'a>(&'a A);",
        "struct C {",
        "    b: B,",
        "}",
    ];
    let held = types(&code).into_iter().map(|(name, held)| {
        let place = |name: String| ("f".to_owned(), name);
        (place(name), held.into_iter().map(place).collect())
    });
    let names: Vec<_> = cycles(&held.collect()).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["A", "B"]);
}
