//! Messages about mistakes: `config/<case>.yaml` and what `ferro validate` says to it, `config/<case>.stderr`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p ferro-cli` writes what it says now; read it before you commit it.

use super::support::{ferro, output, repository};

/// Those without a mistake; the second is warned about.
const RIGHT: &[&str] = &["right.yaml", "unreachable_routes.yaml"];

#[test]
fn every_mistake_is_told_with_its_place() {
    let folder = repository().join("envoy/tests/cli/config");
    let mut cases = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        cases += 1;
        let name = path.file_name().unwrap().to_str().unwrap();
        let (code, _, said) = output(ferro(&["validate", "-c", name]).current_dir(&folder));
        assert_eq!(code, if RIGHT.contains(&name) { 0 } else { 2 }, "{name}");
        let expected = path.with_extension("stderr");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", expected.display()));
        }
    }
    assert!(cases >= 8, "only {cases} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ten_mistakes_are_ten_lines() {
    let file = repository().join("envoy/tests/cli/config/ten_mistakes.stderr");
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.last(), Some(&"error: 10 mistakes"));
    assert_eq!(lines.len(), 11);
}
