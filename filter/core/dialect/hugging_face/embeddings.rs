//! Embeddings of Hugging Face's: <https://huggingface.co/docs/inference-providers/tasks/feature-extraction>.
//!
//! | OpenAI | Hugging Face |
//! |---|---|
//! | `input` | `inputs`, always a list |
//! | `model` | in the path |
//! | `dimensions` | nothing: refused |
//! | `encoding_format` | base64 is made here |
//! | `normalize`, `prompt_name`, `truncate`, `truncation_direction` | as they are |
//! | `usage` | nothing |
//!
//! The answer is the bare list of embeddings.

use serde_json::value::RawValue;

use crate::dialect::embeddings::{Inputs, SURFACE, Vectors, Wanted, Words};
use crate::dialect::object::Object;
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few};
use crate::hub::{Dropped, Malformed, RequestError};

/// The task.
pub const TASK: Task = Task {
    surface: SURFACE,
    path: "/models/{model*}/pipeline/feature-extraction",
    provider: &FeatureExtraction,
};

/// It cannot be told what embeddings are for, but by the name of a prompt of the model's own.
const WORDS: Words = Words { member: "", own: &[], words: &[] };

/// Members of Hugging Face's that OpenAI has not.
const OWN: &[&str] = &["normalize", "prompt_name", "truncate", "truncation_direction"];

#[derive(Debug)]
struct FeatureExtraction;

impl TaskProvider for FeatureExtraction {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        wanted.any_length("Hugging Face")?;
        WORDS.say(&wanted, dropped);
        let object = Object::new(wanted.room()).list("inputs", wanted.texts("Hugging Face")?);
        let object = wanted.add_members(object, OWN, &[], dropped);
        Ok(wanted.written(object.close(), model, wanted.encoding))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let Few(vectors): Inputs<&RawValue> = read_body(body)?;
        Vectors { vectors, ..Vectors::default() }.write(arrival)
    }
}
