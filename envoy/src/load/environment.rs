//! Environment variables in a configuration: replaced in text, left as references in secrets.
//!
//! A variable that holds a credential may be named where a secret belongs and nowhere else: other text is rendered,
//! logged and sent to whoever asks. Which variables hold one is known by their names (those named where a secret
//! belongs, and every vendor's usual one) and by their values.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::Bound;

use ferro::config::ConfigError;
use ferro::gateway::{Flaw, Use, referred};
use ferro::provider::Vendors;
use serde_json::{Value, json};

use super::path::{Secrecy, Step, is_of_access, join};
use super::{Problems, Purpose};
use crate::yaml;

/// Looks up environment variables.
pub struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

/// What became of a file's variables.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Secrets that were written out, under the names of their variables.
    pub secrets: BTreeMap<String, String>,
    /// Where they were written.
    pub written_out: Noted<()>,
    /// Variables that are not set, by name.
    pub undefined: Noted<String>,
    /// Variables that hold no credential: what is said of them.
    pub flawed: Noted<String>,
    /// The providers with another key that is one.
    pub spared: BTreeSet<String>,
    /// The providers below whose names there is such a variable.
    pub lacking: BTreeSet<String>,
    /// What may not stand in text: what is said of it.
    pub wrong: Noted<String>,
    /// The configuration as it was written, references and all, but for secrets: those are `***`.
    pub written: Value,
    /// Variables that hold credentials.
    names: BTreeSet<String>,
    /// Their values.
    credentials: BTreeSet<String>,
    /// Those of more than a few characters, but for those that begin with another one.
    long: BTreeSet<String>,
    /// How many bytes stand where variables were.
    replaced: usize,
}

/// Paths, each with what is to be said of it: the first [`Problems::MOST`] whole, the others only known again by their
/// hashes.
#[derive(Debug)]
pub(super) struct Noted<T> {
    first: Vec<(String, T)>,
    hashes: HashSet<u64>,
    hasher: RandomState,
    count: usize,
}

impl<T> Default for Noted<T> {
    fn default() -> Self {
        Self { first: Vec::new(), hashes: HashSet::new(), hasher: RandomState::new(), count: 0 }
    }
}

impl<T> Noted<T> {
    fn add(&mut self, path: String, what: T) {
        self.count = self.count.saturating_add(1);
        self.hashes.insert(self.hasher.hash_one(&path));
        if self.first.len() < Problems::MOST {
            self.first.push((path, what));
        }
    }

    /// The first of them.
    pub fn first(&self) -> &[(String, T)] {
        &self.first
    }

    /// How many there are beside the first.
    pub const fn more(&self) -> usize {
        self.count.saturating_sub(self.first.len())
    }

    fn contains(&self, path: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one(path))
    }
}

/// A shorter credential, in bytes, is looked for as the whole of a text only.
const SHORTEST: usize = 4;
/// The most bytes that stand where variables were.
const MOST_REPLACED: usize = 4 * yaml::LONGEST;

/// What stands for a value that no message may show.
const HIDDEN: &str = "***";

impl Environment<'_> {
    /// The environment of this process. What is not UTF-8 counts as not set.
    pub fn of_process() -> Self {
        Self(&|name| std::env::var(name).ok())
    }

    /// Whether a variable is set, and not to white space.
    pub fn credential(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !value.trim().is_empty())
    }

    /// Whether a variable would do where a secret belongs.
    pub fn usable(&self, name: &str) -> bool {
        self.credential(name) && self.flaw(name, Use::Header).is_none()
    }

    /// What keeps a variable from being a credential, in words for the operator.
    pub fn flaw(&self, name: &str, is_for: Use) -> Option<String> {
        let flaw = Flaw::of(&self.get(name)?, is_for)?;
        Some(format!("the environment variable {name} holds {}", flaw.words()))
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }
}

impl<'a> Environment<'a> {
    /// An environment of one's own.
    #[cfg(test)]
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self(lookup)
    }
}

