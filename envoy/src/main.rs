//! The command line: checks `gateway.yaml`, renders it for Envoy, and runs Envoy with it.
//!
//! In reading order: [`yaml`] reads the file with the place of every value, [`load`] checks it with the filter's own
//! code, [`render`] writes Envoy's configuration, [`run`] finds Envoy, runs it, and applies edits, [`commands`] is what
//! users call. What takes the providers' place in the demo is a crate of its own, `ferro-stand-ins`.

mod commands;
mod load;
mod render;
mod run;
mod terminal;
mod yaml;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    commands::main().await
}
