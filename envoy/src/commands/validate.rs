//! `ferro validate`: all mistakes of a configuration at once.

use super::{ConfigOption, Outcome};
use crate::load::{self, Purpose};
use crate::terminal;

/// Options of `ferro validate`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

/// Exit code 2 if there is a mistake.
pub fn run(options: &Options) -> Outcome {
    options.config.load(Purpose::Check)?;
    let file = options.config.file();
    let name = file.map_or_else(|| load::WITHOUT_FILE.to_owned(), |file| file.display().to_string());
    terminal::print(&format!("{name}: no mistakes"));
    Ok(())
}
