//! Ollama's own API: <https://docs.ollama.com/api>. Its chats are OpenAI's, at another root.
//!
//! | OpenAI | Ollama |
//! |---|---|
//! | embeddings | `/embed` below `/api`: see [`embeddings`] |

mod embeddings;

pub use embeddings::TASK as EMBEDDINGS;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("ollama", "Ollama", &[EMBEDDINGS]);
