//! What Mistral has of its own: <https://docs.mistral.ai/api>. Its chats and embeddings are OpenAI's but for a few names,
//! which are quirks.
//!
//! | OpenAI | Mistral |
//! |---|---|
//! | moderations | `/moderations`: see [`moderations`] |
//! | speech | `/audio/speech`: see [`speech`] |

mod moderations;
mod speech;

pub use moderations::TASK as MODERATIONS;
pub use speech::TASK as SPEECH;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("mistral", "Mistral", &[MODERATIONS, SPEECH]);
