//! Writes the list of all cases, `tests/laws/list.rs`, for the tests of the target that has no files.

use super::cases;

/// The list has every case.
pub fn is_complete() {
    let mut text = String::from(
        "//! Every golden case. Written by `UPDATE_GOLDEN=1 cargo test --test golden`.\n\n\
         use super::goldens::{Folder, folder};\n\n#[rustfmt::skip]\npub const FOLDERS: &[Folder] = &[\n",
    );
    for kind in cases::KINDS {
        for (path, from, formats) in kind.folders() {
            let input = kind.input(from);
            let cases = cases::inputs(&path, &input);
            if cases.is_empty() {
                continue;
            }
            let outputs: Vec<_> = formats.iter().map(|to| kind.output(to)).collect();
            text.push_str(&format!("    folder!({path:?}, {input:?}, {outputs:?}, [\n"));
            for case in cases {
                text.push_str(&format!("        {:?},\n", case.name()));
            }
            text.push_str("    ]),\n");
        }
    }
    text.push_str("];\n");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/laws/list.rs");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let listed = std::fs::read_to_string(path).unwrap();
    assert!(
        listed == text,
        "tests/laws/list.rs is stale; UPDATE_GOLDEN=1 cargo test --test golden writes it"
    );
}
