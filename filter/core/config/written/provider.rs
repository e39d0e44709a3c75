//! `providers`: which vendors are called, where, and with whose credential.

use std::collections::BTreeSet;

use super::super::errors::Errors;
use super::super::keys::{Keys, optional};
use super::super::section::{Node, Section};
use crate::provider::{Endpoint, ROWS, Row};
use crate::routing::{Glob, Owner};

/// An instance of a vendor.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Its name in the file; also its cluster's.
    pub name: String,
    /// The vendor.
    pub row: &'static Row,
    /// Where its API is.
    pub endpoint: Endpoint,
    /// The environment variables that hold what it is called with; none if nothing is sent. Never the credentials
    /// themselves: those travel in Envoy's environment.
    pub credentials: Vec<String>,
    /// The names it serves: what the file lists, then the vendor's own.
    pub models: Vec<Glob>,
    /// The file names no providers at all, so this one is there only if its credential is.
    pub implied: bool,
}

impl Owner for ProviderConfig {
    fn name(&self) -> &str {
        &self.name
    }
    fn models(&self) -> &[Glob] {
        &self.models
    }
}

pub(super) const KEYS: Keys = Keys {
    path: "providers.NAME",
    doc: "A provider. Of a built-in one, `{}` is enough: [those there are](providers.md).",
    keys: &[
        optional("kind", "the provider's name", "openai", "which vendor it is"),
        optional(
            "endpoint",
            "the kind's own",
            "https://llm.example.com/v1",
            "the root of its API; without a path the kind's version is added",
        ),
        optional(
            "api_key",
            "the kind's usual variable",
            "${MY_KEY}",
            "its credential, by the name of an environment variable",
        ),
        optional(
            "api_keys",
            "one",
            r#"["${KEY_A}", "${KEY_B}"]"#,
            "several credentials, which take turns; one that is refused or limited rests",
        ),
        optional(
            "models",
            "none",
            r#"["my-model", "my-*"]"#,
            "names of models that it owns, beside the kind's own",
        ),
    ],
    lacking: &["region", "headers"],
};

pub(super) fn read(node: Option<Node<'_>>, errors: &mut Errors<'_>) -> Vec<ProviderConfig> {
    let members =
        node.and_then(|node| node.members("an object of name: provider", errors)).unwrap_or_default();
    if members.is_empty() {
        return implied();
    }
    members.into_iter().filter_map(|(name, node)| instance(name, &node, errors)).collect()
}

/// Every vendor that has an endpoint and a usual name for its credential.
fn implied() -> Vec<ProviderConfig> {
    let instance = |row: &'static Row| {
        Some(ProviderConfig {
            name: row.kind.to_owned(),
            row,
            endpoint: Endpoint::parse(row.root?, row.version).ok()?,
            credentials: vec![row.credential?.to_owned()],
            models: owned(row).collect(),
            implied: true,
        })
    };
    ROWS.iter().filter_map(instance).collect()
}

fn owned(row: &Row) -> impl Iterator<Item = Glob> {
    row.owns.iter().map(|glob| Glob::new(glob))
}

fn instance(name: &str, node: &Node<'_>, errors: &mut Errors<'_>) -> Option<ProviderConfig> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        node.error("a provider's name is 1 to 64 of letters, digits, '-', '_' and '.'", errors);
    }
    let empty = serde_json::Value::Object(serde_json::Map::new());
    let node =
        Node { path: node.path.clone(), value: if node.value.is_null() { &empty } else { node.value } };
    let section = node.keys(&KEYS, errors)?;
    let row = vendor(name, &node, &section, errors)?;
    let endpoint = endpoint(row, &node, &section, errors);
    let credentials = credentials(row, &section, errors);
    let mut models = Vec::new();
    if let Some(node) = section.get("models") {
        for node in node.list("a list of models' names", errors).unwrap_or_default() {
            models.extend(node.string("a model's name", errors).map(Glob::new));
        }
    }
    models.extend(owned(row));
    Some(ProviderConfig {
        name: name.to_owned(),
        row,
        endpoint: endpoint?,
        credentials: credentials?,
        models,
        implied: false,
    })
}

fn vendor(
    name: &str,
    node: &Node<'_>,
    section: &Section<'_>,
    errors: &mut Errors<'_>,
) -> Option<&'static Row> {
    if let Some(kind) = section.get("kind") {
        let kinds: Vec<_> = ROWS.iter().map(|row| (row.kind, row)).collect();
        return kind.word(&kinds, errors);
    }
    let row = Row::find(name);
    if row.is_none() {
        node.error("missing key \"kind\": the name is not a built-in provider's", errors);
    }
    row
}

fn endpoint(row: &Row, node: &Node<'_>, section: &Section<'_>, errors: &mut Errors<'_>) -> Option<Endpoint> {
    match (section.get("endpoint"), row.root) {
        (Some(node), _) => {
            let text = node.string("an API root such as https://api.example.com/v1", errors)?;
            Endpoint::parse(text, row.version).map_err(|message| node.error(message, errors)).ok()
        }
        (None, Some(root)) => Endpoint::parse(root, row.version).ok(),
        (None, None) => {
            let why = format_args!("missing key \"endpoint\": {} has no API root of its own", row.kind);
            node.error(why, errors);
            None
        }
    }
}

fn credentials(row: &Row, section: &Section<'_>, errors: &mut Errors<'_>) -> Option<Vec<String>> {
    match (section.get("api_key"), section.get("api_keys")) {
        (Some(_), Some(node)) => {
            node.error("api_key and api_keys exclude each other", errors);
            None
        }
        (Some(node), None) => Some(vec![variable(&node, errors)?.to_owned()]),
        (None, Some(node)) => several(&node, errors),
        (None, None) => Some(row.credential.iter().map(|variable| (*variable).to_owned()).collect()),
    }
}

fn several(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Vec<String>> {
    let nodes = node.list("a list of credentials such as [\"${KEY_A}\", \"${KEY_B}\"]", errors)?;
    if nodes.is_empty() {
        node.error("an empty list is no credential; leave the key out for the vendor's usual one", errors);
    }
    let mut variables: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    for node in nodes {
        match variable(&node, errors) {
            Some(name) if !known.insert(name) => {
                node.error("the same credential twice", errors);
            }
            Some(name) => variables.push(name.to_owned()),
            None => {}
        }
    }
    Some(variables)
}

/// `${NAME}`. What else is written there may be a secret, so no message repeats it.
fn variable<'a>(node: &Node<'a>, errors: &mut Errors<'_>) -> Option<&'a str> {
    let name = node.value.as_str().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    let legal = |name: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        !name.is_empty() && name.bytes().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let name = name.filter(legal);
    if name.is_none() {
        node.error(
            "expected the name of an environment variable, as ${NAME}; a secret is not written here",
            errors,
        );
    }
    name
}