impl Reader {
    /// Replaces the references of a configuration.
    pub fn resolve(json: &mut Value, purpose: Purpose, environment: &Environment<'_>) -> Self {
        let mut reader = Self::default();
        let usual = Vendors::BUILT_IN.rows().flat_map(|row| row.credentials);
        reader.names.extend(usual.map(|name| (*name).to_owned()));
        name_variables(json, Vendors::BUILT_IN, environment);
        reader.secrets(json, &mut Vec::new(), purpose, environment);
        reader.credentials.extend(reader.names.iter().filter_map(|name| environment.get(name)));
        reader.credentials = reader.credentials.iter().map(|value| value.trim().to_owned()).collect();
        reader.credentials.remove("");
        for value in reader.credentials.iter().filter(|value| value.len() >= SHORTEST) {
            // In order, so that the one that it begins with would be the last.
            if reader.long.last().is_none_or(|last| !value.starts_with(last.as_str())) {
                reader.long.insert(value.clone());
            }
        }
        reader.written = json.clone();
        reader.text(json, &mut Vec::new(), environment);
        reader
    }

    /// Takes the secrets out: what stays is references, and nothing of what stands around them.
    fn secrets(
        &mut self,
        value: &mut Value,
        path: &mut Vec<Step>,
        purpose: Purpose,
        environment: &Environment<'_>,
    ) {
        match (Secrecy::of(path), value) {
            (Secrecy::Credential, Value::String(text)) => self.secret(text, path, purpose, environment),
            // `access: none`: the one word that stands there and is no secret.
            (Secrecy::Door, Value::String(text)) if text == "none" => {}
            (_, Value::Null) => {}
            (Secrecy::Header, Value::String(text)) => self.header(text, path, environment),
            (Secrecy::Headers, value @ Value::Object(_)) => {
                children(value, path, |child, path| self.secrets(child, path, purpose, environment));
            }
            (Secrecy::Door, value @ Value::Object(_)) => {
                hide_names(value);
                children(value, path, |child, path| self.secrets(child, path, purpose, environment));
            }
            (Secrecy::Plain, value) | (Secrecy::Credentials, value @ Value::Array(_)) => {
                children(value, path, |child, path| self.secrets(child, path, purpose, environment));
            }
            // No text, and the filter's own check says that one is expected.
            (Secrecy::Header, value) => {
                self.name_all(value);
                *value = Value::Bool(false);
            }
            (_, value) => {
                self.name_all(value);
                *value = Value::from(HIDDEN);
            }
        }
    }

    /// A reference stays; what is written out gets a variable of its own.
    fn secret(&mut self, text: &mut String, path: &[Step], purpose: Purpose, environment: &Environment<'_>) {
        match references(text).as_deref() {
            Some([Part::Variable(name)]) => {
                let is_for = use_of(path);
                self.names.insert((*name).to_owned());
                self.check(name, is_for, path, environment);
            }
            Some([Part::Text(_)])
                if matches!(use_of(path), Use::Key | Use::Signing)
                    && Flaw::of(text, use_of(path)).is_some() =>
            {
                self.wrong.add(join(path), misspelt(text, use_of(path)));
                self.credentials.insert(std::mem::replace(text, HIDDEN.to_owned()));
            }
            Some([Part::Text(_)]) => {
                self.written_out.add(join(path), ());
                self.credentials.insert(text.clone());
                self.spare(path);
                // `render` refuses it, and no text that it prints may hold it.
                let name = format!("FERRO_SECRET_{}", self.written_out.count);
                if purpose != Purpose::Render {
                    self.secrets.insert(name.clone(), text.clone());
                }
                *text = format!("${{{name}}}");
            }
            // The filter's own check says what is expected here.
            _ => {
                self.name_all(&Value::from(text.as_str()));
                *text = HIDDEN.to_owned();
            }
        }
    }

    /// References in a header stay, since what they stand for is secret.
    fn header(&mut self, text: &str, path: &[Step], environment: &Environment<'_>) {
        // What is no reference, the filter's own check finds.
        for name in references(text).unwrap_or_default().iter().filter_map(Part::variable) {
            self.names.insert(name.to_owned());
            self.check(name, Use::Header, path, environment);
        }
        let alone = text.split_once(' ').filter(|(scheme, _)| ["Bearer", "Basic"].contains(scheme));
        let alone = alone.map_or(text, |(_, credential)| credential);
        if !alone.contains("${") && Flaw::of(alone, Use::Form) == Some(Flaw::Reference) {
            self.wrong.add(join(path), misspelt(alone, Use::Form));
        }
    }

    /// Notes what a variable lacks that is named where a secret belongs.
    fn check(&mut self, name: &str, is_for: Use, path: &[Step], environment: &Environment<'_>) {
        if !environment.credential(name) {
            self.undefined.add(join(path), name.to_owned());
            self.lack(path);
        } else if let Some(flaw) = environment.flaw(name, is_for) {
            self.flawed.add(join(path), flaw);
            self.lack(path);
        } else {
            self.spare(path);
        }
    }

