//! The load: keep-alive connections that compare every answer with what it must be.

use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::Outcome;
use crate::cell::Request;
use crate::http::{self, Framing, Incoming};

pub mod closed;
pub mod expected;
pub mod open;
pub mod schedule;

use expected::Expected;

/// Longer than any gateway thinks about an answer that is there: then it hangs, and the round is void.
pub const LONGEST_ANSWER: Duration = Duration::from_secs(20);

/// A connection that asks one thing again and again.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    incoming: Incoming,
    request: Rc<[u8]>,
    body: Vec<u8>,
    expected: Expected,
}

/// The answer to one request.
pub async fn one(address: SocketAddr, request: &Request) -> Outcome<Vec<u8>> {
    let ask = async {
        let mut connection =
            Connection::open(address, request.0.as_slice().into(), Expected::anything()).await?;
        connection.ask(|| {}).await?;
        Ok(connection.body)
    };
    timeout(LONGEST_ANSWER, ask).await.map_err(|_| "no answer came")?
}

/// Opens connections and has each ask so often before anything counts.
async fn connect(
    address: SocketAddr,
    connections: usize,
    warm_up: usize,
    request: &Request,
    expected: &Expected,
) -> Outcome<Vec<Connection>> {
    let request: Rc<[u8]> = request.0.as_slice().into();
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (request, expected) = (Rc::clone(&request), expected.clone());
        tasks.spawn_local(async move {
            let warm = async {
                let mut connection = Connection::open(address, request, expected).await?;
                for _ in 0..warm_up {
                    connection.ask_and_compare(|| {}).await?;
                }
                Ok(connection)
            };
            warm.await.map_err(|error: Box<dyn Error>| error.to_string())
        });
    }
    let all = async {
        let mut ready = Vec::new();
        while let Some(warm) = tasks.join_next().await {
            ready.push(warm??);
        }
        Ok(ready)
    };
    timeout(LONGEST_ANSWER, all).await.map_err(|_| "the connections do not become warm")?
}

impl Connection {
    async fn open(address: SocketAddr, request: Rc<[u8]>, expected: Expected) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, incoming: Incoming::default(), request, body: Vec::new(), expected })
    }

    /// One request; `arrived` is told of every time that more of the answer's body has come.
    async fn ask_and_compare(&mut self, arrived: impl FnMut()) -> Outcome<()> {
        self.ask(arrived).await?;
        self.expected.check(&self.body)
    }

    async fn ask(&mut self, mut arrived: impl FnMut()) -> Outcome<()> {
        self.stream.write_all(&self.request).await?;
        self.body.clear();
        let (good, framing) = loop {
            if let Some(head) = self.incoming.head() {
                break (head.starts_with(b"HTTP/1.1 200 "), http::framing(head));
            }
            self.more().await?;
        };
        loop {
            let before = self.body.len();
            let whole = match framing {
                Framing::Length(length) => {
                    self.body.extend_from_slice(self.incoming.take(length - self.body.len()));
                    self.body.len() == length
                }
                Framing::Chunked => loop {
                    match self.incoming.chunk(&mut self.body)? {
                        Some(false) => {}
                        last => break last.is_some(),
                    }
                },
            };
            if self.body.len() > before {
                arrived();
            }
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

/// The moments of one answer.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    /// From the request to the first of the body.
    pub first: Duration,
    /// The longest time between two pieces of it.
    pub gap: Duration,
}

impl Connection {
    async fn time(&mut self) -> Outcome<Timed> {
        let start = Instant::now();
        let (mut first, mut last, mut gap) = (None, start, Duration::ZERO);
        self.ask_and_compare(|| {
            let now = Instant::now();
            match first {
                None => first = Some(now - start),
                Some(_) => gap = gap.max(now - last),
            }
            last = now;
        })
        .await?;
        Ok(Timed { first: first.ok_or("an answer without a body")?, gap })
    }
}
