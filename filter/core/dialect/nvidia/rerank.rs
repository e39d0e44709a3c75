//! Rankings of NVIDIA's: <https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/using-reranking.html>.
//!
//! | Cohere | NVIDIA |
//! |---|---|
//! | `query`, `documents` | `query: {text}`, `passages: [{text}]` |
//! | `top_n` | nothing: kept here |
//! | `max_tokens_per_doc` | nothing: reported |
//! | `truncate` | as it is; `END` where nobody says, as Cohere does, where NVIDIA's own default is an error |
//! | `results[].relevance_score` | the sigmoid of `rankings[].logit` |
//! | `meta.tokens.input_tokens` | `usage.total_tokens` |

use crate::dialect::object::Object;
use crate::dialect::ranking::{Asked, Documents, Ranked, SURFACE, Scored};
use crate::dialect::task::read_body;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{Document, Few, Number};
use crate::hub::{Dropped, Malformed, RequestError};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/ranking", provider: &Ranking };

#[derive(Debug)]
struct Ranking;

impl TaskProvider for Ranking {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let asked = Asked::read(body)?;
        asked.reads_all(dropped);
        let text = |text: &str| Object::new(text.len()).raw("text", text).close();
        let object = Object::new(asked.room()).text("model", model).raw("query", &text(asked.query));
        let object = object.list("passages", asked.texts("NVIDIA")?.into_iter().map(text));
        let object = object.text_if("truncate", (asked.beyond.get("truncate").is_none()).then_some("END"));
        Ok(asked.written(asked.beyond.add_to(object, &["truncate"], &[], dropped).close()))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let wire: WireAnswer<'_> = read_body(body)?;
        let Few(rankings) = wire.rankings.ok_or_else(|| Malformed("no rankings".to_owned()))?;
        let scored = rankings.into_iter().map(|result| Scored::of_logit(result.index, result.logit));
        let tokens = wire.usage.and_then(|usage| usage.total_tokens.or(usage.prompt_tokens));
        Ranked { id: None, scored: scored.collect::<Result<_, _>>()?, tokens }.write(arrival)
    }
}

json_object! { struct WireAnswer<'a> { rankings: Documents<WireResult<'a>>, usage: WireUsage<'a>, .. } }

json_object! { struct WireResult<'a> { index: u64, logit: Number<'a>, .. } }

json_object! { struct WireUsage<'a> { prompt_tokens: Number<'a>, total_tokens: Number<'a>, .. } }
