//! All providers at once: reads a request to its end and writes a canned answer, piece by piece.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::Outcome;
use crate::canned::{self, Answer};
use crate::http::{self, Framing, Incoming};

/// The running upstream. It ends with the program.
#[derive(Debug)]
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    last: Rc<RefCell<Vec<u8>>>,
}

#[derive(Debug)]
struct Answers {
    openai: [Answer; 2],
    anthropic: [Answer; 2],
    gap: Duration,
}

impl Upstream {
    /// Starts it; `gap` lies between two events of a stream.
    pub async fn start(gap: Duration) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let last = Rc::<RefCell<Vec<u8>>>::default();
        let answers = Rc::new(Answers {
            openai: [canned::openai_whole(), canned::openai_stream()],
            anthropic: [canned::anthropic_whole(), canned::anthropic_stream()],
            gap,
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
        Ok(Self { address, last })
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
        let (answer, framing) = loop {
            if let Some(head) = incoming.head() {
                break (answers.to(head)?, http::framing(head));
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
                    match incoming.chunk(&mut body) {
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
        if let Ok(mut seen) = seen.try_borrow_mut() {
            std::mem::swap(&mut *seen, &mut body);
        }
        for (place, piece) in answer.pieces.iter().enumerate() {
            if place > 0 {
                match answers.gap {
                    Duration::ZERO => tokio::task::yield_now().await,
                    gap => tokio::time::sleep(gap).await,
                }
            }
            connection.write_all(piece).await?;
        }
    }
}

impl Answers {
    fn to(&self, head: &[u8]) -> Outcome<&Answer> {
        let [whole, stream] = match head {
            _ if head.starts_with(b"POST /v1/chat/completions ") => &self.openai,
            _ if head.starts_with(b"POST /v1/messages ") => &self.anthropic,
            _ => return Err(format!("unexpected request: {}", String::from_utf8_lossy(head)).into()),
        };
        match http::field(head, b"accept") {
            Some(b"text/event-stream") => Ok(stream),
            _ => Ok(whole),
        }
    }
}
