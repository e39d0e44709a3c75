//! `access.signing_keys`, `access.keys`, `access.revoked`: which keys are good.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::super::errors::Errors;
use super::super::super::keys::{Keys, key, optional, required};
use super::super::super::section::{Node, Section};
use super::super::provider::variable;
use super::roles;
use crate::access::{
    IssuedKey, KeyId, LONGEST_LABEL, PREFIX, Role, SigningKey, StaticKey, is_word, parse_date,
};

/// What keys are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerConfig {
    /// What it is called in the keys that it signs.
    pub id: String,
    /// Where it is.
    pub source: SignerSource,
    /// It checks keys and signs none.
    pub verify_only: bool,
}

/// Where a signing key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerSource {
    /// In the environment variable of this name.
    Variable(String),
    /// Here: the public half of a pair.
    Public(String),
}

/// What `signing_key` is called.
const USUAL_SIGNER: &str = "k1";

/// The most of each.
const MOST_SIGNERS: usize = 16;
const MOST_KEYS: usize = 10_000;
const MOST_REVOKED: usize = 100_000;

/// The longest id of a signing key, in bytes: every key that it signs has it.
const LONGEST_SIGNER: usize = 16;
const LONGEST_ID: usize = 64;

pub(in super::super) const SIGNING_KEY: Keys = Keys {
    path: "access.signing_keys[]",
    doc: "What keys are signed with. A new one is put first, and the old one kept with `verify_only` until its keys have \
          ended. One of `secret` and `public_key` is given.",
    keys: &[
        required(
            "id",
            "k2",
            "what it is called in the keys that it signs: at most 16 letters, digits, `-`, `_`, `.`",
        ),
        optional(
            "secret",
            "`public_key` is given",
            "${FERRO_SIGNING_KEY}",
            "by the name of an environment variable: 32 bytes at least, or what `ferro keys signing-key --ed25519` prints",
        ),
        optional(
            "public_key",
            "`secret` is given",
            "ed25519-public-11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "the public half of a pair, which checks keys and can make none",
        ),
        key("verify_only", "false", "true", "its keys are good, and it signs no more"),
    ],
    lacking: &[],
};

pub(in super::super) const KEY: Keys = Keys {
    path: "access.keys[]",
    doc: "A key that its owner brings. Only what it hashes to is written here: `printf %s \"$KEY\" | sha256sum`.",
    keys: &[
        required("id", "ci", "what it is called in logs, and in `revoked`"),
        required(
            "sha256",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "its SHA-256, as 64 hexadecimal digits",
        ),
        required("role", "developer", "the role of who has it"),
        optional("expires", "never", "2027-01-01T00:00:00Z", "when it ends"),
        optional("label", "none", "nightly builds", "what it is for, in words"),
    ],
    lacking: &[],
};

/// `signing_key` and `signing_keys`.
pub(super) fn signers(section: &Section<'_>, errors: &mut Errors<'_>) -> Vec<SignerConfig> {
    let one = section.get("signing_key");
    let mut found: Vec<SignerConfig> = Vec::new();
    if let Some(node) = &one
        && let Some(name) = variable(node, errors)
    {
        let source = SignerSource::Variable(name.to_owned());
        found.push(SignerConfig { id: USUAL_SIGNER.to_owned(), source, verify_only: false });
    }
    let Some(node) = section.get("signing_keys") else { return found };
    if one.is_some() {
        node.error("signing_key and signing_keys exclude each other", errors);
    }
    let nodes = bounded(&node, "a list of signing keys", MOST_SIGNERS, errors);
    if nodes.is_empty() {
        node.error("an empty list signs nothing; leave the key out", errors);
    }
    for node in nodes {
        let Some(signer) = signer(&node, errors) else { continue };
        if found.iter().any(|known| known.id == signer.id) {
            node.error(
                format_args!("the id {:?} is taken; every signing key has its own", signer.id),
                errors,
            );
        }
        found.push(signer);
    }
    found
}

