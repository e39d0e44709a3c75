//! OpenAI's Chat Completions, the format our clients speak:
//! <https://platform.openai.com/docs/api-reference/chat/create>.
//!
//! As a client's format it is read into the hub ([`read_request`]) and written from it ([`write_answer`],
//! [`StreamWriter`]); where the provider speaks it, too, bytes pass, and [`Watch`] and [`Outline`] only look at them. As
//! a provider's format it is written from the hub and read into it where the client speaks another (`provider/`).
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
mod call_ids;
mod chunk;
mod client;
pub mod completions;
mod constraints;
mod envelope;
mod error;
mod facts;
mod foreign;
mod media;
mod mend;
mod messages;
mod outline;
mod output;
mod param;
mod provider;
mod request;
mod stream;
mod thinking_parts;
mod tools;
mod usage;
mod utterance;
mod watch;
mod wire;

pub use answer::write_answer;
pub use chunk::DONE;
pub use constraints::CONSTRAINTS;
pub use error::{is_error_body, write_error};
pub use facts::read_facts;
pub use outline::Outline;
pub use output::OUTPUT;
pub use param::spell;
pub use request::read_request;
pub use stream::{StreamWriter, error_frame};
pub use utterance::{answer_utterance, utterance};
pub use watch::{Watch, read_whole};

use super::Format;
use crate::frame::Framing;

/// Its half towards clients.
pub static CLIENT: &dyn super::ChatClient = &client::Client { of_old: false };

/// The format.
pub static FORMAT: Format = Format {
    name: "openai",
    title: "Chat Completions",
    framing: Framing::Sse,
    core_members: &["model", "messages", "stream"],
    chat_path: "/chat/completions",
    models_path: Some("/models"),
    lists_models: true,
    headers: &[],
    client: Some(CLIENT),
    provider: Some(&provider::Provider),
    tasks: &[],
    faults: &super::KNOWN,
    mend: Some(mend::mend),
    foreign: Some(super::Foreign {
        of_the_request: foreign::OF_THE_REQUEST,
        places: foreign::PLACES,
        edits: foreign::foreign,
    }),
    call_ids: Some(call_ids::call_ids),
    polled: None,
};
