//! A client's body for a provider of its own format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::untouched::request_openai(bytes));
