//! Golden cases: what goes in lies beside what comes out, as data files under `golden/`.
//!
//! A case is a folder `golden/<kind>/<from>/<any or to>/<case>`: what goes in is written in the format `from`. What it
//! is put into are all other formats that have chats (`any`), or the one that it concerns.
//!
//! | kind | `in.*` | `to-<format>.*` |
//! |---|---|---|
//! | `request` | a client's body | for a provider: path, dropped parameters, body, or the error |
//! | `answer` | a provider's answer | for a client |
//! | `stream` | a provider's stream | for a client |
//! | `error` | a provider's error; the case is named `<status>-<case>` | for a client: status and body |
//! | `embeddings`, `rerank`, `moderations`, `images`, `speech` | a client's body | for a provider, as above |
//! | the same with `-answer` | a client's body, and a provider's answer to it: `answer`, or `bytes` in base64, with a `status` that is none of success | for a client: the answer, and its tokens; bytes with their kind, in base64 |
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
    pub mod list;
    pub mod tasks;
}

use golden::cases::{self, Kind};
use golden::tasks;

#[test]
fn requests() {
    check(&cases::REQUEST);
}

#[test]
fn answers() {
    check(&cases::ANSWER);
}

#[test]
fn streams() {
    check(&cases::STREAM);
}

#[test]
fn errors() {
    check(&cases::ERROR);
}

#[test]
fn tasks() {
    tasks::KINDS.iter().for_each(check);
}

#[test]
fn streams_cut_anywhere_say_the_same() {
    for (folder, from, formats) in cases::STREAM.folders() {
        for case in cases::inputs(&folder, &cases::STREAM.input(from)) {
            formats.iter().for_each(|to| golden::laws::cuts(&case, from, to));
        }
    }
}

#[test]
fn cases_are_all_listed() {
    golden::list::is_complete();
}

fn check(kind: &Kind) {
    let (mut all, mut outputs) = (Vec::new(), Vec::new());
    for (folder, from, formats) in kind.folders() {
        for case in cases::inputs(&folder, &kind.input(from)) {
            let checked = formats.iter().map(|to| case.check(&kind.output(to), &(kind.run)(&case, from, to)));
            outputs.extend(checked);
            all.push(case);
        }
    }
    cases::settle(kind, &all, &outputs);
}
