//! A client's body and a provider's answer on their whole way.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::panics::exchange(bytes));
