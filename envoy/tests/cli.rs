//! The command line as users call it: its messages, its examples, and what a real Envoy does with what it renders.
//!
//! Needs the filter and Envoy where `ferro` finds them: `make build envoy`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "tests may panic"
)]

mod cli {
    mod catalogue;
    mod commands;
    mod compose;
    mod envoy;
    mod examples;
    mod explain;
    mod keys;
    mod messages;
    mod support;
}
