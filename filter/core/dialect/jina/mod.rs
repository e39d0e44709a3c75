//! Jina AI: <https://api.jina.ai/openapi.json>. It embeds and ranks; it has no chats at this root.
//!
//! | OpenAI | Jina |
//! |---|---|
//! | embeddings | `/embeddings`: see [`embeddings`] |
//! | rerank | `/rerank`: see [`rerank`] |

mod embeddings;
mod rerank;

pub use embeddings::TASK as EMBEDDINGS;
pub use rerank::TASK as RERANK;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("jina", "Jina", &[EMBEDDINGS, RERANK]);
