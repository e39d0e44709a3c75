//! `match`: which requests a route takes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::errors::Errors;
use super::super::keys::{Keys, key, optional};
use super::super::section::{Node, Section};
use super::ProviderConfig;
use crate::routing::{Glob, Globs, HeaderMatch, Match, Pattern, Word, Wording};
use crate::surface::{PLANNED, families};

pub(super) const KEYS: Keys = Keys {
    path: "routes[].match",
    doc: "Which requests a route takes. All that is given must hold; of a list, one is enough; `*` stands for any text.",
    keys: &[
        optional(
            "models",
            "all names but `provider/model`",
            r#"["gpt-*", "smart"]"#,
            "the model's name, as it was sent or as an alias says; for a name `provider/model` a pattern needs a slash",
        ),
        optional(
            "surfaces",
            "all",
            r#"["chat"]"#,
            "what is asked for: `chat`, `completions`, `embeddings`, `images`, `audio`, `moderations`, `rerank`, \
             `responses`, `files`, `batches`, `fine_tuning`, `vector_stores`, `uploads`, `realtime`, `other`",
        ),
        optional(
            "headers",
            "any",
            r#"{"x-team": ["research", "lab-*"]}"#,
            "headers of the request and their values",
        ),
        optional(
            "roles",
            "all, and callers without one",
            r#"["developer"]"#,
            "the roles of callers, of those that `access` has",
        ),
        optional("prompt", "any", "", "what the user said"),
        optional("tools", "either", "true", "whether there are tools"),
        optional("images", "either", "false", "whether there are images"),
        optional("json_schema", "either", "false", "whether an answer by a JSON schema is asked for"),
        optional("stream", "either", "true", "whether a stream is asked for"),
        key("min_input_tokens", "0", "100", "the least length, estimated as bytes of text / 4"),
        optional("max_input_tokens", "any", "8000", "the greatest length, estimated likewise"),
    ],
    lacking: &[],
};

