//! `ferro stand-ins`: what the demo has behind the gateway, on its own, for a gateway that runs elsewhere.

use std::net::{IpAddr, SocketAddr};

use super::{Failure, Outcome};
use crate::run::stop::Stop;
use crate::terminal;

/// Options of `ferro stand-ins`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port of the first one, OpenAI's; Anthropic's and Gemini's follow
    #[arg(long, value_name = "PORT", default_value = "9001", value_parser = clap::value_parser!(u16).range(1..=65_000))]
    first_port: u16,
}

/// Runs until it is stopped.
pub async fn run(options: Options) -> Outcome {
    let mut stop = Stop::new()?;
    for ((name, kind), port) in ferro_stand_ins::ALL.iter().zip(options.first_port..) {
        let address = SocketAddr::new(options.host, port);
        ferro_stand_ins::start(*kind, address)
            .await
            .map_err(|error| Failure::Message(format!("cannot listen on {address}: {error}")))?;
        terminal::note(&format!("stand-in for {name}: http://{address}, key {}", kind.key()));
    }
    stop.wanted().await;
    Ok(())
}
