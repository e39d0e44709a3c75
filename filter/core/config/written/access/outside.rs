//! `access.jwt`, `access.mtls`, `access.ext_authz`: who vouches for callers beside keys.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use super::super::super::errors::Errors;
use super::super::super::keys::{Keys, key, optional, required};
use super::super::super::section::{Node, Section};
use super::super::files::file;
use super::roles;
use crate::access::{Role, Roles, Service, TokenIssuer};
use crate::provider::Endpoint;
use crate::routing::Glob;

/// Who issues tokens, and how they are checked.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// What its tokens say of who has issued them, and of their callers.
    pub issuer: TokenIssuer,
    /// Whom its tokens are for: one of these.
    pub audiences: Vec<String>,
    /// Where the keys are that it signs with.
    pub jwks: JwksSource,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwksSource {
    /// In a file.
    File(String),
    /// At a host, below a path.
    Url(Endpoint),
}

/// A service that is asked of every request.
#[derive(Clone, Debug)]
pub struct ExtAuthzConfig {
    /// Where it is. Its path stands before that of the request.
    pub endpoint: Endpoint,
    /// How long it may take.
    pub timeout: Duration,
    /// What it says.
    pub service: Service,
}

/// The most of each.
const MOST_ISSUERS: usize = 16;
const MOST_NAMES: usize = 1000;

/// The longest path to a claim, and the longest text.
const LONGEST_PATH: usize = 8;
const LONGEST: usize = 1024;

/// The longest that a service may take: every request waits for it.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// What a service says, and what it sees, where the file does not say.
const ROLE: &str = "x-ferro-role";
const ID: &str = "x-ferro-id";
const ALWAYS_SEEN: &str = "authorization";

pub(in super::super) const JWT: Keys = Keys {
    path: "access.jwt",
    doc: "Tokens that an identity provider has signed (RFC 7519), as `authorization: Bearer`; of several issuers, a list.",
    keys: &[
        required("issuer", "https://login.example.com", "who issues them: their claim `iss`, to the letter"),
        required("audiences", r#"["ferro"]"#, "whom they are for: one of these is in their claim `aud`"),
        required("jwks", "", "where the issuer's public keys are"),
        optional(
            "claim",
            "all have `default_role`",
            "realm_access.roles",
            "the claim that says the role, a text or a list of them, with dots on the way into objects",
        ),
        optional(
            "roles",
            "what the claim says is the role's name",
            r#"{"platform-*": "developer"}"#,
            "what the claim says, and the role that it stands for; the first that matches counts",
        ),
        optional("id_claim", "`sub`", "email", "the claim that says who the caller is, for limits and logs"),
    ],
    lacking: &[],
};

pub(in super::super) const JWKS: Keys = Keys {
    path: "access.jwt.jwks",
    doc: "The public keys of who issues tokens (RFC 7517). One of the two is given.",
    keys: &[
        optional(
            "url",
            "`file` is given",
            "https://login.example.com/.well-known/jwks.json",
            "where they are fetched, and again every five minutes",
        ),
        optional(
            "file",
            "`url` is given",
            "/etc/ferro/jwks.json",
            "the file that holds them, read at every start",
        ),
    ],
    lacking: &[],
};

pub(in super::super) const MTLS: Keys = Keys {
    path: "access.mtls",
    doc: "Certificates of clients, which `listen.tls.client_ca` checks.",
    keys: &[optional(
        "roles",
        "all have `default_role`",
        r#"{"spiffe://example.com/lab/*": "developer"}"#,
        "names in certificates (the first URI, the first DNS name), and their roles; the first that matches counts",
    )],
    lacking: &[],
};

pub(in super::super) const EXT_AUTHZ: Keys = Keys {
    path: "access.ext_authz",
    doc: "A service of yours that is asked of every request over HTTP: only what it answers by 200 is served.",
    keys: &[
        required(
            "url",
            "http://authz.internal:9000/check",
            "where it is; it is asked by the request's method, and by its path below this one",
        ),
        key("timeout", "1s", "250ms", "how long it may take; then the answer is 503"),
        optional(
            "headers",
            "`authorization` alone",
            r#"["x-team"]"#,
            "what else of the request's headers it sees",
        ),
        key("role", ROLE, "x-team-role", "the header of its answer that says the role"),
        key("id", ID, "x-user", "the header of its answer that says who the caller is, for limits and logs"),
        optional(
            "roles",
            "what it says is the role's name",
            r#"{"ml-*": "developer"}"#,
            "what it says, and the role that it stands for; the first that matches counts",
        ),
    ],
    lacking: &[],
};

/// What the roles of callers are read with.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub roles: &'a [Rc<Role>],
    /// Whether there is one for those who have no other.
    pub has_default: bool,
}

