//! `providers`: which vendors are called, where, how, and with whose credential. Whatever a vendor's row can hold may
//! be written here, and comes before what the row says.

pub(super) mod auth;
pub(super) mod credentials;
mod discover;
mod headers;
pub(super) mod operations;
pub(super) mod quirks;
#[cfg(test)]
mod tests;
pub(super) mod tls;
pub(super) mod token;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::errors::Errors;
use super::super::keys::{Keys, optional};
use super::super::section::{Node, Section};
use super::proxy::{self, Proxied};
use crate::dialect::{Format, Quirks};
use crate::provider::{Auth, CHAT, Endpoint, Issuer, ModelList, Operation, Row, Vendors};
use crate::routing::{Glob, Owner, did_you_mean, nearest};
pub(super) use credentials::variable;
pub use headers::Header;
pub use tls::ProviderTls;
use variables::Variables;

/// An instance of a vendor. Nobody looks at the vendor's row any more: all that it says is here.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Its name in the file.
    pub name: String,
    /// The vendor's kind.
    pub kind: String,
    /// Where its API is: the root of its first operation.
    pub endpoint: Endpoint,
    /// What it does, and where.
    pub operations: Vec<Operation>,
    /// How its credential travels.
    pub auth: Auth,
    /// What it is called with, one element a credential: the environment variables that may hold it, of which the first
    /// that is set counts. None if nothing is sent. Never the credentials themselves: those travel in Envoy's environment.
    pub credentials: Vec<Vec<String>>,
    /// Who gives out its credential, where that is a token that is fetched.
    pub issuer: Option<Issuer>,
    /// Headers that every request carries.
    pub headers: Vec<Header>,
    /// Headers of the client that are passed on, in lower case.
    pub forwards: Vec<String>,
    /// In what it differs from its formats; `None` for nothing.
    pub quirks: Option<Rc<Quirks>>,
    /// The names it serves: what the file lists, then the vendor's own.
    pub models: Vec<Glob>,
    /// The vendor's models that `/v1/models` lists.
    pub listed: Vec<String>,
    /// What is its own of TLS.
    pub tls: ProviderTls,
    /// Whether it is asked through a proxy.
    pub proxied: Proxied,
    /// Where it is asked which models it has, if it is.
    pub model_list: Option<ModelList>,
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

impl ProviderConfig {
    /// Its clusters, each once: name and host.
    pub fn clusters(&self) -> Vec<(&str, &Endpoint)> {
        Operation::clusters(&self.operations)
    }

    /// The environment variables of which secrets are made, in any order; some may be named twice.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.credentials.iter().flatten().map(String::as_str).chain(self.needed())
    }

    /// What of its secrets is not set: variables' names, those of which one would do in one text.
    pub fn missing(&self, is_set: impl Fn(&str) -> bool) -> Vec<String> {
        let lacking = self.credentials.iter().filter(|names| !names.iter().any(|name| is_set(name)));
        let needed = self.needed().filter(|name| !is_set(name));
        lacking.map(|names| names.join(" or ")).chain(needed.map(str::to_owned)).collect()
    }

    /// The variables that have no other in their place.
    fn needed(&self) -> impl Iterator<Item = &str> {
        let client_secret = self.issuer.as_ref().map(|issuer| issuer.client_secret.as_str());
        self.headers.iter().flat_map(Header::variables).chain(client_secret)
    }
}

pub(super) const KEYS: Keys = Keys {
    path: "providers.NAME",
    doc: "A provider. Of a built-in one, `{}` is enough: [those there are](providers.md). What is written here comes \
          before what the kind says: [a provider of your own](own-providers.md).",
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
        optional(
            "discover",
            "`true` where it speaks OpenAI's format or Ollama's, and neither it nor its kind names a model",
            "true",
            "whether [it is asked](own-providers.md#which-models-it-has) which models it has, for `/v1/models`",
        ),
        optional(
            "auth",
            "the kind's own",
            "bearer",
            "how its credential travels: `bearer`, `none`, `caller`, or an object with one of these",
        ),
        optional(
            "format",
            "the kind's own",
            "openai",
            "what it speaks: `openai`, `anthropic`, `gemini`, `cohere`, `ollama`, `replicate`",
        ),
        optional(
            "headers",
            "the kind's own",
            r#"{"x-tenant": "acme"}"#,
            "what every request carries; `${NAME}` in a value is secret",
        ),
        optional("forwards", "the kind's own", r#"["x-trace-id"]"#, "headers of the client that it sees"),
        optional("variables", "the kind's own", "", "what stands in its paths and endpoints"),
        optional("operations", "the kind's own", "", "where it serves a surface"),
        optional("quirks", "the kind's own", "", "in what it differs from its format"),
        optional("tls", "as on the web", "", "how it is known, and we to it"),
        optional(
            "proxy",
            "the file's `proxy`",
            "none",
            "a proxy of its own, as the file's `proxy` is written; `none`: it is asked directly",
        ),
    ],
    lacking: &[],
};

