//! What Together AI has of its own: <https://docs.together.ai/reference>. Its chats and embeddings are OpenAI's.
//!
//! | OpenAI | Together |
//! |---|---|
//! | images | `/images/generations`: see [`images`] |

mod images;

pub use images::TASK as IMAGES;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("together", "Together AI", &[IMAGES]);
