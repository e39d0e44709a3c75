//! Hugging Face's own inference: <https://huggingface.co/docs/inference-providers/providers/hf-inference>. The chats of its
//! router are OpenAI's, at another root.
//!
//! | OpenAI | Hugging Face |
//! |---|---|
//! | embeddings | `/models/{model}/pipeline/feature-extraction` below `/hf-inference`: see [`embeddings`] |

mod embeddings;

pub use embeddings::TASK as EMBEDDINGS;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("hugging-face", "Hugging Face inference", &[EMBEDDINGS]);
