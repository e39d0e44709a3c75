//! All providers at once: reads a request to its end and writes a canned answer, piece by piece.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::canned::{self, Answer};
use crate::http::{self, Framing, Incoming};
use crate::{Outcome, pause};

/// The running upstream. It ends with the program.
#[derive(Debug)]
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    last: Rc<RefCell<Vec<u8>>>,
    gap: Rc<Cell<Duration>>,
}

#[derive(Debug)]
struct Answers {
    openai: [Answer; 2],
    anthropic: [Answer; 2],
    /// Between two events of a stream.
    gap: Rc<Cell<Duration>>,
}

impl Upstream {
    /// Starts it.
    pub async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let last = Rc::<RefCell<Vec<u8>>>::default();
        let gap = Rc::<Cell<Duration>>::default();
        let answers = Rc::new(Answers {
            openai: [canned::openai_whole(), canned::openai_stream()],
            anthropic: [canned::anthropic_whole(), canned::anthropic_stream()],
            gap: Rc::clone(&gap),
        });
        let seen = Rc::clone(&last);
        tokio::task::spawn_local(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (answers, seen) = (Rc::clone(&answers), Rc::clone(&seen));
                tokio::task::spawn_local(async move {
                    if let Err(error) = serve(connection, &answers, &seen).await {
                        eprintln!("upstream: {error}");
                    }
                });
            }
        });
        Ok(Self { address, last, gap })
    }

    /// What lies between two events of a stream from now on.
    pub fn set_gap(&self, gap: Duration) {
        self.gap.set(gap);
    }

    /// The body of the request that came last.
    pub fn last_body(&self) -> Vec<u8> {
        self.last.borrow().clone()
    }
}

async fn serve(mut connection: TcpStream, answers: &Answers, seen: &RefCell<Vec<u8>>) -> Outcome<()> {
    connection.set_nodelay(true)?;
    let mut incoming = Incoming::default();
    let mut body = Vec::new();
    loop {
        let (spoken, stream, framing) = loop {
            if let Some(head) = incoming.head() {
                let stream = http::field(head, b"accept") == Some(b"text/event-stream");
                if head.starts_with(b"GET ") {
                    // Some gateways ask which models there are.
                    connection.write_all(NOTHING).await?;
                    continue;
                }
                break (answers.to(head)?, stream, http::framing(head));
            }
            if connection.read_buf(incoming.tail()).await? == 0 {
                return Ok(());
            }
        };
        body.clear();
        loop {
            let whole = match framing {
                Framing::Length(length) => {
                    body.extend_from_slice(incoming.take(length - body.len()));
                    body.len() == length
                }
                Framing::Chunked => loop {
                    match incoming.chunk(&mut body)? {
                        Some(false) => {}
                        last => break last.is_some(),
                    }
                },
            };
            if whole {
                break;
            }
            if connection.read_buf(incoming.tail()).await? == 0 {
                return Err("the connection ended inside a request".into());
            }
        }
        let [whole, streamed] = spoken;
        let answer = if stream || asks_for_stream(&body) { streamed } else { whole };
        if let Ok(mut seen) = seen.try_borrow_mut() {
            std::mem::swap(&mut *seen, &mut body);
        }
        answers.write(answer, &mut connection).await?;
    }
}

const NOTHING: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

/// Some gateways accept whatever comes, and say what they want in the body alone: before the messages or after them.
fn asks_for_stream(body: &[u8]) -> bool {
    const NEAR: usize = 512;
    let start = body.get(..NEAR).unwrap_or(body);
    let end = body.get(body.len().saturating_sub(NEAR)..).unwrap_or(body);
    let says = |text: &[u8]| [start, end].iter().any(|part| http::find(part, text).is_some());
    says(b"\"stream\":true") || says(b"\"stream\": true")
}

impl Answers {
    /// Piece by piece, as a provider does, each when it is due: what one took must not delay the next.
    async fn write(&self, answer: &Answer, connection: &mut TcpStream) -> Outcome<()> {
        let mut due = Instant::now();
        for (place, piece) in answer.pieces.iter().enumerate() {
            if place > 0 {
                due += self.gap.get();
                pause::until(due).await;
            }
            connection.write_all(piece).await?;
        }
        Ok(())
    }

    /// Whole and streamed.
    fn to(&self, head: &[u8]) -> Outcome<&[Answer; 2]> {
        match head {
            _ if head.starts_with(b"POST /v1/chat/completions") => Ok(&self.openai),
            _ if head.starts_with(b"POST /v1/messages") => Ok(&self.anthropic),
            _ => Err(format!("unexpected request: {}", String::from_utf8_lossy(head)).into()),
        }
    }
}
