//! `ferro run`: Envoy with the configuration, until Ctrl-C.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use ferro::config::parse_duration;
use tokio::time::{sleep, timeout};

use super::{ConfigOption, EnvoyOptions, Failure, Outcome};
use crate::load::{Loaded, Purpose};
use crate::render::{Surroundings, render};
use crate::run::admin::{Admin, UnderWay};
use crate::run::certificates::Certificates;
use crate::run::control::Control;
use crate::run::descriptors;
use crate::run::door;
use crate::run::folder::PrivateFolder;
use crate::run::locate::{self, Envoy};
use crate::run::process::{EnvoyProcess, Settings, check_free};
use crate::run::serving::Serving;
use crate::run::stop::Stop;
use crate::run::watch::Watch;
use crate::terminal;

/// Options of `ferro run`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// Apply changes of the file while Envoy runs, without dropping a connection
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    serve: ServeOptions,
}

/// How it is run, and how it ends.
#[derive(clap::Args, Debug)]
pub struct ServeOptions {
    /// How long what is under way may take to finish when it is told to stop
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    drain: Duration,
    #[command(flatten)]
    envoy: EnvoyOptions,
}

/// How often it is looked at what may have changed.
const INTERVAL: Duration = Duration::from_millis(250);

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a duration such as 0s, 90s or 5m".to_owned())
}

/// Runs until it is stopped.
pub async fn run(options: Options) -> Outcome {
    let file = options.config.file();
    if options.watch && file.is_none() {
        return Err("--watch needs a file to watch: name it with -c".to_owned().into());
    }
    let loaded = options.config.load(Purpose::Run)?;
    if let Some(words) = loaded.exposure() {
        terminal::warning(&words);
    }
    let watched = file.filter(|_| options.watch);
    serve(&loaded, watched, &options.serve, || {
        for place in &loaded.config.listen {
            terminal::note(&format!("Ferro listens on {}", door::url(place)));
        }
    })
    .await
}

/// Runs Envoy until it is stopped; says `ready` when the gateway answers.
pub async fn serve(
    loaded: &Loaded,
    watched: Option<PathBuf>,
    options: &ServeOptions,
    ready: impl FnOnce(),
) -> Outcome {
    let mut stop = Stop::new()?;
    let envoy = locate::envoy(options.envoy.envoy.as_deref())?;
    check_ports(loaded)?;

    let folder = PrivateFolder::new()?;
    let surroundings = surroundings(&options.envoy, &folder)?;
    let certificates = Certificates::new(&folder);
    let admin = Admin::new(loaded.config.admin, surroundings.admin_socket.clone());
    let control =
        Rc::new(Control::start(&folder).map_err(|error| format!("cannot open a socket for Envoy: {error}"))?);
    let mut serving = Serving::new(Rc::clone(&control), admin, loaded, render(loaded, &surroundings));
    certificates.link(&serving.rendered().shown)?;
    let configuration = folder.write("envoy.json", &serving.bootstrap().to_string())?;
    let mut process = start(&envoy, &configuration, loaded, &options.envoy)?;
    let words = process.words();
    tokio::select! {
        () = serving.begin() => {}
        words = process.ended() => return Err(words.into()),
        () = stop.wanted() => return process.stop().await.map_err(Failure::Message),
    }
    tokio::select! {
        outcome = process.ready(&loaded.config.listen) => outcome?,
        () = control.refused() => return Err(words.refusal().await.into()),
        () = stop.wanted() => return process.stop().await.map_err(Failure::Message),
    }
    ready();
    let mut watch = watched.map(|file| Watch::new(&file, &certificates, surroundings, loaded, words));
    tokio::select! {
        words = process.ended() => return Err(words.into()),
        () = stop.wanted() => {}
        () = tend(&mut serving, watch.as_mut()) => {}
        () = certificates.keep() => {}
    }
    tokio::select! {
        words = process.ended() => return Err(words.into()),
        () = drain(&mut serving, options.drain) => {}
        () = stop.wanted() => terminal::progress("told to stop again: what is under way is cut off"),
    }
    terminal::progress("stopping Envoy");
    process.stop().await.map_err(Failure::Message)
}

fn surroundings(options: &EnvoyOptions, folder: &PrivateFolder) -> Result<Surroundings, String> {
    Ok(Surroundings {
        filter: locate::filter(options.filter.as_deref())?,
        trusted_ca: locate::certificates()?,
        admin_socket: folder.socket("admin.sock"),
        watched: Some(folder.place().to_owned()),
        max_connections: Some(descriptors::connections()),
        ..Surroundings::default()
    })
}

fn check_ports(loaded: &Loaded) -> Result<(), String> {
    loaded.config.listen.iter().try_for_each(|place| check_free(place.address, "listen"))?;
    loaded.config.admin.map_or(Ok(()), |admin| check_free(admin, "admin"))
}

/// Keeps what is served in step with the world, for ever.
async fn tend(serving: &mut Serving, mut watch: Option<&mut Watch<'_>>) {
    loop {
        sleep(INTERVAL).await;
        serving.look_again().await;
        if let Some(watch) = &mut watch {
            watch.look(serving).await;
        }
    }
}

/// Lets nobody in any more, and waits for what is under way, for as long as it may take.
async fn drain(serving: &mut Serving, grace: Duration) {
    if grace.is_zero() {
        return;
    }
    serving.stop_listening().await;
    if let Some(UnderWay { requests: 1.., .. }) = serving.under_way().await {
        let seconds = grace.as_secs_f64();
        terminal::progress(&format!(
            "nobody is let in any more; what is under way has {seconds} s to finish. Told to stop again, it ends at once"
        ));
    }
    if timeout(grace, serving.finished()).await.is_err() {
        let requests = serving.under_way().await.map_or(0, |under_way| under_way.requests);
        terminal::warning(&format!("{requests} requests are cut off: they took longer than --drain allows"));
    }
}

fn start(
    envoy: &Envoy,
    configuration: &std::path::Path,
    loaded: &Loaded,
    options: &EnvoyOptions,
) -> Result<EnvoyProcess, String> {
    terminal::progress(&format!("starting Envoy {} ({})", envoy.version, envoy.program.display()));
    EnvoyProcess::start(&Settings {
        program: &envoy.program,
        configuration,
        log_level: &options.log_level,
        concurrency: options.concurrency,
        secrets: &loaded.secrets,
    })
}
