//! GPU clouds that serve models, too.

use super::OLD_LIMIT;
use crate::provider::{Row, RowOperation, Variable};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "nvidia-nim",
        title: "NVIDIA API catalogue",
        docs: &["https://docs.api.nvidia.com/nim/reference/llm-apis"],
        root: Some("https://integrate.api.nvidia.com/v1"),
        credentials: &["NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::NVIDIA_EMBEDDINGS,
            RowOperation::NVIDIA_RERANK,
        ],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    // The project that pays may be named: `headers: {openai-project: team/project}`.
    Row {
        kind: "wandb",
        title: "W&B Inference by CoreWeave",
        docs: &["https://docs.wandb.ai/inference/api-reference"],
        read: Some("2026-11-30"),
        root: Some("https://api.inference.wandb.ai/v1"),
        credentials: &["WANDB_API_KEY"],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "crusoe",
        title: "Crusoe Managed Inference",
        docs: &["https://docs.crusoecloud.com"],
        root: Some("https://api.inference.crusoecloud.com/v1"),
        credentials: &["CRUSOE_API_KEY"],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "gmi",
        title: "GMI Cloud",
        docs: &["https://docs.gmicloud.ai"],
        root: Some("https://api.gmi-serving.com/v1"),
        credentials: &["GMI_API_KEY", "GMICLOUD_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "atlascloud",
        title: "Atlas Cloud",
        docs: &["https://www.atlascloud.ai/docs"],
        root: Some("https://api.atlascloud.ai/v1"),
        credentials: &["ATLASCLOUD_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "io-net",
        title: "io.net Intelligence",
        docs: &["https://docs.io.net/reference/get-started-with-io-intelligence-api"],
        root: Some("https://api.intelligence.io.solutions/api/v1"),
        version: "/api/v1",
        credentials: &["IOINTELLIGENCE_API_KEY", "IONET_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::RESPONSES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "runpod",
        title: "Runpod Serverless",
        docs: &["https://docs.runpod.io/serverless/vllm/openai-compatibility"],
        root: Some("https://api.runpod.ai/v2/{endpoint_id}/openai/v1"),
        variables: &[Variable {
            name: "endpoint_id",
            environment: Some("RUNPOD_ENDPOINT_ID"),
            default: None,
        }],
        credentials: &["RUNPOD_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "modal",
        title: "Modal",
        docs: &["https://modal.com/docs"],
        root: Some("https://inference.{region}.modal.direct/v1"),
        variables: &[Variable { name: "region", environment: None, default: Some("us-west") }],
        credentials: &["MODAL_PROXY_TOKEN"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "hpc-ai",
        title: "HPC-AI",
        docs: &["https://hpc-ai.com/doc"],
        root: Some("https://api.hpc-ai.com/inference/v1"),
        version: "/inference/v1",
        credentials: &["HPC_AI_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "scx-ai",
        title: "SCX.ai",
        docs: &["https://scx.ai"],
        root: Some("https://api.scx.ai/v1"),
        credentials: &["SCX_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "prime-intellect",
        title: "Prime Intellect",
        docs: &["https://docs.primeintellect.ai/inference/overview"],
        root: Some("https://api.pinference.ai/api/v1"),
        version: "/api/v1",
        credentials: &["PRIME_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "akashml",
        title: "AkashML",
        docs: &["https://akashml.com"],
        root: Some("https://api.akashml.com/v1"),
        credentials: &["AKASHML_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "chutes",
        title: "Chutes",
        docs: &["https://chutes.ai/docs"],
        root: Some("https://llm.chutes.ai/v1"),
        credentials: &["CHUTES_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "targon",
        title: "Targon",
        docs: &["https://docs.targon.com"],
        root: Some("https://api.targon.com/v1"),
        credentials: &["TARGON_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        ..Row::COMPATIBLE
    },
];
