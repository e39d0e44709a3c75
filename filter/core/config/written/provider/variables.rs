//! `variables`: what differs from instance to instance and is part of a host or a path.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::errors::Errors;
use super::super::super::meant::Meant;
use super::super::super::section::{Node, Section};
use crate::provider::{Endpoint, Path, Row, fill, is_variable, names};

/// What a provider's variables are, and which of them were asked for.
#[derive(Debug)]
pub(super) struct Variables<'a> {
    /// Name, value, and where the file says so.
    values: Vec<(&'a str, &'a str, Option<Node<'a>>)>,
    /// Where among them each name is.
    places: BTreeMap<&'a str, usize>,
    used: BTreeSet<String>,
    provider: Node<'a>,
}

impl<'a> Variables<'a> {
    /// Those of the file, in `variables` or as a key of the provider, then the row's defaults.
    pub fn read(row: &Row, provider: &Node<'a>, section: &Section<'a>, errors: &mut Errors<'_>) -> Self {
        let mut values = Vec::new();
        let written = section.get("variables");
        let written = written.and_then(|node| node.members("an object of name: value", errors));
        let own =
            row.variables.iter().filter_map(|variable| Some((variable.name, section.get(variable.name)?)));
        let own: Vec<_> = own.collect();
        for (name, node) in written.into_iter().flatten() {
            if !is_variable(name) || name == "model" {
                node.error(
                    "a variable's name is of letters in lower case, digits and '_', and not model or stream",
                    errors,
                );
            } else if own.iter().any(|(known, _)| *known == name) {
                node.error("the same variable twice", errors);
            }
            values.extend(node.string("text", errors).map(|value| (name, value, Some(node.clone()))));
        }
        for (name, node) in own {
            values.extend(node.string("text", errors).map(|value| (name, value, Some(node.clone()))));
        }
        for variable in row.variables {
            if let (Some(default), false) =
                (variable.default, values.iter().any(|(name, ..)| *name == variable.name))
            {
                values.push((variable.name, default, None));
            }
        }
        let mut places = BTreeMap::new();
        for (place, (name, ..)) in values.iter().enumerate() {
            places.entry(*name).or_insert(place);
        }
        Self { values, places, used: BTreeSet::new(), provider: provider.clone() }
    }

    /// A root that is written in the file.
    pub fn endpoint(&mut self, node: &Node<'_>, version: &str, errors: &mut Errors<'_>) -> Option<Endpoint> {
        let text = node.string("an API root such as https://api.example.com/v1", errors)?;
        let text = self.fill(text, node, errors)?;
        let read = Endpoint::parse(&text, version);
        read.map_err(|message| node.error_or(&message, Meant::Endpoint, errors)).ok()
    }

    /// A root of the row's.
    pub fn built_in(&mut self, text: &str, version: &str, errors: &mut Errors<'_>) -> Option<Endpoint> {
        let provider = self.provider.clone();
        let text = self.fill(text, &provider, errors)?;
        Endpoint::parse(&text, version).map_err(|message| provider.error(message, errors)).ok()
    }

    /// A text with its variables filled.
    pub fn fill(&mut self, text: &str, node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
        self.used.extend(names(text).map(str::to_owned));
        let filled = fill(text, |name| self.value(name));
        filled.map_err(|wrong| self.report(node, wrong, errors)).ok()
    }

    /// A path below a root, with its variables filled.
    pub fn path(&mut self, path: Path, root: &str, node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Path> {
        self.used.extend(path.variables().map(str::to_owned));
        let filled = path.below(root, |name| self.value(name));
        filled.map_err(|wrong| self.report(node, wrong, errors)).ok()
    }

    /// Reports those of the file that nothing names.
    pub fn check(&self, errors: &mut Errors<'_>) {
        for (name, _, node) in &self.values {
            if let (Some(node), false) = (node, self.used.contains(*name)) {
                node.error("no endpoint, path or signature of this provider names this variable", errors);
            }
        }
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.find(name).map(|(_, value, _)| *value)
    }

    fn find(&self, name: &str) -> Option<&(&'a str, &'a str, Option<Node<'a>>)> {
        self.values.get(*self.places.get(name)?)
    }

    /// What is wrong with a variable is said where its value stands, or else where it is needed.
    fn report(&self, node: &Node<'_>, (name, why): (String, String), errors: &mut Errors<'_>) {
        match self.find(&name).and_then(|(.., node)| node.as_ref()) {
            Some(written) => written.error(why, errors),
            None => node.error(format_args!("{{{name}}}: {why}; set it in `variables`"), errors),
        }
    }
}
