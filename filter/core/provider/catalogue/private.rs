//! Who promises not to see what is said: enclaves, and services that keep nothing.

use crate::provider::{Row, RowOperation};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "nearai",
        title: "NEAR AI Cloud",
        docs: &["https://docs.near.ai"],
        root: Some("https://cloud-api.near.ai/v1"),
        credentials: &["NEARAI_API_KEY"],
        ..Row::COMPATIBLE
    },
    // Asked directly, nobody checks what the enclave attests; its own local proxy does, by `endpoint`.
    Row {
        kind: "tinfoil",
        title: "Tinfoil",
        docs: &["https://docs.tinfoil.sh"],
        root: Some("https://inference.tinfoil.sh/v1"),
        credentials: &["TINFOIL_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RESPONSES,
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "redpill",
        title: "RedPill (Phala)",
        docs: &["https://docs.redpill.ai"],
        root: Some("https://api.redpill.ai/v1"),
        credentials: &["REDPILL_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "venice",
        title: "Venice",
        docs: &["https://docs.venice.ai/getting-started/quick-start"],
        read: Some("2026-11-30"),
        root: Some("https://api.venice.ai/api/v1"),
        version: "/api/v1",
        credentials: &["VENICE_API_KEY", "VENICE_AI_API_KEY"],
        ..Row::COMPATIBLE
    },
];
