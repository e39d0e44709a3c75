//! What becomes of variables and secrets. Messages about mistakes are tested as files: `tests/config/`.

use super::*;

fn read(text: &str, purpose: Purpose) -> Result<Loaded, Vec<String>> {
    let lookup = |name: &str| match name {
        "HOST" => Some("10.0.0.7".to_owned()),
        "KEY" | "OPENAI_API_KEY" => Some("sk-secret".to_owned()),
        "EMPTY" => Some(" ".to_owned()),
        _ => None,
    };
    let lines = |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect();
    check(text, purpose, &Environment::new(&lookup), "g.yaml").map_err(lines)
}

fn warnings(loaded: &Loaded) -> Vec<String> {
    loaded.warnings.iter().map(Problem::to_string).collect()
}

#[test]
fn variables_are_replaced_except_in_secrets() {
    let text = "providers:\n  own: {kind: openai-compatible, endpoint: \"http://${HOST}:80/v1\", api_key: \"${KEY}\"}\n";
    let loaded = read(text, Purpose::Run).unwrap();
    assert_eq!(loaded.config.providers[0].endpoint.host, "10.0.0.7");
    assert_eq!(loaded.credentials().into_iter().collect::<Vec<_>>(), ["KEY"]);
    assert!(loaded.json.to_string().contains("${KEY}"));
    assert!(!format!("{:?}", loaded.json).contains("sk-secret"));
}

#[test]
fn variables_that_are_not_set_stop_a_run_and_nothing_else() {
    let text = "providers:\n  anthropic: {}\n  own: {kind: openai-compatible, endpoint: \"${GONE}\", api_key: \"${EMPTY}\"}\n";
    assert_eq!(
        read(text, Purpose::Run).unwrap_err(),
        [
            "g.yaml:3:34: providers.own.endpoint: the environment variable GONE is not set",
            "g.yaml:3:55: providers.own.api_key: the environment variable EMPTY is not set",
        ]
    );
    assert_eq!(warnings(&read(text, Purpose::Check).unwrap()).len(), 2);
    assert!(read(text, Purpose::Render).unwrap_err()[0].contains("must be set to render"));
    let text = "providers:\n  anthropic: {}\n";
    let line = "g.yaml:2:3: providers.anthropic: the environment variable ANTHROPIC_API_KEY is not set";
    assert_eq!(read(text, Purpose::Run).unwrap_err(), [line]);
    assert_eq!(warnings(&read(text, Purpose::Render).unwrap()), [line]);
}

#[test]
fn a_secret_that_is_written_out_gets_a_variable() {
    let text = "providers:\n  openai: {api_key: sk-written}\n  anthropic: {api_key: sk-too}\n";
    let loaded = read(text, Purpose::Run).unwrap();
    assert_eq!(loaded.credentials().into_iter().collect::<Vec<_>>(), ["FERRO_SECRET_1", "FERRO_SECRET_2"]);
    assert_eq!(loaded.secrets["FERRO_SECRET_2"], "sk-too");
    assert!(!loaded.json.to_string().contains("sk-"));
    let refused = read(text, Purpose::Render).unwrap_err().join("\n");
    assert!(
        refused.starts_with("g.yaml:2:12: providers.openai.api_key: a secret is written here"),
        "{refused}"
    );
    assert!(!refused.contains("sk-"));
    assert!(read("providers: {openai: {api_key: \"sk-${KEY}\"}}", Purpose::Run).is_err());
}

#[test]
fn without_a_file_every_provider_with_a_credential_is_there() {
    let loaded = read("", Purpose::Run).unwrap();
    assert_eq!(
        loaded.config.providers.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(),
        ["openai"]
    );
    assert!(read("", Purpose::Render).unwrap().config.providers.len() > 5);
}

#[test]
fn only_braces_begin_a_reference() {
    let text = "aliases: {a: \"$HOST $$\", b: \"${HOST}-${HOST}\"}";
    let loaded = read(text, Purpose::Run).unwrap();
    assert_eq!(loaded.config.aliases[0].1, "$HOST $$");
    assert_eq!(loaded.config.aliases[1].1, "10.0.0.7-10.0.0.7");
    assert!(
        read("aliases: {a: \"${HOST\"}", Purpose::Run).unwrap_err()[0]
            .starts_with("g.yaml:1:11: aliases.a: ${")
    );
}
