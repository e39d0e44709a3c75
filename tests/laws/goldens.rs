//! The golden cases as part of the test, for the target that has no files; and what the laws damage.
//!
//! The list is [`list`]. `UPDATE_GOLDEN=1 cargo test --test laws` writes it anew; a case that is missing fails.

use ferro::dialect::{FORMATS, Format};

use crate::cases::{self, Case};

/// A golden case.
pub struct Golden {
    pub name: &'static str,
    pub input: &'static str,
    /// Ending and text of what comes out.
    pub outputs: &'static [(&'static str, &'static str)],
}

/// The cases of a folder.
pub struct Folder {
    pub path: &'static str,
    pub cases: &'static [Golden],
}

macro_rules! folder {
    ($path:literal, $ending:literal, $outputs:tt, [$($name:literal),* $(,)?]) => {
        $crate::laws::goldens::Folder {
            path: $path,
            cases: &[$($crate::laws::goldens::folder!(@case $path, $ending, $outputs, $name)),*],
        }
    };
    (@case $path:literal, $ending:literal, [$($output:literal),*], $name:literal) => {
        $crate::laws::goldens::Golden {
            name: $name,
            input: include_str!(concat!("../golden/", $path, "/", $name, ".", $ending)),
            outputs: &[$(($output, include_str!(concat!("../golden/", $path, "/", $name, ".", $output)))),*],
        }
    };
}
pub(crate) use folder;

pub use super::list::FOLDERS;

/// All inputs of one sort: `request`, `answer`, `stream` or `error`.
pub fn inputs(sort: &str) -> impl Iterator<Item = &'static str> {
    let folders = FOLDERS.iter().filter(move |folder| folder.path.split('/').next() == Some(sort));
    folders.flat_map(|folder| folder.cases).map(|case| case.input)
}

/// Every case gives what lies beside it.
pub fn hold() {
    let mut count = 0;
    for folder in FOLDERS {
        let dialect = FORMATS.iter().copied().find(|dialect| folder.path.ends_with(dialect.name));
        for golden in folder.cases {
            let case = Case::new(golden.name, golden.input);
            for (ending, want) in golden.outputs {
                let have = match (folder.path.split('/').next(), dialect) {
                    (Some("request"), _) => cases::request(&case, target(ending)),
                    (Some("answer"), Some(dialect)) => cases::answer(&case, dialect),
                    (Some("stream"), Some(dialect)) => cases::stream(&case, dialect, &[]),
                    (Some("error"), Some(dialect)) => cases::error(&case, dialect),
                    _ => panic!("{} is no folder of golden cases", folder.path),
                };
                assert_eq!(have, *want, "{}/{} {ending}", folder.path, golden.name);
                count += 1;
            }
        }
    }
    let minimum = cases::MINIMUM;
    let minimum = minimum.requests * 2 + minimum.answers + minimum.streams + minimum.errors;
    assert!(count >= minimum, "only {count} golden outputs are embedded");
}

fn target(ending: &str) -> &'static Format {
    let named = |dialect: &&Format| ending == format!("to-{}.http", dialect.name);
    cases::translated().find(named).expect(ending)
}

/// The list has every file, where there are files.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub fn are_all() {
    let mut text = String::from(
        "//! Every golden case. Written by `UPDATE_GOLDEN=1 cargo test --test laws`.\n\n\
         use super::goldens::{Folder, folder};\n\n#[rustfmt::skip]\npub const FOLDERS: &[Folder] = &[\n",
    );
    let mut folder = |path: &str, ending: &str, outputs: &[&str]| {
        text.push_str(&format!("    folder!({path:?}, {ending:?}, {outputs:?}, [\n"));
        for case in cases::inputs(path, ending) {
            text.push_str(&format!("        {:?},\n", case.name()));
        }
        text.push_str("    ]),\n");
    };
    folder("request", "json", &["to-anthropic.http", "to-gemini.http"]);
    for dialect in FORMATS.iter().map(|format| format.name) {
        folder(&format!("answer/{dialect}"), "json", &["to-openai.json"]);
        folder(&format!("stream/{dialect}"), "sse", &["to-openai.sse"]);
        folder(&format!("error/{dialect}"), "json", &["to-openai.http"]);
    }
    text.push_str("];\n");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/laws/list.rs");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let listed = std::fs::read_to_string(path).unwrap();
    assert!(listed == text, "tests/laws/list.rs is stale; UPDATE_GOLDEN=1 cargo test --test laws writes it");
}
