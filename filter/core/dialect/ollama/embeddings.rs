//! Embeddings of Ollama's: <https://docs.ollama.com/api/embed>.
//!
//! | OpenAI | Ollama |
//! |---|---|
//! | `input` | `input`, always a list |
//! | `dimensions` | the same |
//! | `encoding_format` | base64 is made here |
//! | `truncate`, `options`, `keep_alive` | as they are |
//! | `usage` | `prompt_eval_count` |

use serde_json::value::RawValue;

use crate::dialect::embeddings::{Inputs, SURFACE, Vectors, Wanted, Words};
use crate::dialect::object::Object;
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few, Number, Str};
use crate::hub::{Dropped, Malformed, RequestError};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/embed", provider: &Embed };

/// It cannot be told what embeddings are for.
const WORDS: Words = Words { member: "", own: &[], words: &[] };

/// Members of Ollama's that OpenAI has not.
const OWN: &[&str] = &["truncate", "options", "keep_alive"];

#[derive(Debug)]
struct Embed;

impl TaskProvider for Embed {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        WORDS.say(&wanted, dropped);
        let object = Object::new(wanted.room()).text("model", model).list("input", wanted.texts("Ollama")?);
        let object = object.raw_if("dimensions", wanted.length_wanted());
        let object = wanted.add_members(object, OWN, &[], dropped);
        Ok(wanted.written(object.close(), model, wanted.encoding))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let Few(vectors) = wire.embeddings.unwrap_or_default();
        Vectors { vectors, model: wire.model, tokens: wire.prompt_eval_count }.write(arrival)
    }
}

json_object! {
    struct WireAnswer<'a> {
        embeddings: Inputs<&'a RawValue>,
        model: Str<'a>,
        prompt_eval_count: Number<'a>,
        ..
    }
}
