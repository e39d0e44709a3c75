//! Embeddings of Voyage's: <https://docs.voyageai.com/reference/embeddings-api>.
//!
//! | OpenAI | Voyage |
//! |---|---|
//! | `input` | `input`, always a list |
//! | `dimensions` | `output_dimension` |
//! | what it is for | `input_type`: `query` or `document` |
//! | `encoding_format: base64` | the same; there is no `float`, which is what comes without it |
//! | `output_dtype`, `truncation` | as they are: what comes of them does as well |
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
    member: "input_type",
    own: &[],
    words: &[(Purpose::Query, "query"), (Purpose::Document, "document")],
};

/// Members of Voyage's that OpenAI has not.
const OWN: &[&str] = &["truncation", "output_dtype"];

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
        let object = Object::new(wanted.room()).list("input", wanted.texts("Voyage")?).text("model", model);
        let object = object.text_if("input_type", WORDS.say(&wanted, dropped));
        let object = object.raw_if("output_dimension", wanted.length_wanted());
        let base64 = (wanted.encoding == Encoding::Base64).then_some("base64");
        let object = object.text_if("encoding_format", base64);
        let object = wanted.add_members(object, OWN, &[], dropped);
        // Numbers of another kind are not 32-bit floats.
        let typed = wanted.beyond.get("output_dtype").is_some_and(|kind| kind.get() != "\"float\"");
        let encoding = if typed { Encoding::Own } else { wanted.encoding };
        Ok(wanted.written(object.close(), model, encoding))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let Few(placed) = wire.data.unwrap_or_default();
        let tokens = wire.usage.and_then(|usage| usage.total_tokens);
        Vectors { vectors: in_order(placed)?, model: wire.model, tokens }.write(arrival)
    }
}

json_object! {
    struct WireAnswer<'a> { data: Inputs<Placed<'a>>, model: Str<'a>, usage: WireUsage<'a>, .. }
}

json_object! { struct WireUsage<'a> { total_tokens: Number<'a>, .. } }
