//! A client's body to one provider, and its answer back.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::panics::walk(bytes));