/// `jwt`: an object, or a list of them.
pub(super) fn issuers(node: &Node<'_>, known: Known<'_>, errors: &mut Errors<'_>) -> Vec<JwtConfig> {
    let nodes = match node.value.is_object() {
        true => vec![node.clone()],
        false => node.list("an object with `issuer`, `audiences` and `jwks`", errors).unwrap_or_default(),
    };
    let is_empty = node.value.as_array().is_some_and(Vec::is_empty);
    if is_empty || nodes.len() > MOST_ISSUERS {
        node.error(format_args!("expected 1 to {MOST_ISSUERS} issuers, found {}", nodes.len()), errors);
    }
    let (mut found, mut names) = (Vec::new(), BTreeSet::new());
    for node in nodes.into_iter().take(MOST_ISSUERS) {
        let Some(jwt) = issuer(&node, known, errors) else { continue };
        if !names.insert(jwt.issuer.name.clone()) {
            node.error(format_args!("the issuer {:?} is there already", jwt.issuer.name), errors);
        }
        found.push(jwt);
    }
    found
}

fn issuer(node: &Node<'_>, known: Known<'_>, errors: &mut Errors<'_>) -> Option<JwtConfig> {
    let section = node.keys(&JWT, errors)?;
    let name = section
        .require("issuer", errors)
        .and_then(|node| text(&node, "what the issuer calls itself", errors));
    let audiences = section.require("audiences", errors).map(|node| audiences(&node, errors));
    let jwks = section.require("jwks", errors).and_then(|node| jwks(&node, errors));
    let claim = section.get("claim").map(|node| claim(&node, errors));
    if claim.is_none() {
        if section.get("roles").is_some() {
            node.error("`roles` is of no use without `claim`", errors);
        }
        check_default(node, "claim", known, errors);
    }
    let id_claim = section.get("id_claim").map(|node| self::claim(&node, errors));
    let roles = role_map(&section, known, errors);
    let issuer = TokenIssuer {
        name: name?,
        claim: claim.unwrap_or_default(),
        id_claim: id_claim.unwrap_or_else(|| vec!["sub".to_owned()]),
        roles: roles.unwrap_or_else(|| by_name(known.roles)),
    };
    Some(JwtConfig { issuer, audiences: audiences?, jwks: jwks? })
}

/// Without any a token for somebody else would do.
fn audiences(node: &Node<'_>, errors: &mut Errors<'_>) -> Vec<String> {
    let nodes = bounded(node, "a list of audiences", errors);
    nodes.iter().filter_map(|node| text(node, "an audience", errors)).collect()
}

