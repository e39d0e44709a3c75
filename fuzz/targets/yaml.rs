//! A configuration's file, as the command line reads it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::yaml(bytes));
