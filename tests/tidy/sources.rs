//! The source files of the repository.

use std::path::{Path, PathBuf};

/// A source file.
pub struct Source {
    /// From the repository's root, with slashes.
    pub path: String,
    pub text: String,
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder whose names end like this, in order.
pub fn files(folder: &str, ending: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    let source = |path: PathBuf| Source {
        text: std::fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"),
    };
    let sources: Vec<_> = paths.into_iter().map(source).collect();
    assert!(!sources.is_empty(), "no .{ending} file in {folder}");
    sources
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            // The end-to-end tests install packages there, and a fuzzer builds its own.
            true if path.ends_with("node_modules") || path.ends_with("fuzz/target") => {}
            true => collect(&path, paths),
            false => paths.push(path),
        }
    }
}

impl Source {
    /// Whether it is nothing but tests.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Its lines, without the tests at its bottom.
    pub fn code(&self) -> Vec<&str> {
        let lines: Vec<_> = self.text.lines().collect();
        let tests = |pair: &[&str]| {
            pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
        };
        let end = lines.windows(2).position(tests).unwrap_or(lines.len());
        lines[..end].to_vec()
    }
}
