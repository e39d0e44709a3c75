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
        optional("drop", "nothing", r#"["user"]"#, "members that it refuses"),
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
            "takes",
            "the kind's own",
            r#"["cache_control"]"#,
            "members of a history, and marks, that not everybody takes but it does",
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
        let nodes = node.list("a list of members' names", errors).unwrap_or_default();
        let name = |node: &Node<'_>| member(formats, node.string("a member's name", errors)?, node, errors);
        quirks.drop = nodes.iter().filter_map(name).collect();
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
    if let Some(node) = section.get("takes") {
        let nodes = node.list("a list of members' names", errors).unwrap_or_default();
        let known: Vec<_> = FOREIGN.iter().map(|name| (*name, *name)).collect();
        quirks.takes = Names::of(nodes.iter().filter_map(|node| node.word(&known, errors)));
    }
    answers(&mut quirks, formats, &section, errors);
    quirks
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
