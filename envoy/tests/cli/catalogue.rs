//! All vendors at once, in a real Envoy.

use ferro::provider::{Row, Vendors};
use serde_json::{Map, Value, json};

use super::envoy::accepts;
use super::support::{Folder, Running, ferro, free_port, get, output};

/// A configuration with every vendor, each with a value for what it needs. None is asked which models it has, unless
/// that is `asked`.
fn all(port: u16, asked: bool) -> String {
    let provider = |row: &Row| {
        let mut provider = Map::new();
        for variable in row.variables {
            provider
                .insert(variable.name.to_owned(), format!("my-{}", variable.name.replace('_', "-")).into());
        }
        if row.root.is_none() && row.operations.iter().any(|operation| operation.root.is_none()) {
            provider.insert("endpoint".to_owned(), format!("https://{}.example.com", row.kind).into());
        }
        if !asked {
            provider.insert("discover".to_owned(), false.into());
        }
        (row.kind.to_owned(), Value::from(provider))
    };
    let providers: Map<_, _> = Vendors::BUILT_IN.rows().map(provider).collect();
    // JSON is YAML.
    json!({"listen": format!("127.0.0.1:{port}"), "providers": providers}).to_string()
}

/// Every variable that may hold a credential.
fn credentials() -> impl Iterator<Item = (&'static str, String)> {
    Vendors::BUILT_IN.rows().flat_map(|row| row.credentials).map(|name| (*name, format!("sk-of-{name}")))
}

#[test]
fn envoy_accepts_all_vendors_at_once() {
    let folder = Folder::new();
    let (file, target) = (folder.write("gateway.yaml", &all(free_port(), true)), folder.0.join("envoy.json"));
    let target = target.to_str().unwrap();
    let (code, _, err) = output(ferro(&["render", "-c", &file, "-o", target]).envs(credentials()));
    assert_eq!((code, err.as_str()), (0, ""));
    let rendered = std::fs::read_to_string(target).unwrap();
    assert!(!rendered.contains("sk-of-"), "a credential is rendered");
    accepts(target);
}

#[test]
fn envoy_runs_with_all_vendors_at_once() {
    let (folder, port) = (Folder::new(), free_port());
    let file = folder.write("gateway.yaml", &all(port, false));
    let mut command = ferro(&["run", "-c", &file, "--concurrency", "1"]);
    let run = Running::start(command.envs(credentials()), "Ferro listens on");
    // Whether names are resolved depends on where this runs; that the filter is there does not.
    let answer = get(port, "/healthz");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}\n{}", run.words());
    let models = get(port, "/v1/models");
    for model in Vendors::BUILT_IN.rows().flat_map(|row| row.models) {
        assert!(models.contains(&format!("\"id\":\"{model}\"")), "{model} is not listed: {models}");
    }
    for said in ["error", "critical", "sk-of-"] {
        assert!(!run.words().contains(said), "{}", run.words());
    }
    assert_eq!(run.stop(), 0);
}
