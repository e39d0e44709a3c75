//! Envoy as a child of this process: started, waited for, stopped, and quoted when it fails.

use std::collections::{BTreeMap, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ferro::config::Listen;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::{door, tether};
use crate::terminal;

/// How Envoy is started.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its configuration.
    pub configuration: &'a Path,
    /// What it says of itself: trace, debug, info, warning, error, critical, off.
    pub log_level: &'a str,
    /// How many workers; as many as there are processors if not given.
    pub concurrency: Option<u32>,
    /// Environment variables on top of ours.
    pub secrets: &'a BTreeMap<String, String>,
}

/// A running Envoy. It ends with its owner.
#[derive(Debug)]
pub struct EnvoyProcess {
    #[cfg(not(target_os = "linux"))]
    _watch: Child,
    child: Child,
    words: Words,
    listening: Option<JoinHandle<()>>,
}

/// The last of what Envoy said.
#[derive(Clone, Debug, Default)]
pub struct Words(Arc<Mutex<VecDeque<String>>>);

/// How long a connection may stay on a listener that was replaced, or is no longer there: as long as a stream can take.
const DRAIN_SECONDS: &str = "86400";
/// How long Envoy may take to start; compiling the filter is most of it.
const LONGEST_START: Duration = Duration::from_secs(60);
/// How long Envoy may take to stop before it is killed.
const LONGEST_STOP: Duration = Duration::from_secs(10);
/// How many of Envoy's last lines are kept.
const LINES_KEPT: usize = 30;

impl EnvoyProcess {
    /// Starts Envoy. What it says goes to standard error, its access log to standard output.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn start(settings: &Settings<'_>) -> Result<Self, String> {
        let mut command = Command::new(settings.program);
        command.arg("--config-path").arg(settings.configuration);
        command.args(["--disable-hot-restart", "--log-level", settings.log_level]);
        // A connection that stays behind brings no further request: it is told to close with the next answer.
        command.args(["--drain-time-s", DRAIN_SECONDS, "--drain-strategy", "immediate"]);
        // Who watches the log wants to see a request while it is remembered; Envoy's own interval is ten seconds.
        command.args(["--file-flush-interval-msec", "1000"]);
        if let Some(concurrency) = settings.concurrency {
            command.arg("--concurrency").arg(concurrency.to_string());
        }
        command.envs(settings.secrets).stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        // Envoy ends at once when it is told to, and a terminal tells all of a group: when it is to end, we say.
        command.process_group(0);
        tether::tie(&mut command);
        let mut child = command
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", settings.program.display()))?;
        let words = Words::default();
        let listening = child.stderr.take().map(|pipe| tokio::spawn(repeat(pipe, words.clone())));
        Ok(Self {
            #[cfg(not(target_os = "linux"))]
            _watch: tether::watch(child.id().unwrap_or_default())?,
            child,
            words,
            listening,
        })
    }

    /// Waits until the gateway answers.
    ///
    /// # Errors
    /// Envoy ended, or took too long: in words for the operator.
    pub async fn ready(&mut self, places: &[Listen]) -> Result<(), String> {
        let deadline = Instant::now().checked_add(LONGEST_START);
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.explain(status).await);
            }
            let Some(silent) = door::silent(places).await else { return Ok(()) };
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                let seconds = LONGEST_START.as_secs();
                return Err(format!(
                    "Envoy runs, but the gateway does not answer on {} after {seconds} s; what Envoy says is above. \
                     --log-level info tells more.",
                    door::url(silent)
                ));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until Envoy ends by itself, and says so in words for the operator.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => self.explain(status).await,
            Err(error) => format!("cannot wait for Envoy: {error}"),
        }
    }

    /// Tells Envoy to stop, and waits for it.
    ///
    /// # Errors
    /// It had to be killed, or did not end well.
    pub async fn stop(mut self) -> Result<(), String> {
        if let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
            // It may have ended in between; then there is nothing to tell.
            let _ = kill_process(pid, Signal::TERM);
        }
        match timeout(LONGEST_STOP, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(format!("Envoy ended with {status}")),
            Ok(Err(error)) => Err(format!("cannot wait for Envoy: {error}")),
            Err(_) => {
                let _ = self.child.kill().await;
                Err("Envoy did not stop and was killed".to_owned())
            }
        }
    }

    /// The last of what it said, for others.
    pub fn words(&self) -> Words {
        self.words.clone()
    }

    async fn explain(&mut self, status: ExitStatus) -> String {
        if let Some(listening) = self.listening.take() {
            // Its last words may still be on their way.
            let _ = timeout(Duration::from_secs(1), listening).await;
        }
        let hint = self.words.hint();
        format!("Envoy ended ({status}). What it said is above.\n{hint}")
    }
}

impl Words {
    /// Why Envoy refused what it was given last, in its words and in ours.
    pub async fn refusal(&self) -> String {
        const MARK: &str = " rejected: ";
        let last = || {
            let mut words = self.0.lock().ok()?;
            let place = words.iter().rposition(|line| line.contains("discovery") && line.contains(MARK))?;
            let line = words.remove(place)?;
            Some(line.split_once(MARK)?.1.trim().to_owned())
        };
        let mut why = None;
        // Its words may still be on their way, and are not if its log is silent.
        for _ in 0..20 {
            why = last();
            if why.is_some() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let why = why.unwrap_or_else(|| "it does not say why".to_owned());
        format!("Envoy refuses it: {why}\n{}", self.hint())
    }

    /// What an operator may do about what Envoy said.
    fn hint(&self) -> &'static str {
        let words = self.0.lock().map(|words| words.iter().cloned().collect::<Vec<_>>().join("\n"));
        let words = words.unwrap_or_default();
        match () {
            () if words.contains("Address already in use") => {
                "Another program has the port: stop it, or change `listen` (or `admin`) in gateway.yaml."
            }
            () if words.contains("Permission denied") => {
                "Ports below 1024 need rights: choose another port for `listen`."
            }
            () if words.contains("ferro") && words.contains("onfigur") => {
                "The filter refused its configuration: the filter and this program may be of different versions; `make build` builds both."
            }
            () => "`ferro doctor` looks for causes; --log-level info tells more.",
        }
    }
}

/// Whether a port can be listened on.
///
/// # Errors
/// In words for the operator: which port, and what to do.
pub fn check_free(address: SocketAddr, key: &str) -> Result<(), String> {
    let port = address.port();
    TcpListener::bind(address).map(drop).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!(
                "port {port} is in use (`{key}: {address}`): stop the program that has it (`lsof -i :{port}` names it), or \
                 change `{key}`"
            )
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("port {port} may not be used (`{key}: {address}`): choose one from 1024, or run with the right to it")
        }
        std::io::ErrorKind::AddrNotAvailable => {
            format!("this machine has no address {} (`{key}: {address}`): listen on 127.0.0.1, or on 0.0.0.0 for all of its addresses", address.ip())
        }
        _ => format!("cannot listen on `{key}: {address}`: {error}"),
    })
}

/// Repeats Envoy's words, and keeps the last of them.
async fn repeat(pipe: tokio::process::ChildStderr, words: Words) {
    let mut lines = BufReader::new(pipe).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line).into_owned();
        // That it was told to stop is not news, nor that it then gets no more answers from us.
        if !["caught ENVOY_SIG", "REST update for /v3/discovery"].iter().any(|known| line.contains(known)) {
            terminal::note(&line);
        }
        if let Ok(mut words) = words.0.lock() {
            if words.len() >= LINES_KEPT {
                words.pop_front();
            }
            words.push_back(line);
        }
    }
}
