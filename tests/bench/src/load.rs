//! The load: a closed loop on keep-alive connections, which compares every answer with what it must be.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::Outcome;
use crate::cell::Request;
use crate::http::{self, Framing, Incoming};

/// Requests of each connection before anything counts.
const WARM_UP: usize = 10;

/// Connections that are open and warm.
#[derive(Debug)]
pub struct Ready(Vec<Connection>);

/// What a round brought.
#[derive(Debug)]
pub struct Loaded {
    /// How long it took.
    pub time: Duration,
    /// How long each request took, the shortest first.
    pub latencies: Vec<Duration>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    incoming: Incoming,
    request: Rc<[u8]>,
    body: Vec<u8>,
    expected: Expected,
}

/// Opens connections and warms them.
pub async fn connect(
    address: SocketAddr,
    connections: usize,
    request: &Request,
    expected: &[u8],
) -> Outcome<Ready> {
    let request: Rc<[u8]> = request.0.as_slice().into();
    let mut ready = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(address, Rc::clone(&request), Expected::new(expected)).await?;
        for _ in 0..WARM_UP {
            connection.ask_and_compare().await?;
        }
        ready.push(connection);
    }
    Ok(Ready(ready))
}

/// The answer to one request.
pub async fn one(address: SocketAddr, request: &Request) -> Outcome<Vec<u8>> {
    let mut connection = Connection::open(address, request.0.as_slice().into(), Expected::new(b"")).await?;
    connection.ask().await?;
    Ok(connection.body)
}

impl Ready {
    /// Sends requests for this long, and waits for the last answers.
    pub async fn run(self, time: Duration) -> Outcome<Loaded> {
        let start = Instant::now();
        let deadline = start + time;
        let tasks: Vec<_> = self
            .0
            .into_iter()
            .map(|mut connection| {
                tokio::task::spawn_local(async move {
                    let mut latencies = Vec::new();
                    let mut before = Instant::now();
                    while before < deadline {
                        connection.ask_and_compare().await.map_err(|error| error.to_string())?;
                        let now = Instant::now();
                        latencies.push(now - before);
                        before = now;
                    }
                    Ok::<_, String>(latencies)
                })
            })
            .collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await??);
        }
        let time = start.elapsed();
        latencies.sort_unstable();
        Ok(Loaded { time, latencies })
    }
}

impl Connection {
    async fn open(address: SocketAddr, request: Rc<[u8]>, expected: Expected) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, incoming: Incoming::default(), request, body: Vec::new(), expected })
    }

    async fn ask_and_compare(&mut self) -> Outcome<()> {
        self.ask().await?;
        match self.expected.is(&self.body) {
            true => Ok(()),
            false => Err(format!("an unexpected answer: {}", String::from_utf8_lossy(&self.body)).into()),
        }
    }

    /// Sends the request and reads the answer's body.
    async fn ask(&mut self) -> Outcome<()> {
        self.stream.write_all(&self.request).await?;
        self.body.clear();
        let (good, framing) = loop {
            if let Some(head) = self.incoming.head() {
                break (head.starts_with(b"HTTP/1.1 200 "), http::framing(head));
            }
            self.more().await?;
        };
        loop {
            let whole = match framing {
                Framing::Length(length) => {
                    self.body.extend_from_slice(self.incoming.take(length - self.body.len()));
                    self.body.len() == length
                }
                Framing::Chunked => loop {
                    match self.incoming.chunk(&mut self.body) {
                        Some(false) => {}
                        last => break last.is_some(),
                    }
                },
            };
            if whole {
                break;
            }
            self.more().await?;
        }
        match good {
            true => Ok(()),
            false => Err(format!("not a 200: {}", String::from_utf8_lossy(&self.body)).into()),
        }
    }

    async fn more(&mut self) -> Outcome<()> {
        match self.stream.read_buf(self.incoming.tail()).await? {
            0 => Err("the connection ended inside an answer".into()),
            _ => Ok(()),
        }
    }
}

/// What an answer must be, but for the seconds of `created`, which translated answers take from the clock.
#[derive(Debug)]
struct Expected {
    last: Vec<u8>,
    masked: Vec<u8>,
}

impl Expected {
    fn new(body: &[u8]) -> Self {
        Self { last: body.to_vec(), masked: mask(body) }
    }

    fn is(&mut self, body: &[u8]) -> bool {
        if body == self.last {
            return true;
        }
        let same = mask(body) == self.masked;
        if same {
            self.last = body.to_vec();
        }
        same
    }
}

fn mask(body: &[u8]) -> Vec<u8> {
    const CREATED: &[u8] = b"\"created\":";
    let mut masked = body.to_vec();
    let places: Vec<_> = body
        .windows(CREATED.len())
        .enumerate()
        .filter(|(_, part)| *part == CREATED)
        .map(|(at, _)| at)
        .collect();
    for at in places {
        let digits = masked.iter_mut().skip(at + CREATED.len()).take_while(|byte| byte.is_ascii_digit());
        digits.for_each(|digit| *digit = b'0');
    }
    masked
}
