//! The command line: checks `gateway.yaml`, renders it for Envoy, and runs Envoy with it.
#![forbid(unsafe_code)]

fn main() {}
