//! Embeddings of Gemini's: <https://ai.google.dev/api/embeddings#method:-models.batchembedcontents>.
//!
//! | OpenAI | Gemini |
//! |---|---|
//! | `input` | `requests[]`, one for each, with `content.parts[].text` |
//! | `dimensions` | `outputDimensionality` of each |
//! | what it is for | `taskType` of each |
//! | `title` | `title` of each |
//! | `usage` | `usageMetadata.promptTokenCount`, where a model counts; most do not |

use serde_json::value::RawValue;

use crate::dialect::embeddings::{Inputs, Purpose, SURFACE, Vectors, Wanted, Words};
use crate::dialect::object::Object;
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few, Number};
use crate::hub::{Dropped, Malformed, RequestError};
use crate::json_object;

/// The task.
pub const TASK: Task =
    Task { surface: SURFACE, path: "/models/{model}:batchEmbedContents", provider: &BatchEmbedContents };

const WORDS: Words = Words {
    member: "taskType",
    own: &["taskType", "task_type"],
    words: &[
        (Purpose::Query, "RETRIEVAL_QUERY"),
        (Purpose::Document, "RETRIEVAL_DOCUMENT"),
        (Purpose::Classification, "CLASSIFICATION"),
        (Purpose::Clustering, "CLUSTERING"),
        (Purpose::Similarity, "SEMANTIC_SIMILARITY"),
    ],
};

/// How long may be what each request repeats, in bytes.
const MOST_REPEATED: usize = 1024;

#[derive(Debug)]
struct BatchEmbedContents;

impl TaskProvider for BatchEmbedContents {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        let purpose = WORDS.say(&wanted, dropped).map(|word| word.to_ascii_uppercase());
        let title = wanted.beyond.get("title").map(RawValue::get);
        let repeated = [title, purpose.as_deref(), wanted.length_wanted()];
        if repeated.into_iter().flatten().map(str::len).sum::<usize>() > MOST_REPEATED {
            let why = format_args!(
                "Gemini is told it once for each input: expected less than {MOST_REPEATED} bytes"
            );
            return Err(RequestError::unsupported("title", why));
        }
        let name = match model.starts_with("models/") {
            true => model.to_owned(),
            false => format!("models/{model}"),
        };
        let requests = wanted.texts("Gemini")?.map(|text| {
            let part = Object::new(text.len()).raw("text", text).close();
            let content = Object::new(part.len()).list("parts", [part]).close();
            let request = Object::new(content.len()).text("model", &name).raw("content", &content);
            let request = request.text_if("taskType", purpose.as_deref()).raw_if("title", title);
            request.raw_if("outputDimensionality", wanted.length_wanted()).close()
        });
        let object = Object::new(wanted.room()).list("requests", requests);
        let object = wanted.add_members(object, &[], &["title"], dropped);
        Ok(wanted.written(object.close(), model, wanted.encoding))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let Few(embeddings) = wire.embeddings.unwrap_or_default();
        let vectors: Option<Vec<_>> = embeddings.into_iter().map(|embedding| embedding.values).collect();
        let vectors = vectors.ok_or_else(|| Malformed("an embedding is missing".to_owned()))?;
        let tokens = wire.usage.and_then(|usage| usage.count);
        Vectors { vectors, model: None, tokens }.write(arrival)
    }
}

json_object! {
    struct WireAnswer<'a> {
        embeddings: Inputs<WireEmbedding<'a>>,
        usage as "usageMetadata": WireUsage<'a>,
        ..
    }
}

json_object! { struct WireEmbedding<'a> { values: &'a RawValue, .. } }

json_object! { struct WireUsage<'a> { count as "promptTokenCount": Number<'a>, .. } }
