//! Embeddings: what all formats of them share. A client asks in OpenAI's format
//! (<https://platform.openai.com/docs/api-reference/embeddings/create>), and gets its answer in it.
//!
//! | OpenAI | here | others |
//! |---|---|---|
//! | `input` | [`Wanted::inputs`]: texts, objects where the vendor takes them; tokens are refused | `texts`, `inputs`, `requests[].content` |
//! | `dimensions` (or Voyage's `output_dimension`) | [`Wanted::dimensions`] | `output_dimension`, `outputDimensionality`; refused by who has none: vectors of another length are of no use |
//! | `encoding_format` | [`Encoding`]: what is asked for is what comes, made here where the vendor has it not | `embedding_types`, `embedding_type` |
//! | `user` | reported: nobody else has it | |
//! | `input_type`, `task`, `task_type`, `taskType` | [`Purpose`], in the words of whoever is asked | see [`Words`] |
//! | other members | as they are to the vendor that knows them, else reported | |
//!
//! Numbers keep the digits that the vendor wrote, as long as they stay numbers.

mod answer;
mod purpose;
mod request;
mod vector;

pub(super) use answer::{Placed, Vectors, in_order};
pub(super) use purpose::{Purpose, Words};
pub(super) use request::{Inputs, Wanted, is_text};
pub(super) use vector::Encoding;

/// The surface.
pub(super) const SURFACE: &str = "embeddings";
