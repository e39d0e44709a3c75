//! `ferro render`: Envoy's configuration, to be used without this program.

use std::path::PathBuf;

use super::{ConfigOption, Outcome};
use crate::load::{Loaded, Purpose};
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
    mention_implied(&loaded);
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

/// Where the file names no providers, what is rendered depends on the environment: which they are is told.
fn mention_implied(loaded: &Loaded) {
    let implied = loaded.config.providers.iter().filter(|provider| provider.implied);
    let names: Vec<_> = implied.map(|provider| provider.name.as_str()).collect();
    if !names.is_empty() {
        terminal::note(&format!(
            "no `providers` in the file: rendered are those whose credential is set here: {}",
            names.join(", ")
        ));
    }
}
