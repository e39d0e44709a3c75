//! `ferro providers`: what is built in, what is configured, which credential is missing.

use std::collections::BTreeSet;

use ferro::config::ProviderConfig;
use ferro::dialect::Format;
use ferro::provider::{Row, Vendors};
use serde_json::{Value, json};

use super::{ConfigOption, Outcome};
use crate::load::{Environment, Loaded, Purpose};
use crate::terminal::{self, Colour};

/// Options of `ferro providers`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A line of the list.
#[derive(Debug)]
struct Line {
    name: String,
    kind: String,
    /// What is known of its vendor.
    row: Option<&'static Row>,
    endpoint: String,
    /// What it serves, and in which format.
    operations: Vec<(String, &'static Format)>,
    /// The variables it comes from. A secret that is written out has one that nobody else knows.
    credentials: Vec<String>,
    configured: bool,
    has_credential: bool,
}

/// Prints the list.
pub fn run(options: &Options) -> Outcome {
    options.config.mention_unread();
    let file = options.config.file();
    let environment = Environment::of_process();
    let loaded = crate::load::load(file.as_deref(), Purpose::Check, &environment)
        .map_err(|problems| super::refuse(&problems))?;
    let lines = lines(&loaded, &environment);
    match options.json {
        true => terminal::print(&format!("{:#}", Value::from_iter(lines.iter().map(Line::json)))),
        false => table(&lines),
    }
    Ok(())
}

/// The configured ones in the file's order, then what else is built in.
fn lines(loaded: &Loaded, environment: &Environment<'_>) -> Vec<Line> {
    let configured = loaded.config.providers.iter().map(|provider| Line::of(provider, loaded, environment));
    // Without a file, those that lack a credential come with what else is built in.
    let mut lines: Vec<_> = configured.filter(|line| line.configured).collect();
    for row in Vendors::BUILT_IN.rows() {
        if !lines.iter().any(|line| line.name == row.kind) {
            lines.push(Line::built_in(row, environment));
        }
    }
    lines
}

impl Line {
    fn of(provider: &ProviderConfig, loaded: &Loaded, environment: &Environment<'_>) -> Self {
        let written = |name: &str| loaded.secrets.contains_key(name);
        let has_credential = provider.missing(|name| written(name) || environment.usable(name)).is_empty();
        let operations = provider.operations.iter().map(|of| (of.surface.clone(), of.format));
        Self {
            name: provider.name.clone(),
            kind: provider.kind.clone(),
            row: Row::find(&provider.kind),
            endpoint: loaded.endpoint(provider),
            operations: operations.collect(),
            credentials: provider.secrets().filter(|name| !written(name)).map(str::to_owned).collect(),
            configured: !provider.implied || has_credential,
            has_credential,
        }
    }

    fn built_in(row: &'static Row, environment: &Environment<'_>) -> Self {
        let operations = row.operations.iter().map(|of| (of.surface.to_owned(), of.format));
        Self {
            name: row.kind.to_owned(),
            kind: row.kind.to_owned(),
            row: Some(row),
            endpoint: row.root.unwrap_or_default().to_owned(),
            operations: operations.collect(),
            credentials: row.credentials.iter().map(|name| (*name).to_owned()).collect(),
            configured: false,
            has_credential: row.credentials.iter().any(|name| environment.usable(name)),
        }
    }

    fn json(&self) -> Value {
        let operations =
            self.operations.iter().map(|(surface, format)| (surface.clone(), format.name.into()));
        let variables = self.row.into_iter().flat_map(|row| row.variables).map(|variable| {
            json!({
                "name": variable.name,
                "environment": variable.environment,
                "default": variable.default,
            })
        });
        json!({
            "name": self.name,
            "kind": self.kind,
            "title": self.row.map(|row| row.title),
            "docs": self.row.map(|row| row.docs),
            "endpoint": self.endpoint,
            "operations": Value::Object(operations.collect()),
            "credentials": self.credentials,
            "variables": Value::from_iter(variables),
            "owns": self.row.map(|row| row.owns),
            "models": self.row.map(|row| row.models),
            "configured": self.configured,
            "has_credential": self.has_credential,
            "verified": self.row.and_then(|row| row.read),
        })
    }

    /// The cells of its line but for the state, which has a colour, and what follows.
    fn cells(&self) -> [String; 5] {
        let title = self.row.map_or("", |row| row.title).to_owned();
        let mut known = BTreeSet::new();
        let formats =
            self.operations.iter().map(|(_, format)| format.name).filter(|name| known.insert(*name));
        let formats: Vec<_> = formats.collect();
        let surfaces: Vec<_> = self.operations.iter().map(|(surface, _)| surface.as_str()).collect();
        let credential = self.credentials.first().cloned().unwrap_or_default();
        [self.name.clone(), title, formats.join(" "), surfaces.join(" "), credential]
    }

    fn state(&self) -> (Colour, &'static str) {
        let variables = self.row.into_iter().flat_map(|row| row.variables);
        let lacks_place = self.endpoint.is_empty() || variables.into_iter().any(|of| of.default.is_none());
        match (self.configured, self.has_credential) {
            (true, true) => (Colour::Green, "ready"),
            (true, false) => (Colour::Red, "no credential"),
            (false, _) if lacks_place => (Colour::Bold, "must be written"),
            (false, true) => (Colour::Bold, "not in the file"),
            (false, false) => (Colour::Bold, "built in"),
        }
    }
}

fn table(lines: &[Line]) {
    let cells: Vec<_> = lines.iter().map(Line::cells).collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        cells.iter().filter_map(|cells| cells.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    let state = lines.iter().map(|line| line.state().1.len()).max().unwrap_or_default();
    for (line, cells) in lines.iter().zip(&cells) {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}  "));
        let (colour, word) = line.state();
        let word = terminal::paint(colour, &format!("{word:state$}"));
        let verified = line.row.and_then(|row| row.read).unwrap_or("unverified");
        terminal::print(&format!("{}{word}  {verified}", padded.collect::<String>()));
    }
}
