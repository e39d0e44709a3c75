//! Rankings of Jina's: <https://api.jina.ai/openapi.json>, <https://jina.ai/reranker>.
//!
//! | Cohere | Jina |
//! |---|---|
//! | `top_n` | the same |
//! | `documents` | the same, objects (`{text}`, `{image}`) as they are |
//! | `max_tokens_per_doc` | `max_doc_length` |
//! | `return_documents` | `false`, where Jina's own default is `true`: they are given back here |
//! | `truncation`, `max_query_length` | as they are |
//! | `meta.tokens.input_tokens` | `usage.total_tokens` |

use crate::dialect::object::Object;
use crate::dialect::ranking::{Asked, Documents, Ranked, SURFACE, Scored};
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few, Number, Str};
use crate::hub::{Dropped, Malformed, RequestError};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/rerank", provider: &Rerank };

/// Members of Jina's that Cohere has not.
const OWN: &[&str] = &["truncation", "max_query_length", "max_doc_length"];

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
        let object = Object::new(asked.room()).text("model", model).raw("query", asked.query);
        let object = object.list("documents", asked.documents.iter().map(|document| document.get()));
        let object = object.raw_if("top_n", asked.top_n.map(Number::digits));
        let most = asked.max_tokens_per_doc.filter(|_| asked.beyond.get("max_doc_length").is_none());
        let object = object.raw_if("max_doc_length", most.map(Number::digits));
        let object = object.raw("return_documents", "false");
        Ok(asked.written(asked.beyond.add_to(object, OWN, &[], dropped).close()))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let Few(results) = wire.results.ok_or_else(|| Malformed("no results".to_owned()))?;
        let scored = results.into_iter().map(|result| Scored::of(result.index, result.relevance_score));
        let tokens = wire.usage.and_then(|usage| usage.total_tokens);
        Ranked { id: wire.id, scored: scored.collect::<Result<_, _>>()?, tokens }.write(arrival)
    }
}

json_object! {
    struct WireAnswer<'a> { id: Str<'a>, results: Documents<WireResult<'a>>, usage: WireUsage<'a>, .. }
}

json_object! { struct WireResult<'a> { index: u64, relevance_score: Number<'a>, .. } }

json_object! { struct WireUsage<'a> { total_tokens: Number<'a>, .. } }
