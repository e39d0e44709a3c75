//! Environment variables in a configuration: replaced in text, left as references in secrets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Purpose;

/// Looks up environment variables.
pub struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

/// What became of a file's variables.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Secrets that were written out, under the names of their variables.
    pub secrets: BTreeMap<String, String>,
    /// Where they were written.
    pub written_out: Vec<String>,
    /// Variables that are not set: path and name.
    pub undefined: Vec<(String, String)>,
    /// What is not the form of a reference: path and message.
    pub malformed: Vec<(String, String)>,
}

impl Environment<'_> {
    /// The environment of this process. What is not UTF-8 counts as not set.
    pub fn of_process() -> Self {
        Self(&|name| std::env::var(name).ok())
    }

    /// Whether a variable holds a credential: it is set, and not to white space.
    pub fn credential(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !value.trim().is_empty())
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
        reader.walk(json, &mut Vec::new(), purpose, environment);
        reader
    }

    fn walk(
        &mut self,
        value: &mut Value,
        path: &mut Vec<Step>,
        purpose: Purpose,
        environment: &Environment<'_>,
    ) {
        match value {
            Value::String(text) if is_secret(path) => self.secret(text, &join(path), purpose, environment),
            Value::String(text) => {
                if let Some(replaced) = self.replace(text, path, environment) {
                    *text = replaced;
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter_mut().enumerate() {
                    path.push(Step::Element(index));
                    self.walk(element, path, purpose, environment);
                    path.pop();
                }
            }
            Value::Object(members) => {
                for (key, member) in members.iter_mut() {
                    path.push(Step::Member(key.clone()));
                    self.walk(member, path, purpose, environment);
                    path.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A reference stays; what is written out gets a variable of its own.
    fn secret(&mut self, text: &mut String, path: &str, purpose: Purpose, environment: &Environment<'_>) {
        match references(text).as_deref() {
            Some([Part::Variable(name)]) if environment.credential(name) => {}
            Some([Part::Variable(name)]) => self.undefined.push((path.to_owned(), (*name).to_owned())),
            Some([Part::Text(_)]) => {
                self.written_out.push(path.to_owned());
                // `render` refuses it, and no text that it prints may hold it.
                let name = format!("FERRO_SECRET_{}", self.written_out.len());
                if purpose != Purpose::Render {
                    self.secrets.insert(name.clone(), text.clone());
                }
                *text = format!("${{{name}}}");
            }
            // The filter's own check says what is expected here.
            _ => {}
        }
    }

    fn replace(&mut self, text: &str, path: &[Step], environment: &Environment<'_>) -> Option<String> {
        let Some(parts) = references(text) else {
            let message = "${ begins a reference to an environment variable: ${NAME}".to_owned();
            self.malformed.push((join(path), message));
            return None;
        };
        let mut replaced = String::with_capacity(text.len());
        for part in parts {
            match part {
                Part::Text(text) => replaced.push_str(text),
                Part::Variable(name) => match environment.get(name) {
                    Some(value) => replaced.push_str(&value),
                    None => {
                        self.undefined.push((join(path), name.to_owned()));
                        return None;
                    }
                },
            }
        }
        Some(replaced)
    }
}

enum Step {
    Member(String),
    Element(usize),
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// Where secrets are written.
fn is_secret(path: &[Step]) -> bool {
    let names: Vec<_> = path
        .iter()
        .map(|step| match step {
            Step::Member(name) => name.as_str(),
            Step::Element(_) => "[]",
        })
        .collect();
    matches!(
        names.as_slice(),
        ["providers", _, "api_key"] | ["providers", _, "api_keys", "[]"] | ["access", "signing_key"]
    )
}

fn join(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Member(name) if text.is_empty() => text.push_str(name),
            Step::Member(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Element(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
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
