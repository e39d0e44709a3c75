//! Offline stand-ins for OpenAI, Anthropic and Gemini: what `ferro demo` has behind the gateway.
//!
//! Each is a small HTTP server on the loopback interface that speaks its provider's native wire format, whole and
//! streamed, demands its own (fake) key and refuses what the provider is known to refuse. Answers derive from the
//! request by plain rules (see `script.rs`), so that a translation that loses something shows. They share no code
//! with the gateway's dialects: a mistake in one must not be repeated by the other.
//!
//! The model's name may ask for a failure: see `fate.rs`.

mod conversation;
mod schema;
mod script;

mod picture;
mod sound;
mod vector;

mod delivery;
mod fate;
mod wire;

mod anthropic;
mod gemini;
mod openai;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use tokio::net::TcpListener;

/// The key that the stand-in for OpenAI demands.
pub const OPENAI_KEY: &str = "sk-demo-openai";
/// The key that the stand-in for Anthropic demands.
pub const ANTHROPIC_KEY: &str = "sk-demo-anthropic";
/// The key that the stand-in for Gemini demands.
pub const GEMINI_KEY: &str = "sk-demo-gemini";

/// Whose place a stand-in takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Chats, completions, responses, embeddings, images, speech, moderations, files and `GET /v1/models`, below `/v1`.
    OpenAi,
    /// `POST /v1/messages`.
    Anthropic,
    /// `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent` and `:batchEmbedContents`.
    Gemini,
}

/// All of them, under the names of the providers whose place they take.
pub const ALL: &[(&str, Kind)] =
    &[("openai", Kind::OpenAi), ("anthropic", Kind::Anthropic), ("gemini", Kind::Gemini)];

impl Kind {
    /// The key that the stand-in demands.
    pub const fn key(self) -> &'static str {
        match self {
            Self::OpenAi => OPENAI_KEY,
            Self::Anthropic => ANTHROPIC_KEY,
            Self::Gemini => GEMINI_KEY,
        }
    }
}

/// A stand-in that is being served.
#[derive(Debug)]
pub struct StandIn {
    /// Where it listens.
    pub address: SocketAddr,
}

/// Binds `address` (port 0: any free one) and serves there until the runtime ends.
pub async fn start(kind: Kind, address: SocketAddr) -> io::Result<StandIn> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let service = router(kind).into_make_service_with_connect_info::<wire::Line>();
    tokio::spawn(async move { axum::serve(wire::Listener(listener), service).await });
    Ok(StandIn { address })
}

fn router(kind: Kind) -> Router {
    let provider = match kind {
        Kind::OpenAi => openai::router(),
        Kind::Anthropic => anthropic::router(),
        Kind::Gemini => gemini::router(),
    };
    provider.route("/", get(async || "ok\n")).layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// What the most patient of the three accepts, roughly.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
