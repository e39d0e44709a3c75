//! How files look: what they open with, how long they are, what they are called.

use super::sources::{Source, files};

const MOST_LINES: usize = 500;
const MOST_LINES_OF_A_FUNCTION: usize = 50;

/// Longer ones, each with its reason. One that has become short must leave the list.
const LONGER_FILES: &[(&str, &str)] = &[];
const LONGER_FUNCTIONS: &[(&str, &str)] = &[
    ("filter/core/dialect/openai/messages.rs read_part", "one arm a kind of part"),
    ("filter/core/dialect/openai/request.rs read_request", "one line a member"),
    ("filter/core/dialect/openai/stream.rs write", "one arm a kind of delta"),
    ("tests/bench/src/options.rs read", "one arm an option"),
];

/// Names that say nothing.
const EMPTY_NAMES: &[&str] =
    &["utils", "util", "common", "helpers", "helper", "types", "misc", "shared", "base"];

fn sources() -> Vec<Source> {
    ["filter", "envoy", "tests", "fuzz"].into_iter().flat_map(|folder| files(folder, "rs")).collect()
}

/// Every file opens with `//!`.
pub fn openings() {
    let bare =
        sources().into_iter().filter(|source| !source.text.starts_with("//! ")).map(|source| source.path);
    let bare: Vec<_> = bare.collect();
    assert!(bare.is_empty(), "without a word on what they do: {bare:?}");
}

/// Files and functions are short, but for those that are listed.
pub fn lengths() {
    let (mut files, mut functions) = (Vec::new(), Vec::new());
    for source in sources() {
        let code = source.code();
        if code.len() > MOST_LINES {
            files.push((source.path.clone(), code.len()));
        }
        for (name, length) in lengths_of_functions(&code) {
            if length > MOST_LINES_OF_A_FUNCTION {
                functions.push((format!("{} {name}", source.path), length));
            }
        }
    }
    settle("file", &files, LONGER_FILES);
    settle("function", &functions, LONGER_FUNCTIONS);
}

fn settle(what: &str, long: &[(String, usize)], allowed: &[(&str, &str)]) {
    let known = |path: &str| allowed.iter().any(|(known, _)| *known == path);
    let unknown: Vec<_> = long.iter().filter(|(path, _)| !known(path)).collect();
    assert!(unknown.is_empty(), "too long, as a {what}: {unknown:#?}");
    for (path, reason) in allowed {
        assert!(
            long.iter().any(|(found, _)| found == path),
            "{path} is short: it needs no exception ({reason})"
        );
    }
}

/// The functions of a file in rustfmt's form: from the line that names one to the brace below it.
fn lengths_of_functions(code: &[&str]) -> Vec<(String, usize)> {
    let mut lengths = Vec::new();
    for (start, line) in code.iter().enumerate() {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        let Some((before, after)) = text.split_once("fn ") else { continue };
        let qualifiers = ["pub", "pub(super)", "pub(crate)", "const", "async", "unsafe"];
        if !before.split_whitespace().all(|word| qualifiers.contains(&word)) {
            continue;
        }
        let close = format!("{indent}}}");
        let length = code[start..].iter().position(|line| {
            *line == close || line.ends_with(';') && line.trim_start().len() + indent.len() == line.len()
        });
        let name = after.split(['(', '<']).next().unwrap_or_default();
        lengths.push((name.to_owned(), length.map_or(0, |length| length + 1)));
    }
    lengths
}

/// No file is called after what it is instead of what it holds.
pub fn names() {
    let empty = sources().into_iter().map(|source| source.path).filter(|path| {
        let steps = path.trim_end_matches(".rs").split('/');
        steps.into_iter().any(|step| EMPTY_NAMES.contains(&step))
    });
    let empty: Vec<_> = empty.collect();
    assert!(empty.is_empty(), "names that say nothing: {empty:?}");
}

#[test]
fn functions_are_measured() {
    let code = [
        "    pub fn a<T>(",
        "        b: T,",
        "    ) {",
        "        c();",
        "    }",
        "fn d();",
        "const fn e() {",
        "}",
    ];
    let want = [("a", 5), ("d", 1), ("e", 2)].map(|(name, length)| (name.to_owned(), length));
    assert_eq!(lengths_of_functions(&code), want);
}
