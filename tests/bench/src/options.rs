//! The command line.

use std::path::PathBuf;
use std::time::Duration;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rounds of each cell and subject.
    pub rounds: usize,
    /// How long a round is.
    pub round: Duration,
    /// Parts of names of cells; empty for all.
    pub only: Vec<String>,
    /// Where the numbers go as JSON.
    pub json: Option<PathBuf>,
    /// Another build of the filter, measured along.
    pub against: Option<PathBuf>,
    /// Whether only the core is measured.
    pub core: bool,
    /// Whether the variant that logs is measured too.
    pub metadata: bool,
    /// Keep-alive connections of the load.
    pub connections: usize,
    /// Between two events of a stream.
    pub gap: Duration,
    /// Where the Envoys run.
    pub envoy_core: usize,
    /// Where this program runs.
    pub load_core: usize,
}

const USAGE: &str = "\
Measures CPU per request of Envoy with Ferro against the same Envoy with a plain route.

Usage: ferro-bench [OPTIONS]

  --rounds N          rounds of each case and subject [default: 9]
  --seconds S         length of a round [default: 1]
  --only A,B          cases named A or B; what is no case's name stands for all that contain it
  --core              measure the filter's core alone, as native code and without Envoy
  --json FILE         write all rounds as JSON
  --against FILE      measure another build of the filter along
  --no-metadata       leave out the variant with log.requests: metadata
  --connections N     keep-alive connections of the load [default: 8]
  --gap-us N          microseconds between two events of a stream [default: 0]
  --envoy-core N      processor of the Envoys [default: 0]
  --load-core N       processor of load and upstream [default: 1]

Envoy: $FERRO_ENVOY, .envoy/envoy, then PATH. ferro: $FERRO_BIN, then target/release/ferro. The filter: $FERRO_FILTER,
then where ferro finds it.";

impl Options {
    /// Reads the arguments.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            rounds: 9,
            round: Duration::from_secs(1),
            only: Vec::new(),
            json: None,
            against: None,
            core: false,
            metadata: true,
            connections: 8,
            gap: Duration::ZERO,
            envoy_core: 0,
            load_core: 1,
        };
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--no-metadata" => {
                    options.metadata = false;
                    continue;
                }
                "--core" => {
                    options.core = true;
                    continue;
                }
                "-h" | "--help" => return Err(USAGE.to_owned()),
                _ => {}
            }
            let value =
                arguments.next().ok_or_else(|| format!("{name}: unknown, or without a value\n\n{USAGE}"))?;
            let wrong = |expected: &str| format!("{name} {value}: expected {expected}");
            let count = || value.parse::<usize>().ok().ok_or_else(|| wrong("a number"));
            let positive = || {
                count().and_then(|count| Some(count).filter(|n| *n > 0).ok_or_else(|| wrong("at least 1")))
            };
            match name.as_str() {
                "--rounds" => options.rounds = positive()?,
                "--seconds" => {
                    let seconds = value.parse().ok().filter(|seconds| (0.01..=600.0).contains(seconds));
                    options.round = Duration::from_secs_f64(seconds.ok_or_else(|| wrong("0.01 to 600"))?);
                }
                "--only" => options.only = value.split(',').map(|part| part.trim().to_owned()).collect(),
                "--json" => options.json = Some(value.into()),
                "--against" => options.against = Some(value.into()),
                "--connections" => options.connections = positive()?,
                "--gap-us" => {
                    options.gap = Duration::from_micros(u64::try_from(count()?).unwrap_or_default())
                }
                "--envoy-core" => options.envoy_core = count()?,
                "--load-core" => options.load_core = count()?,
                _ => return Err(format!("{name}: unknown\n\n{USAGE}")),
            }
        }
        Ok(options)
    }

    /// Whether the case of this name is to be measured.
    pub fn wants(&self, case: &str, all: &[String]) -> bool {
        let matches = |part: &String| match all.contains(part) {
            true => part == case,
            false => case.contains(part.as_str()),
        };
        self.only.is_empty() || self.only.iter().any(matches)
    }
}
