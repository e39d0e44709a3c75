//! One operation of one row: a gateway that has nothing but it, with a credential and variables that nobody has.

use ferro::provider::{Row, RowOperation, Variable};
use ferro::surface::{Surface, by_word};
use serde_json::{Map, Value, json};

use crate::exchange::envoy::Envoy;

/// An operation and whose it is.
pub struct Case {
    pub row: &'static Row,
    pub operation: &'static RowOperation,
}

impl Case {
    /// What clients ask for.
    pub fn surface(&self) -> &'static Surface {
        let word = self.operation.surface;
        by_word(word).unwrap_or_else(|| panic!("{} has {word:?}, which is no surface", self.row.kind))
    }

    /// Plays these lines after those that set the gateway up: what comes of them.
    pub fn play(&self, lines: &[String]) -> Vec<String> {
        let own = self.operation.models.first().map(|model| model.replace('*', ""));
        let setting = setting(self.row, own.as_deref().unwrap_or(model(self.row)));
        let lines: Vec<_> = setting.iter().chain(lines).map(String::as_str).collect();
        let mut envoy = Envoy::new(&lines);
        lines.into_iter().flat_map(|line| envoy.play(line)).collect()
    }

    /// Fails, and says where.
    pub fn fail(&self, what: &str, said: &[String]) -> ! {
        panic!("{}, {}: {what}\n{}", self.row.kind, self.operation.surface, said.join("\n"))
    }
}

/// The model that a row is asked for.
pub fn model(row: &Row) -> &'static str {
    row.models.first().copied().unwrap_or("some-model")
}

/// The lines of a gateway with this row and nothing else, which is asked for this model. No target is asked twice.
pub fn setting(row: &Row, model: &str) -> Vec<String> {
    let mut provider = Map::new();
    provider.extend(row.variables.iter().map(|variable| (variable.name.to_owned(), value(variable))));
    if row.root.is_none() && row.operations.iter().any(|operation| operation.root.is_none()) {
        provider.insert("endpoint".to_owned(), format!("https://{}.example.com", row.kind).into());
    }
    let target = json!({"provider": row.kind, "model": model, "retry": {"attempts": 1}});
    let mut config = json!({
        "providers": {row.kind: provider},
        "routes": [{"name": "row", "targets": [target]}],
    });
    // Where a server of one's own usually is, the gateway is not.
    if row.root.is_some_and(|root| root.contains("//127.0.0.1:8080/")) {
        config["listen"] = "127.0.0.1:8081".into();
    }
    let mut lines = vec![format!("config {config}")];
    lines.extend(row.credentials.first().map(|name| format!("environment {name}={}", secret(row))));
    lines
}

/// The credential of a row. It looks like nothing else, so that a leak shows.
pub fn secret(row: &Row) -> String {
    format!("sk-of-{}", row.kind)
}

fn value(variable: &Variable) -> Value {
    let own = || format!("my-{}", variable.name.replace('_', "-"));
    Value::from(variable.default.map_or_else(own, str::to_owned))
}
