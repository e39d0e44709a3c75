//! NVIDIA NIM's retrieval: <https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/reference.html>. Its chats and
//! embeddings are OpenAI's.
//!
//! | OpenAI | NVIDIA |
//! |---|---|
//! | rerank | `/ranking`, and at NVIDIA's own host another place: see [`rerank`] |

mod rerank;

pub use rerank::TASK as RERANK;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("nvidia", "NVIDIA retrieval", &[RERANK]);
