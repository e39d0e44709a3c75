//! What users call. One file a command.

mod demo;
mod doctor;
mod explain;
mod init;
mod keys;
mod providers;
mod render;
mod run;
mod stand_ins;
mod validate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::load::{self, Environment, Loaded, Problems, Purpose};
use crate::terminal;

/// An AI gateway that lives inside Envoy: one OpenAI-compatible API in front of every LLM provider.
#[derive(Debug, Parser)]
#[command(name = "ferro", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the configuration and run Envoy with it, until Ctrl-C
    Run(run::Options),
    /// Run on built-in stand-ins of OpenAI, Anthropic and Gemini: no keys, no network
    Demo(demo::Options),
    /// Print the configuration that `run` would give to Envoy
    Render(render::Options),
    /// Check the configuration and print all its mistakes
    Validate(validate::Options),
    /// Say where a request would go, and why
    ///
    /// Nobody is asked, and no credential is needed. The targets' health, latency and history are not known here: GET
    /// /admin/targets of the running gateway shows them.
    Explain(explain::Options),
    /// Write a file to begin with, and a signing key
    Init(init::Options),
    /// Make, read and take back the keys of callers
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Look for what keeps the gateway from running
    Doctor(doctor::Options),
    /// List the providers: built in, configured, without a credential
    Providers(providers::Options),
    /// Serve the demo's stand-ins alone, for a gateway that runs elsewhere
    StandIns(stand_ins::Options),
}

/// Where the configuration is.
#[derive(Args, Clone, Debug)]
struct ConfigOption {
    /// The configuration [default: $FERRO_CONFIG; without either, every provider whose credential is set]
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How Envoy is run.
#[derive(Args, Clone, Debug)]
struct EnvoyOptions {
    /// The filter's module
    #[arg(long, value_name = "PATH")]
    filter: Option<PathBuf>,
    /// Envoy, 1.39 or later
    #[arg(long, value_name = "PATH")]
    envoy: Option<PathBuf>,
    /// What Envoy says of itself
    #[arg(long, value_name = "LEVEL", default_value = "warning", value_parser = LEVELS)]
    log_level: String,
    /// How many worker threads Envoy has [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    concurrency: Option<u32>,
}

const LEVELS: [&str; 8] = ["trace", "debug", "info", "warn", "warning", "error", "critical", "off"];

/// Why a command ends.
#[derive(Debug)]
enum Failure {
    /// The configuration is wrong. All of it has been said.
    Configuration,
    /// A check failed. All of it has been said.
    Checks,
    /// What the operator has to know.
    Message(String),
}

type Outcome = Result<(), Failure>;

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

/// Does what the command line says.
pub async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(options) => run::run(options).await,
        Command::Demo(options) => demo::run(options).await,
        Command::Render(options) => render::run(options),
        Command::Validate(options) => validate::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Init(options) => init::run(&options),
        Command::Keys(command) => keys::run(command),
        Command::Doctor(options) => doctor::run(options).await,
        Command::Providers(options) => providers::run(&options),
        Command::StandIns(options) => stand_ins::run(options).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Configuration) => ExitCode::from(2),
        Err(Failure::Checks) => ExitCode::FAILURE,
        Err(Failure::Message(message)) => {
            terminal::error(&message);
            ExitCode::FAILURE
        }
    }
}

impl ConfigOption {
    /// The file that is named, by option or variable.
    fn file(&self) -> Option<PathBuf> {
        let named = || std::env::var_os("FERRO_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from);
        self.config.clone().or_else(named)
    }

    /// A file that nobody named is not read: the current folder may be anybody's. Who expects it to be is told.
    fn mention_unread(&self) {
        const USUAL: &str = "gateway.yaml";
        if self.file().is_none() && std::path::Path::new(USUAL).exists() {
            terminal::warning(&format!(
                "there is a {USUAL} here, which is not read without being named: -c {USUAL}"
            ));
        }
    }

    /// Reads and checks the configuration; says what is wrong with it, and what may be.
    fn load(&self, purpose: Purpose) -> Result<Loaded, Failure> {
        self.mention_unread();
        let file = self.file();
        let loaded = load::load(file.as_deref(), purpose, &Environment::of_process());
        loaded.inspect(|loaded| warn(&loaded.warnings)).map_err(|problems| refuse(&problems))
    }
}

fn warn(warnings: &Problems) {
    for line in warnings.lines() {
        terminal::warning(&line);
    }
}

fn refuse(problems: &Problems) -> Failure {
    for line in problems.lines() {
        terminal::note(&line);
    }
    let plural = if problems.count() == 1 { "mistake" } else { "mistakes" };
    terminal::error(&format!("{} {plural}", problems.count()));
    Failure::Configuration
}
