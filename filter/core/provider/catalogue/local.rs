//! Servers of one's own, and whatever else speaks a format that we know. A root is where a server listens on this
//! machine unless it is told otherwise. None has a usual credential, and so none is there unless the file names it.

use super::LIMIT;
use crate::dialect::ollama;
use crate::hub::json::FOREIGN;
use crate::provider::{Row, RowOperation, RowQuirks};

/// Such servers pass over what they do not know, and their models' templates read thoughts: what is neither signed nor
/// marked for one vendor reaches them.
const OPEN: RowQuirks = RowQuirks {
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
};

/// What a gateway of one's own sends on: marks for caches as well.
const OF_ALL: RowQuirks = RowQuirks {
    takes: &[
        "thinking",
        "thinking_blocks",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "extra_content",
        "cache_control",
        "annotations",
        "refusal",
        "audio",
        "images",
    ],
    ..RowQuirks::NONE
};

/// vLLM goes on with a trace (<https://docs.vllm.ai/en/latest/examples/online_serving/opentelemetry.html>), and one's own
/// server may. None of these tells anything of the caller.
const TRACES: &[&str] = &["traceparent", "tracestate", "x-request-id"];

/// A server of one's own of OpenAI's format.
const SERVER: Row = Row { forwards: TRACES, quirks: OPEN, ..Row::COMPATIBLE };