pub(super) fn read(node: Option<Node<'_>>, vendors: Vendors, errors: &mut Errors<'_>) -> Vec<ProviderConfig> {
    let members =
        node.and_then(|node| node.members("an object of name: provider", errors)).unwrap_or_default();
    if members.is_empty() {
        return implied(vendors);
    }
    let mut known = BTreeMap::new();
    for (name, node) in &members {
        if let Some(other) = known.insert(name.to_ascii_lowercase(), name) {
            node.error(format_args!("only case tells this name from {other:?}, and people do not"), errors);
        }
    }
    members.into_iter().filter_map(|(name, node)| instance(name, &node, vendors, errors)).collect()
}

/// Every vendor that has a root, a usual name for its credential, and no variable that somebody must say. A credential
/// that several may be called with implies the first of them: it is a vendor's of two regions or plans, and would be
/// refused by the others.
fn implied(vendors: Vendors) -> Vec<ProviderConfig> {
    let empty = serde_json::Value::Object(serde_json::Map::new());
    let mut known = BTreeSet::new();
    let instance = |row: &'static Row| {
        let said = row.variables.iter().all(|variable| variable.default.is_some());
        if row.root.is_none() || row.credentials.is_empty() || !said {
            return None;
        }
        // A row without a mistake, which the table's own test sees to, makes no errors.
        let instance = instance(row.kind, &Node::root(&empty), vendors, &mut Errors::new(None))?;
        let credentials = instance
            .credentials
            .into_iter()
            .map(|names| names.into_iter().filter(|name| known.insert(name.clone())).collect::<Vec<_>>());
        let credentials: Vec<_> = credentials.filter(|names| !names.is_empty()).collect();
        (!credentials.is_empty()).then_some(ProviderConfig { credentials, implied: true, ..instance })
    };
    vendors.rows().filter_map(instance).collect()
}

fn instance(
    name: &str,
    node: &Node<'_>,
    vendors: Vendors,
    errors: &mut Errors<'_>,
) -> Option<ProviderConfig> {
    check_name(name, node, errors);
    let empty = serde_json::Value::Object(serde_json::Map::new());
    let node =
        Node { path: node.path.clone(), value: if node.value.is_null() { &empty } else { node.value } };
    let Some(row) = kind(name, &node, vendors, errors) else {
        // Of a kind that nobody knows, a key may be a variable's.
        node.keys_and(&KEYS, &["region"], errors)?;
        return None;
    };
    let own: Vec<_> = row.variables.iter().map(|own| own.name).collect();
    let section = node.keys_and(&KEYS, &own, errors)?;
    let Place { auth, issuer, operations } = place(name, row, &node, &section, vendors, errors);
    let credentials =
        auth.as_ref().and_then(|auth| credentials::read(row, auth, issuer.as_ref(), &section, errors));
    let headers = headers::read(row, auth.as_ref(), &section, errors);
    let forwards = headers::forwards(row, auth.as_ref(), &headers, &section, errors);
    let formats = chat_formats(operations.as_deref());
    let quirks = quirks::read(&row.quirks, &formats, section.get("quirks").as_ref(), errors);
    let models = models(row, &section, errors);
    let tls = tls::read(&section, operations.as_deref(), errors);
    let proxied = proxy::read(&section, errors);
    let known = models.iter().any(Glob::is_exact) || !row.models.is_empty();
    let model_list = discover::read(row, auth.as_ref(), operations.as_deref(), known, &section, errors);
    let operations = operations?;
    Some(ProviderConfig {
        name: name.to_owned(),
        kind: row.kind.to_owned(),
        endpoint: operations.first()?.endpoint.clone(),
        operations,
        auth: auth?,
        credentials: credentials?,
        issuer,
        headers,
        forwards,
        quirks: Some(quirks).filter(|quirks| !quirks.is_empty()).map(Rc::new),
        models,
        listed: row.models.iter().map(|model| (*model).to_owned()).collect(),
        tls: tls?,
        proxied,
        model_list: model_list?,
        implied: false,
    })
}

