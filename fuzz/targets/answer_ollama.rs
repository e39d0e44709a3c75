//! A whole answer in Ollama's format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::panics::answer_ollama(bytes));