/// The rows.
pub const ROWS: &[Row] = &[
    // Anything else that speaks OpenAI's wire format.
    // What it has beside chats, an operator says: it may be of another format altogether.
    Row {
        kind: "openai-compatible",
        title: "Any server of OpenAI's format",
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        ..SERVER
    },
    // It has no root: at the usual port it would be ourselves.
    Row {
        kind: "ferro",
        title: "Another Ferro",
        operations: RowOperation::USUAL,
        quirks: RowQuirks { takes: FOREIGN, ..RowQuirks::NONE },
        ..SERVER
    },
    Row {
        kind: "ollama",
        title: "Ollama",
        docs: &["https://docs.ollama.com/api/openai-compatibility"],
        read: Some("2026-11-30"),
        root: Some("http://127.0.0.1:11434/v1"),
        operations: RESPONDS,
        quirks: RowQuirks { rename: LIMIT, ..OPEN },
        ..SERVER
    },
    // Whose context, thoughts and time in memory are for each request to say: what OpenAI's format has no words for.
    Row {
        kind: "ollama-native",
        title: "Ollama, by its own API",
        docs: &["https://docs.ollama.com/api/chat", "https://docs.ollama.com/api/embed"],
        read: Some("2026-11-30"),
        root: Some("http://127.0.0.1:11434/api"),
        version: "/api",
        operations: &[
            RowOperation::chat(&ollama::FORMAT),
            RowOperation::task(&ollama::EMBEDDINGS, &ollama::FORMAT),
        ],
        quirks: RowQuirks::NONE,
        ..SERVER
    },
    Row {
        kind: "vllm",
        title: "vLLM",
        docs: &["https://docs.vllm.ai/en/latest/serving/openai_compatible_server/"],
        root: Some("http://127.0.0.1:8000/v1"),
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::TRANSLATIONS,
            RowOperation::RERANK,
            RowOperation::RESPONSES,
        ],
        ..SERVER
    },
    Row {
        kind: "sglang",
        title: "SGLang",
        docs: &["https://docs.sglang.ai/basic_usage/openai_api_completions.html"],
        root: Some("http://127.0.0.1:30000/v1"),
        operations: RESPONDS,
        ..SERVER
    },
    Row {
        kind: "llama-cpp",
        title: "llama.cpp",
        docs: &["https://github.com/ggml-org/llama.cpp/tree/master/tools/server"],
        root: Some("http://127.0.0.1:8080/v1"),
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::RERANK,
            RowOperation::RESPONSES,
        ],
        ..SERVER
    },
    Row {
        kind: "llamafile",
        title: "llamafile",
        docs: &["https://github.com/mozilla-ai/llamafile"],
        root: Some("http://127.0.0.1:8080/v1"),
        operations: USUAL,
        ..SERVER
    },
    Row {
        kind: "lm-studio",
        title: "LM Studio",
        docs: &["https://lmstudio.ai/docs/developer/openai-compat"],
        read: Some("2026-11-30"),
        root: Some("http://127.0.0.1:1234/v1"),
        operations: RESPONDS,
        ..SERVER
    },
    Row {
        kind: "localai",
        title: "LocalAI",
        docs: &["https://localai.io/features/text-generation/"],
        root: Some("http://127.0.0.1:8080/v1"),
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RERANK,
        ],
        ..SERVER
    },
    Row {
        kind: "tgi",
        title: "Text Generation Inference",
        docs: &["https://huggingface.co/docs/text-generation-inference/messages_api"],
        root: Some("http://127.0.0.1:8080/v1"),
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        quirks: RowQuirks { rename: LIMIT, ..OPEN },
        ..SERVER
    },
    Row {
        kind: "nim",
        title: "NVIDIA NIM, one's own",
        docs: &["https://docs.nvidia.com/nim/large-language-models/latest/api-reference.html"],
        root: Some("http://127.0.0.1:8000/v1"),
        operations: USUAL,
        ..SERVER
    },
    Row {
        kind: "triton",
        title: "NVIDIA Triton, by its OpenAI frontend",
        docs: &[
            "https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/client_guide/openai_readme.html",
        ],
        root: Some("http://127.0.0.1:9000/v1"),
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        ..SERVER
    },
    Row {
        kind: "litellm",
        title: "LiteLLM proxy",
        docs: &["https://docs.litellm.ai/docs/proxy/user_keys"],
        root: Some("http://127.0.0.1:4000/v1"),
        operations: RowOperation::USUAL,
        quirks: OF_ALL,
        ..SERVER
    },
    Row {
        kind: "new-api",
        title: "New API and One API",
        docs: &["https://docs.newapi.pro/en/docs/api"],
        root: Some("http://127.0.0.1:3000/v1"),
        operations: RowOperation::USUAL,
        quirks: OF_ALL,
        ..SERVER
    },
    Row {
        kind: "docker-model-runner",
        title: "Docker Model Runner",
        docs: &["https://docs.docker.com/ai/model-runner/api-reference/"],
        read: Some("2026-11-30"),
        // From a container it is http://model-runner.docker.internal/engines/v1.
        root: Some("http://127.0.0.1:12434/engines/v1"),
        version: "/engines/v1",
        operations: USUAL,
        ..SERVER
    },
    Row {
        kind: "xinference",
        title: "Xorbits Inference",
        docs: &["https://inference.readthedocs.io/en/latest/getting_started/using_xinference.html"],
        root: Some("http://127.0.0.1:9997/v1"),
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::IMAGE_EDITS,
            RowOperation::IMAGE_VARIATIONS,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::TRANSLATIONS,
            RowOperation::RERANK,
        ],
        ..SERVER
    },
    Row {
        kind: "gpustack",
        title: "GPUStack",
        docs: &["https://docs.gpustack.ai/latest/user-guide/openai-compatible-apis/"],
        root: Some("http://127.0.0.1/v1"),
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RERANK,
        ],
        ..SERVER
    },
    Row {
        kind: "jan",
        title: "Jan",
        docs: &["https://www.jan.ai/docs/desktop/api-server"],
        root: Some("http://127.0.0.1:1337/v1"),
        ..SERVER
    },
    Row {
        kind: "lemonade",
        title: "Lemonade",
        docs: &["https://lemonade-server.ai/docs/server/server_spec/"],
        root: Some("http://127.0.0.1:8000/api/v1"),
        version: "/api/v1",
        operations: RESPONDS,
        ..SERVER
    },
    Row {
        kind: "text-generation-webui",
        title: "text-generation-webui",
        docs: &["https://github.com/oobabooga/text-generation-webui/wiki/12-%E2%80%90-OpenAI-API"],
        root: Some("http://127.0.0.1:5000/v1"),
        operations: USUAL,
        ..SERVER
    },
    Row {
        kind: "koboldcpp",
        title: "KoboldCpp",
        docs: &["https://github.com/LostRuins/koboldcpp/wiki"],
        root: Some("http://127.0.0.1:5001/v1"),
        operations: USUAL,
        ..SERVER
    },
    Row {
        kind: "tabbyapi",
        title: "TabbyAPI",
        docs: &["https://github.com/theroyallab/tabbyAPI/wiki"],
        root: Some("http://127.0.0.1:5000/v1"),
        operations: USUAL,
        ..SERVER
    },
    Row {
        kind: "llama-stack",
        title: "Llama Stack",
        docs: &["https://llamastack.github.io/docs/providers/openai"],
        root: Some("http://127.0.0.1:8321/v1"),
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::MODERATIONS,
            RowOperation::RESPONSES,
            RowOperation::FILES,
            RowOperation::VECTOR_STORES,
        ],
        ..SERVER
    },
    Row {
        kind: "mlx-lm",
        title: "mlx_lm.server",
        docs: &["https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/SERVER.md"],
        root: Some("http://127.0.0.1:8080/v1"),
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        ..SERVER
    },
    Row {
        kind: "mistral-rs",
        title: "mistral.rs",
        docs: &["https://github.com/EricLBuehler/mistral.rs/blob/master/docs/HTTP.md"],
        root: Some("http://127.0.0.1:1234/v1"),
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::RESPONSES,
        ],
        ..SERVER
    },
    Row {
        kind: "openllm",
        title: "OpenLLM",
        docs: &["https://github.com/bentoml/OpenLLM"],
        root: Some("http://127.0.0.1:3000/v1"),
        ..SERVER
    },
    Row {
        kind: "tei",
        title: "Text Embeddings Inference",
        docs: &["https://huggingface.co/docs/text-embeddings-inference/quick_tour"],
        root: Some("http://127.0.0.1:8080/v1"),
        operations: &[RowOperation::EMBEDDINGS],
        ..SERVER
    },
    Row {
        kind: "privatemode",
        title: "Privatemode, by its proxy",
        docs: &["https://docs.privatemode.ai/quickstart"],
        root: Some("http://127.0.0.1:8080/v1"),
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::TRANSCRIPTIONS],
        ..SERVER
    },
];

const USUAL: &[RowOperation] = &[RowOperation::CHAT, RowOperation::COMPLETIONS, RowOperation::EMBEDDINGS];

/// The same, and responses, of which most keep nothing.
const RESPONDS: &[RowOperation] =
    &[RowOperation::CHAT, RowOperation::COMPLETIONS, RowOperation::EMBEDDINGS, RowOperation::RESPONSES];
