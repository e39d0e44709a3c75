//! How files look: what they open with, how long they are, what they are called.

use super::sources::{Source, files};

const MOST_LINES: usize = 500;
const MOST_LINES_OF_A_FUNCTION: usize = 50;

/// Longer ones, each with its reason. One that has become short must leave the list.
const LONGER_FILES: &[(&str, &str)] = &[
    ("filter/core/dialect/anthropic/constraints.rs", "one row a rule"),
    ("tests/laws/list.rs", "one line a golden case"),
];
const LONGER_FUNCTIONS: &[(&str, &str)] = &[
    ("filter/core/dialect/openai/messages.rs read_part", "one arm a kind of part"),
    ("filter/core/dialect/openai/request.rs read_request", "one line a member"),
    ("filter/core/dialect/openai/stream.rs write", "one arm a kind of delta"),
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
    let (mut long_files, mut long_functions) = (Vec::new(), Vec::new());
    for source in sources() {
        let code = source.code();
        if code.len() > MOST_LINES {
            long_files.push((source.path.clone(), code.len()));
        }
        for Function { name, length, .. } in functions(&code) {
            if length > MOST_LINES_OF_A_FUNCTION {
                long_functions.push((format!("{} {name}", source.path), length));
            }
        }
    }
    settle("file", &long_files, LONGER_FILES);
    settle("function", &long_functions, LONGER_FUNCTIONS);
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

/// A function of a file.
pub struct Function {
    pub name: String,
    /// The type that it belongs to.
    pub owner: Option<String>,
    /// The line that names it, from 0.
    pub start: usize,
    /// In lines.
    pub length: usize,
}

/// The functions of a file in rustfmt's form: from the line that names one to the brace below it.
pub fn functions(code: &[&str]) -> Vec<Function> {
    let mut functions = Vec::new();
    let mut owner = None;
    for (start, line) in code.iter().enumerate() {
        match *line {
            "}" => owner = None,
            line if line.starts_with("impl") => owner = owner_of(line),
            _ => {}
        }
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
        let name = after.split(['(', '<']).next().unwrap_or_default().to_owned();
        let length = length.map_or(0, |length| length + 1);
        functions.push(Function { name, owner: owner.clone(), start, length });
    }
    functions
}

/// The type that an `impl` is of.
fn owner_of(line: &str) -> Option<String> {
    let path = match line.rsplit_once(" for ") {
        Some((_, path)) => path,
        None => line.split_once(' ')?.1,
    };
    let name = path.split(['<', ' ']).next()?.rsplit("::").next()?;
    Some(name.to_owned())
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

/// A module with a folder is that folder's `mod.rs`, unless all that is in the folder is its tests.
pub fn folders() {
    let code: Vec<_> = ["filter", "envoy"].into_iter().flat_map(|folder| files(folder, "rs")).collect();
    let beside = code.iter().filter(|source| {
        let folder = format!("{}/", source.path.trim_end_matches(".rs"));
        !source.is_test() && code.iter().any(|other| other.path.starts_with(&folder) && !other.is_test())
    });
    let beside: Vec<_> = beside.map(|source| &source.path).collect();
    assert!(beside.is_empty(), "beside their folders, not its mod.rs: {beside:?}");
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
        "impl<'de: 'a, 'a> super::Read<'de> for F<'a> {",
        "    fn g() {",
        "    }",
        "}",
        "impl F {",
        "    fn h();",
        "}",
    ];
    let found = functions(&code).into_iter();
    let found: Vec<_> = found.map(|f| (f.name, f.owner.unwrap_or_default(), f.start, f.length)).collect();
    let want = [("a", "", 0, 5), ("d", "", 5, 1), ("e", "", 6, 2), ("g", "F", 9, 2), ("h", "F", 13, 1)];
    let owned =
        |(name, owner, start, length): (&str, &str, _, _)| (name.to_owned(), owner.to_owned(), start, length);
    assert_eq!(found, want.map(owned));
}
