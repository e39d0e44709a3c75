//! `ferro run`: Envoy with the configuration, until Ctrl-C.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ConfigOption, EnvoyOptions, Failure, Outcome};
use crate::load::{Loaded, Purpose};
use crate::render::{Surroundings, render};
use crate::run::certificates::Certificates;
use crate::run::descriptors;
use crate::run::door;
use crate::run::folder::PrivateFolder;
use crate::run::locate::{self, Envoy};
use crate::run::process::{EnvoyProcess, Settings, check_free};
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
    envoy: EnvoyOptions,
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
    serve(&loaded, watched, &options.envoy, || {
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
    options: &EnvoyOptions,
    ready: impl FnOnce(),
) -> Outcome {
    let mut stop = Stop::new()?;
    let filter = locate::filter(options.filter.as_deref())?;
    let envoy = locate::envoy(options.envoy.as_deref())?;
    let trusted_ca = locate::certificates()?;
    check_ports(loaded)?;

    let unwritable = |error| format!("cannot write Envoy's configuration: {error}");
    let folder = PrivateFolder::new().map_err(unwritable)?;
    let admin_socket = folder.socket("admin.sock");
    let max_connections = Some(descriptors::connections());
    let watched_folder = Some(folder.place().to_owned());
    let surroundings = Surroundings {
        filter,
        trusted_ca,
        admin_socket,
        max_connections,
        watched: watched_folder,
        ..Surroundings::default()
    };
    let certificates = Certificates::new(&folder);
    let prepared = prepare(loaded, watched.as_deref(), &folder, &certificates, &surroundings);
    let (bootstrap, mut watch) = prepared.map_err(unwritable)?;
    let configuration = folder.write("envoy.json", &bootstrap.to_string()).map_err(unwritable)?;
    let mut process = start(&envoy, &configuration, loaded, options)?;
    tokio::select! {
        outcome = process.ready(&loaded.config.listen) => outcome?,
        () = stop.wanted() => return process.stop().await.map_err(Failure::Message),
    }
    ready();
    let edits = async {
        match &mut watch {
            Some(watch) => watch.run().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        words = process.ended() => return Err(words.into()),
        () = stop.wanted() => {}
        () = edits => {}
        () = certificates.keep() => {}
    }
    terminal::progress("stopping Envoy");
    process.stop().await.map_err(Failure::Message)
}

fn check_ports(loaded: &Loaded) -> Result<(), String> {
    loaded.config.listen.iter().try_for_each(|place| check_free(place.address, "listen"))?;
    loaded.config.admin.map_or(Ok(()), |admin| check_free(admin, "admin"))
}

/// Writes the files that Envoy watches, and says what it starts with.
fn prepare<'a>(
    loaded: &Loaded,
    file: Option<&Path>,
    folder: &'a PrivateFolder,
    certificates: &'a Certificates<'a>,
    surroundings: &Surroundings,
) -> std::io::Result<(Value, Option<Watch<'a>>)> {
    if let Some(file) = file {
        let watch = Watch::start(file, folder, certificates, surroundings.clone(), loaded)?;
        return Ok((watch.bootstrap(), Some(watch)));
    }
    let rendered = render(loaded, surroundings);
    certificates.link(&rendered.shown)?;
    Ok((rendered.bootstrap(), None))
}

fn start(
    envoy: &Envoy,
    configuration: &Path,
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
