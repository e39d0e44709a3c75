//! What `ferro explain` says: `explain/<case>.console` holds commands, and what they print.
//!
//! A command begins with `$ ` and goes on after a line that ends with `\`. What follows is its standard output, its
//! standard error, and how it ends if it fails. `UPDATE_GOLDEN=1 cargo test -p ferro-cli` writes what is printed now;
//! read it before you commit it.

use std::collections::BTreeSet;

use super::support::{output, repository, shell};

#[test]
fn explanations_are_as_written() {
    let folder = repository().join("envoy/tests/cli/explain");
    let (mut commands, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "console") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut said = String::new();
        for command in commands_of(&text) {
            commands += 1;
            let (code, out, err) = output(shell(&command).current_dir(&folder));
            let code = if code == 0 { String::new() } else { format!("exit code {code}\n") };
            let gap = if said.is_empty() { "" } else { "\n" };
            said += &format!("{gap}$ {command}\n{out}{err}{code}");
        }
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &said).unwrap();
        } else if text != said {
            wrong.push(format!("{}:\n{said}", path.display()));
        }
    }
    assert!(commands >= 30, "only {commands} commands");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn commands_of(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let mut commands = Vec::new();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else { continue };
        let mut command = first.to_owned();
        while command.ends_with('\\') {
            command += &format!("\n{}", lines.next().unwrap());
        }
        commands.push(command);
    }
    commands
}

/// The first of a draw is drawn anew every time.
#[test]
fn a_draw_is_a_draw() {
    let body = r#"{"model": "%", "messages": [{"role": "user", "content": "Hi"}]}"#;
    for (model, firsts) in [
        (
            "weighted",
            [
                "openai/gpt-4o: drawn by weight 60 of 100",
                "anthropic/claude-sonnet-4-5: drawn by weight 40 of 100",
            ],
        ),
        ("latency", ["openai/gpt-4o: no sample yet", "anthropic/claude-sonnet-4-5: no sample yet"]),
    ] {
        let body = body.replace('%', model);
        let line = format!(
            "echo '{body}' | FERRO_TEST_KEY=sk-1 ferro explain -c envoy/tests/cli/explain/strategies.yaml --request -"
        );
        let mut seen = BTreeSet::new();
        // That one of two is missing after a hundred draws happens to nobody.
        for _ in 0..100 {
            let (code, out, err) = output(&mut shell(&line));
            assert_eq!(code, 0, "{err}");
            let first = out.lines().find_map(|line| line.split_once("1. ")).unwrap().1;
            seen.insert(first.split(';').next().unwrap().to_owned());
            if seen.len() == firsts.len() {
                break;
            }
        }
        assert_eq!(seen, firsts.map(str::to_owned).into());
    }
}