    /// Notes that a provider has a key, so that it can do without others that are listed.
    fn spare(&mut self, path: &[Step]) {
        if let [Step::Member(_), Step::Member(provider), Step::Member(key), Step::Element(_)] = path
            && key == "api_keys"
        {
            self.spared.insert(format!("providers.{provider}.api_keys["));
        }
    }

    /// Notes all variables that are named somewhere below a secret key.
    fn name_all(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                let parts = references(text).unwrap_or_default();
                self.names.extend(parts.iter().filter_map(Part::variable).map(str::to_owned));
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.name_all(element)),
            Value::Object(members) => members.values().for_each(|member| self.name_all(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Replaces references in all other text.
    fn text(&mut self, value: &mut Value, path: &mut Vec<Step>, environment: &Environment<'_>) {
        match value {
            Value::String(text) if Secrecy::of(path) == Secrecy::Plain => {
                if let Some(replaced) = self.replace(text, path, environment) {
                    *text = replaced;
                }
            }
            _ => children(value, path, |child, path| self.text(child, path, environment)),
        }
    }

    fn replace(&mut self, text: &str, path: &[Step], environment: &Environment<'_>) -> Option<String> {
        let Some(parts) = references(text) else {
            let message = "${ begins a reference to an environment variable: ${NAME}".to_owned();
            self.wrong.add(join(path), message);
            return None;
        };
        let mut replaced = String::with_capacity(text.len());
        for part in &parts {
            match part {
                Part::Text(text) => replaced.push_str(text),
                Part::Variable(name) if self.names.contains(*name) => {
                    self.wrong.add(join(path), misplaced(name));
                    return None;
                }
                Part::Variable(name) => match environment.get(name) {
                    Some(value) => {
                        self.replaced = self.replaced.saturating_add(value.len());
                        if self.replaced > MOST_REPLACED {
                            let message = format!("more than {MOST_REPLACED} bytes for variables in all");
                            self.wrong.add(join(path), message);
                            return None;
                        }
                        replaced.push_str(&value);
                    }
                    None => {
                        self.undefined.add(join(path), (*name).to_owned());
                        self.lack(path);
                        return None;
                    }
                },
            }
        }
        let names: Vec<_> = parts.iter().filter_map(Part::variable).collect();
        if names.is_empty() {
            return None;
        }
        if self.holds_credential(&replaced) {
            self.wrong.add(join(path), misplaced(&names.join("} or ${")));
            return None;
        }
        Some(replaced)
    }

    /// Whether text is a credential, or has one in it. One of a few characters is in everything.
    fn holds_credential(&self, text: &str) -> bool {
        // Of those that a text may begin with, the last in order is the one, since none begins with another.
        let begins = |(at, _): (usize, char)| {
            let rest = text.get(at..).unwrap_or_default();
            let last = self.long.range::<str, _>((Bound::Unbounded, Bound::Included(rest))).next_back();
            last.is_some_and(|credential| rest.starts_with(credential.as_str()))
        };
        self.credentials.contains(text.trim()) || text.char_indices().any(begins)
    }

    /// Notes that a variable is not set which a provider has.
    fn lack(&mut self, path: &[Step]) {
        if let [Step::Member(root), Step::Member(provider), ..] = path
            && root == "providers"
        {
            self.lacking.insert(provider.clone());
        }
    }

    /// What is said of an error: the words that the file as it was written gets, since no message may show what a
    /// variable holds. `plain` is what is wrong with the file as it was written.
    pub fn wording(&self, error: &ConfigError, plain: &[ConfigError]) -> String {
        if plain.contains(error) {
            return error.message.clone();
        }
        match plain.iter().find(|plain| plain.path == error.path) {
            Some(plain) => plain.message.clone(),
            None => "what the environment variables of this file say is not valid here".to_owned(),
        }
    }

    /// The paths at which nothing is known of the value, so that it cannot be wrong.
    pub fn is_unknown(&self, path: &str) -> bool {
        self.undefined.contains(path)
    }

    /// The paths of which all has been said.
    pub fn is_told(&self, path: &str) -> bool {
        self.wrong.contains(path)
    }
}

/// Writes a reference for each variable of a provider that the file does not give and the environment does.
fn name_variables(json: &mut Value, vendors: Vendors, environment: &Environment<'_>) {
    let providers = json.get_mut("providers").and_then(Value::as_object_mut);
    for (name, provider) in providers.into_iter().flatten() {
        let kind = provider.get("kind").and_then(Value::as_str).unwrap_or(name);
        let Some(row) = vendors.find(kind) else { continue };
        for variable in row.variables {
            let given = |provider: &Value| {
                provider.get(variable.name).is_some()
                    || provider.get("variables").is_some_and(|all| all.get(variable.name).is_some())
            };
            let Some(usual) = variable.environment.filter(|usual| environment.get(usual).is_some()) else {
                continue;
            };
            if provider.is_null() {
                *provider = json!({});
            }
            if let (false, Some(members)) = (given(provider), provider.as_object_mut()) {
                members.insert(variable.name.to_owned(), Value::from(format!("${{{usual}}}")));
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Variable(&'a str),
}

impl<'a> Part<'a> {
    const fn variable(&self) -> Option<&'a str> {
        match self {
            Self::Variable(name) => Some(name),
            Self::Text(_) => None,
        }
    }
}

fn ends_in(path: &[Step], key: &str) -> bool {
    matches!(path.last(), Some(Step::Member(last)) if last == key)
}

/// What a secret is for. A proxy is sent the whole of it.
fn use_of(path: &[Step]) -> Use {
    match path {
        path if ends_in(path, "client_secret") => Use::Form,
        path if ends_in(path, "authorization") => Use::Header,
        [Step::Member(root), ..] if root == "access" => Use::Signing,
        _ => Use::Key,
    }
}

/// What is said of a credential that is written out and is none.
fn misspelt(text: &str, is_for: Use) -> String {
    match (referred(text), Flaw::of(text, is_for)) {
        (Some(name), _) => format!("the environment variable {name} is named as ${{{name}}} here"),
        (None, Some(Flaw::Reference)) | (None, None) => {
            "an environment variable is named as ${NAME} here, and in no other way".to_owned()
        }
        (None, Some(flaw)) => {
            format!("this is {}; better, write ${{NAME}} and set that variable", flaw.words())
        }
    }
}

fn misplaced(name: &str) -> String {
    format!(
        "${{{name}}} holds a credential, and this text is rendered and logged: name it as an api_key or in a header only"
    )
}

/// Hides names in `access` that are no keys of it: one may be a caller's key.
fn hide_names(access: &mut Value) {
    let Value::Object(members) = access else { return };
    let names: Vec<_> = members.keys().filter(|name| !is_of_access(name)).cloned().collect();
    for name in names {
        members.remove(&name);
        members.insert(HIDDEN.to_owned(), Value::Null);
    }
}

/// Goes to each child of a value, with its path.
fn children(value: &mut Value, path: &mut Vec<Step>, mut visit: impl FnMut(&mut Value, &mut Vec<Step>)) {
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                path.push(Step::Element(index));
                visit(element, path);
                path.pop();
            }
        }
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                path.push(Step::Member(key.clone()));
                visit(member, path);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes `text` apart; `None` if a `${` does not begin a reference.
fn references(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}')?;
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if name.is_empty() || !plain || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Variable(name));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use ferro::provider::{Auth, Row, Variable};

    use super::*;

    const ROW: Row = Row {
        kind: "regional",
        root: Some("https://{region}.example.com"),
        version: "",
        variables: &[Variable { name: "region", environment: Some("REGION"), default: None }],
        auth: Auth::None,
        ..Row::COMPATIBLE
    };

    #[test]
    fn a_variable_comes_from_the_file_or_else_from_the_environment() {
        let vendors = Vendors { catalogue: &[&[ROW]], ..Vendors::BUILT_IN };
        let set = |name: &str| (name == "REGION").then(|| "eu".to_owned());
        let written = json!({"providers": {
            "regional": null,
            "own": {"kind": "regional", "region": "us"},
            "listed": {"kind": "regional", "variables": {"region": "us"}},
            "other": {"kind": "openai"},
        }});
        let mut json = written.clone();
        name_variables(&mut json, vendors, &Environment::new(&set));
        let mut want = written.clone();
        want["providers"]["regional"] = json!({"region": "${REGION}"});
        assert_eq!(json, want);
        let mut json = written.clone();
        name_variables(&mut json, vendors, &Environment::new(&|_| None));
        assert_eq!(json, written);
    }
}
