//! `quirks`: in what a provider differs from its formats. A kind of quirk that the file gives takes the place of the
//! row's.

use super::super::super::errors::Errors;
use super::super::super::keys::{Keys, optional};
use super::super::super::section::{Node, Section};
use crate::dialect::{Bounds, Count, Format, Quirks};
use crate::hub::Fault;
use crate::hub::json::{FOREIGN, Names};
use crate::provider::RowQuirks;

pub(in super::super) const KEYS: Keys = Keys {
    path: "providers.NAME.quirks",
    doc: "In what it differs from its format: see [there](own-providers.md#in-what-it-differs).",
    keys: &[
        optional("rename", "nothing", r#"{"seed": "random_seed"}"#, "members that it calls otherwise"),
        optional(
            "drop",
            "nothing",
            r#"["user", "messages[].name"]"#,
            "members that it refuses, in a chat by a path as well",
        ),
        optional("clamp", "nothing", r#"{"temperature": [0, 1]}"#, "numbers that it bounds"),
        optional("require", "nothing", r#"{"max_tokens": 4096}"#, "members that it demands"),
        optional("set", "nothing", r#"{"store": false}"#, "members that are the same in every request"),
        optional("usage", "the format's places", "", "where its answers count tokens"),
        optional("finish", "the format's words", r#"{"eos": "stop"}"#, "its words for why an answer ended"),
        optional(
            "faults",
            "the format's words",
            r#"{"E_QUOTA": "rate_limit"}"#,
            "its words for whose fault an error is",
        ),
        optional(
            "call_ids",
            "any",
            "9",
            "of how many letters and digits the ids of calls are, where it takes no others",
        ),
        optional(
            "takes",
            "the kind's own",
            r#"["cache_control"]"#,
            "members of a history, and marks, that not everybody takes but it does; `developer` is a role",
        ),
        optional(
            "thinking_parts",
            "nothing",
            r#"["magistral-*"]"#,
            "models whose thoughts are parts of a message's content",
        ),
    ],
    lacking: &[],
};

pub(in super::super) const USAGE: Keys = Keys {
    path: "providers.NAME.quirks.usage",
    doc: "Where its answers count tokens, as JSON pointers.",
    keys: &[
        optional("prompt", "`/usage/prompt_tokens`", "/x/in", "input tokens"),
        optional("completion", "`/usage/completion_tokens`", "/x/out", "output tokens"),
        optional(
            "cached",
            "`/usage/prompt_tokens_details/cached_tokens`",
            "/usage/prompt_cache_hit_tokens",
            "input tokens from a cache",
        ),
        optional(
            "reasoning",
            "`/usage/completion_tokens_details/reasoning_tokens`",
            "/x/think",
            "output tokens of reasoning",
        ),
    ],
    lacking: &[],
};

/// Shorter ones could run out.
const SHORTEST_ID: u64 = 6;
const LONGEST_ID: u64 = 64;
/// Members within messages and tools without which these are none.
const KEPT: &[&str] = &["role", "content", "type", "function", "tool_calls", "tool_call_id"];
const FAULTS: &[(&str, Fault)] = &[
    ("caller", Fault::Caller),
    ("context_length", Fault::ContextLength),
    ("content_filter", Fault::ContentFilter),
    ("credential", Fault::Credential),
    ("rate_limit", Fault::RateLimit),
    ("provider", Fault::Provider),
];
/// The words of the format; `null` is no reason yet.
const REASONS: &[(&str, &str)] = &[
    ("stop", "stop"),
    ("length", "length"),
    ("tool_calls", "tool_calls"),
    ("content_filter", "content_filter"),
];

pub(super) fn read(
    of_the_row: &RowQuirks,
    formats: &[&'static Format],
    node: Option<&Node<'_>>,
    errors: &mut Errors<'_>,
) -> Quirks {
    let mut quirks = Quirks::from(of_the_row);
    let Some(node) = node else { return quirks };
    let Some(section) = node.keys(&KEYS, errors) else { return quirks };
    if let Some(node) = section.get("rename") {
        quirks.rename = pairs(formats, &node, errors, |node, errors| {
            member(formats, node.string("a member's name", errors)?, node, errors)
        });
    }
    if let Some(node) = section.get("drop") {
        (quirks.drop, quirks.drop_within) = refusals(formats, &node, errors);
    }
    if let Some(node) = section.get("clamp") {
        quirks.clamp = pairs(formats, &node, errors, bounds);
    }
    if let Some(node) = section.get("require") {
        quirks.require = pairs(formats, &node, errors, |node, _| Some(node.value.to_string()));
    }
    if let Some(node) = section.get("set") {
        quirks.set = pairs(formats, &node, errors, |node, _| Some(node.value.to_string()));
    }
    if let Some(node) = section.get("call_ids") {
        for format in formats.iter().filter(|format| format.call_ids.is_none()) {
            node.error(format_args!("the format {} leaves vendors no such ids", format.name), errors);
        }
        quirks.call_ids =
            node.number(SHORTEST_ID, LONGEST_ID, errors).and_then(|it| usize::try_from(it).ok());
    }
    if let Some(node) = section.get("takes") {
        let nodes = node.list("a list of members' names", errors).unwrap_or_default();
        let known: Vec<_> = FOREIGN.iter().map(|name| (*name, *name)).collect();
        quirks.takes = Names::of(nodes.iter().filter_map(|node| node.word(&known, errors)));
    }
    if let Some(node) = section.get("thinking_parts") {
        for format in formats.iter().filter(|format| format.foreign.is_none()) {
            node.error(format_args!("the format {} leaves vendors no such parts", format.name), errors);
        }
        let nodes = node.list("a list of models' names", errors).unwrap_or_default();
        let model = |node: &Node<'_>| Some(node.string("a model's name", errors)?.to_owned());
        quirks.thinking_parts = nodes.iter().filter_map(model).collect();
    }
    answers(&mut quirks, formats, &section, errors);
    quirks
}

/// Members that it refuses: those of the request itself, and those within messages and tools.
fn refusals(
    formats: &[&'static Format],
    node: &Node<'_>,
    errors: &mut Errors<'_>,
) -> (Vec<String>, Vec<String>) {
    let (mut of_the_request, mut within) = (Vec::new(), Vec::new());
    for node in node.list("a list of members' names", errors).unwrap_or_default() {
        match node.string("a member's name", errors) {
            Some(path) if path.contains("[]") => within.extend(inner(formats, path, &node, errors)),
            Some(name) => of_the_request.extend(member(formats, name, &node, errors)),
            None => {}
        }
    }
    (of_the_request, within)
}

/// The path of a member, in what may hold such in every one of the formats.
fn inner(
    formats: &[&'static Format],
    path: &str,
    node: &Node<'_>,
    errors: &mut Errors<'_>,
) -> Option<String> {
    let (within, name) = path.rsplit_once('.').unwrap_or((path, ""));
    for format in formats {
        let places = format.foreign.as_ref().map_or(&[][..], |foreign| foreign.places);
        if !places.contains(&within) {
            let why = match places {
                [] => format!("the format {} leaves vendors no such members", format.name),
                places => format!("{path:?} leads nowhere, expected a member of {}", places.join(", ")),
            };
            node.error(format_args!("{why}"), errors);
            return None;
        }
    }
    if name.is_empty() || KEPT.contains(&name) {
        node.error(format_args!("{path:?} is not for a quirk to touch"), errors);
        return None;
    }
    Some(path.to_owned())
}

/// In what its answers differ.
fn answers(quirks: &mut Quirks, formats: &[&'static Format], section: &Section<'_>, errors: &mut Errors<'_>) {
    for key in ["usage", "finish"] {
        let settled = formats.iter().find(|format| format.mend.is_none());
        if let (Some(node), Some(format)) = (section.get(key), settled) {
            let name = format.name;
            node.error(format_args!("the format {name} leaves vendors no such words or places"), errors);
        }
    }
    if let Some(node) = section.get("usage") {
        quirks.usage = usage(&node, errors);
    }
    if let Some(node) = section.get("finish") {
        quirks.finish = words(&node, errors, |node, errors| match node.value.is_null() {
            true => Some(None),
            false => node.word(REASONS, errors).map(|word| Some(word.to_owned())),
        });
    }
    if let Some(node) = section.get("faults") {
        quirks.faults = words(&node, errors, |node, errors| node.word(FAULTS, errors));
        for (word, _) in quirks.faults.iter().filter(|(word, _)| word.is_empty()) {
            node.error(format_args!("{word:?} is in everything"), errors);
        }
    }
}

/// Members of a body, each with a value.
fn pairs<T>(
    formats: &[&'static Format],
    node: &Node<'_>,
    errors: &mut Errors<'_>,
    mut value: impl FnMut(&Node<'_>, &mut Errors<'_>) -> Option<T>,
) -> Vec<(String, T)> {
    let members = node.members("an object of member: value", errors).unwrap_or_default();
    let pair = |(name, node): (&str, Node<'_>)| {
        let name = member(formats, name, &node, errors);
        let value = value(&node, errors);
        name.zip(value)
    };
    members.into_iter().filter_map(pair).collect()
}

/// Words, each with what it stands for.
fn words<T>(
    node: &Node<'_>,
    errors: &mut Errors<'_>,
    mut value: impl FnMut(&Node<'_>, &mut Errors<'_>) -> Option<T>,
) -> Vec<(String, T)> {
    let members = node.members("an object of word: word", errors).unwrap_or_default();
    members.into_iter().filter_map(|(word, node)| Some((word.to_owned(), value(&node, errors)?))).collect()
}

/// The name of a member that a quirk may touch.
fn member(
    formats: &[&'static Format],
    name: &str,
    node: &Node<'_>,
    errors: &mut Errors<'_>,
) -> Option<String> {
    if name.is_empty() || formats.iter().any(|format| format.core_members.contains(&name)) {
        node.error(format_args!("{name:?} is not for a quirk to touch"), errors);
        return None;
    }
    Some(name.to_owned())
}

/// `[least, most]`, of which one may be `null`.
fn bounds(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Bounds> {
    const EXPECTED: &str = "bounds such as [0, 1], of which one may be null";
    let bound = |value: &serde_json::Value| match value {
        serde_json::Value::Null => Some(None),
        value => value.as_f64().filter(|bound| bound.is_finite()).map(Some),
    };
    let given = match node.value.as_array().map(Vec::as_slice) {
        Some([least, most]) => bound(least).zip(bound(most)),
        _ => None,
    };
    let sane = given
        .filter(|(least, most)| least.is_some() || most.is_some())
        .filter(|(least, most)| least.zip(*most).is_none_or(|(least, most)| least <= most));
    if sane.is_none() {
        node.expected(EXPECTED, errors);
    }
    sane.map(|(least, most)| Bounds { least, most })
}

fn usage(node: &Node<'_>, errors: &mut Errors<'_>) -> Vec<(Count, String)> {
    let Some(section) = node.keys(&USAGE, errors) else { return Vec::new() };
    let mut usage = Vec::new();
    for (word, count) in Count::WORDS {
        let Some(node) = section.get(word) else { continue };
        match node.string("a JSON pointer such as /x_groq/usage/prompt_tokens", errors) {
            Some(pointer) if pointer.starts_with('/') => usage.push((*count, pointer.to_owned())),
            Some(_) => node.expected("a JSON pointer such as /x_groq/usage/prompt_tokens", errors),
            None => {}
        }
    }
    usage
}
