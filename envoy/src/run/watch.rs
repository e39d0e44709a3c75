//! `--watch`: the file's edits, applied to a running Envoy.
//!
//! Envoy watches two files of ours, one with its listener and one with its clusters. The clusters are replaced first
//! and the listener after them, so that no request meets a route to a cluster that is not there yet; a cluster that
//! is no longer named stays, since requests under way may still go to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::load::{self, Environment, Loaded, Problems, Purpose};
use crate::render::{self, Rendered, Surroundings, Watched};
use crate::run::certificates::Certificates;
use crate::run::folder::PrivateFolder;
use crate::terminal;

/// Watches a file, and keeps Envoy's files in step with it.
#[derive(Debug)]
pub struct Watch<'a> {
    file: PathBuf,
    folder: &'a PrivateFolder,
    certificates: &'a Certificates<'a>,
    surroundings: Surroundings,
    seen: Option<Vec<u8>>,
    running: Rendered,
    secrets: BTreeMap<String, String>,
    clusters: Vec<Value>,
}

/// What became of an edit.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Envoy has been told.
    Applied,
    /// It means the same as before.
    Same,
    /// It has mistakes; what ran before runs on.
    Wrong(Problems),
    /// It cannot be applied to a running Envoy, for this reason; what ran before runs on.
    NeedsRestart(String),
}

const LISTENER: &str = "listener.json";
const CLUSTERS: &str = "clusters.json";
/// How often the file is looked at. Asking costs a read of a small file and works on every file system.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long new clusters get to resolve their providers' names before the listener sends requests to them.
const WARMING: Duration = Duration::from_secs(1);

/// Envoy's two files in a folder.
pub fn files(folder: &PrivateFolder) -> Watched {
    Watched { listener: folder.path(LISTENER), clusters: folder.path(CLUSTERS) }
}

impl<'a> Watch<'a> {
    /// Writes Envoy's files as they are to be at its start.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn start(
        file: &Path,
        folder: &'a PrivateFolder,
        certificates: &'a Certificates<'a>,
        mut surroundings: Surroundings,
        loaded: &Loaded,
    ) -> std::io::Result<Self> {
        surroundings.credentials = loaded.credentials().into_iter().map(str::to_owned).collect();
        let running = render::render(loaded, &surroundings);
        let watch = Self {
            file: file.to_owned(),
            folder,
            certificates,
            surroundings,
            seen: load::read(file).ok(),
            clusters: running.clusters.clone(),
            running,
            secrets: loaded.secrets.clone(),
        };
        watch.certificates.link(&watch.running.shown)?;
        watch.write_clusters()?;
        watch.write_listeners(&watch.running.listeners)?;
        Ok(watch)
    }

    /// What Envoy starts with.
    pub fn bootstrap(&self) -> Value {
        self.running.watched_bootstrap(&files(self.folder))
    }

    /// Applies edits for ever, and says what became of them.
    pub async fn run(&mut self) {
        loop {
            sleep(INTERVAL).await;
            let content = load::read(&self.file).ok();
            // An editor that replaces a file may leave it absent or empty for a moment.
            if content == self.seen || content.as_deref().is_none_or(<[u8]>::is_empty) {
                continue;
            }
            self.seen = content;
            let name = self.file.display().to_string();
            match self.apply().await {
                Ok(Outcome::Applied) => terminal::progress(&format!("{name} changed: applied")),
                Ok(Outcome::Same) => terminal::progress(&format!("{name} changed: nothing to apply")),
                Ok(Outcome::Wrong(problems)) => {
                    for line in problems.lines() {
                        terminal::note(&line);
                    }
                    let hint =
                        "what ran before runs on. A variable is read when Envoy starts: to set one, restart";
                    terminal::error(&format!("{name} changed, with mistakes: {hint}"));
                }
                Ok(Outcome::NeedsRestart(reason)) => {
                    terminal::warning(&format!(
                        "{name} changed: {reason}: restart to apply it. Until then what ran before runs on"
                    ));
                }
                Err(error) => terminal::error(&format!("cannot write Envoy's files: {error}")),
            }
        }
    }

    async fn apply(&mut self) -> std::io::Result<Outcome> {
        let loaded = match load::load(Some(&self.file), Purpose::Run, &Environment::of_process()) {
            Ok(loaded) => loaded,
            Err(problems) => return Ok(Outcome::Wrong(problems)),
        };
        for line in loaded.warnings.lines() {
            terminal::warning(&line);
        }
        if let Some(words) = loaded.exposure() {
            terminal::warning(&words);
        }
        let next = render::render(&loaded, &self.surroundings);
        if let Some(reason) = self.obstacle(&loaded, &next) {
            return Ok(Outcome::NeedsRestart(reason));
        }
        if next == self.running {
            return Ok(Outcome::Same);
        }
        self.certificates.link(&next.shown)?;
        let clusters = with_former(&next.clusters, &self.clusters);
        let before = std::mem::replace(&mut self.clusters, clusters);
        if before != self.clusters {
            // The ways to proxies are there before clusters take them.
            let ways: Vec<_> = next.ways().cloned().collect();
            self.write_listeners(&with_former(&self.running.listeners, &ways))?;
            self.write_clusters()?;
            sleep(WARMING).await;
        }
        self.running = next;
        self.write_listeners(&self.running.listeners)?;
        Ok(Outcome::Applied)
    }

    fn obstacle(&self, loaded: &Loaded, next: &Rendered) -> Option<String> {
        let start = "reach Envoy at its start only";
        if loaded.secrets != self.secrets {
            return Some(format!("a secret that is written out changed, and secrets {start}"));
        }
        let known = &self.surroundings.credentials;
        let new: Vec<_> = loaded.credentials().into_iter().filter(|name| !known.contains(*name)).collect();
        if !new.is_empty() {
            return Some(format!("it names a new credential ({}), and credentials {start}", new.join(", ")));
        }
        if next.overload != self.running.overload {
            let keys = "`limits.max_heap` or `limits.max_connections`";
            return Some(format!("{keys} changed, and Envoy reads them at its start only"));
        }
        (next.admin != self.running.admin)
            .then(|| "`admin` changed, and Envoy opens its admin interface at its start only".to_owned())
    }

    fn write_listeners(&self, listeners: &[Value]) -> std::io::Result<()> {
        let kind = "envoy.config.listener.v3.Listener";
        let content = render::discovery(kind, listeners);
        self.folder.write(LISTENER, &content.to_string()).map(drop)
    }

    fn write_clusters(&self) -> std::io::Result<()> {
        let content = render::discovery("envoy.config.cluster.v3.Cluster", &self.clusters);
        self.folder.write(CLUSTERS, &content.to_string()).map(drop)
    }
}

/// These clusters or listeners, and those of `former` that have none of their names.
fn with_former(these: &[Value], former: &[Value]) -> Vec<Value> {
    let names: BTreeSet<_> = these.iter().map(|known| known["name"].as_str()).collect();
    let gone = former.iter().filter(|known| !names.contains(&known["name"].as_str()));
    these.iter().chain(gone).cloned().collect()
}
