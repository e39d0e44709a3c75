//! The connections of a stand-in: TCP whose handler may hang up before it has answered.
//!
//! A handler cannot end its connection by itself: whatever it returns is an answer. So each connection carries a
//! [`Line`] that its handlers see, and once that is cut, writing fails and the server drops the socket.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::response::{IntoResponse, Response};
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// A connection, as its handlers see it.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    cut: Arc<AtomicBool>,
}

impl Line {
    /// Resets the connection. The response is a formality: no byte of it leaves.
    pub(super) fn hang_up(&self) -> Response {
        self.cut.store(true, Ordering::Relaxed);
        ().into_response()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Line {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.io().line.clone()
    }
}

/// Accepts connections.
#[derive(Debug)]
pub(super) struct Listener(pub(super) TcpListener);

impl axum::serve::Listener for Listener {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            if let Ok((stream, peer)) = self.0.accept().await {
                return (Wire { stream, line: Line::default() }, peer);
            }
            sleep(AFTER_FAILURE).await;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection, as the server sees it.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.line.cut.load(Ordering::Relaxed) {
            // With nothing to linger for, the peer sees a reset instead of an orderly end.
            let reset = self.stream.set_zero_linger();
            return Poll::Ready(reset.and(Err(io::ErrorKind::ConnectionReset.into())));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Accepting fails when file descriptors run out; they may come back.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
