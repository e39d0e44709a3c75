//! Inputs that once broke a law, as a fuzzer found them: `fuzz/regressions/<law>/<what was wrong>`.

use std::path::{Path, PathBuf};

use super::panics::{LAWS, Law};

/// Laws of the command line, which the core has not.
const OTHERS: &[&str] = &["yaml"];

/// No law is broken by any of them again.
pub fn hold(holds: impl Fn(Law, &[u8])) {
    let mut count = 0;
    for folder in entries("regressions") {
        let name = name(&folder);
        let law = LAWS.iter().find(|(law, _)| *law == name).map(|(_, law)| *law);
        assert!(law.is_some() || OTHERS.contains(&name), "no law is called {name}");
        for file in files(&folder).into_iter().filter(|_| law.is_some()) {
            holds(law.unwrap(), &std::fs::read(&file).unwrap());
            count += 1;
        }
    }
    assert!(count >= 2, "only {count} inputs");
}

/// Every law is the body of a fuzz target, with inputs to begin with; all of them together stay small.
pub fn targets() {
    const MOST_BYTES: u64 = 1 << 20;
    let names = |folder: &str| -> Vec<String> {
        entries(folder).iter().map(|path| name(path).trim_end_matches(".rs").to_owned()).collect()
    };
    let mut laws: Vec<_> = LAWS.iter().map(|(law, _)| *law).chain(OTHERS.iter().copied()).collect();
    laws.sort_unstable();
    assert_eq!(names("targets"), laws, "the targets");
    assert_eq!(names("corpus"), laws, "the laws with inputs to begin with");
    let inputs =
        entries("corpus").into_iter().chain(entries("regressions")).flat_map(|folder| files(&folder));
    let bytes: u64 = inputs.map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes <= MOST_BYTES, "the inputs have {bytes} bytes, more than {MOST_BYTES}");
}

/// What is in a folder of `fuzz/`, in order.
fn entries(folder: &str) -> Vec<PathBuf> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}
