//! What the documents claim, checked against the code.

use ferro::config::Config;
use ferro::dialect::Dialect;
use ferro::provider::ROWS;
use serde_json::{Value, json};

use super::sources::root;

const START: &str = "<!-- providers -->\n";
const END: &str = "<!-- /providers -->";

/// The README's table of providers is [`ROWS`]. `UPDATE_README=1 cargo test --test tidy` writes it.
pub fn providers() {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = text.split_once(START).unwrap_or_else(|| panic!("README.md lacks {START}"));
    let (table, after) = rest.split_once(END).unwrap_or_else(|| panic!("README.md lacks {END}"));
    let want = table_of_providers();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, [before, START, &want, END, after].concat()).unwrap();
    } else {
        assert_eq!(table, want, "the table is stale; UPDATE_README=1 cargo test --test tidy writes it");
    }
}

fn table_of_providers() -> String {
    let mut table = String::from("| kind | wire format | credential | models it owns |\n|---|---|---|---|\n");
    for row in ROWS {
        let format = row.operations.first().map(|operation| operation.format).expect(row.kind);
        let dialect = match format {
            Dialect::OpenAi => "Chat Completions",
            Dialect::Anthropic => "Messages",
            Dialect::Gemini => "generateContent",
        };
        let credential = row.credentials.first().map_or("optional".to_owned(), |name| format!("`{name}`"));
        let owns: Vec<_> = row.owns.iter().map(|glob| format!("`{glob}`")).collect();
        let owns = if owns.is_empty() { "those in `models`".to_owned() } else { owns.join(", ") };
        table.push_str(&format!("| `{}` | {dialect} | {credential} | {owns} |\n", row.kind));
    }
    table
}

/// Every key that a configuration may have stands in the README's example, or in that of providers.
pub fn keys() {
    const UNKNOWN: &str = "~~~";
    let document = |name: &str| std::fs::read_to_string(root().join(name)).expect(name);
    let text = document("README.md") + &document("docs/providers.md");
    let unknown = json!({UNKNOWN: 1});
    let sections = [
        ("", unknown.clone()),
        ("providers.x", json!({"providers": {"x": unknown}})),
        ("providers.openai.quirks", json!({"providers": {"openai": {"quirks": unknown}}})),
        ("providers.openai.quirks.usage", json!({"providers": {"openai": {"quirks": {"usage": unknown}}}})),
        (
            "providers.openai.operations.chat",
            json!({"providers": {"openai": {"operations": {"chat": unknown}}}}),
        ),
        ("retry", json!({"retry": unknown})),
        ("retry.backoff", json!({"retry": {"backoff": unknown}})),
        ("routes[0]", json!({"routes": [unknown]})),
        ("routes[0].match", json!({"routes": [{"name": "a", "match": unknown}]})),
        ("routes[0].match.prompt", json!({"routes": [{"name": "a", "match": {"prompt": unknown}}]})),
        ("routes[0].targets[0]", json!({"routes": [{"name": "a", "targets": [unknown]}]})),
        ("routes[0].targets[0].retry", json!({"routes": [{"name": "a", "targets": [{"retry": unknown}]}]})),
        ("routes[0].sticky", json!({"routes": [{"name": "a", "strategy": "weighted", "sticky": unknown}]})),
        ("routes[0].breaker", json!({"routes": [{"name": "a", "breaker": unknown}]})),
        ("prices.openai/x", json!({"prices": {"openai/x": unknown}})),
        ("compatibility", json!({"compatibility": unknown})),
        ("limits", json!({"limits": unknown})),
        ("log", json!({"log": unknown})),
    ];
    let mut count = 0;
    for (section, config) in sections {
        for key in known_keys(&config, section, UNKNOWN) {
            let shown = text.match_indices(&format!("{key}:")).any(|(start, _)| {
                !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
            });
            assert!(shown, "no document shows the key {key:?} of {section:?}");
            count += 1;
        }
    }
    assert!(count >= 25, "only {count} keys were found");
}

/// The keys that an error names as known.
fn known_keys(config: &Value, section: &str, unknown: &str) -> Vec<String> {
    let errors = Config::parse(config).unwrap_err();
    let path = [section, unknown].into_iter().filter(|step| !step.is_empty()).collect::<Vec<_>>().join(".");
    let error =
        errors.iter().find(|error| error.path == path).unwrap_or_else(|| panic!("{path}: {errors:?}"));
    let (_, known) = error.message.split_once("expected one of ").expect(&error.message);
    known.split(", ").map(str::to_owned).collect()
}

/// What the documents tell people to run with `make` is there.
pub fn commands() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("Makefile");
    let mut count = 0;
    for document in ["README.md", ".github/CONTRIBUTING.md", ".ci/run", "fuzz/README.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect(document);
        let commands = text
            .lines()
            .flat_map(|line| line.split('`'))
            .filter_map(|command| command.trim_start_matches(['$', ' ']).strip_prefix("make "));
        for target in commands.flat_map(|rest| rest.split_whitespace().take_while(|word| is_target(word))) {
            let there = makefile
                .lines()
                .any(|line| line.split(':').next().unwrap().split(' ').any(|name| name == target));
            assert!(there, "{document} says `make {target}`, which the Makefile lacks");
            count += 1;
        }
    }
    assert!(count >= 3, "only {count} commands were found");
}

fn is_target(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
