//! The command line: checks `gateway.yaml`, renders it for Envoy, and runs Envoy with it.
//!
//! In reading order: [`yaml`] reads the file with the place of every value, [`load`] checks it with the filter's own
//! code, [`render`] writes Envoy's configuration, [`locate`] finds Envoy and the filter, [`envoy_process`] runs them,
//! [`tether`] and [`descriptors`] see to what the system does for them, [`watch`] applies edits, [`stand_in`] takes the providers' place in the demo, [`commands`] is what users call.

mod commands;
mod descriptors;
mod envoy_process;
mod load;
mod locate;
mod private_folder;
mod render;
mod stand_in;
mod stop;
mod terminal;
mod tether;
mod watch;
mod yaml;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    commands::main().await
}
