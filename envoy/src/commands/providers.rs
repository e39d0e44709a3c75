//! `ferro providers`: what is built in, what is configured, which credential is missing.

use ferro::config::ProviderConfig;
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
    endpoint: String,
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
    let mut lines: Vec<_> = configured.collect();
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
        Self {
            name: provider.name.clone(),
            kind: provider.kind.clone(),
            endpoint: loaded.endpoint(provider),
            credentials: provider.secrets().filter(|name| !written(name)).map(str::to_owned).collect(),
            configured: !provider.implied || has_credential,
            has_credential,
        }
    }

    fn built_in(row: &'static Row, environment: &Environment<'_>) -> Self {
        Self {
            name: row.kind.to_owned(),
            kind: row.kind.to_owned(),
            endpoint: row.root.unwrap_or_default().to_owned(),
            credentials: row.credentials.iter().map(|name| (*name).to_owned()).collect(),
            configured: false,
            has_credential: row.credentials.iter().any(|name| environment.usable(name)),
        }
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "kind": self.kind,
            "endpoint": self.endpoint,
            "credentials": self.credentials,
            "configured": self.configured,
            "has_credential": self.has_credential,
        })
    }

    fn state(&self) -> (Colour, String) {
        let names = self.credentials.join(", ");
        match (self.configured, self.has_credential, names.is_empty()) {
            (true, true, _) => (Colour::Green, "ready".to_owned()),
            (true, false, false) => (Colour::Red, format!("set {names}")),
            (true, false, true) => (Colour::Red, "no credential".to_owned()),
            (false, true, _) => (Colour::Bold, "not in the file".to_owned()),
            (false, false, false) => (Colour::Bold, format!("built in; set {names}")),
            (false, false, true) => (Colour::Bold, "built in; give it an endpoint".to_owned()),
        }
    }
}

fn table(lines: &[Line]) {
    let widest =
        |cell: fn(&Line) -> &str| lines.iter().map(|line| cell(line).len()).max().unwrap_or_default();
    let (name, kind, endpoint) =
        (widest(|line| &line.name), widest(|line| &line.kind), widest(|line| &line.endpoint));
    for line in lines {
        let (colour, state) = line.state();
        let state = terminal::paint(colour, &state);
        terminal::print(&format!(
            "{:name$}  {:kind$}  {:endpoint$}  {state}",
            line.name, line.kind, line.endpoint
        ));
    }
}
