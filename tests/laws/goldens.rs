//! The golden cases as part of the test, for the target that has no files; and what the laws damage.
//!
//! The list is [`super::list`], which `UPDATE_GOLDEN=1 cargo test --test golden` writes anew; a case that it lacks fails
//! there.

use crate::cases::{self, Case};

/// A golden case.
pub struct Golden {
    pub name: &'static str,
    pub input: &'static str,
    /// File and text of what comes out.
    pub outputs: &'static [(&'static str, &'static str)],
}

/// The cases of a folder: `<kind>/<from>/<any or to>`.
pub struct Folder {
    pub path: &'static str,
    pub cases: &'static [Golden],
}

macro_rules! folder {
    ($path:literal, $input:literal, $outputs:tt, [$($name:literal),* $(,)?]) => {
        $crate::laws::goldens::Folder {
            path: $path,
            cases: &[$($crate::laws::goldens::folder!(@case $path, $input, $outputs, $name)),*],
        }
    };
    (@case $path:literal, $input:literal, [$($output:literal),*], $name:literal) => {
        $crate::laws::goldens::Golden {
            name: $name,
            input: include_str!(concat!("../golden/", $path, "/", $name, "/", $input)),
            outputs: &[$(($output, include_str!(concat!("../golden/", $path, "/", $name, "/", $output)))),*],
        }
    };
}
pub(crate) use folder;

pub use super::list::FOLDERS;

/// All inputs of one kind: `request`, `answer`, `stream` or `error`.
pub fn inputs(kind: &str) -> impl Iterator<Item = &'static str> {
    inputs_below(format!("{kind}/"))
}

/// Those that are written in one format.
pub fn inputs_from(kind: &str, format: &str) -> impl Iterator<Item = &'static str> {
    inputs_below(format!("{kind}/{format}/"))
}

fn inputs_below(path: String) -> impl Iterator<Item = &'static str> {
    let folders = FOLDERS.iter().filter(move |folder| folder.path.starts_with(&path));
    folders.flat_map(|folder| folder.cases).map(|case| case.input)
}

/// Every case gives what lies beside it.
pub fn hold() {
    for kind in cases::KINDS {
        let mut count = 0;
        for (path, from, formats) in kind.folders() {
            let embedded = FOLDERS.iter().filter(|folder| folder.path == path);
            for golden in embedded.flat_map(|folder| folder.cases) {
                let case = Case::new(golden.name, golden.input);
                for to in &formats {
                    let file = kind.output(to);
                    let want = golden.outputs.iter().find(|(name, _)| *name == file);
                    let (_, want) = want.unwrap_or_else(|| panic!("{path}/{} lacks {file}", golden.name));
                    assert_eq!((kind.run)(&case, from, to), *want, "{path}/{}/{file}", golden.name);
                }
                count += 1;
            }
        }
        assert!(count >= kind.minimum, "only {count} cases of {} are embedded", kind.name);
    }
}
