//! A completion of a prompt: a client's body and a provider's answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::completions::completion(bytes));
