//! Rankings of Voyage's: <https://docs.voyageai.com/reference/reranker-api>.
//!
//! | Cohere | Voyage |
//! |---|---|
//! | `top_n` | `top_k` |
//! | `documents` | texts |
//! | `max_tokens_per_doc` | nothing: reported |
//! | `truncation` | as it is |
//! | `results` | `data` |
//! | `meta.tokens.input_tokens` | `usage.total_tokens` |

use crate::dialect::object::Object;
use crate::dialect::ranking::{Asked, Documents, Ranked, SURFACE, Scored};
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few, Number};
use crate::hub::{Dropped, Malformed, RequestError};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/rerank", provider: &Rerank };

#[derive(Debug)]
struct Rerank;

impl TaskProvider for Rerank {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let asked = Asked::read(body)?;
        asked.reads_all(dropped);
        let object = Object::new(asked.room()).text("model", model).raw("query", asked.query);
        let object = object.list("documents", asked.texts("Voyage")?);
        let object = object.raw_if("top_k", asked.top_n.map(Number::digits));
        Ok(asked.written(asked.beyond.add_to(object, &["truncation"], &[], dropped).close()))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let Few(data) = wire.data.ok_or_else(|| Malformed("no results".to_owned()))?;
        let scored = data.into_iter().map(|result| Scored::of(result.index, result.relevance_score));
        let tokens = wire.usage.and_then(|usage| usage.total_tokens);
        Ranked { id: None, scored: scored.collect::<Result<_, _>>()?, tokens }.write(arrival)
    }
}

json_object! { struct WireAnswer<'a> { data: Documents<WireResult<'a>>, usage: WireUsage<'a>, .. } }

json_object! { struct WireResult<'a> { index: u64, relevance_score: Number<'a>, .. } }

json_object! { struct WireUsage<'a> { total_tokens: Number<'a>, .. } }
