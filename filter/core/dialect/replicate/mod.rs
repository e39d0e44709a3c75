//! Replicate's predictions: <https://replicate.com/docs/reference/http>. Every model has inputs of its own, so that there
//! are as many formats as models; what is written here is what the official models have in common, and `models.rs` and
//! `images.rs` have tables of what they differ in.
//!
//! | hub | prediction |
//! |---|---|
//! | the model | `version`: `owner/name` of official models, `owner/name:version` or a version's id of all others |
//! | the first `System` messages | the model's own input for that, else the beginning of `prompt` |
//! | one message of `User` | `prompt` |
//! | several messages | `prompt`: a transcript (`prompt.rs`) |
//! | `ToolCall`, `ToolResult` | words of the transcript |
//! | `Image` of `User` | the model's own input for images, else refused |
//! | `Audio`, `File` | refused |
//! | `Thinking`, `RedactedThinking` | reported |
//! | `max_tokens` | the model's own name for it; Claude's is at least 1,024 |
//! | `temperature`, `top_p`, `top_k`, both penalties, `stop`, `Effort` | the same, of models that have it; `stop` as one text with commas |
//! | `ResponseFormat` | an instruction of the system |
//! | inputs that only this model has, `min_tokens` say | the same |
//! | all else | reported |
//! | images | see `images.rs` |
//! | embeddings | nothing: no two models have the same inputs |
//!
//! | prediction | hub |
//! |---|---|
//! | `output`: a text, or pieces of one | `Text`, and `Finish::Stop`: no prediction says why it ended |
//! | `metrics.input_token_count`, `.output_token_count` | `Usage` |
//! | `status` `failed`, `canceled`, `aborted` | a failure, with the words of `error` |
//! | `status` `succeeded` | an answer |
//! | any other `status` | not yet: it is asked for again (`polled.rs`) |
//!
//! What streams is at another host (`urls.stream`), which gets no credential of ours: whoever wants a stream gets the whole
//! answer as one.

mod answer;
mod constraints;
mod error;
mod images;
mod models;
mod polled;
mod prediction;
mod prompt;
mod request;

pub use constraints::CONSTRAINTS;
pub use images::TASK as IMAGES;

use super::{Arrival, ChatProvider, Format, Head, ReadStream, Task, Written};
use crate::frame::Framing;
use crate::hub::{Answer, Chat, Dropped, Malformed, ProviderError, RequestError};

/// Where all predictions are made, whatever the model: <https://replicate.com/docs/reference/http#predictions.create>.
const PATH: &str = "/predictions";

/// What it has beside chats.
pub const TASKS: &[Task] = &[IMAGES];

/// The format.
pub static FORMAT: Format = Format {
    name: "replicate",
    title: "Predictions",
    framing: Framing::Whole,
    core_members: &["version", "input"],
    chat_path: PATH,
    // There is a list, of all that anybody has made public, a hundred at a time.
    models_path: None,
    lists_models: false,
    headers: &[],
    client: None,
    provider: Some(&Predictions),
    tasks: TASKS,
    faults: &super::KNOWN,
    mend: None,
    foreign: None,
    call_ids: None,
    polled: Some(&polled::Jobs),
};

/// Predictions of models of language, of providers.
#[derive(Debug)]
struct Predictions;

impl ChatProvider for Predictions {
    fn write_request(
        &self,
        chat: &Chat<'_>,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        request::write(chat, model, dropped)
    }

    fn read_answer<'a>(&self, body: &'a str, _arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed> {
        answer::read(body)
    }

    fn reader(&self, _arrival: &Arrival<'_>) -> Box<dyn ReadStream> {
        Box::<answer::Reader>::default()
    }

    fn read_error(&self, head: Head<'_>, body: &[u8]) -> ProviderError {
        error::read(head.status, body)
    }
}
