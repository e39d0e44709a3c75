//! DeepInfra's own inference: <https://deepinfra.com/docs/inference>. Its chats and embeddings are OpenAI's, at another root.
//!
//! | OpenAI | DeepInfra |
//! |---|---|
//! | rerank | `/{model}` below `/v1/inference`: see [`rerank`] |

mod rerank;

pub use rerank::TASK as RERANK;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("deepinfra", "DeepInfra inference", &[RERANK]);
