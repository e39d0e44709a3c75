//! Inference: who serves open models of others.

use crate::provider::{Row, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "fireworks",
        title: "Fireworks AI",
        docs: &["https://docs.fireworks.ai/api-reference/post-chatcompletions"],
        root: Some("https://api.fireworks.ai/inference/v1"),
        credentials: &["FIREWORKS_API_KEY"],
        owns: &["accounts/fireworks/*"],
        quirks: RowQuirks { takes: &["thinking", "reasoning_content"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "novita",
        title: "Novita AI",
        docs: &["https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion"],
        root: Some("https://api.novita.ai/openai/v1"),
        credentials: &["NOVITA_API_KEY"],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "sambanova",
        title: "SambaNova",
        docs: &["https://docs.sambanova.ai/docs/en/api-reference"],
        root: Some("https://api.sambanova.ai/v1"),
        credentials: &["SAMBANOVA_API_KEY"],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "together",
        title: "Together AI",
        docs: &["https://docs.together.ai/reference/chat-completions"],
        root: Some("https://api.together.xyz/v1"),
        credentials: &["TOGETHER_API_KEY"],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
];
