//! `ferro demo`: the gateway on stand-ins of three providers.

use super::{EnvoyOptions, Outcome};

/// Options of `ferro demo`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Where clients connect
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
    #[command(flatten)]
    envoy: EnvoyOptions,
}

pub async fn run(_options: Options) -> Outcome {
    Ok(())
}
