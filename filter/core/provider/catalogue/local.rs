//! Servers of one's own, and whatever else speaks a format that we know.

use crate::provider::{Row, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    // Anything else that speaks OpenAI's wire format: vLLM, llama.cpp, Ollama, LM Studio, a gateway of one's own.
    // Such servers pass over what they do not know, and their models' templates read thoughts: what is neither signed nor
    // marked for one vendor reaches them.
    Row {
        kind: "openai-compatible",
        title: "Any server of OpenAI's format",
        // vLLM goes on with a trace (<https://docs.vllm.ai/en/latest/examples/online_serving/opentelemetry.html>), and one's
        // own server may. None of these tells anything of the caller.
        forwards: &["traceparent", "tracestate", "x-request-id"],
        quirks: RowQuirks {
            takes: &[
                "thinking",
                "reasoning",
                "reasoning_content",
                "reasoning_details",
                "annotations",
                "refusal",
                "audio",
                "images",
            ],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
];
