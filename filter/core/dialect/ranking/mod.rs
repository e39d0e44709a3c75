//! Rankings: what all formats of them share. A client asks in Cohere's format (<https://docs.cohere.com/reference/rerank>),
//! with what its first version has beside (<https://docs.cohere.com/v1/reference/rerank>), and gets its answer in it.
//!
//! | Cohere | here | others |
//! |---|---|---|
//! | `query` | [`Asked::query`] | `queries`, `query.text` |
//! | `documents` | [`Asked::documents`]: texts, or objects with a `text` | `passages` |
//! | `top_n` | kept here, too: who has it not gives all | `top_k` |
//! | `max_tokens_per_doc` | `max_doc_length` at Jina's, else reported | |
//! | `return_documents` | done here | |
//! | other members | as they are to the vendor that knows them, else reported | |
//! | `results[].relevance_score` | as the vendor spells it, the highest first | `score`, `logit` |
//! | `meta.tokens.input_tokens` | if the vendor counts tokens | `usage` |

mod answer;
mod request;

pub(super) use answer::{Ranked, Scored};
pub(super) use request::{Asked, Documents};

/// The surface.
pub(super) const SURFACE: &str = "rerank";
