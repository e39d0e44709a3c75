//! A request from its first header to the last byte of its answer, with every attempt between.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::journey::exchange(bytes));
