//! `ferro render`: Envoy's configuration, to be used without this program.

use std::path::PathBuf;

use super::{ConfigOption, Outcome};
use crate::load::Purpose;
use crate::render::{Surroundings, render};
use crate::run::locate;
use crate::terminal;

/// Options of `ferro render`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// What it is for
    #[arg(long = "for", value_name = "TARGET", default_value = "envoy")]
    target: Target,
    /// Where to write it [default: standard output]
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Where the filter's module will be, on the machine that runs Envoy [default: where it is on this one]
    #[arg(long, value_name = "PATH")]
    filter: Option<PathBuf>,
    /// Where the certificates of trusted authorities will be, on the machine that runs Envoy
    #[arg(long, value_name = "PATH", default_value = locate::DEFAULT_CERTIFICATES)]
    trusted_ca: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    Envoy,
    Istio,
    Helm,
}

/// Prints or writes the configuration.
pub fn run(options: Options) -> Outcome {
    if options.target != Target::Envoy {
        let target = if options.target == Target::Istio { "istio" } else { "helm" };
        return Err(format!("--for {target} is not supported by this version; --for envoy is").into());
    }
    let loaded = options.config.load(Purpose::Render)?;
    let filter = options.filter.map_or_else(|| locate::filter(None), Ok)?;
    let surroundings = Surroundings { filter, trusted_ca: options.trusted_ca, ..Surroundings::default() };
    let text = format!("{:#}", render(&loaded, &surroundings).bootstrap());
    match options.output {
        None => terminal::print(&text),
        Some(file) => std::fs::write(&file, text + "\n")
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?,
    }
    Ok(())
}
