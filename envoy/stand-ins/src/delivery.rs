//! How an answer leaves: its status and headers at once, its body in pieces with pauses, and how that ends.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use serde_json::Value;
use tokio::time::{Instant, Sleep, sleep};

/// How the body of an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// As it should.
    Complete,
    /// Never, and nothing of it is ever sent: the client has the headers and waits.
    Silent,
    /// In the middle: the connection is closed.
    Cut,
}

/// A provider's refusal of a request.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: StatusCode,
    /// The body, in the provider's own shape.
    pub(super) body: Value,
    /// Sent as `Retry-After`.
    pub(super) retry_after_seconds: Option<u32>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, body: Value) -> Box<Self> {
        Box::new(Self { status, body, retry_after_seconds: None })
    }

    pub(super) fn retry_after(mut self: Box<Self>, seconds: u32) -> Box<Self> {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let json = (header::CONTENT_TYPE, "application/json".to_owned());
        let wait = self.retry_after_seconds.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        match wait {
            Some(wait) => (self.status, [json], wait, self.body.to_string()).into_response(),
            None => (self.status, [json], self.body.to_string()).into_response(),
        }
    }
}

/// An answer in JSON that is sent in one go.
pub(super) fn whole(body: String, ending: Ending) -> Response {
    bytes("application/json", body.into_bytes(), ending)
}

/// The same of any kind.
pub(super) fn bytes(content_type: &str, mut body: Vec<u8>, ending: Ending) -> Response {
    let length = (header::CONTENT_LENGTH, body.len().to_string());
    let kind = (header::CONTENT_TYPE, content_type.to_owned());
    match ending {
        Ending::Complete => ([kind, length], body).into_response(),
        Ending::Silent => ([kind], Body::new(Pieces::new([""; 0], ending))).into_response(),
        Ending::Cut => {
            body.truncate(body.len() / 2);
            ([kind, length], Body::new(Pieces::new([body], ending))).into_response()
        }
    }
}

/// An answer that is sent piece by piece.
pub(super) fn stream(content_type: &'static str, mut pieces: Vec<String>, ending: Ending) -> Response {
    match ending {
        Ending::Complete => {}
        Ending::Silent => pieces.clear(),
        Ending::Cut => pieces.truncate(pieces.len() / 2),
    }
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::new(Pieces::new(pieces, ending))).into_response()
}

/// Cuts a text into what a stream sends at a time, without regard to its words.
pub(super) fn deltas(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let at_once = (characters.len() / MOST_DELTAS).max(LEAST_CHARACTERS);
    characters.chunks(at_once).map(|some| some.iter().collect()).collect()
}

/// A body that takes its time.
struct Pieces {
    left: VecDeque<Bytes>,
    pause: Pin<Box<Sleep>>,
    ending: Ending,
}

impl Pieces {
    fn new<P: Into<Bytes>>(pieces: impl IntoIterator<Item = P>, ending: Ending) -> Self {
        let left = pieces.into_iter().map(P::into).collect();
        Self { left, pause: Box::pin(sleep(Duration::ZERO)), ending }
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        ready!(self.pause.as_mut().poll(context));
        if let Some(piece) = self.left.pop_front() {
            let next = Instant::now().checked_add(PAUSE).unwrap_or_else(Instant::now);
            self.pause.as_mut().reset(next);
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match self.ending {
            Ending::Complete => Poll::Ready(None),
            Ending::Silent => Poll::Pending,
            Ending::Cut => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }
}

/// Between two pieces.
const PAUSE: Duration = Duration::from_millis(15);

/// What a delta holds of a short text.
const LEAST_CHARACTERS: usize = 12;

/// A long text is not sent in more pieces than about this, or a stream would take minutes.
const MOST_DELTAS: usize = 40;
