//! The command line: checks `gateway.yaml`, renders it for Envoy, and runs Envoy with it.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod stand_in;

fn main() {}
