//! OpenAI's Chat Completions, the format our clients speak:
//! <https://platform.openai.com/docs/api-reference/chat/create>.
//!
//! As a client's format it is read into the hub ([`read_request`]) and written from it ([`write_answer`],
//! [`StreamWriter`]). As a provider's format it is never translated: bytes pass, and [`Watch`] only looks at them.
//!
//! | hub | OpenAI |
//! |---|---|
//! | `System` | messages of role `system` and `developer` |
//! | `Tool` with one `ToolResult` | message of role `tool` |
//! | `Thinking`, `RedactedThinking` | `thinking_blocks[]`, else `reasoning_content`, of an assistant message |
//! | signature of a text or call | `extra_content.google.thought_signature` of the message or call |
//! | `Effort` | `reasoning_effort` |
//! | `Finish` | `finish_reason` |
//! | `Usage` | `usage`, with `prompt_tokens_details` and `completion_tokens_details` |

mod answer;
mod edit;
mod error;
mod facts;
mod media;
mod mend;
mod messages;
mod outline;
mod request;
mod stream;
mod tools;
mod utterance;
mod watch;
mod wire;

pub use answer::write_answer;
pub use edit::{Splice, edit};
pub use error::{ErrorBody, is_error_body, kind_of_status, plain_words, read_error, write_error};
pub use facts::read_facts;
pub use mend::mend;
pub use outline::{Outline, Sight};
pub use request::read_request;
pub use stream::{DONE, StreamWriter, error_frame};
pub use utterance::{Utterance, answer_utterance, utterance};
pub use watch::{NoAnswer, Seen, Watch, answer_usage, read_whole};
