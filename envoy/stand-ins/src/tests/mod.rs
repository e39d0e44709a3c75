//! The stand-ins over real sockets: requests as bytes, answers as a client sees them.

mod anthropic;
mod failures;
mod files;
mod gemini;
mod openai;
mod responses;
mod samples;
mod tasks;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{ANTHROPIC_KEY, GEMINI_KEY, Kind, OPENAI_KEY, StandIn, start};

/// What a client has of an answer when the connection ends, or when it is tired of waiting.
#[derive(Debug)]
struct Reply {
    status: u16,
    /// In lower case.
    headers: String,
    body: String,
    /// The body as it came, where it is no text.
    bytes: Vec<u8>,
    /// The body is all there.
    complete: bool,
    /// The server ended the connection.
    closed: bool,
}

impl Reply {
    #[track_caller]
    fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.complete, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// The data of all events.
    #[track_caller]
    fn events(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.complete, "{}", self.body);
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

/// Posts to a stand-in as a client with the right key does.
async fn post(kind: Kind, path: &str, body: &Value) -> Reply {
    let key = match kind {
        Kind::OpenAi => format!("authorization: Bearer {OPENAI_KEY}\r\n"),
        Kind::Anthropic => format!("x-api-key: {ANTHROPIC_KEY}\r\nanthropic-version: 2023-06-01\r\n"),
        Kind::Gemini => format!("x-goog-api-key: {GEMINI_KEY}\r\n"),
    };
    exchange(kind, "POST", path, &key, &body.to_string()).await.unwrap()
}

/// `None`: the connection was reset before an answer.
async fn exchange(kind: Kind, method: &str, path: &str, headers: &str, body: &str) -> Option<Reply> {
    let stand_in = start(kind, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    exchange_with(&stand_in, method, path, headers, body).await
}

/// The same with a stand-in that may have been asked before.
async fn exchange_with(
    stand_in: &StandIn,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Option<Reply> {
    let mut stream = TcpStream::connect(stand_in.address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: stand-in\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let closed = match timeout(PATIENCE, stream.read_to_end(&mut bytes)).await {
        Ok(Ok(_)) => true,
        Ok(Err(_)) if bytes.is_empty() => return None,
        Ok(Err(error)) => panic!("{error}"),
        Err(_) => false,
    };
    Some(reply(&bytes, closed))
}

fn reply(bytes: &[u8], closed: bool) -> Reply {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("headers");
    let (head, rest) = (&bytes[..end], bytes[end..].strip_prefix(b"\r\n\r\n").unwrap());
    let headers = String::from_utf8_lossy(head).to_lowercase();
    let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length: "));
    let text = String::from_utf8_lossy(rest);
    let (body, complete) = match length {
        Some(length) => (text.into_owned(), length == rest.len().to_string()),
        None => unchunk(&text),
    };
    Reply { status, headers, body, bytes: rest.to_vec(), complete, closed }
}

fn unchunk(mut rest: &str) -> (String, bool) {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let (data, after) = after.split_at_checked(size).expect("a whole chunk");
        body.push_str(data);
        rest = after.strip_prefix("\r\n").expect("the end of a chunk");
    }
    (body, false)
}

/// A stream takes well under a second; a silent one would take for ever.
const PATIENCE: Duration = Duration::from_secs(2);
