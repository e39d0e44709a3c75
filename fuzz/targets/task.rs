//! A task that is no chat: a client's body and a provider's answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferro_fuzz::laws::tasks::task(bytes));
