//! `headers`: what every request to a provider carries; `forwards`: what of the client's headers it sees.

use std::collections::BTreeSet;

use super::super::super::errors::Errors;
use super::super::super::section::{Node, Section};
use super::credentials::is_name;
use crate::provider::{Auth, Row};

/// A header with its value, which may name environment variables. Those are secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name, in lower case.
    pub name: String,
    value: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

impl Header {
    /// The environment variables that its value names.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.value.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Its value; `None` where a variable is not set.
    pub fn value(&self, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Variable(name) => variable(name),
        };
        self.value.iter().map(part).collect()
    }

    /// Reads a value; `None` if a `${` does not begin a reference.
    fn parse(name: &str, text: &str) -> Option<Self> {
        let mut value = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (variable, after) = after.split_once('}')?;
            if !is_name(variable) {
                return None;
            }
            value.extend([Part::Text(before.to_owned()), Part::Variable(variable.to_owned())]);
            rest = after;
        }
        value.push(Part::Text(rest.to_owned()));
        Some(Self { name: name.to_owned(), value })
    }
}

/// Whether an operator may write a header of this name, which is in lower case: whether neither we write it nor Envoy.
pub(super) fn is_free(name: &str) -> bool {
    const OURS: &[&str] = &[
        "host",
        "content-type",
        "content-length",
        "content-encoding",
        "accept",
        "accept-encoding",
        "user-agent",
        "authorization",
        "connection",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
    ];
    let reserved = name.starts_with("x-envoy-") || name.starts_with("x-ferro-");
    is_header(name) && !reserved && !OURS.contains(&name)
}

/// Whether a header may be called this at all.
fn is_header(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token)
}

/// The row's headers, and the file's, which come first.
pub(super) fn read(
    row: &Row,
    auth: Option<&Auth>,
    section: &Section<'_>,
    errors: &mut Errors<'_>,
) -> Vec<Header> {
    let mut headers = Vec::new();
    let mut known = BTreeSet::new();
    let filled = auth.and_then(Auth::header_name);
    let written = section.get("headers").and_then(|node| node.members("an object of header: value", errors));
    for (name, node) in written.into_iter().flatten() {
        let name = name.to_ascii_lowercase();
        if known.contains(&name) {
            node.error("the same header twice", errors);
        } else if filled == Some(&name) {
            node.error("`auth` of this provider fills this header", errors);
        } else if !is_header(&name) {
            node.error("no header is called this: a name is of letters, digits and '-'", errors);
        } else if !is_free(&name) && name != "authorization" {
            node.error("a header of this name is not for an operator to write", errors);
        } else {
            headers.extend(one(&name, &node, errors));
            known.insert(name);
        }
    }
    for (name, value) in row.headers {
        if filled != Some(name) && !known.contains(*name) {
            headers.push(Header { name: (*name).to_owned(), value: vec![Part::Text((*value).to_owned())] });
        }
    }
    headers
}

fn one(name: &str, node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Header> {
    // It may be a secret: no message repeats it.
    let text = node
        .value
        .as_str()
        .filter(|text| !text.is_empty() && !text.contains(char::is_control) && text.trim() == *text);
    let header = text.and_then(|text| Header::parse(name, text));
    if header.is_none() {
        node.error(
            "expected text, in which ${NAME} stands for an environment variable that is secret",
            errors,
        );
    }
    header
}

/// The row's, and the file's.
pub(super) fn forwards(
    row: &Row,
    auth: Option<&Auth>,
    headers: &[Header],
    section: &Section<'_>,
    errors: &mut Errors<'_>,
) -> Vec<String> {
    let filled = auth.and_then(Auth::header_name);
    let mut forwards: Vec<String> = row.forwards.iter().map(|name| (*name).to_owned()).collect();
    let mut known: BTreeSet<_> = forwards.iter().cloned().collect();
    let written = section.get("forwards").and_then(|node| node.list("a list of headers' names", errors));
    for node in written.into_iter().flatten() {
        let Some(name) = node.string("a header's name", errors).map(str::to_ascii_lowercase) else {
            continue;
        };
        if name == "authorization" {
            node.error("a client's credential is passed on by `auth: caller`", errors);
        } else if filled == Some(&name) {
            node.error("`auth` of this provider fills this header", errors);
        } else if !is_free(&name) || name == "cookie" {
            node.error("a client's header of this name is not passed on", errors);
        } else if known.insert(name.clone()) {
            forwards.push(name);
        }
    }
    // What the operator writes comes first.
    let written: BTreeSet<_> = headers.iter().map(|header| header.name.as_str()).collect();
    forwards.retain(|name| filled != Some(name) && !written.contains(name.as_str()));
    forwards
}
