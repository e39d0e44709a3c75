//! Who serves open models on chips of its own.

use crate::dialect::Bounds;
use crate::provider::{Row, RowOperation, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    // The name of a message's author is refused as well, and is the client's to leave out.
    Row {
        kind: "groq",
        title: "Groq",
        docs: &["https://console.groq.com/docs/openai", "https://console.groq.com/docs/api-reference"],
        read: Some("2026-11-30"),
        root: Some("https://api.groq.com/openai/v1"),
        version: "/openai/v1",
        credentials: &["GROQ_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::RESPONSES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::TRANSLATIONS,
            RowOperation::FILES,
            RowOperation::BATCHES,
        ],
        quirks: RowQuirks {
            // Refused with 400, as is any number of answers but one.
            drop: &["logprobs", "top_logprobs", "logit_bias"],
            clamp: &[("n", Bounds { least: None, most: Some(1.0) })],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cerebras",
        title: "Cerebras",
        docs: &["https://inference-docs.cerebras.ai/resources/openai"],
        root: Some("https://api.cerebras.ai/v1"),
        credentials: &["CEREBRAS_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        quirks: RowQuirks {
            // Refused with 400.
            drop: &["frequency_penalty", "presence_penalty", "logit_bias"],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "sambanova",
        title: "SambaNova",
        docs: &["https://docs.sambanova.ai/docs/en/api-reference"],
        root: Some("https://api.sambanova.ai/v1"),
        credentials: &["SAMBANOVA_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::TRANSCRIPTIONS],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
];
