//! `match`: which requests a route takes.

use serde_json::Value;

use super::super::section::{Errors, Node};
use crate::routing::{Glob, HeaderMatch, Match, Pattern, Word, Wording};
use crate::surface::{PLANNED, routed};

const KNOWN: &[&str] = &[
    "models",
    "surfaces",
    "headers",
    "prompt",
    "tools",
    "images",
    "json_schema",
    "stream",
    "min_input_tokens",
    "max_input_tokens",
];
const LACKING: &[&str] = &["roles"];
const MOST_TOKENS: u64 = 1_000_000_000;

pub(super) fn read(node: &Node<'_>, errors: &mut Errors) -> Match {
    let Some(section) = node.section(KNOWN, LACKING, errors) else { return Match::default() };
    let mut flag = |name| section.get(name).and_then(|node| flag(&node, errors));
    let [tools, images, json_schema, stream] = ["tools", "images", "json_schema", "stream"].map(&mut flag);
    let mut tokens = |name| section.get(name).and_then(|node| node.number(0, MOST_TOKENS, errors));
    let min_input_tokens = tokens("min_input_tokens").unwrap_or(0);
    let max_input_tokens = tokens("max_input_tokens").unwrap_or(u64::MAX);
    if min_input_tokens > max_input_tokens {
        node.error("min_input_tokens is more than max_input_tokens: nothing would match", errors);
    }
    let models = section.get("models").map(|node| {
        let nodes = elements(&node, "a list of models' names", errors);
        globs(nodes, "a model's name", errors)
    });
    Match {
        models: models.unwrap_or_default(),
        surfaces: section.get("surfaces").map(|node| surfaces(&node, errors)).unwrap_or_default(),
        headers: section.get("headers").map(|node| headers(&node, errors)).unwrap_or_default(),
        prompt: section.get("prompt").map(|node| prompt(&node, errors)).unwrap_or_default(),
        tools,
        images,
        json_schema,
        stream,
        min_input_tokens,
        max_input_tokens,
    }
}

fn flag(node: &Node<'_>, errors: &mut Errors) -> Option<bool> {
    let flag = node.value.as_bool();
    if flag.is_none() {
        node.expected("true or false", errors);
    }
    flag
}

/// The elements of a list that may not be empty.
fn elements<'a>(node: &Node<'a>, what: &str, errors: &mut Errors) -> Vec<Node<'a>> {
    let nodes = node.list(what, errors);
    if nodes.as_ref().is_some_and(Vec::is_empty) {
        node.error("an empty list matches nothing; leave the key out to match everything", errors);
    }
    nodes.unwrap_or_default()
}

fn globs(nodes: Vec<Node<'_>>, what: &str, errors: &mut Errors) -> Vec<Glob> {
    nodes.into_iter().filter_map(|node| node.string(what, errors)).map(Glob::new).collect()
}

fn surfaces(node: &Node<'_>, errors: &mut Errors) -> Vec<&'static str> {
    // `None`: not supported by this version.
    let planned = PLANNED.iter().map(|word| (*word, None));
    let words: Vec<_> = routed().map(|word| (word, Some(word))).chain(planned).collect();
    let nodes = elements(node, "a list of surfaces", errors);
    let surface = |node: Node<'_>| {
        let surface = node.word(&words, errors)?;
        if surface.is_none() {
            node.error(format_args!("{} is not supported by this version", node.value), errors);
        }
        surface
    };
    nodes.into_iter().filter_map(surface).collect()
}

fn headers(node: &Node<'_>, errors: &mut Errors) -> Vec<HeaderMatch> {
    let members = node.members("an object of header: value", errors);
    if members.as_ref().is_some_and(Vec::is_empty) {
        node.error("no header is named; leave the key out to match everything", errors);
    }
    let mut headers: Vec<HeaderMatch> = Vec::new();
    for (name, node) in members.unwrap_or_default() {
        let name = name.to_ascii_lowercase();
        if let Some(why) = refused_name(&name) {
            node.error(why, errors);
        } else if headers.iter().any(|known| known.name == name) {
            node.error("this header is named twice; case does not matter in its name", errors);
        }
        let nodes = match node.value.is_string() {
            true => vec![node],
            false => elements(&node, "a value or a list of values", errors),
        };
        headers.push(HeaderMatch { name, values: globs(nodes, "a header's value", errors) });
    }
    headers
}

/// Why a route cannot look at this header.
fn refused_name(name: &str) -> Option<&'static str> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    match name {
        "host" => Some("routes do not look at the host"),
        _ if name.is_empty() || !name.bytes().all(token) => Some("this cannot be the name of a header"),
        _ => None,
    }
}

fn prompt(node: &Node<'_>, errors: &mut Errors) -> Wording {
    let Some(section) = node.section(&["contains", "not_contains", "regex"], &[], errors) else {
        return Wording::default();
    };
    let list = |name, what, errors: &mut Errors| {
        section.get(name).and_then(|node| node.list(what, errors)).unwrap_or_default()
    };
    let words = "a list of words";
    let [contains, not_contains] = ["contains", "not_contains"].map(|name| list(name, words, errors));
    let regex = list("regex", "a list of regular expressions", errors);
    // An empty list is nothing to look for, as long as there is something else.
    let nothing = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if node.value.as_object().is_some_and(|members| members.values().all(nothing)) {
        node.error("nothing is looked for; leave the key out to match everything", errors);
    }
    let word = |node: &Node<'_>, errors: &mut Errors| node.string("a word", errors).map(Word::new);
    let not_contains: Vec<_> = not_contains.iter().filter_map(|node| word(node, errors)).collect();
    let mut wanted = |node: Node<'_>| {
        let found = word(&node, errors)?;
        if let Some(part) = not_contains.iter().find(|part| part.is_part_of(&found)) {
            let excluded = part.as_str();
            node.error(
                format_args!("what contains this contains {excluded:?}, which not_contains excludes"),
                errors,
            );
        }
        Some(found)
    };
    let contains = contains.into_iter().filter_map(&mut wanted).collect();
    Wording {
        contains,
        not_contains,
        regex: regex.into_iter().filter_map(|node| pattern(&node, errors)).collect(),
    }
}

fn pattern(node: &Node<'_>, errors: &mut Errors) -> Option<Pattern> {
    let pattern = Pattern::new(node.string("a regular expression", errors)?);
    let refused = |why| node.error(format_args!("not a regular expression that can be used: {why}"), errors);
    pattern.map_err(refused).ok()
}

#[cfg(test)]
mod tests;
