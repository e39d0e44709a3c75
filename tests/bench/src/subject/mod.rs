//! What is measured: gateways, each with one worker or thread on the same processor.

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::Outcome;
use crate::cell::{Asking, Cell, Request};
use crate::load;
use crate::load::expected::Expected;
use crate::options::Options;
use crate::process::Group;
use crate::upstream::Upstream;

pub mod peer;
mod peers;
mod plain;
pub mod variant;

use peer::Filling;
use variant::{VARIANTS, Variant};

/// A running gateway. It ends with its owner.
#[derive(Debug)]
pub struct Subject {
    /// Where it listens.
    pub address: SocketAddr,
    kind: Kind,
    upstream: String,
    folder: PathBuf,
    /// None of it for the upstream itself.
    group: Option<Group>,
}

/// What stands between the load and the upstream.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Nothing: what load and upstream cost themselves.
    Direct,
    /// Envoy with a plain route to the upstream; no filter but the router.
    Plain,
    /// Envoy with what `ferro render` prints.
    Ferro(&'static Variant),
    /// The first variant of Ferro with another build of the filter.
    Against(PathBuf),
    /// A gateway of someone else's.
    Peer(peer::Found),
}

/// A folder for configurations, gone with its owner.
#[derive(Debug)]
pub struct Folder(PathBuf);

/// How long a gateway may take to start: Envoy compiles the filter, others load a thousand modules.
const LONGEST_START: Duration = Duration::from_secs(120);
/// A credential that is none; gateways read it from their environment or configuration.
const KEY: (&str, &str) = ("FERRO_BENCH_KEY", "sk-of-nobody-0123456789abcdef0123456789abcdef");

impl Kind {
    /// Envoy without and with Ferro, as the options ask; the plain one first.
    pub fn envoys(options: &Options) -> Vec<Self> {
        let wanted = if options.variants { VARIANTS.len() } else { 1 };
        let mut kinds = vec![Self::Plain];
        kinds.extend(VARIANTS.iter().take(wanted).map(Self::Ferro));
        kinds.extend(options.against.clone().map(Self::Against));
        kinds
    }

    /// Its name in the tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Plain => "plain",
            Self::Ferro(variant) => variant.name,
            Self::Against(_) => "against",
            Self::Peer(found) => found.peer.name,
        }
    }

    /// Whether it is a gateway of someone else's.
    pub const fn is_peer(&self) -> bool {
        matches!(self, Self::Peer(_))
    }
}

impl Subject {
    /// Starts it and waits until it listens.
    pub async fn start(kind: Kind, options: &Options, upstream: &Upstream, folder: &Folder) -> Outcome<Self> {
        let upstream = upstream.address;
        let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let address = if matches!(kind, Kind::Direct) { upstream } else { free };
        let folder = folder.0.join(address.port().to_string());
        let file = folder.with_extension("json");
        let command = match &kind {
            Kind::Direct => None,
            Kind::Plain => {
                fs::write(&file, plain::configuration(address, upstream).to_string())?;
                Some(envoy_with(&file)?)
            }
            Kind::Ferro(variant) => {
                variant.render(&file, address, upstream, None)?;
                Some(envoy_with(&file)?)
            }
            Kind::Against(filter) => {
                let first = VARIANTS.first().ok_or("there is no variant of Ferro")?;
                first.render(&file, address, upstream, Some(filter))?;
                Some(envoy_with(&file)?)
            }
            Kind::Peer(found) => {
                let filling =
                    Filling { port: address.port(), upstream: &upstream.to_string(), folder: &folder };
                Some(found.peer.command(&found.program, &filling)?)
            }
        };
        let log = kind.is_peer().then(|| folder.with_extension("log"));
        let group = command.map(|command| Group::start(&command, options.envoy_core, log)).transpose()?;
        let mut subject = Self { address, kind, upstream: upstream.to_string(), folder, group };
        subject.ready().await?;
        Ok(subject)
    }

    async fn ready(&mut self) -> Outcome<()> {
        let deadline = Instant::now() + LONGEST_START;
        let name = self.name();
        while let Some(group) = &mut self.group {
            if let Some(status) = group.ended()? {
                return Err(format!("{name} ended ({status})\n{}", group.last_words()).into());
            }
            if TcpStream::connect(self.address).await.is_ok() {
                break;
            }
            if Instant::now() > deadline {
                return Err(format!("{name} does not listen\n{}", group.last_words()).into());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Its name in the tables.
    pub const fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Whether it is a gateway of someone else's.
    pub const fn is_peer(&self) -> bool {
        self.kind.is_peer()
    }

    /// Its processes; the upstream, which is in this program, has none.
    pub const fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// The request of this case, if it can be asked for it.
    pub fn request(&self, cell: &Cell) -> Option<Request> {
        Some(cell.request(&self.asking(cell)?))
    }

    fn asking(&self, cell: &Cell) -> Option<Asking> {
        match &self.kind {
            Kind::Direct | Kind::Plain => Some(cell.asking_upstream()),
            Kind::Ferro(variant) => Some(Asking { headers: variant.headers(), ..cell.asking() }),
            Kind::Against(_) => Some(cell.asking()),
            Kind::Peer(found) => {
                let (port, folder) = (self.address.port(), self.folder.as_path());
                found.peer.asking(cell, &Filling { port, upstream: &self.upstream, folder })
            }
        }
    }

    /// Asks once, looks at the request and the answer from both ends, and says what every answer must be.
    pub async fn check(&self, cell: &Cell, request: &Request, upstream: &Upstream) -> Outcome<Expected> {
        let answer = load::one(self.address, request).await?;
        if matches!(self.kind, Kind::Direct | Kind::Plain) {
            return Ok(Expected::bytes(&cell.answer().body));
        }
        let seen = serde_json::from_slice(&upstream.last_body());
        cell.check_upstream(&seen.map_err(|error| format!("upstream: {error}"))?)?;
        if self.is_peer() {
            let mut expected = Expected::meaning(cell.is_stream());
            expected.check(&answer)?;
            return Ok(expected);
        }
        cell.check_answer(&answer)?;
        Ok(Expected::bytes(&answer))
    }

    /// What its program wrote last, if that is not on the terminal.
    pub fn last_words(&self) -> String {
        self.group.as_ref().map(Group::last_words).unwrap_or_default()
    }
}

impl Folder {
    /// A new one.
    pub fn new() -> Outcome<Self> {
        let folder = env::temp_dir().join(format!("ferro-bench-{}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn envoy_with(file: &Path) -> Outcome<Command> {
    let mut command = Command::new(envoy()?);
    command
        .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "error", "--config-path"])
        .arg(file)
        .env(KEY.0, KEY.1);
    Ok(command)
}

/// `$FERRO_ENVOY`, `.envoy/envoy`, then what `PATH` has.
pub fn envoy() -> Outcome<PathBuf> {
    if let Some(named) = env::var_os("FERRO_ENVOY").filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let local = Path::new(".envoy/envoy");
    Ok(if local.is_file() { local.canonicalize()? } else { "envoy".into() })
}
