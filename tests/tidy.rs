//! The architecture as a test: layers, shape of the code, what the documents claim, and the module that Envoy loads.
//!
//! The last needs the filter to be built: `cargo build --release --target wasm32-wasip1 -p ferro-filter`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

#[path = "golden/cases.rs"]
mod cases;
#[path = "laws/parameters.rs"]
mod parameters;
mod tidy {
    pub mod documents;
    pub mod formats;
    pub mod generated;
    pub mod layers;
    pub mod module;
    pub mod pages;
    pub mod recursion;
    pub mod shape;
    pub mod sources;
}

use tidy::{documents, formats, generated, layers, module, pages, recursion, shape};

#[test]
fn layers_know_only_what_is_below_them() {
    layers::modules();
}

#[test]
fn the_core_knows_no_clock_no_files_and_no_host() {
    layers::impurity();
}

#[test]
fn only_tables_name_a_wire_format() {
    formats::names();
}

#[test]
fn the_core_depends_on_little_and_only_the_host_on_envoy() {
    layers::packages();
}

#[test]
fn every_file_opens_with_what_it_does() {
    shape::openings();
}

#[test]
fn files_and_functions_stay_short() {
    shape::lengths();
}

#[test]
fn files_are_named_after_what_they_hold() {
    shape::names();
}

#[test]
fn a_module_with_a_folder_is_its_mod_rs() {
    shape::folders();
}

#[test]
fn nothing_calls_itself_without_a_bound() {
    recursion::bounds();
}

#[test]
fn pages_say_what_their_tables_say() {
    pages::are_up_to_date();
}

#[test]
fn the_sample_shows_every_key() {
    documents::keys();
}

#[test]
fn the_surface_is_as_its_page_says() {
    documents::surfaces();
}

#[test]
fn the_readme_is_short_and_links_lead_somewhere() {
    documents::links();
}

#[test]
fn documents_name_commands_that_exist() {
    documents::commands();
}

#[test]
fn the_log_is_documented_from_its_fields() {
    generated::log();
}

#[test]
fn metrics_are_documented_from_their_table() {
    generated::metrics();
}

#[test]
fn a_field_or_a_metric_is_one_row() {
    generated::rows();
}

#[test]
fn the_module_imports_only_what_envoy_has() {
    module::imports();
}

#[test]
fn the_module_is_small() {
    module::size();
}

#[test]
fn the_module_holds_no_test_code() {
    module::faults();
}
