//! Every example is right, and its README names what is there.

use std::process::Command;

use super::support::{Folder, Running, ferro, free_port, output, repository, shell, three_free_ports};

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
        let warnings = err.lines().filter(|line| !line.ends_with("_KEY is not set"));
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

/// The configurations that the documents show are right, too.
#[test]
fn the_documents_are_right() {
    let pages = std::fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let mut count = 0;
    for path in pages.chain([repository().join("README.md")]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let folder = Folder::new();
        let blocks: Vec<_> =
            text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        for block in &blocks {
            let file = folder.write("gateway.yaml", block);
            let (code, _, err) = output(&mut ferro(&["validate", "-c", &file]));
            assert_eq!(code, 0, "{block}\n{err}");
            let warnings = err.lines().filter(|line| !is_expected(line));
            assert_eq!(warnings.count(), 0, "{err}");
        }
        count += blocks.len();
    }
    assert!(count >= 4, "only {count} configurations");
}

/// Keys and files may be missing, and what shows a few settings names no provider.
fn is_expected(warning: &str) -> bool {
    warning.contains("environment variable") && warning.ends_with(" is not set")
        || warning.contains("no provider can be asked")
        || warning.contains("this file cannot be read")
}

/// The examples that run on stand-ins print what their README says, word for word.
#[test]
fn examples_answer_as_they_say() {
    for name in ["quickstart", "fallback", "weighted", "least-latency", "cost", "ab-test"] {
        let example = Example::start(name);
        let (command, answer) = consoles(&example.readme).remove(0);
        let (code, out, err) = output(Command::new("sh").args(["-c", &command]));
        assert_eq!((code, out.replace('\r', "")), (0, answer), "{name}: {command}\n{err}");
    }
}

/// That of access makes keys, and uses what it made before.
#[test]
fn keys_are_good_for_what_the_example_says() {
    let example = Example::start("access");
    let commands = consoles(&example.readme);
    for (command, answer) in &commands {
        let mut shell = shell(&command.replace("target/release/ferro", "ferro"));
        let (code, out, err) = output(shell.env("FERRO_SIGNING_KEY", SIGNING_KEY));
        assert_eq!((code, &out), (0, answer), "{command}\n{err}");
    }
    assert_eq!(commands.len(), 2);
}

/// What its keys are signed with.
const SIGNING_KEY: &str = "a signing key of more than thirty-two bytes";

/// That of every endpoint has a command for each, one after the other. What differs from time to time is `…`.
#[test]
fn every_endpoint_answers_as_it_says() {
    let example = Example::start("every-endpoint");
    let commands = consoles(&example.readme);
    for (command, answer) in &commands {
        let (code, out, err) = output(Command::new("sh").args(["-c", command]));
        assert_eq!(code, 0, "{command}\n{out}\n{err}");
        assert!(is_as_said(out.trim_end(), answer.trim_end()), "{command}\n{out}\nis not\n{answer}");
    }
    for path in [
        "embeddings",
        "images/generations",
        "audio/speech",
        "moderations",
        "completions",
        "responses",
        "files",
    ] {
        let asked = |(command, _): &(String, String)| command.contains(&format!("/v1/{path}"));
        assert!(commands.iter().any(asked), "nobody asks for {path}");
    }
}

/// An example that runs on stand-ins, on ports of its own.
struct Example {
    /// Its README, with these ports.
    readme: String,
    _stand_ins: Running,
    _gateway: Running,
    _copy: Folder,
}

impl Example {
    fn start(name: &str) -> Self {
        let (port, first) = (free_port(), three_free_ports());
        let moved = |text: &str| {
            let mut text = text.replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
            for (number, own) in (9001..=9003).zip(first..) {
                text = text.replace(&format!("127.0.0.1:{number}"), &format!("127.0.0.1:{own}"));
            }
            text
        };
        let folder = repository().join("examples").join(name);
        let read = |file: &str| moved(&std::fs::read_to_string(folder.join(file)).unwrap());
        let stand_ins = Running::start(
            &mut ferro(&["stand-ins", "--first-port", &first.to_string()]),
            "stand-in for gemini",
        );
        let copy = Folder::new();
        let file = copy.write("gateway.yaml", &(read("gateway.yaml") + "\nadmin: false\n"));
        let mut run = ferro(&["run", "-c", &file, "--concurrency", "1"]);
        for vendor in ["openai", "anthropic", "gemini"] {
            run.env(format!("{}_API_KEY", vendor.to_uppercase()), format!("sk-demo-{vendor}"));
        }
        run.env("FERRO_SIGNING_KEY", SIGNING_KEY);
        let gateway = Running::start(&mut run, "Ferro listens on");
        Self { readme: read("README.md"), _stand_ins: stand_ins, _gateway: gateway, _copy: copy }
    }
}

/// Whether a text is what was said of it: the same but for what `…` stands for.
fn is_as_said(text: &str, said: &str) -> bool {
    let mut pieces = said.split('…');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    for piece in pieces {
        // Only letters and digits differ.
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let Some(after) = (1..=end).find_map(|length| rest[length..].strip_prefix(piece)) else {
            return false;
        };
        rest = after;
    }
    rest.is_empty()
}

/// What they explain is what their README says, too; it needs neither Envoy nor keys that open anything.
#[test]
fn examples_explain_what_they_say() {
    let mut explained = 0;
    for name in ["conditional", "cost"] {
        let readme = repository().join("examples").join(name).join("README.md");
        for (command, answer) in consoles(&std::fs::read_to_string(readme).unwrap()) {
            if command.contains("ferro explain") {
                let mut shell = shell(&command.replace("target/release/ferro", "ferro"));
                for vendor in ["OPENAI", "ANTHROPIC", "GEMINI"] {
                    shell.env(format!("{vendor}_API_KEY"), "sk-any");
                }
                assert_eq!(output(&mut shell), (0, answer, String::new()), "{name}: {command}");
                explained += 1;
            }
        }
    }
    assert_eq!(explained, 2);
}

/// The commands of a text's `console` blocks, and what they print. A command goes on while lines are indented.
fn consoles(text: &str) -> Vec<(String, String)> {
    let blocks = text.split("```console\n$ ").skip(1).filter_map(|rest| rest.split("```").next());
    let command = |block: &str| {
        let end = block.match_indices('\n').find(|(end, _)| !block[end + 1..].starts_with(' ')).unwrap().0;
        (block[..end].to_owned(), block[end + 1..].to_owned())
    };
    blocks
        .flat_map(|block| block.split("\n$ "))
        .map(|block| command(&format!("{}\n", block.trim_end())))
        .collect()
}

#[test]
fn what_is_not_built_yet_is_not_promised() {
    let commands =
        ["run", "demo", "render", "validate", "explain", "init", "keys", "doctor", "providers", "stand-ins"];
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
