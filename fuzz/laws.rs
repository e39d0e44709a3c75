//! The laws of `tests/laws`, for fuzz targets: the same files, so that what a fuzzer finds fails there, too.

#[path = "../tests/host/mod.rs"]
pub mod host;

#[path = "../tests/laws"]
#[allow(clippy::should_implement_trait, reason = "the modules are private to tests")]
pub mod laws {
    //! What holds for every input.

    pub mod completions;
    pub mod credentials;
    pub mod document;
    pub mod journey;
    pub mod keys;
    pub mod panics;
    pub mod random;
    pub mod streams;
    pub mod tasks;
    pub mod untouched;
    pub mod walk;
}

#[path = "../envoy/src/yaml/mod.rs"]
#[allow(dead_code, reason = "the command line uses the rest")]
mod yaml;

use ferro::config::Config;

/// A configuration's file, read as the command line does: what it says is JSON within bounds, and what is wrong with
/// it has a place.
pub fn yaml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let document = match yaml::parse(&text) {
        Ok(document) => document,
        Err(mistake) => return assert!(!mistake.message.is_empty()),
    };
    let written = document.value.to_string();
    assert!(laws::panics::is_json(written.as_bytes()), "{written}");
    if let Err(errors) = Config::parse(&document.value) {
        for error in errors.iter() {
            let _ = document.place(&error.path);
        }
    }
}
