//! Headers, as the host encodes them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::untouched::headers(bytes));
