//! Every example is right, and its README names what is there.

use super::support::{ferro, output, repository};

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
    assert!(examples >= 5, "only {examples} examples");
}

#[test]
fn what_is_not_built_yet_is_not_promised() {
    let commands = ["run", "demo", "render", "validate", "doctor", "providers", "stand-ins"];
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
