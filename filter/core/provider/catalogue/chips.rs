//! Who serves open models on chips of its own.

use crate::dialect::Bounds;
use crate::provider::{Row, RowOperation, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
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
            drop_within: &["messages[].name"],
            clamp: &[("n", Bounds { least: None, most: Some(1.0) })],
            // https://github.com/groq/groq-python/blob/main/src/groq/types/chat/chat_completion_system_message_param.py
            takes: &["developer"],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cerebras",
        title: "Cerebras",
        docs: &[
            "https://inference-docs.cerebras.ai/resources/openai",
            "https://inference-docs.cerebras.ai/api-reference/chat-completions",
        ],
        root: Some("https://api.cerebras.ai/v1"),
        credentials: &["CEREBRAS_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        quirks: RowQuirks {
            // Refused with 400.
            drop: &["frequency_penalty", "presence_penalty", "logit_bias"],
            takes: &["developer"],
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