fn signer(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<SignerConfig> {
    let section = object(node, "`id` and `secret`", errors)?.keys(&SIGNING_KEY, errors)?;
    let id = section.require("id", errors).and_then(|node| word(&node, LONGEST_SIGNER, errors));
    let verify_only = section.get("verify_only").map(|node| node.flag(errors));
    let source = match (section.get("secret"), section.get("public_key")) {
        (Some(node), None) => variable(&node, errors).map(|name| SignerSource::Variable(name.to_owned())),
        (None, Some(node)) => public(&node, errors).map(SignerSource::Public),
        _ => {
            node.error("expected one of `secret` and `public_key`", errors);
            None
        }
    };
    Some(SignerConfig { id: id?, source: source?, verify_only: verify_only.unwrap_or(Some(false))? })
}

/// An object. What else stands here may be the key itself.
fn object<'n, 'a>(node: &'n Node<'a>, members: &str, errors: &mut Errors<'_>) -> Option<&'n Node<'a>> {
    if !node.value.is_object() {
        node.error(format_args!("expected an object with {members}"), errors);
    }
    node.value.is_object().then_some(node)
}

/// The public half of a pair. What else stands here may be the secret one.
fn public(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
    let text = node.value.as_str().filter(|text| SigningKey::of_public(text).is_ok());
    if text.is_none() {
        node.error(
            "expected the public half of a pair, as `ferro keys signing-key --ed25519` prints it",
            errors,
        );
    }
    text.map(str::to_owned)
}

/// `keys`.
pub(super) fn listed(node: &Node<'_>, roles: &[Rc<Role>], errors: &mut Errors<'_>) -> Vec<StaticKey> {
    let (mut ids, mut digests) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for node in bounded(node, "a list of keys", MOST_KEYS, errors) {
        let Some(key) = listed_key(&node, roles, errors) else { continue };
        if !ids.insert(key.id.clone()) {
            node.error(format_args!("the id {:?} is taken; every key has its own", key.id), errors);
        }
        if !digests.insert(key.sha256) {
            node.error("the same key twice", errors);
        }
        found.push(key);
    }
    found
}

fn listed_key(node: &Node<'_>, roles: &[Rc<Role>], errors: &mut Errors<'_>) -> Option<StaticKey> {
    let section = object(node, "`id`, `sha256` and `role`", errors)?.keys(&KEY, errors)?;
    let id = section.require("id", errors).and_then(|node| {
        let id = word(&node, LONGEST_ID, errors)?;
        if KeyId::parse(&id).is_some() {
            node.error("this is how issued keys are called: choose another name", errors);
        }
        Some(id)
    });
    let sha256 = section.require("sha256", errors).and_then(|node| sha256(&node, errors));
    let role = section.require("role", errors).and_then(|node| roles::name_of(&node, roles, errors));
    let expires = section.get("expires").map(|node| date(&node, errors));
    let label = section.get("label").map(|node| label(&node, errors));
    let role = role.and_then(|role| roles.iter().position(|known| known.name == role.name));
    Some(StaticKey {
        id: id?,
        sha256: sha256?,
        role: role?,
        expires: expires.map_or(Some(None), |date| date.map(Some))?,
        label: label.map_or(Some(None), |label| label.map(Some))?,
    })
}

/// What a key hashes to. What else stands here may be the key itself.
fn sha256(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<[u8; 32]> {
    let text =
        node.value.as_str().filter(|text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()));
    let Some(text) = text else {
        node.error("expected the SHA-256 of the key, as 64 hexadecimal digits", errors);
        return None;
    };
    let mut digest = [0; 32];
    for (byte, place) in digest.iter_mut().zip((0..text.len()).step_by(2)) {
        *byte = u8::from_str_radix(text.get(place..place.saturating_add(2))?, 16).ok()?;
    }
    Some(digest)
}

/// `revoked`: ids. A whole key is no id, and is not repeated.
pub(super) fn revoked(node: &Node<'_>, errors: &mut Errors<'_>) -> BTreeSet<String> {
    let id = |node: Node<'_>, errors: &mut Errors<'_>| {
        let text = node.value.as_str().unwrap_or_default();
        if text.starts_with(PREFIX) {
            let id = IssuedKey::read(text).map(|key| format!(": {}", key.claims.id)).unwrap_or_default();
            node.error(format_args!("a key is not written here, only its id{id}"), errors);
            return None;
        }
        if !is_word(text, LONGEST_ID) {
            node.error("expected the id of a key, such as key_01KB4F0G8FH4X3N6WZQ9V2T7MC", errors);
            return None;
        }
        Some(text.to_owned())
    };
    let nodes = bounded(node, "a list of ids", MOST_REVOKED, errors);
    nodes.into_iter().filter_map(|node| id(node, errors)).collect()
}

/// A word of letters, digits and little else. What else stands here may be a secret.
pub(super) fn word(node: &Node<'_>, longest: usize, errors: &mut Errors<'_>) -> Option<String> {
    let text = node.value.as_str().filter(|text| is_word(text, longest));
    if text.is_none() {
        node.error(format_args!("expected at most {longest} letters, digits, '-', '_' and '.'"), errors);
    }
    text.map(str::to_owned)
}

pub(super) fn date(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<u64> {
    let date = node.value.as_str().and_then(parse_date);
    if date.is_none() {
        node.expected("a date such as 2027-01-01T00:00:00Z", errors);
    }
    date
}

fn label(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
    let text = node.string("words", errors)?;
    let fits = text.len() <= LONGEST_LABEL && !text.chars().any(char::is_control);
    if !fits {
        node.error(format_args!("expected at most {LONGEST_LABEL} bytes on one line"), errors);
    }
    fits.then(|| text.to_owned())
}

fn bounded<'a>(node: &Node<'a>, what: &str, most: usize, errors: &mut Errors<'_>) -> Vec<Node<'a>> {
    let mut nodes = node.list(what, errors).unwrap_or_default();
    if nodes.len() > most {
        node.error(format_args!("expected at most {most}, found {}", nodes.len()), errors);
        nodes.truncate(most);
    }
    nodes
}
