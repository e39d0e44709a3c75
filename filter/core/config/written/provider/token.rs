//! `auth.token`: a bearer token that is fetched.

use std::collections::BTreeSet;

use super::super::super::errors::Errors;
use super::super::super::keys::{Keys, optional, required};
use super::super::super::section::{Node, Section};
use super::credentials::variable;
use super::variables::Variables;
use crate::provider::{ClientIn, Endpoint, Issuer};

pub(in super::super) const KEYS: Keys = Keys {
    path: "providers.NAME.auth.token",
    doc: "Where a bearer token is fetched, by OAuth 2.0's client credentials grant: \
          [when, and what happens without one](own-providers.md#a-token-that-is-fetched).",
    keys: &[
        required("url", "https://login.example.com/oauth2/token", "the issuer's token endpoint"),
        required("client_id", "ferro", "who the gateway is to the issuer"),
        required(
            "client_secret",
            "${CLIENT_SECRET}",
            "what proves it, by the name of an environment variable",
        ),
        optional(
            "scope",
            "none is named",
            "https://llm.example.com/.default",
            "what the token is to be good for",
        ),
        optional("parameters", "none", r#"{"audience": "llm"}"#, "what else the issuer wants to be told"),
        optional(
            "client_in",
            "`header`",
            "body",
            "where id and secret stand: `header` (`authorization: Basic`) or `body`",
        ),
    ],
    lacking: &[],
};

/// Names that the grant itself gives.
const OURS: &[&str] = &["grant_type", "client_id", "client_secret", "scope"];

pub(super) fn read(
    node: &Node<'_>,
    variables: &mut Variables<'_>,
    errors: &mut Errors<'_>,
) -> Option<Issuer> {
    if !node.value.is_object() {
        // It may be the token itself.
        node.error("expected an object with `url`, `client_id` and `client_secret`", errors);
        return None;
    }
    let section = node.keys(&KEYS, errors)?;
    let place = section.require("url", errors).and_then(|node| place(&node, variables, errors));
    let client_id = section.require("client_id", errors).and_then(|node| node.string("text", errors));
    let client_secret = section.require("client_secret", errors).and_then(|node| variable(&node, errors));
    let client_in = section
        .get("client_in")
        .map(|node| node.word(&[("header", ClientIn::Header), ("body", ClientIn::Body)], errors));
    let parameters = parameters(&section, errors);
    let (endpoint, path) = place?;
    Some(Issuer {
        endpoint,
        path,
        client_id: client_id?.to_owned(),
        client_secret: client_secret?.to_owned(),
        parameters,
        client_in: client_in.unwrap_or(Some(ClientIn::Header))?,
    })
}

/// The host, and the path to the letter: to an issuer, a slash at its end may matter.
fn place(
    node: &Node<'_>,
    variables: &mut Variables<'_>,
    errors: &mut Errors<'_>,
) -> Option<(Endpoint, String)> {
    let text = node.string("a URL such as https://login.example.com/oauth2/token", errors)?;
    let text = variables.fill(text, node, errors)?;
    let endpoint = Endpoint::parse(&text, "").map_err(|message| node.error(message, errors)).ok()?;
    let after = text.split_once("://").map_or("", |(_, rest)| rest);
    let path = after.split_once('/').map_or("", |(_, path)| path);
    Some((endpoint, format!("/{path}")))
}

fn parameters(section: &Section<'_>, errors: &mut Errors<'_>) -> Vec<(String, String)> {
    let scope = section.get("scope").and_then(|node| node.string("text", errors));
    let mut parameters: Vec<_> =
        scope.map(|scope| ("scope".to_owned(), scope.to_owned())).into_iter().collect();
    let written = section.get("parameters");
    let written = written.and_then(|node| node.members("an object of name: text", errors));
    let ours: BTreeSet<_> = OURS.iter().copied().collect();
    for (name, node) in written.into_iter().flatten() {
        if name.is_empty() || ours.contains(name) {
            node.error("a parameter of this name is the grant's own", errors);
        }
        parameters.extend(node.string("text", errors).map(|value| (name.to_owned(), value.to_owned())));
    }
    parameters
}
