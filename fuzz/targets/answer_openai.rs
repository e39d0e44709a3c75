//! A whole answer in the client's own format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::untouched::answer_openai(bytes));
