//! Every example is right, and its README names what is there.

use std::process::Command;

use super::support::{Folder, Running, ferro, free_port, output, repository};

#[test]
fn every_example_is_right() {
    let mut examples = 0;
    for entry in std::fs::read_dir(repository().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        let file = folder.join("gateway.yaml");
        let file = file.to_str().unwrap();
        let (code, _, err) = output(&mut ferro(&["validate", "-c", file]));
        assert_eq!(code, 0, "{file}: {err}");
        // The only thing that may be missing is a key.
        let warnings = err.lines().filter(|line| !line.ends_with("_API_KEY is not set"));
        assert_eq!(warnings.count(), 0, "{err}");
        let (code, out, err) = output(&mut ferro(&["render", "-c", file, "--filter", "/f.wasm"]));
        assert_eq!(code, 0, "{file}: {err}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap();
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        paths_exist(&readme);
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(
            readme.contains(&format!("examples/{name}/gateway.yaml")),
            "{name}/README.md names another file"
        );
        examples += 1;
    }
    assert!(examples >= 8, "only {examples} examples");
}

/// The examples that run on stand-ins print what their README says, word for word.
#[test]
fn examples_answer_as_they_say() {
    for name in ["least-latency", "cost", "ab-test"] {
        let (port, first) = (free_port(), 9 + free_port() / 3);
        let moved = |text: &str| {
            let mut text = text.replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
            for (number, own) in (9001..=9003).zip(first..) {
                text = text.replace(&format!("127.0.0.1:{number}"), &format!("127.0.0.1:{own}"));
            }
            text
        };
        let folder = repository().join("examples").join(name);
        let read = |file: &str| moved(&std::fs::read_to_string(folder.join(file)).unwrap());
        let _stand_ins = Running::start(
            &mut ferro(&["stand-ins", "--first-port", &first.to_string()]),
            "stand-in for gemini",
        );
        let copy = Folder::new();
        let file = copy.write("gateway.yaml", &(read("gateway.yaml") + "\nadmin: false\n"));
        let mut run = ferro(&["run", "-c", &file, "--concurrency", "1"]);
        for vendor in ["openai", "anthropic", "gemini"] {
            run.env(format!("{}_API_KEY", vendor.to_uppercase()), format!("sk-demo-{vendor}"));
        }
        let _gateway = Running::start(&mut run, "Ferro listens on");
        let (command, answer) = console(&read("README.md"));
        let (code, out, err) = output(Command::new("sh").args(["-c", &command]));
        assert_eq!((code, out.replace('\r', "")), (0, answer), "{name}: {command}\n{err}");
    }
}

/// The command of a text's `console` block, and what it prints. The command goes on while lines are indented.
fn console(text: &str) -> (String, String) {
    let block = text.split("```console\n$ ").nth(1).and_then(|rest| rest.split("```").next());
    let block = block.expect("a command and its answer");
    let end = block.match_indices('\n').find(|(end, _)| !block[end + 1..].starts_with(' ')).unwrap().0;
    (block[..end].to_owned(), block[end + 1..].to_owned())
}

#[test]
fn what_is_not_built_yet_is_not_promised() {
    let commands = ["run", "demo", "render", "validate", "explain", "doctor", "providers", "stand-ins"];
    let (_, help, _) = output(&mut ferro(&["--help"]));
    for command in commands {
        assert!(help.contains(&format!("  {command}")), "{command}\n{help}");
    }
}

/// Every path below the repository that a text names is there, unless it is built.
fn paths_exist(text: &str) {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '`' | '\'' | '"' | '(' | ')'));
    for word in words.filter(|word| word.starts_with("examples/")) {
        let path = repository().join(word.trim_end_matches(['.', ',', ':']));
        assert!(path.exists(), "{word} is not there");
    }
}
