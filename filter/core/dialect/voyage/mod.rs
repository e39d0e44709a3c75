//! Voyage AI: <https://docs.voyageai.com/reference>. It embeds and ranks; it has no chats.
//!
//! | OpenAI | Voyage |
//! |---|---|
//! | embeddings | `/embeddings`: see [`embeddings`] |
//! | rerank | `/rerank`: see [`rerank`] |

mod embeddings;
mod rerank;

pub use embeddings::TASK as EMBEDDINGS;
pub use rerank::TASK as RERANK;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("voyage", "Voyage", &[EMBEDDINGS, RERANK]);