fn check_name(name: &str, node: &Node<'_>, errors: &mut Errors<'_>) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        node.error("a provider's name is 1 to 64 of letters, digits, '-', '_' and '.'", errors);
    }
}

/// The names that a provider serves: the file's, then the row's.
fn models(row: &Row, section: &Section<'_>, errors: &mut Errors<'_>) -> Vec<Glob> {
    let mut models = Vec::new();
    if let Some(node) = section.get("models") {
        for node in node.list("a list of models' names", errors).unwrap_or_default() {
            models.extend(node.name("a model's name", errors).map(Glob::new));
        }
    }
    models.extend(row.owns.iter().map(|glob| Glob::new(glob)));
    models
}

/// What variables are part of: how a provider knows who calls, and where it is.
struct Place {
    auth: Option<Auth>,
    issuer: Option<Issuer>,
    operations: Option<Vec<Operation>>,
}

fn place(
    name: &str,
    row: &Row,
    node: &Node<'_>,
    section: &Section<'_>,
    vendors: Vendors,
    errors: &mut Errors<'_>,
) -> Place {
    let format = section.get("format").and_then(|node| node.word(&formats(vendors), errors));
    let before = errors.count();
    let mut variables = Variables::read(row, node, section, errors);
    let auth = auth::read(row, section, &mut variables, errors);
    let operations = operations::read(name, row, format, section, vendors, &mut variables, errors);
    // What was not read may have named them.
    if before == errors.count() {
        variables.check(errors);
    }
    let (auth, issuer) = auth.map_or((None, None), |(auth, issuer)| (Some(auth), issuer));
    Place { auth, issuer, operations }
}

/// The row of the kind that is named, or of the provider's own name. Reads one key before all others, since it says
/// which others there may be.
fn kind(name: &str, node: &Node<'_>, vendors: Vendors, errors: &mut Errors<'_>) -> Option<&'static Row> {
    let written = node.value.as_object()?.get("kind").filter(|value| !value.is_null());
    if let Some(value) = written {
        let kind = Node { path: node.path.member("kind"), value };
        let text = kind.string("the name of a built-in provider", errors)?;
        let row = vendors.find(text);
        if row.is_none() {
            let hint = did_you_mean(',', nearest(text, vendors.rows().map(|row| row.kind)));
            let known = "expected one of those that `ferro providers` lists";
            kind.error(format_args!("unknown value {text:?}, {known}{hint}"), errors);
        }
        return row;
    }
    let row = vendors.find(name);
    if row.is_none() {
        let near = nearest(name, vendors.rows().map(|row| row.kind));
        let near = near.filter(|near| near.eq_ignore_ascii_case(name));
        let hint = did_you_mean(',', near);
        node.error(format_args!("missing key \"kind\": the name is not a built-in provider's{hint}"), errors);
    }
    row
}

/// The API root of the file, or of the row.
fn api_root(
    row: &Row,
    version: &str,
    node: &Section<'_>,
    variables: &mut Variables<'_>,
    errors: &mut Errors<'_>,
) -> Option<Option<Endpoint>> {
    match (node.get("endpoint"), row.root) {
        (Some(node), _) => variables.endpoint(&node, version, errors).map(Some),
        (None, Some(root)) => variables.built_in(root, version, errors).map(Some),
        (None, None) => Some(None),
    }
}

/// What its quirks are about: what else it does has quirks of its own.
fn chat_formats(operations: Option<&[Operation]>) -> Vec<&'static Format> {
    let chats = operations.into_iter().flatten().filter(|operation| operation.surface == CHAT);
    chats.map(|operation| operation.format).collect()
}

/// The words for formats.
fn formats(vendors: Vendors) -> Vec<(&'static str, &'static Format)> {
    vendors.formats.iter().map(|format| (format.name, *format)).collect()
}

/// The surfaces that a gateway could serve.
fn usual_surfaces() -> impl Iterator<Item = &'static str> {
    super::matching::surfaces()
}