pub(super) const PROMPT: Keys = Keys {
    path: "routes[].match.prompt",
    doc: "What the user said. Words ignore case and see the prompt's first MiB; regular expressions see its first \
          64 KiB, ignoring case with `(?i)`, for ASCII.",
    keys: &[
        optional("contains", "any", r#"["translate"]"#, "one of these is in it"),
        optional("not_contains", "none", r#"["secret"]"#, "none of these is in it"),
        optional("regex", "any", r#"["^(please )?sum"]"#, "one of these matches it"),
    ],
    lacking: &[],
};
const MOST_TOKENS: u64 = 1_000_000_000;
/// The most regular expressions of all routes together: each may take [`Pattern::LARGEST`], in every worker.
const MOST_PATTERNS: usize = 1000;

pub(super) fn read(node: &Node<'_>, errors: &mut Errors<'_>) -> Match {
    let Some(section) = node.keys(&KEYS, errors) else { return Match::default() };
    let mut flag = |name| section.get(name).and_then(|node| node.flag(errors));
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
        surfaces: section.get("surfaces").map(|node| read_surfaces(&node, errors)).unwrap_or_default(),
        roles: section.get("roles").map(|node| read_roles(&node, errors)).unwrap_or_default(),
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

/// The elements of a list that may not be empty.
fn elements<'a>(node: &Node<'a>, what: &str, errors: &mut Errors<'_>) -> Vec<Node<'a>> {
    let nodes = node.list(what, errors);
    if nodes.as_ref().is_some_and(Vec::is_empty) {
        node.error("an empty list matches nothing; leave the key out to match everything", errors);
    }
    nodes.unwrap_or_default()
}

fn globs(nodes: Vec<Node<'_>>, what: &str, errors: &mut Errors<'_>) -> Globs {
    nodes.into_iter().filter_map(|node| node.string(what, errors)).map(Glob::new).collect()
}

/// The words of all surfaces, served or not.
pub(super) fn surfaces() -> impl Iterator<Item = &'static str> {
    families().chain(PLANNED.iter().copied())
}

/// `defaults`: who gets what names no model.
pub(super) fn defaults(
    node: &Node<'_>,
    providers: &[ProviderConfig],
    errors: &mut Errors<'_>,
) -> Vec<(&'static str, String)> {
    let words: Vec<_> = families().collect();
    let Some(written) = node.keyed_by(&words, PLANNED, errors) else { return Vec::new() };
    let names: Vec<_> = providers.iter().map(|provider| (provider.name.as_str(), provider)).collect();
    let keeper = |family: &&'static str| {
        let provider = written.get(family)?.word(&names, errors)?;
        Some((*family, provider.name.clone()))
    };
    words.iter().filter_map(keeper).collect()
}

fn read_surfaces(node: &Node<'_>, errors: &mut Errors<'_>) -> Vec<&'static str> {
    // `None`: not supported by this version.
    let planned = PLANNED.iter().map(|word| (*word, None));
    let words: Vec<_> = families().map(|word| (word, Some(word))).chain(planned).collect();
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

/// Roles, of which it is not known yet which there are: they may name routes themselves.
fn read_roles(node: &Node<'_>, errors: &mut Errors<'_>) -> Vec<String> {
    let nodes = elements(node, "a list of roles", errors);
    nodes.iter().filter_map(|node| node.string("a role", errors)).map(str::to_owned).collect()
}

/// Reports roles that there are not.
pub(super) fn check_roles(root: &Section<'_>, roles: &[&str], errors: &mut Errors<'_>) {
    let routes = root.get("routes").filter(|node| node.value.is_array());
    let routes = routes.and_then(|node| node.list("a list of routes", errors)).unwrap_or_default();
    let known: Vec<_> = roles.iter().map(|role| (*role, ())).collect();
    for route in routes {
        let named = route.below("match").and_then(|node| node.below("roles"));
        let Some(node) = named.filter(|node| node.value.is_array()) else { continue };
        if known.is_empty() {
            if node.value.as_array().is_some_and(|roles| !roles.is_empty()) {
                node.error("callers have roles only where `access` says who they are", errors);
            }
            continue;
        }
        for node in node.list("a list of roles", errors).unwrap_or_default() {
            if node.value.as_str().is_some_and(|text| !text.is_empty()) {
                node.word(&known, errors);
            }
        }
    }
}

fn headers(node: &Node<'_>, errors: &mut Errors<'_>) -> Vec<HeaderMatch> {
    let members = node.members("an object of header: value", errors);
    if members.as_ref().is_some_and(Vec::is_empty) {
        node.error("no header is named; leave the key out to match everything", errors);
    }
    let mut headers: Vec<HeaderMatch> = Vec::new();
    let mut known = BTreeSet::new();
    for (name, node) in members.unwrap_or_default() {
        let name = name.to_ascii_lowercase();
        if let Some(why) = refused_name(&name) {
            node.error(why, errors);
        } else if !known.insert(name.clone()) {
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

fn prompt(node: &Node<'_>, errors: &mut Errors<'_>) -> Wording {
    let Some(section) = node.keys(&PROMPT, errors) else {
        return Wording::default();
    };
    let list = |name, what, errors: &mut Errors<'_>| {
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
    let word = |node: &Node<'_>, errors: &mut Errors<'_>| node.string("a word", errors).map(Word::new);
    let not_contains: Vec<_> = not_contains.iter().filter_map(|node| word(node, errors)).collect();
    let mut wanted = |node: Node<'_>| {
        let found = word(&node, errors)?;
        if let Some(part) = found.first_within(&not_contains, &errors.budget) {
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

fn pattern(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Pattern> {
    let text = node.string("a regular expression", errors)?;
    errors.patterns = errors.patterns.saturating_add(1);
    if errors.patterns > MOST_PATTERNS {
        node.error(format_args!("more than {MOST_PATTERNS} regular expressions in all"), errors);
        return None;
    }
    let pattern = Pattern::new(text);
    let refused = |why| node.error(format_args!("not a regular expression that can be used: {why}"), errors);
    pattern.map_err(refused).ok()
}

#[cfg(test)]
mod tests;
