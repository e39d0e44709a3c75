//! Rankings of DeepInfra's: <https://docs.deepinfra.com/apis/reranker>, and the page of each model,
//! <https://deepinfra.com/Qwen/Qwen3-Reranker-8B/api>.
//!
//! | Cohere | DeepInfra |
//! |---|---|
//! | `model` | in the path |
//! | `query` | `queries`, once for each document: both lists are to be of one length |
//! | `documents` | texts |
//! | `top_n` | nothing: kept here |
//! | `max_tokens_per_doc` | nothing: reported |
//! | `instruction`, `service_tier` | as they are |
//! | `results[].relevance_score` | `scores`, in the order of the documents |
//! | `meta.tokens.input_tokens` | `input_tokens` |
//!
//! The page of 2026 shows `query`, of a cross encoder; those of the models say `queries`. Neither could be tried.

use crate::dialect::object::Object;
use crate::dialect::ranking::{Asked, Documents, Ranked, SURFACE, Scored};
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few, Number, Str};
use crate::hub::{Dropped, Malformed, RequestError};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/{model*}", provider: &Inference };

/// Members of DeepInfra's that Cohere has not.
const OWN: &[&str] = &["instruction", "service_tier"];

/// The most that repeating the query may add, in bytes.
const MOST_ADDED: usize = 4 << 20;

#[derive(Debug)]
struct Inference;

impl TaskProvider for Inference {
    fn write_request(
        &self,
        body: &Document,
        _: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let asked = Asked::read(body)?;
        asked.reads_all(dropped);
        let texts = asked.texts("DeepInfra")?;
        if asked.query.len().saturating_mul(texts.len()) > MOST_ADDED {
            let why = "DeepInfra is told it once for each document, which makes more than 4 MiB";
            return Err(RequestError::unsupported("query", why));
        }
        let object = Object::new(asked.room());
        let object = object.list("queries", texts.iter().map(|_| asked.query)).list("documents", &texts);
        Ok(asked.written(asked.beyond.add_to(object, OWN, &[], dropped).close()))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let Few(scores) = wire.scores.ok_or_else(|| Malformed("no scores".to_owned()))?;
        let asked = arrival.memo.noted("count").and_then(|count| count.parse().ok());
        if asked.is_some_and(|asked: usize| asked != scores.len()) {
            return Err(Malformed(format!("{} scores, which is not one for each document", scores.len())));
        }
        let scored = (0_u64..).zip(scores).map(|(index, score)| Scored::of(Some(index), Some(score)));
        let scored = scored.collect::<Result<_, _>>()?;
        Ranked { id: wire.request_id, scored, tokens: wire.input_tokens }.write(arrival)
    }
}

json_object! {
    struct WireAnswer<'a> {
        scores: Documents<Number<'a>>,
        input_tokens: Number<'a>,
        request_id: Str<'a>,
        ..
    }
}
