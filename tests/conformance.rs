//! Every row of the catalogue, asked and answered: made of the row's own data, so a new row needs no test of its own.
//!
//! For each operation of a row there is what goes to the vendor, to the letter: method, URL, headers with a credential,
//! body. It lies in `golden/rows/<kind>.script`, in the words of [exchanges](exchange.rs), beside what the client said.
//! `UPDATE_GOLDEN=1 cargo test --test conformance` writes these files; read them before you commit them. A row without
//! its file fails, and so does a file without a row.
//!
//! Then the vendor answers, in the shape of its format and with its own words: what was asked for, whole and as a stream,
//! of which the tokens are counted; and errors, of which the client is told what [is documented](../docs/surfaces.md#errors).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

mod host;
#[path = "laws/toy/format.rs"]
mod toy;
#[path = "exchange"]
mod exchange {
    pub mod calls;
    pub mod envoy;
    pub mod surfaces;
    pub mod toys;
    pub mod words;
}
mod conformance {
    pub mod answers;
    pub mod asked;
    pub mod case;
    pub mod errors;
    pub mod requests;
}

use conformance::case::Case;
use conformance::{answers, asked, errors};
use ferro::provider::Vendors;

#[test]
fn every_vendor_is_asked_as_its_file_says() {
    let problems: Vec<_> = Vendors::BUILT_IN.rows().filter_map(asked::check).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    asked::no_other_files();
}

#[test]
fn every_vendors_answers_are_read() {
    cases().for_each(|case| answers::check(&case));
}

#[test]
fn every_vendors_errors_are_told_as_documented() {
    cases().for_each(|case| errors::check(&case));
}

/// Every operation of every row.
fn cases() -> impl Iterator<Item = Case> {
    let rows = Vendors::BUILT_IN.rows();
    rows.flat_map(|row| row.operations.iter().map(move |operation| Case { row, operation }))
}
