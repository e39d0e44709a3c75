//! Embeddings of Jina's: <https://api.jina.ai/openapi.json>, <https://jina.ai/embeddings>.
//!
//! | OpenAI | Jina |
//! |---|---|
//! | `input` | `input`, always a list; objects (`{text}`, `{image}`) as they are |
//! | `dimensions` | the same |
//! | what it is for | `task` |
//! | `encoding_format` | `embedding_type: float`, base64 is made here; a type that the client names itself comes as it is |
//! | `late_chunking`, `normalized`, `truncate` | as they are |
//! | `usage` | `usage.total_tokens` |

use crate::dialect::embeddings::{
    Encoding, Inputs, Placed, Purpose, SURFACE, Vectors, Wanted, Words, in_order,
};
use crate::dialect::object::Object;
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few, Number, Str};
use crate::hub::{Dropped, Malformed, RequestError};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/embeddings", provider: &Embeddings };

const WORDS: Words = Words {
    member: "task",
    own: &["task"],
    words: &[
        (Purpose::Query, "retrieval.query"),
        (Purpose::Document, "retrieval.passage"),
        (Purpose::Classification, "classification"),
        (Purpose::Clustering, "separation"),
        (Purpose::Similarity, "text-matching"),
    ],
};

/// Members of Jina's that OpenAI has not.
const OWN: &[&str] = &["late_chunking", "normalized", "truncate"];

/// The member that says which kind of embeddings is to come.
const KIND: &str = "embedding_type";

#[derive(Debug)]
struct Embeddings;

impl TaskProvider for Embeddings {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        let inputs = wanted.inputs.iter().map(|input| input.get());
        let object = Object::new(wanted.room()).text("model", model).list("input", inputs);
        let object = object.text_if("task", WORDS.say(&wanted, dropped));
        let object = object.raw_if("dimensions", wanted.length_wanted());
        let (object, encoding) = match wanted.beyond.get(KIND) {
            None => (object.text(KIND, "float"), wanted.encoding),
            Some(kind) => (object.raw(KIND, kind.get()), Encoding::Own),
        };
        let object = wanted.add_members(object, OWN, &[KIND], dropped);
        Ok(wanted.written(object.close(), model, encoding))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let Few(placed) = wire.data.unwrap_or_default();
        let tokens = wire.usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens));
        Vectors { vectors: in_order(placed)?, model: wire.model, tokens }.write(arrival)
    }
}

json_object! {
    struct WireAnswer<'a> { data: Inputs<Placed<'a>>, model: Str<'a>, usage: WireUsage<'a>, .. }
}

json_object! { struct WireUsage<'a> { prompt_tokens: Number<'a>, total_tokens: Number<'a>, .. } }
