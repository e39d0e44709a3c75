//! Cohere v2: <https://docs.cohere.com/reference>.
//!
//! | OpenAI | Cohere |
//! |---|---|
//! | embeddings | `/embed`: see [`embeddings`] |
//! | rerank | bytes: what clients of ours speak there is Cohere's own |

mod embeddings;

pub use embeddings::TASK as EMBEDDINGS;

use super::{Format, Task};

/// What it has beside chats.
pub const TASKS: &[Task] = &[EMBEDDINGS];

/// The format.
pub static FORMAT: Format = Format::of_tasks("cohere", "Cohere v2", TASKS);
