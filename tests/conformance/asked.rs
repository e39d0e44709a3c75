//! What goes to a vendor, and the file that says it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ferro::provider::{Row, Vendors};

use super::case::{Case, model, setting};
use super::requests;
use crate::exchange::envoy::Envoy;

/// Compares what goes to a vendor with its file, or writes it; what is wrong, if anything.
pub fn check(row: &'static Row) -> Option<String> {
    let mut inputs = vec![format!("# {}", row.title)];
    inputs.extend(setting(row, model(row)));
    let mut is_first = true;
    for operation in row.operations {
        let surface = Case { row, operation }.surface();
        for asked in requests::of(surface) {
            inputs.extend(requests::lines(surface, &asked, row, is_first));
            inputs.push("= attempt".to_owned());
            is_first = false;
        }
    }
    let have = played(&inputs);
    let file = folder().join(format!("{}.script", row.kind));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &have).unwrap();
    }
    let want = std::fs::read_to_string(&file).unwrap_or_default();
    (want != have).then(|| format!("{} differs\n--- want\n{want}\n--- have\n{have}", file.display()))
}

/// Inputs, and below each what came of it.
fn played(inputs: &[String]) -> String {
    let inputs: Vec<_> = inputs.iter().map(String::as_str).collect();
    let mut envoy = Envoy::new(&inputs);
    let mut text = String::new();
    for line in inputs {
        text.extend([line, "\n"]);
        for output in envoy.play(line) {
            text.extend([format!("< {output}").trim_end(), "\n"]);
        }
    }
    text
}

/// Every file is some row's.
pub fn no_other_files() {
    let known: HashSet<_> =
        Vendors::BUILT_IN.rows().map(|row| folder().join(format!("{}.script", row.kind))).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "{} is no row's", path.display());
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/rows")
}
