//! A client's body, translated for Ollama's models.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::panics::request_ollama(bytes));
