//! The filter as Envoy runs it: one module, two positions.
//!
//! Envoy instantiates it in the listener's filter chain ([`gateway`]) and in the one that attempts pass ([`provider`]).
//! Both share one VM a worker, and so the table of running requests ([`plans`]). Everything worth knowing is decided
//! in the core; this crate only carries events in and steps out, through host calls that never panic ([`calls`]).

#![allow(missing_docs, reason = "the SDK's macro exports a function of its own")]

mod calls;
#[cfg(feature = "fault-injection")]
mod fault;
mod gateway;
mod log;
mod memory;
mod metrics;
mod plans;
mod provider;
mod root;
mod services;

proxy_wasm::main! {{
    log::begin();
    proxy_wasm::set_root_context(|_| Box::new(root::Root::default()));
}}
