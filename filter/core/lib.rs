//! Ferro's pure core: everything an AI gateway knows, with no Envoy, no clock and no randomness.
#![forbid(unsafe_code)]

pub mod chat;
pub mod config;
pub mod contract;
pub mod dialect;
pub mod exchange;
pub mod frame;
pub mod provider;
pub mod routing;
