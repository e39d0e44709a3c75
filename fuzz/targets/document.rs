//! A text that is looked through once, and what `serde_json` makes of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::document::document(bytes));
