//! `ferro doctor`: what keeps the gateway from running, a line a check, each with what to do.

mod place;

use super::{ConfigOption, EnvoyOptions, Failure, Outcome};
use crate::load::{Environment, Loaded, Purpose, WITHOUT_FILE, load};
use crate::render::{Surroundings, render};
use crate::run::locate::{self, Envoy};
use crate::run::probe::{self, Reached};
use crate::run::process::check_free;
use crate::terminal::{self, Colour};
use place::Place;

/// Options of `ferro doctor`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    envoy: EnvoyOptions,
}

/// Exit code 1 if a check fails.
pub async fn run(options: Options) -> Outcome {
    let mut checks = Checks::default();
    let envoy = tools(&options.envoy, &mut checks);
    options.config.mention_unread();
    let file = options.config.file();
    let name = file.as_ref().map_or_else(|| WITHOUT_FILE.to_owned(), |file| file.display().to_string());
    match load(file.as_deref(), Purpose::Run, &Environment::of_process()) {
        Err(problems) => {
            for line in problems.lines() {
                checks.failed("configuration", &line);
            }
        }
        Ok(loaded) => {
            checks.passed("configuration", &name);
            for line in loaded.warnings.lines() {
                checks.failed("configuration", &line);
            }
            gateway(&loaded, envoy.as_ref(), &mut checks).await;
        }
    }
    if checks.failures > 0 { Err(Failure::Checks) } else { Ok(()) }
}

/// Looks for what it takes; returns Envoy, if it is there.
fn tools(options: &EnvoyOptions, checks: &mut Checks) -> Option<Envoy> {
    let envoy = locate::envoy(options.envoy.as_deref());
    let shown = envoy.as_ref().map(|envoy| format!("{} ({})", envoy.version, envoy.program.display()));
    checks.result("Envoy", shown.map_err(Clone::clone));
    checks.result(
        "filter",
        locate::filter(options.filter.as_deref()).map(|filter| filter.display().to_string()),
    );
    checks.result("certificates", locate::certificates().map(|file| file.display().to_string()));
    envoy.ok()
}

async fn gateway(loaded: &Loaded, envoy: Option<&Envoy>, checks: &mut Checks) {
    let config = &loaded.config;
    let places = config.listen.iter().map(|place| ("listen", place.address));
    for (key, address) in places.chain(config.admin.map(|address| ("admin", address))) {
        checks.result(key, check_free(address, key).map(|()| format!("{address} is free")));
    }
    let places = Place::all(loaded);
    let reached = match envoy {
        Some(envoy) => ask(loaded, envoy, &places).await.unwrap_or_else(|problem| {
            checks.failed("Envoy", &problem);
            Vec::new()
        }),
        None => Vec::new(),
    };
    let mut reached = reached.into_iter();
    for place in &places {
        // Who is not asked leaves no answer.
        let answer = place.question().and_then(|_| reached.next().flatten());
        checks.result(&place.label, place.found(answer).await);
    }
}

/// Lets Envoy look, as it will reach them.
async fn ask(loaded: &Loaded, envoy: &Envoy, places: &[Place<'_>]) -> Result<Vec<Option<Reached>>, String> {
    let questions: Vec<_> = places.iter().filter_map(Place::question).collect();
    let Ok(trusted_ca) = locate::certificates() else { return Ok(Vec::new()) };
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let surroundings = Surroundings { trusted_ca, ..Surroundings::default() };
    probe::ask(envoy, &render(loaded, &surroundings), &questions).await
}

/// What the checks found.
#[derive(Debug, Default)]
struct Checks {
    failures: usize,
}

impl Checks {
    fn result(&mut self, what: &str, result: Result<String, String>) {
        match result {
            Ok(found) => self.passed(what, &found),
            Err(problem) => self.failed(what, &problem),
        }
    }

    fn passed(&mut self, what: &str, found: &str) {
        terminal::print(&format!("{} {what}: {found}", terminal::paint(Colour::Green, "✓")));
    }

    fn failed(&mut self, what: &str, problem: &str) {
        self.failures = self.failures.saturating_add(1);
        let problem = problem.replace('\n', "\n    ");
        terminal::print(&format!("{} {what}: {problem}", terminal::paint(Colour::Red, "✗")));
    }
}
