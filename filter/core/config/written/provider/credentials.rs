//! `api_key`, `api_keys`: what a provider is called with, by the names of environment variables.

use std::collections::BTreeSet;

use super::super::super::errors::Errors;
use super::super::super::section::{Node, Section};
use crate::provider::{Auth, Issuer, Row};

pub(super) fn read(
    row: &Row,
    auth: &Auth,
    issuer: Option<&Issuer>,
    section: &Section<'_>,
    errors: &mut Errors<'_>,
) -> Option<Vec<Vec<String>>> {
    let (one, several) = (section.get("api_key"), section.get("api_keys"));
    let written = one.as_ref().or(several.as_ref());
    let why = match (issuer, auth.sends_credential()) {
        (Some(_), _) => Some("`auth` of this provider fetches its credential"),
        (None, false) => Some("`auth` of this provider sends no credential of ours"),
        (None, true) => None,
    };
    if let (Some(node), Some(why)) = (written, why) {
        node.error(why, errors);
        return None;
    }
    match (one, several) {
        (Some(_), Some(node)) => {
            node.error("api_key and api_keys exclude each other", errors);
            None
        }
        (Some(node), None) => Some(vec![vec![variable(&node, errors)?.to_owned()]]),
        (None, Some(node)) => list(&node, errors),
        (None, None) if why.is_some() || row.credentials.is_empty() => Some(Vec::new()),
        (None, None) => Some(vec![row.credentials.iter().map(|name| (*name).to_owned()).collect()]),
    }
}

fn list(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Vec<Vec<String>>> {
    let nodes = node.list("a list of credentials such as [\"${KEY_A}\", \"${KEY_B}\"]", errors)?;
    if nodes.is_empty() {
        node.error("an empty list is no credential; leave the key out for the vendor's usual one", errors);
    }
    let mut credentials: Vec<Vec<String>> = Vec::new();
    let mut known = BTreeSet::new();
    for node in nodes {
        match variable(&node, errors) {
            Some(name) if !known.insert(name) => {
                node.error("the same credential twice", errors);
            }
            Some(name) => credentials.push(vec![name.to_owned()]),
            None => {}
        }
    }
    Some(credentials)
}

/// `${NAME}`. What else is written there may be a secret, so no message repeats it.
pub(in super::super) fn variable<'a>(node: &Node<'a>, errors: &mut Errors<'_>) -> Option<&'a str> {
    let name = node.value.as_str().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    let name = name.filter(|name| is_name(name));
    if name.is_none() {
        node.error(
            "expected the name of an environment variable, as ${NAME}; a secret is not written here",
            errors,
        );
    }
    name
}

/// Whether an environment variable may be called this.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit())
}
