//! A stream in Ollama's format. The first eight bytes choose the cuts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::streams::stream_ollama(bytes));
