//! What xAI has of its own: <https://docs.x.ai/docs/api-reference>. Its chats and responses are OpenAI's.
//!
//! | OpenAI | xAI |
//! |---|---|
//! | images | `/images/generations`: see [`images`] |

mod images;

pub use images::TASK as IMAGES;

use super::Format;

/// The format.
pub static FORMAT: Format = Format::of_tasks("xai", "xAI", &[IMAGES]);
