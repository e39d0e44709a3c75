//! What is told of a whole answer as it comes. The first eight bytes choose the cuts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::untouched::outline(bytes));