fn jwks(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<JwksSource> {
    let section = node.keys(&JWKS, errors)?;
    match (section.get("url"), section.get("file")) {
        (Some(node), None) => endpoint(&node, errors).map(JwksSource::Url),
        (None, Some(node)) => file(&node, errors).map(JwksSource::File),
        _ => {
            node.error("expected one of `url` and `file`", errors);
            None
        }
    }
}

/// The names on the way to a claim.
fn claim(node: &Node<'_>, errors: &mut Errors<'_>) -> Vec<String> {
    let Some(written) = text(node, "the name of a claim", errors) else { return Vec::new() };
    let names: Vec<_> = written.split('.').map(str::to_owned).collect();
    if names.len() > LONGEST_PATH || names.iter().any(String::is_empty) {
        node.error(format_args!("expected 1 to {LONGEST_PATH} names with dots between them"), errors);
    }
    names
}

/// `mtls`: which certificates have which roles.
pub(super) fn certificates(node: &Node<'_>, known: Known<'_>, errors: &mut Errors<'_>) -> Option<Roles> {
    let section = node.keys(&MTLS, errors)?;
    if section.get("roles").is_none() {
        check_default(node, "roles", known, errors);
    }
    Some(role_map(&section, known, errors).unwrap_or_default())
}

/// `ext_authz`.
pub(super) fn service(node: &Node<'_>, known: Known<'_>, errors: &mut Errors<'_>) -> Option<ExtAuthzConfig> {
    let section = node.keys(&EXT_AUTHZ, errors)?;
    let endpoint = section.require("url", errors).and_then(|node| endpoint(&node, errors));
    let timeout = section.get("timeout").map(|node| {
        let timeout = node.positive_duration(errors)?;
        if timeout > LONGEST_TIMEOUT {
            node.error("every request waits for it: expected at most 60s", errors);
        }
        Some(timeout)
    });
    let mut sees = section.get("headers").map(|node| headers(&node, errors)).unwrap_or_default();
    sees.push(ALWAYS_SEEN.to_owned());
    let mut named = |name: &str, usual: &str| match section.get(name) {
        Some(node) => header(&node, errors),
        None => Some(usual.to_owned()),
    };
    let (role, id) = (named("role", ROLE), named("id", ID));
    let roles = role_map(&section, known, errors).unwrap_or_else(|| by_name(known.roles));
    Some(ExtAuthzConfig {
        endpoint: endpoint?,
        timeout: timeout.unwrap_or(Some(Duration::from_secs(1)))?,
        service: Service { role: role?, id: id?, roles, sees },
    })
}

/// Nobody would have a role.
fn check_default(node: &Node<'_>, lacks: &str, known: Known<'_>, errors: &mut Errors<'_>) {
    if !known.has_default {
        node.error(format_args!("nobody would have a role: add `{lacks}`, or `access.default_role`"), errors);
    }
}

/// `roles`: patterns, and roles that the file has.
fn role_map(section: &Section<'_>, known: Known<'_>, errors: &mut Errors<'_>) -> Option<Roles> {
    let node = section.get("roles")?;
    let members = node.members("an object of name: role", errors)?;
    if members.is_empty() || members.len() > MOST_NAMES {
        node.error(format_args!("expected 1 to {MOST_NAMES} names, found {}", members.len()), errors);
    }
    let entry = |(name, node): (&str, Node<'_>)| {
        let role = roles::name_of(&node, known.roles, errors)?;
        Some((Glob::new(name), Rc::clone(role)))
    };
    Some(Roles(members.into_iter().take(MOST_NAMES).filter_map(entry).collect()))
}

/// Every role by its own name.
fn by_name(roles: &[Rc<Role>]) -> Roles {
    Roles(roles.iter().map(|role| (Glob::new(&role.name), Rc::clone(role))).collect())
}

fn headers(node: &Node<'_>, errors: &mut Errors<'_>) -> Vec<String> {
    bounded(node, "a list of headers", errors).iter().filter_map(|node| header(node, errors)).collect()
}

/// The name of a header, in lower case.
fn header(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
    let name = node.string("the name of a header", errors)?;
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.len() > LONGEST || !name.bytes().all(token) {
        node.error("this cannot be the name of a header", errors);
        return None;
    }
    Some(name.to_ascii_lowercase())
}

fn endpoint(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Endpoint> {
    let text = node.string("a URL such as https://login.example.com/keys", errors)?;
    Endpoint::parse(text, "").map_err(|message| node.error(message, errors)).ok()
}

fn text(node: &Node<'_>, what: &str, errors: &mut Errors<'_>) -> Option<String> {
    let text = node.name(what, errors)?;
    let fits = text.len() <= LONGEST && !text.chars().any(char::is_control);
    if !fits {
        node.error(format_args!("expected at most {LONGEST} bytes on one line"), errors);
    }
    fits.then(|| text.to_owned())
}

/// A list of one element at least.
fn bounded<'a>(node: &Node<'a>, what: &str, errors: &mut Errors<'_>) -> Vec<Node<'a>> {
    let mut nodes = node.list(what, errors).unwrap_or_default();
    if node.value.is_array() && nodes.is_empty() || nodes.len() > MOST_NAMES {
        node.error(format_args!("expected 1 to {MOST_NAMES}, found {}", nodes.len()), errors);
        nodes.truncate(MOST_NAMES);
    }
    nodes
}
