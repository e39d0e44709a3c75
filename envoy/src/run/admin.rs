//! Envoy's admin interface, as far as this program reads it: what is under way, and who is found.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::http;
use ferro::contract::UNREACHABLE;

/// Reads what Envoy says of itself, on one connection for as long as that lasts: its socket's file may be cleaned away.
#[derive(Debug)]
pub struct Admin {
    place: Place,
    connection: Option<BufReader<Box<dyn Connection>>>,
}

#[derive(Debug)]
enum Place {
    Address(SocketAddr),
    Socket(PathBuf),
}

/// What clients have of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Requests that are not answered to their end.
    pub requests: u64,
    /// Connections, with a request or without.
    pub connections: u64,
}

trait Connection: AsyncRead + AsyncWrite + std::fmt::Debug + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + std::fmt::Debug + Send + Unpin> Connection for T {}

/// How long an answer may take: while Envoy compiles the filter, it gives none.
const LONGEST: Duration = Duration::from_secs(5);

impl Admin {
    /// The interface at the address that the file names, else at the socket.
    pub fn new(named: Option<SocketAddr>, socket: Option<PathBuf>) -> Option<Self> {
        let place = named.map(Place::Address).or(socket.map(Place::Socket))?;
        Some(Self { place, connection: None })
    }

    /// What is under way; `None` if Envoy does not say.
    pub async fn under_way(&mut self) -> Option<UnderWay> {
        let text = self.get(r"/stats?filter=^http\.ferro\.downstream_(rq|cx)_active$").await.ok()?;
        let of = |what: &str| {
            let lines = text.lines().filter_map(|line| line.split_once(": "));
            lines
                .filter(|(name, _)| name.contains(what))
                .filter_map(|(_, count)| count.parse::<u64>().ok())
                .max()
        };
        Some(UnderWay { requests: of("_rq_")?, connections: of("_cx_")? })
    }

    /// The clusters of which Envoy knows an address; `None` if it does not say.
    pub async fn found(&mut self) -> Option<BTreeSet<String>> {
        let text = self.get("/clusters?format=json").await.ok()?;
        let clusters: Value = serde_json::from_str(&text).ok()?;
        let is_found = |host: &Value| {
            let address = host.pointer("/address/socket_address/address").and_then(Value::as_str);
            address.is_some_and(|address| address != UNREACHABLE)
        };
        let clusters = clusters.get("cluster_statuses").and_then(Value::as_array).into_iter().flatten();
        let found = clusters.filter(|cluster| {
            cluster["host_statuses"].as_array().is_some_and(|hosts| hosts.iter().any(is_found))
        });
        Some(found.filter_map(|cluster| cluster["name"].as_str().map(str::to_owned)).collect())
    }

    /// Whether a listener that was given to Envoy does not listen yet.
    pub async fn is_warming(&mut self) -> bool {
        let text = self.get(r"/stats?filter=^listener_manager\.total_listeners_warming$").await;
        text.is_ok_and(|text| !text.trim().ends_with(": 0"))
    }

    async fn get(&mut self, path: &str) -> io::Result<String> {
        let answer = async {
            // A connection that was kept may be gone.
            if let Some(connection) = self.connection.take()
                && let Ok(text) = self.ask(connection, path).await
            {
                return Ok(text);
            }
            let connection: Box<dyn Connection> = match &self.place {
                Place::Address(address) => Box::new(TcpStream::connect(address).await?),
                Place::Socket(path) => Box::new(UnixStream::connect(path).await?),
            };
            self.ask(BufReader::new(connection), path).await
        };
        timeout(LONGEST, answer).await?
    }

    async fn ask(
        &mut self,
        mut connection: BufReader<Box<dyn Connection>>,
        path: &str,
    ) -> io::Result<String> {
        let question = format!("GET {path} HTTP/1.1\r\nhost: ferro\r\n\r\n");
        connection.write_all(question.as_bytes()).await?;
        let answer = http::read(&mut connection).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if !answer.start.contains(" 200") {
            return Err(io::Error::other(answer.start));
        }
        self.connection = Some(connection);
        String::from_utf8(answer.body).map_err(|_| io::ErrorKind::InvalidData.into())
    }
}
