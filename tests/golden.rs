//! Golden cases: what goes in lies beside what comes out, as data files under `golden/`.
//!
//! | in | out |
//! |---|---|
//! | `request/<case>.json`: a client's body | `<case>.to-<dialect>.http`: path, dropped parameters, body, or the error |
//! | `answer/<dialect>/<case>.json`: a provider's answer | `<case>.to-openai.json` |
//! | `stream/<dialect>/<case>.sse`: a provider's stream | `<case>.to-openai.sse` |
//! | `error/<dialect>/<status>-<case>.json`: a provider's error | `<status>-<case>.to-openai.http`: status and body |
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden` writes what comes out now; read it before you commit it. A missing or
//! surplus file fails. Every stream is also read cut at every byte, and at random pairs of bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

mod golden {
    pub mod cases;
    pub mod laws;
}

use ferro::dialect::{FORMATS, Format};
use golden::cases::{self, Case};

#[test]
fn requests() {
    let cases = cases::inputs("request", "json");
    assert!(cases.len() >= cases::MINIMUM.requests, "only {} request cases", cases.len());
    let mut outputs = Vec::new();
    for case in &cases {
        for dialect in cases::translated() {
            outputs.push(case.check(&format!("to-{}.http", dialect.name), &cases::request(case, dialect)));
        }
    }
    cases::settle("request", &cases, outputs);
}

#[test]
fn answers() {
    every_dialect("answer", "json", cases::MINIMUM.answers, |case, dialect| {
        ("to-openai.json", cases::answer(case, dialect))
    });
}

#[test]
fn streams() {
    every_dialect("stream", "sse", cases::MINIMUM.streams, |case, dialect| {
        ("to-openai.sse", cases::stream(case, dialect, &[]))
    });
}

#[test]
fn errors() {
    every_dialect("error", "json", cases::MINIMUM.errors, |case, dialect| {
        ("to-openai.http", cases::error(case, dialect))
    });
}

#[test]
fn streams_cut_anywhere_say_the_same() {
    for dialect in FORMATS.iter().copied() {
        for case in cases::inputs(&format!("stream/{}", dialect.name), "sse") {
            golden::laws::cuts(&case, dialect);
        }
    }
}

fn every_dialect(
    folder: &str,
    ending: &str,
    minimum: usize,
    run: impl Fn(&Case, &'static Format) -> (&'static str, String),
) {
    let mut count = 0;
    for dialect in FORMATS.iter().copied() {
        let folder = format!("{folder}/{}", dialect.name);
        let cases = cases::inputs(&folder, ending);
        count += cases.len();
        let outputs = cases.iter().map(|case| {
            let (ending, output) = run(case, dialect);
            case.check(ending, &output)
        });
        let outputs = outputs.collect();
        cases::settle(&folder, &cases, outputs);
    }
    assert!(count >= minimum, "only {count} cases in {folder}, at least {minimum} are kept");
}
