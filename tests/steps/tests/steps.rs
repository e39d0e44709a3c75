//! Twice the text is twice the work: nothing that a client, a provider or an operator sends takes more.
//!
//! Seconds say nothing on a busy machine, so steps are counted: the core runs as WebAssembly in an interpreter whose
//! fuel is the count. Every row of [`shapes`] is put to it in three sizes, and no doubling may cost more than a little
//! over twice the steps, nor all of them more memory than a multiple of the text.

#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

#[path = "steps/answers.rs"]
mod answers;
#[path = "steps/bodies.rs"]
mod bodies;
#[path = "steps/configurations.rs"]
mod configurations;
#[path = "steps/keys.rs"]
mod keys;
#[path = "../src/kind.rs"]
mod kind;
#[path = "steps/machine.rs"]
mod machine;
#[path = "steps/shapes.rs"]
mod shapes;

use kind::Kind;
use machine::Machine;
use shapes::Shape;

/// How many steps a text of twice the length may take, in hundredths: what is sorted takes a little more than twice.
const MOST_GROWTH: u64 = 230;

/// How much memory there may be for every byte of text, beside what there is for none. A value of two bytes becomes a
/// structure of some tens, and a vector that grows is there twice for a moment.
const MOST_MEMORY: usize = 100;
const LEAST_MEMORY: usize = 4 << 20;

#[test]
fn bodies_take_steps_by_their_length() {
    linear(bodies::SHAPES, &[Kind::Facts, Kind::Request, Kind::Exchange]);
}

#[test]
fn answers_take_steps_by_their_length() {
    linear(answers::WHOLE, &[Kind::Answer, Kind::Error]);
}

#[test]
fn streams_take_steps_by_their_length() {
    linear(answers::STREAMS, &[Kind::Stream]);
}

#[test]
fn configurations_take_steps_by_their_length() {
    linear(configurations::SHAPES, &[Kind::Config]);
}

#[test]
fn keys_are_refused_in_steps_that_tell_nothing_of_them() {
    keys::tell_nothing();
}

/// Steps are told apart at all: the same work is the same count, and more work more.
#[test]
fn steps_are_counted() {
    let machine = Machine::new();
    let run = |length: usize| machine.run(Kind::Facts, 0, &format!(r#"{{"user":"{}"}}"#, "a".repeat(length)));
    assert_eq!(run(1000).steps, run(1000).steps);
    assert!(run(2000).steps > run(1000).steps + 1000);
}

fn linear(shapes: &[Shape], kinds: &[Kind]) {
    let machine = Machine::new();
    let mut problems = Vec::new();
    for shape in shapes {
        let texts = [1, 2, 4].map(|times| (shape.text)(shape.count * times));
        for kind in kinds {
            let mut read = false;
            for of in 0..machine::number_of(*kind) {
                let runs = texts.each_ref().map(|text| machine.run(*kind, of, text));
                read |= runs.iter().any(|run| run.length > 0);
                for (pair, text) in runs.windows(2).zip(&texts[1..]) {
                    let growth = pair[1].steps * 100 / pair[0].steps;
                    if growth > MOST_GROWTH || pair[1].memory > LEAST_MEMORY + text.len() * MOST_MEMORY {
                        let [before, after] = [&pair[0], &pair[1]];
                        problems.push(format!(
                            "{}: {kind:?} {of}: {before:?} {after:?} {}",
                            shape.name,
                            text.len()
                        ));
                    }
                }
            }
            let refused = shape.refused.contains(kind);
            if read == refused {
                let words = if read { "is read after all" } else { "is always refused, and tests nothing" };
                problems.push(format!("{}: {kind:?}: {words}", shape.name));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
