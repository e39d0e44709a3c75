//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::load::schedule::Arrivals;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is measured, in this order.
    pub modes: Vec<Mode>,
    /// Whether only the core is measured.
    pub core: bool,
    /// Parts of names of cases; empty for those that a mode measures by itself.
    pub only: Vec<String>,
    /// Whether Ferro is measured with what can be switched on, too.
    pub variants: bool,
    /// Another build of the filter, measured along.
    pub against: Option<PathBuf>,
    /// Whether other gateways are measured, too.
    pub peers: bool,
    /// Rounds of each case and subject.
    pub rounds: usize,
    /// How long a round is.
    pub round: Duration,
    /// Keep-alive connections of the closed loop.
    pub connections: usize,
    /// Those of the open loop.
    pub pool: usize,
    /// Rates of the open loop.
    pub rates: Vec<Rate>,
    /// How its requests are spread.
    pub arrivals: Arrivals,
    /// Between two events of a stream.
    pub gap: Option<Duration>,
    /// Where the numbers go as JSON.
    pub json: Option<PathBuf>,
    /// The folder of the page with plots.
    pub report: Option<PathBuf>,
    /// Where the gateways run.
    pub envoy_core: usize,
    /// Where this program runs.
    pub load_core: usize,
}

/// Something to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Bytes in memory; first, because it says what a gateway has that was not asked yet.
    Memory,
    /// Processor time per request.
    Cost,
    /// Latency at fixed rates.
    Open,
    /// Rates at bounds of latency.
    Bounds,
    /// The first event and the gaps of streams.
    Streams,
}

/// A rate of the open loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Requests a second.
    PerSecond(f64),
    /// Hundredths of what the closed loop reached.
    Percent(f64),
}

const MODES: &[(&str, Mode)] = &[
    ("--memory", Mode::Memory),
    ("--cost", Mode::Cost),
    ("--open", Mode::Open),
    ("--bounds", Mode::Bounds),
    ("--streams", Mode::Streams),
];

const USAGE: &str = "\
Measures what Ferro costs: Envoy with the filter against the same Envoy with a plain route, and other gateways.

Usage: ferro-bench [OPTIONS]

What is measured; --cost if nothing is said
  --cost              processor time per request, in a closed loop
  --open              latency at fixed rates, from when a request was due
  --bounds            the highest rates at which p99 stays within 1, 5, 10 and 50 ms
  --streams           time to the first event of a stream, and its longest gap
  --memory            what lies in memory before, under and after load
  --all               all of these
  --core              the filter's core alone, as native code and without Envoy

Of what
  --only A,B          cases named A or B; what is no case's name stands for all that contain it
  --no-variants       Ferro with everything off only
  --against FILE      another build of the filter along
  --peers             other gateways along, where they are installed

How
  --rounds N          rounds of each case and subject of --cost; other gateways have a third [default: 9]
  --seconds S         length of a round; windows of the other modes are one to five rounds long [default: 1]
  --connections N     keep-alive connections of the closed loop [default: 8]
  --pool N            keep-alive connections of the open loop [default: 64]
  --rates A,B         rates of --open: requests a second, or parts of what the closed loop reached
                      [default: 25%,50%,75%]
  --even              requests of the open loop in even steps, not at random (Poisson)
  --gap-us N          microseconds between two events of a stream [default: 0; with --streams 10000]
  --envoy-core N      processor of the gateways [default: 0]
  --load-core N       processor of load and upstream [default: 1]

Where it goes, beside the terminal
  --json FILE         all rounds as JSON
  --report DIR        DIR/benchmarks.md and its plots; means --all --peers if nothing else is said

Envoy: $FERRO_ENVOY, .envoy/envoy, then PATH. ferro: $FERRO_BIN, then target/release/ferro. The filter: $FERRO_FILTER,
then where ferro finds it. Other gateways: $FERRO_BENCH_<NAME>, where `make peers` puts them, then PATH.";

impl Default for Options {
    fn default() -> Self {
        Self {
            modes: Vec::new(),
            core: false,
            only: Vec::new(),
            variants: true,
            against: None,
            peers: false,
            rounds: 9,
            round: Duration::from_secs(1),
            connections: 8,
            pool: 64,
            rates: [25.0, 50.0, 75.0].map(Rate::Percent).to_vec(),
            arrivals: Arrivals::Poisson,
            gap: None,
            json: None,
            report: None,
            envoy_core: 0,
            load_core: 1,
        }
    }
}

