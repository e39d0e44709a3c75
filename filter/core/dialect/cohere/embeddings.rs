//! Embeddings of Cohere's: <https://docs.cohere.com/reference/embed>.
//!
//! | OpenAI | Cohere |
//! |---|---|
//! | `input` | `texts`; with objects among them `inputs`, whose elements are a `content` of parts each |
//! | `dimensions` | `output_dimension` |
//! | what it is for | `input_type`, which must be there: `search_document` where nobody says |
//! | `encoding_format` | `embedding_types: ["float"]`, base64 is made here: nobody says what Cohere's own is made of |
//! | `usage` | `meta.billed_units.input_tokens` |

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialect::embeddings::{Encoding, Inputs, Purpose, SURFACE, Vectors, Wanted, Words, is_text};
use crate::dialect::object::Object;
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few, Number};
use crate::hub::{Dropped, Malformed, RequestError};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/embed", provider: &Embed };

const WORDS: Words = Words {
    member: "input_type",
    own: &[],
    words: &[
        (Purpose::Query, "search_query"),
        (Purpose::Document, "search_document"),
        (Purpose::Classification, "classification"),
        (Purpose::Clustering, "clustering"),
    ],
};

/// Members of Cohere's that OpenAI has not.
const OWN: &[&str] = &["truncate", "max_tokens", "priority"];

/// The member that says which kinds of embeddings are to come.
const KINDS: &str = "embedding_types";

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
        let object = Object::new(wanted.room()).text("model", model);
        let object = match wanted.inputs.iter().all(|input| is_text(input)) {
            true => object.list("texts", wanted.inputs.iter().map(|input| input.get())),
            false => object.list("inputs", wanted.inputs.iter().map(|input| content(input))),
        };
        let purpose = WORDS.say(&wanted, dropped).unwrap_or("search_document");
        let object = object.text("input_type", purpose);
        let (object, encoding) = match wanted.beyond.get(KINDS) {
            None => (object.raw(KINDS, r#"["float"]"#), wanted.encoding),
            Some(kinds) => (object.raw(KINDS, one(kinds)?.get()), Encoding::Own),
        };
        let object = object.raw_if("output_dimension", wanted.length_wanted());
        let object = wanted.add_members(object, OWN, &[KINDS], dropped);
        Ok(wanted.written(object.close(), model, encoding))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let kinds = wire.embeddings.ok_or_else(|| Malformed("no embeddings".to_owned()))?;
        let WireKinds { float, int8, uint8, binary, ubinary, base64, .. } = kinds;
        let Few(vectors) = [float, int8, uint8, binary, ubinary, base64]
            .into_iter()
            .flatten()
            .next()
            .ok_or_else(|| Malformed("no embeddings of a kind that is known".to_owned()))?;
        let units = wire.meta.and_then(|meta| meta.billed_units);
        let tokens = units.and_then(|units| units.input_tokens);
        Vectors { vectors, model: None, tokens }.write(arrival)
    }
}

json_object! { struct WireAnswer<'a> { embeddings: WireKinds<'a>, meta: WireMeta<'a>, .. } }

json_object! {
    struct WireKinds<'a> {
        float: Inputs<&'a RawValue>,
        int8: Inputs<&'a RawValue>,
        uint8: Inputs<&'a RawValue>,
        binary: Inputs<&'a RawValue>,
        ubinary: Inputs<&'a RawValue>,
        base64: Inputs<&'a RawValue>,
        ..
    }
}

json_object! { struct WireMeta<'a> { billed_units: WireUnits<'a>, .. } }

json_object! { struct WireUnits<'a> { input_tokens: Number<'a>, .. } }

/// A text among objects, as one of them.
fn content(input: &RawValue) -> Cow<'_, str> {
    if !is_text(input) {
        return input.get().into();
    }
    let part = Object::new(input.get().len()).text("type", "text").raw("text", input.get()).close();
    Object::new(part.len()).list("content", [part]).close().into()
}

/// The only kind that is asked for: an answer in OpenAI's format has room for one.
fn one(kinds: &RawValue) -> Result<&RawValue, RequestError> {
    let few: Result<Few<&RawValue, 1>, _> = serde_json::from_str(kinds.get());
    match few.map(|few| few.0.len()) {
        Ok(1) => Ok(kinds),
        _ => Err(RequestError::unsupported(KINDS, "an answer has embeddings of one kind: ask for one")),
    }
}
