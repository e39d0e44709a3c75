//! What is measured: Envoys, each with one worker on the same processor.

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::Outcome;
use crate::options::Options;

/// A running Envoy. It ends with its owner.
#[derive(Debug)]
pub struct Subject {
    /// Where it listens.
    pub address: SocketAddr,
    kind: Kind,
    child: Child,
}

/// How an Envoy is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A plain route to the upstream; no filter but the router.
    Plain,
    /// What `ferro render` prints.
    Ferro {
        /// `log.requests`.
        log: &'static str,
        /// Another build of the filter than the one that `ferro` finds.
        filter: Option<PathBuf>,
    },
}

/// A folder for configurations, gone with its owner.
#[derive(Debug)]
pub struct Folder(PathBuf);

/// How long an Envoy may take to start; compiling the filter is most of it.
const LONGEST_START: Duration = Duration::from_secs(60);
/// A credential that is none; the filter reads it from Envoy's environment.
const KEY: (&str, &str) = ("FERRO_BENCH_KEY", "sk-of-nobody-0123456789abcdef0123456789abcdef");
/// `limits.max_request_bytes` and a mebibyte, as `ferro render` sets it.
const BUFFER: u32 = (32 << 20) + (1 << 20);

impl Kind {
    /// All that the options ask for; the plain one first.
    pub fn all(options: &Options) -> Vec<Self> {
        let ferro = |log, filter| Self::Ferro { log, filter };
        let mut kinds = vec![Self::Plain, ferro("none", None)];
        kinds.extend(options.metadata.then(|| ferro("metadata", None)));
        kinds.extend(options.against.clone().map(|filter| ferro("none", Some(filter))));
        kinds
    }

    /// Its name in the table.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Ferro { filter: Some(_), .. } => "against",
            Self::Ferro { log, .. } if log.len() > "none".len() => "ferro, logging",
            Self::Ferro { .. } => "ferro",
        }
    }
}

impl Subject {
    /// Starts an Envoy and waits until it listens.
    pub async fn start(
        kind: Kind,
        options: &Options,
        upstream: SocketAddr,
        folder: &Folder,
    ) -> Outcome<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let file = folder.0.join(format!("{}.json", address.port()));
        match &kind {
            Kind::Plain => fs::write(&file, plain(address, upstream).to_string())?,
            Kind::Ferro { log, filter } => {
                render(&file, &gateway(address, upstream, log), filter.as_deref())?
            }
        }
        let child = Command::new("taskset")
            .args(["-c", &options.envoy_core.to_string()])
            .arg(envoy()?)
            .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "error", "--config-path"])
            .arg(&file)
            .env(KEY.0, KEY.1)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("taskset: {error}"))?;
        let mut subject = Self { address, kind, child };
        subject.ready().await?;
        Ok(subject)
    }

    async fn ready(&mut self) -> Outcome<()> {
        let deadline = Instant::now() + LONGEST_START;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("{}: Envoy ended ({status}); what it said is above", self.name()).into());
            }
            if TcpStream::connect(self.address).await.is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{}: Envoy does not listen", self.name()).into());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Its name in the table.
    pub const fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Whether it runs without the filter.
    pub fn is_plain(&self) -> bool {
        self.kind == Kind::Plain
    }

    /// The process's id: `taskset` becomes the program that it starts.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
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

/// `$FERRO_ENVOY`, `.envoy/envoy`, then what `PATH` has.
fn envoy() -> Outcome<PathBuf> {
    if let Some(named) = env::var_os("FERRO_ENVOY").filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let local = Path::new(".envoy/envoy");
    Ok(if local.is_file() { local.canonicalize()? } else { "envoy".into() })
}

/// Lets `ferro render` write Envoy's configuration.
fn render(file: &Path, gateway: &Value, filter: Option<&Path>) -> Outcome<()> {
    let written = file.with_extension("yaml"); // JSON is YAML
    fs::write(&written, gateway.to_string())?;
    let ferro = env::var_os("FERRO_BIN").filter(|named| !named.is_empty());
    let ferro = ferro.unwrap_or_else(|| "target/release/ferro".into());
    let mut command = Command::new(&ferro);
    command.arg("render").arg("-c").arg(&written).args(["--for", "envoy", "-o"]).arg(file);
    let from_environment = env::var_os("FERRO_FILTER").filter(|named| !named.is_empty()).map(PathBuf::from);
    if let Some(filter) = filter.map(Path::to_owned).or(from_environment) {
        let found = filter.canonicalize().map_err(|error| format!("{}: {error}", filter.display()))?;
        command.arg("--filter").arg(found);
    }
    let output = command
        .env(KEY.0, KEY.1)
        .output()
        .map_err(|error| format!("{}: {error}; `make build` builds it", ferro.display()))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("ferro render: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// `gateway.yaml`: one route to a provider that speaks as the client does, one to a provider that doesn't.
fn gateway(address: SocketAddr, upstream: SocketAddr, log: &str) -> Value {
    let provider = |kind: &str| json!({ "kind": kind, "endpoint": format!("http://{upstream}"), "api_key": format!("${{{}}}", KEY.0) });
    let route = |name: &str, model: &str| json!({ "name": name, "match": { "models": [name] }, "targets": [{ "provider": name, "model": model }] });
    json!({
        "listen": address.to_string(),
        "admin": false,
        "providers": { "same": provider("openai"), "other": provider("anthropic") },
        "routes": [route("same", "gpt-4o"), route("other", "claude-sonnet-4-5")],
        "log": { "requests": log },
    })
}

/// The same Envoy without the filter: the same buffers, the same way of speaking HTTP, no access log.
fn plain(address: SocketAddr, upstream: SocketAddr) -> Value {
    let typed = |kind: &str| format!("type.googleapis.com/envoy.extensions.{kind}");
    let socket = |address: SocketAddr| json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } });
    let out_of_reach = json!({
        "max_connections": u32::MAX, "max_pending_requests": u32::MAX, "max_requests": u32::MAX, "max_retries": u32::MAX,
    });
    let manager = json!({
        "@type": typed("filters.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "plain",
        "codec_type": "AUTO",
        "use_remote_address": true,
        "generate_request_id": false,
        "stream_idle_timeout": "0s",
        "request_headers_timeout": "10s",
        "route_config": { "name": "plain", "virtual_hosts": [{ "name": "plain", "domains": ["*"], "routes": [{
            "match": { "prefix": "/" },
            "request_body_buffer_limit": BUFFER,
            "route": { "cluster": "upstream", "timeout": "0s", "idle_timeout": "0s" },
        }] }] },
        "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": { "@type": typed("filters.http.router.v3.Router"), "suppress_envoy_headers": true },
        }],
    });
    json!({
        "node": { "id": "plain", "cluster": "plain" },
        "static_resources": {
            "listeners": [{
                "name": "plain",
                "address": socket(address),
                "enable_reuse_port": false,
                "per_connection_buffer_limit_bytes": BUFFER,
                "filter_chains": [{ "filters": [{
                    "name": "envoy.filters.network.http_connection_manager", "typed_config": manager,
                }] }],
            }],
            "clusters": [{
                "name": "upstream",
                "type": "STRICT_DNS",
                "connect_timeout": "5s",
                "load_assignment": { "cluster_name": "upstream", "endpoints": [
                    { "lb_endpoints": [{ "endpoint": { "address": socket(upstream) } }] },
                ] },
                "circuit_breakers": { "thresholds": [out_of_reach] },
            }],
        },
    })
}