impl Options {
    /// Reads the arguments.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(name) = arguments.next() {
            if options.switch(&name)? {
                continue;
            }
            let value =
                arguments.next().ok_or_else(|| format!("{name}: unknown, or without a value\n\n{USAGE}"))?;
            options.set(&name, &value)?;
        }
        if options.modes.is_empty() {
            let all = options.report.is_some();
            options.peers |= all;
            let wanted = |(_, mode): &&(_, Mode)| all || *mode == Mode::Cost;
            options.modes = MODES.iter().filter(wanted).map(|(_, mode)| *mode).collect();
        }
        // In their own order, whatever was said first.
        let said = std::mem::take(&mut options.modes);
        options.modes = MODES.iter().map(|(_, mode)| *mode).filter(|mode| said.contains(mode)).collect();
        Ok(options)
    }

    /// An option without a value; whether it is one.
    fn switch(&mut self, name: &str) -> Result<bool, String> {
        match name {
            "--all" => self.modes.extend(MODES.iter().map(|(_, mode)| *mode)),
            "--core" => self.core = true,
            "--no-variants" => self.variants = false,
            "--peers" => self.peers = true,
            "--even" => self.arrivals = Arrivals::Even,
            "-h" | "--help" => return Err(USAGE.to_owned()),
            _ => match MODES.iter().find(|(flag, _)| *flag == name) {
                Some((_, mode)) => self.modes.push(*mode),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// An option with a value.
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = |expected: &str| format!("{name} {value}: expected {expected}");
        let count = || value.parse::<usize>().map_err(|_| wrong("a number"));
        let positive = || count().and_then(|n| Some(n).filter(|n| *n > 0).ok_or_else(|| wrong("at least 1")));
        match name {
            "--only" => self.only = value.split(',').map(|part| part.trim().to_owned()).collect(),
            "--against" => self.against = Some(value.into()),
            "--rounds" => self.rounds = positive()?,
            "--seconds" => {
                let seconds = value.parse().ok().filter(|seconds| (0.01..=600.0).contains(seconds));
                self.round = Duration::from_secs_f64(seconds.ok_or_else(|| wrong("0.01 to 600"))?);
            }
            "--connections" => self.connections = positive()?,
            "--pool" => self.pool = positive()?,
            "--rates" => {
                let rates: Option<_> = value.split(',').map(|rate| Rate::read(rate.trim())).collect();
                self.rates = rates.ok_or_else(|| wrong("numbers above 0, or such with a %"))?;
            }
            "--gap-us" => {
                let gap = u64::try_from(count()?).map_err(|_| wrong("a number"))?;
                self.gap = Some(Duration::from_micros(gap));
            }
            "--json" => self.json = Some(value.into()),
            "--report" => self.report = Some(value.into()),
            "--envoy-core" => self.envoy_core = count()?,
            "--load-core" => self.load_core = count()?,
            _ => return Err(format!("{name}: unknown\n\n{USAGE}")),
        }
        Ok(())
    }

    /// Whether the case of this name is to be measured in this mode.
    pub fn wants(&self, mode: Mode, case: &str, all: &[String]) -> bool {
        let matches = |part: &String| match all.contains(part) {
            true => part == case,
            false => case.contains(part.as_str()),
        };
        match self.only.is_empty() {
            true => mode.cases().is_empty() || mode.cases().contains(&case),
            false => self.only.iter().any(matches),
        }
    }
}

impl Mode {
    /// The cases that it measures by itself; none for all.
    const fn cases(self) -> &'static [&'static str] {
        match self {
            Self::Cost => &[],
            Self::Memory => &["same small", "same 100 KB"],
            Self::Open | Self::Bounds => &["same small"],
            Self::Streams => &["same stream of 20", "translated stream of 20"],
        }
    }
}

impl Rate {
    fn read(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| (0.001..1e9).contains(number));
        match text.strip_suffix('%') {
            Some(text) => number(text).map(Self::Percent),
            None => number(text).map(Self::PerSecond),
        }
    }

    /// In requests a second, where the closed loop reached so many.
    pub fn per_second(self, reached: f64) -> f64 {
        match self {
            Self::PerSecond(rate) => rate,
            Self::Percent(percent) => reached * percent / 100.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn nothing_said_measures_the_cost() {
        let options = read("").unwrap();
        assert_eq!((options.modes, options.peers), (vec![Mode::Cost], false));
    }

    #[test]
    fn a_report_is_of_everything_unless_something_is_said() {
        let options = read("--report docs").unwrap();
        assert_eq!((options.modes.len(), options.peers), (MODES.len(), true));
        let options = read("--report docs --streams --open").unwrap();
        assert_eq!((options.modes, options.peers), (vec![Mode::Open, Mode::Streams], false));
    }

    #[test]
    fn rates_are_numbers_or_parts() {
        let options = read("--rates 100,50%").unwrap();
        assert_eq!(options.rates, [Rate::PerSecond(100.0), Rate::Percent(50.0)]);
        assert_eq!(options.rates[1].per_second(3000.0), 1500.0);
        for wrong in ["--rates 0", "--rates x%", "--rounds 0", "--seconds 0", "--nothing", "--nothing 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_means_a_name_or_a_part_of_names() {
        let names: Vec<_> = crate::cell::Cell::all().iter().map(crate::cell::Cell::name).collect();
        let wanted = |line: &str, mode| {
            let options = read(line).unwrap();
            names.iter().filter(|name| options.wants(mode, name, &names)).count()
        };
        let mut command = vec!["--only".to_owned(), "same small".to_owned()];
        let options = Options::read(command.drain(..)).unwrap();
        assert!(options.wants(Mode::Cost, "same small", &names));
        assert!(!options.wants(Mode::Cost, "translated small", &names));
        assert_eq!(wanted("--only small", Mode::Cost), 2);
        assert_eq!(wanted("", Mode::Cost), names.len());
        for (_, mode) in MODES {
            assert!(mode.cases().iter().all(|case| names.iter().any(|name| name == case)), "{mode:?}");
        }
    }
}
