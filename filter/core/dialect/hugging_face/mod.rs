//! Hugging Face's own inference: <https://huggingface.co/docs/inference-providers/providers/hf-inference>. The chats of its
//! router are OpenAI's, at another root.
//!
//! | OpenAI | Hugging Face |
//! |---|---|
//! | embeddings | `/models/{model}/pipeline/feature-extraction` below `/hf-inference`: see [`embeddings`] |
//! | images | `/models/{model}` below `/hf-inference`: see [`images`] |

mod embeddings;
mod images;

pub use embeddings::TASK as EMBEDDINGS;
pub use images::TASK as IMAGES;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("hugging-face", "Hugging Face inference", &[EMBEDDINGS, IMAGES]);
