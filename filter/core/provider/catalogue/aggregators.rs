//! Aggregators: one API in front of many vendors.

use crate::provider::{Row, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[Row {
    kind: "openrouter",
    title: "OpenRouter",
    docs: &["https://openrouter.ai/docs/api-reference/overview"],
    root: Some("https://openrouter.ai/api/v1"),
    credentials: &["OPENROUTER_API_KEY"],
    quirks: RowQuirks {
        takes: &[
            "cache_control",
            "reasoning",
            "reasoning_content",
            "reasoning_details",
            "annotations",
            "refusal",
            "images",
        ],
        ..RowQuirks::NONE
    },
    ..Row::COMPATIBLE
}];
