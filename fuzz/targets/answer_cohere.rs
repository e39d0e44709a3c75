//! A whole answer in Cohere's format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::panics::answer_cohere(bytes));
