//! `ferro doctor`: what keeps the gateway from running, a line a check, each with what to do.

use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::{ConfigOption, EnvoyOptions, Failure, Outcome};
use crate::load::{Environment, Loaded, Purpose, WITHOUT_FILE, load};
use crate::render::Hop;
use crate::run::locate;
use crate::run::process::check_free;
use crate::terminal::{self, Colour};

/// Options of `ferro doctor`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    envoy: EnvoyOptions,
}

/// How long a provider may take to answer.
const LONGEST: Duration = Duration::from_secs(5);

/// Exit code 1 if a check fails.
pub async fn run(options: Options) -> Outcome {
    let mut checks = Checks::default();
    tools(&options.envoy, &mut checks);
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
            gateway(&loaded, &mut checks).await;
        }
    }
    if checks.failures > 0 { Err(Failure::Checks) } else { Ok(()) }
}

fn tools(options: &EnvoyOptions, checks: &mut Checks) {
    checks.result(
        "Envoy",
        locate::envoy(options.envoy.as_deref())
            .map(|envoy| format!("{} ({})", envoy.version, envoy.program.display())),
    );
    checks.result(
        "filter",
        locate::filter(options.filter.as_deref()).map(|filter| filter.display().to_string()),
    );
    checks.result("certificates", locate::certificates().map(|file| file.display().to_string()));
}

async fn gateway(loaded: &Loaded, checks: &mut Checks) {
    let config = &loaded.config;
    let places = config.listen.iter().map(|place| ("listen", place.address));
    for (key, address) in places.chain(config.admin.map(|address| ("admin", address))) {
        checks.result(key, check_free(address, key).map(|()| format!("{address} is free")));
    }
    for provider in &config.providers {
        for (place, (cluster, endpoint)) in provider.clusters().into_iter().enumerate() {
            let shown = match place {
                0 => loaded.endpoint(provider),
                _ => "another host of it".to_owned(),
            };
            let hidden = loaded.hides(provider).then_some(shown);
            checks.result(
                if hidden.is_some() { &provider.name } else { cluster },
                find(Hop::to(endpoint, provider, config), hidden).await,
            );
        }
        if let Some(issuer) = &provider.issuer {
            let hidden = loaded.hides_issuer(provider).then(|| "its issuer".to_owned());
            let hop = Hop::to(&issuer.endpoint, provider, config);
            checks.result(&format!("{}, tokens", provider.name), find(hop, hidden).await);
        }
    }
}

/// Where an endpoint was found, or the proxy before it. Where a variable says where it is, no message does, but what is
/// `hidden` behind.
async fn find(hop: Hop<'_>, hidden: Option<String>) -> Result<String, String> {
    let (host, port) = hop.first();
    let reached = reach(host, port).await;
    let by = if hop.proxy.is_some() { "through the proxy at" } else { "at" };
    let endpoint = hop.endpoint;
    match hidden {
        None => reached.map(|address| format!("{endpoint} {by} {address}")),
        Some(shown) => reached.map(|_| shown.clone()).map_err(|_| {
            format!("{shown} cannot be reached: check the variable, DNS, and whether it is running")
        }),
    }
}

/// Resolves a name and connects; sends nothing.
async fn reach(host: &str, port: u16) -> Result<String, String> {
    let addresses = timeout(LONGEST, lookup_host((host, port))).await;
    let address = match addresses {
        Ok(Ok(mut addresses)) => addresses.next(),
        Ok(Err(error)) => return Err(format!("{host} has no address: {error}. Check the name, and DNS.")),
        Err(_) => return Err(format!("DNS does not answer for {host}")),
    };
    let address = address.ok_or_else(|| format!("{host} has no address"))?;
    match timeout(LONGEST, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(address.to_string()),
        Ok(Err(error)) => {
            Err(format!("{host} ({address}): {error}. Is it running, and may this machine connect to it?"))
        }
        Err(_) => Err(format!("{host} ({address}) does not answer: does a firewall or proxy stand between?")),
    }
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
