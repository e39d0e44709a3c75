//! What a client shows as its key.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::keys::key(bytes));
