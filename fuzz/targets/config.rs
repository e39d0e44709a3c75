//! A configuration, as the filter gets it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::panics::config(bytes));
