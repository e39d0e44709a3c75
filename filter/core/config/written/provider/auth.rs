//! `auth`: how a provider knows who calls.

use super::super::super::errors::Errors;
use super::super::super::keys::{Keys, optional};
use super::super::super::section::{Node, Section};
use super::headers::is_free;
use super::token;
use super::variables::Variables;
use crate::provider::{Auth, Issuer, Row};

const EXPECTED: &str = "bearer, none, caller, or one of {header: NAME}, {scheme: WORD}, {query: NAME}, {aws: SERVICE}, \
                        {token: ISSUER}";
const BEARER: Auth<&str> = Auth::Scheme("Bearer");
pub(in super::super) const KEYS: Keys = Keys {
    path: "providers.NAME.auth",
    doc: "How its credential travels, if not by a word alone; one of these.",
    keys: &[
        optional("header", "another", "x-token", "the bare credential in this header"),
        optional("scheme", "another", "Api-Key", "`authorization` with this word before the credential"),
        optional("query", "another", "key", "the bare credential in the path's query"),
        optional(
            "aws",
            "another",
            "",
            "Envoy signs for this service, say `bedrock`, in `{region}` (Signature Version 4)",
        ),
        optional("token", "another", "", "`authorization: Bearer` and a token that is fetched: where"),
    ],
    lacking: &[],
};
const WORDS: &[(&str, Auth<&str>)] = &[("bearer", BEARER), ("none", Auth::None), ("caller", Auth::Caller)];

/// How the credential travels, and who gives it out where it is fetched.
pub(super) fn read(
    row: &Row,
    section: &Section<'_>,
    variables: &mut Variables<'_>,
    errors: &mut Errors<'_>,
) -> Option<(Auth, Option<Issuer>)> {
    let Some(node) = section.get("auth") else {
        let provider = section.node();
        let auth = match row.auth.to_owned() {
            Auth::Aws { service, region } => {
                Auth::Aws { service, region: variables.fill(&region, &provider, errors)? }
            }
            auth => auth,
        };
        return Some((auth, None));
    };
    if let Some(word) = node.value.as_str() {
        let known = WORDS.iter().find(|(known, _)| *known == word).map(|(_, auth)| auth.to_owned());
        if known.is_none() {
            refuse(&node, errors);
        }
        return Some((known?, None));
    }
    let members = node.value.as_object();
    let known = |name: &String| KEYS.keys.iter().any(|key| key.name == name);
    if !members.is_some_and(|members| members.keys().all(known)) {
        refuse(&node, errors);
        return None;
    }
    let auth = node.keys(&KEYS, errors)?;
    let given: Vec<_> = KEYS.keys.iter().filter_map(|key| Some((key.name, auth.get(key.name)?))).collect();
    let [(key, value)] = given.as_slice() else {
        refuse(&node, errors);
        return None;
    };
    match *key {
        "token" => Some((BEARER.to_owned(), Some(token::read(value, variables, errors)?))),
        key => Some((one(key, value, variables, errors)?, None)),
    }
}

/// What is written there may be a secret that strayed, so no message repeats it.
fn refuse(node: &Node<'_>, errors: &mut Errors<'_>) {
    node.error(format_args!("expected {EXPECTED}"), errors);
}

fn one(key: &str, node: &Node<'_>, variables: &mut Variables<'_>, errors: &mut Errors<'_>) -> Option<Auth> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let text = node.value.as_str().unwrap_or_default();
    if text.is_empty() || !text.bytes().all(token) {
        node.error("expected letters, digits, '-', '_' and '.'", errors);
        return None;
    }
    Some(match key {
        "header" => {
            let name = text.to_ascii_lowercase();
            if !is_free(&name) && name != "authorization" {
                node.error("this header is Envoy's or ours", errors);
            }
            Auth::Header(name)
        }
        "scheme" => Auth::Scheme(text.to_owned()),
        "query" => Auth::Query(text.to_owned()),
        _ => Auth::Aws { service: text.to_owned(), region: variables.fill("{region}", node, errors)? },
    })
}
