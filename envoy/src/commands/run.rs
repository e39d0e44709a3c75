//! `ferro run`: Envoy with the configuration, until Ctrl-C.

use std::path::PathBuf;

use super::{ConfigOption, EnvoyOptions, Failure, Outcome};
use crate::load::{Loaded, Purpose};
use crate::render::{Surroundings, render};
use crate::run::descriptors;
use crate::run::folder::PrivateFolder;
use crate::run::locate::{self, Envoy};
use crate::run::process::{EnvoyProcess, Settings, check_free, reachable};
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
    serve(&loaded, watched, &options.envoy, |address| {
        terminal::note(&format!("Ferro listens on http://{address}"));
    })
    .await
}

/// Runs Envoy until it is stopped; says `ready` when the gateway answers.
pub async fn serve(
    loaded: &Loaded,
    watched: Option<PathBuf>,
    options: &EnvoyOptions,
    ready: impl FnOnce(std::net::SocketAddr),
) -> Outcome {
    let mut stop = Stop::new()?;
    let filter = locate::filter(options.filter.as_deref())?;
    let envoy = locate::envoy(options.envoy.as_deref())?;
    let trusted_ca = locate::certificates()?;
    check_free(loaded.config.listen, "listen")?;
    loaded.config.admin.map_or(Ok(()), |admin| check_free(admin, "admin"))?;

    let unwritable = |error| format!("cannot write Envoy's configuration: {error}");
    let folder = PrivateFolder::new().map_err(unwritable)?;
    let admin_socket = folder.socket("admin.sock");
    let max_connections = Some(descriptors::connections());
    let surroundings =
        Surroundings { filter, trusted_ca, admin_socket, max_connections, ..Surroundings::default() };
    let mut watch = match watched {
        Some(file) => Some(Watch::start(&file, &folder, surroundings.clone(), loaded).map_err(unwritable)?),
        None => None,
    };
    let bootstrap = match &watch {
        Some(watch) => watch.bootstrap(),
        None => render(loaded, &surroundings).bootstrap(),
    };
    let configuration = folder.write("envoy.json", &bootstrap.to_string()).map_err(unwritable)?;
    let mut process = start(&envoy, &configuration, loaded, options)?;
    tokio::select! {
        outcome = process.ready(loaded.config.listen) => outcome?,
        () = stop.wanted() => return process.stop().await.map_err(Failure::Message),
    }
    ready(reachable(loaded.config.listen));
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
    }
    terminal::progress("stopping Envoy");
    process.stop().await.map_err(Failure::Message)
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
