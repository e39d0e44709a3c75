//! Who hosts open models of others, and little else.

use super::OLD_LIMIT;
use crate::dialect::replicate;
use crate::provider::{Row, RowOperation, RowQuirks, Variable};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "together",
        title: "Together AI",
        docs: &[
            "https://docs.together.ai/docs/inference/openai-compatibility",
            "https://docs.together.ai/reference/chat-completions",
            "https://docs.together.ai/reference/post-images-generations",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.together.ai/v1"),
        credentials: &["TOGETHER_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::TOGETHER_IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::TRANSLATIONS,
            RowOperation::TOGETHER_RERANK,
            RowOperation::FILES,
        ],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "fireworks",
        title: "Fireworks AI",
        docs: &[
            "https://docs.fireworks.ai/tools-sdks/openai-compatibility",
            "https://docs.fireworks.ai/api-reference/post-chatcompletions",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.fireworks.ai/inference/v1"),
        version: "/inference/v1",
        credentials: &["FIREWORKS_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_API_KEY"],
        owns: &["accounts/fireworks/*"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::RERANK,
            RowOperation::RESPONSES,
            RowOperation::TRANSCRIPTIONS.below(FIREWORKS_AUDIO),
            RowOperation::TRANSLATIONS.below(FIREWORKS_AUDIO),
        ],
        quirks: RowQuirks { takes: &["thinking", "reasoning_content"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "deepinfra",
        title: "DeepInfra",
        docs: &["https://deepinfra.com/docs/openai_api"],
        read: Some("2026-11-30"),
        root: Some("https://api.deepinfra.com/v1/openai"),
        version: "/v1/openai",
        credentials: &["DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN", "DEEPINFRA_API_TOKEN"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::DEEPINFRA_RERANK,
        ],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "novita",
        title: "Novita AI",
        docs: &[
            "https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
            "https://github.com/novitalabs/novita-skills/blob/main/skills/novita-docs/references/quick-start.md",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.novita.ai/openai/v1"),
        version: "/openai/v1",
        credentials: &["NOVITA_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::RERANK,
        ],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    // A model's name may say who is to serve it: `owner/model:provider`, `:fastest`, `:cheapest`.
    Row {
        kind: "hugging-face",
        title: "Hugging Face Inference Providers",
        docs: &["https://huggingface.co/docs/inference-providers"],
        root: Some("https://router.huggingface.co/v1"),
        credentials: &["HF_TOKEN", "HUGGINGFACE_API_KEY", "HUGGINGFACEHUB_API_TOKEN"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::RESPONSES,
            RowOperation::HUGGING_FACE_EMBEDDINGS,
            RowOperation::HUGGING_FACE_IMAGES,
        ],
        ..Row::COMPATIBLE
    },
    // A model is `owner/name`, and of those that are not official has a version: `owner/name:version`.
    Row {
        kind: "replicate",
        title: "Replicate",
        docs: &[
            "https://replicate.com/docs/reference/http",
            "https://replicate.com/docs/topics/predictions/create-a-prediction",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.replicate.com/v1"),
        credentials: &["REPLICATE_API_TOKEN", "REPLICATE_API_KEY"],
        operations: &[
            RowOperation::chat(&replicate::FORMAT),
            RowOperation::task(&replicate::IMAGES, &replicate::FORMAT),
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "baseten",
        title: "Baseten Model APIs",
        docs: &["https://docs.baseten.co/reference/inference-api/chat-completions"],
        read: Some("2026-11-30"),
        root: Some("https://inference.baseten.co/v1"),
        credentials: &["BASETEN_API_KEY"],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "featherless",
        title: "Featherless",
        docs: &["https://featherless.ai/docs"],
        root: Some("https://api.featherless.ai/v1"),
        credentials: &["FEATHERLESS_API_KEY", "FEATHERLESS_AI_API_KEY", "FEATHERLESSAI_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    // Endpoints of one's own are at https://api.friendli.ai/dedicated/v1.
    Row {
        kind: "friendli",
        title: "Friendli",
        docs: &["https://friendli.ai/docs"],
        root: Some("https://api.friendli.ai/serverless/v1"),
        version: "/serverless/v1",
        credentials: &["FRIENDLI_TOKEN", "FRIENDLIAI_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "inference-net",
        title: "Inference.net",
        docs: &["https://docs.inference.net"],
        root: Some("https://api.inference.net/v1"),
        credentials: &["INFERENCE_NET_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "parasail",
        title: "Parasail",
        docs: &["https://docs.parasail.io"],
        root: Some("https://api.parasail.io/v1"),
        credentials: &["PARASAIL_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::RESPONSES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "synthetic",
        title: "Synthetic",
        docs: &["https://dev.synthetic.new/docs"],
        root: Some("https://api.synthetic.new/openai/v1"),
        version: "/openai/v1",
        credentials: &["SYNTHETIC_API_KEY"],
        owns: &["hf:*"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS, RowOperation::EMBEDDINGS],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "neuralwatt",
        title: "Neuralwatt",
        docs: &["https://docs.neuralwatt.com"],
        root: Some("https://api.neuralwatt.com/v1"),
        credentials: &["NEURALWATT_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "publicai",
        title: "Public AI",
        docs: &["https://platform.publicai.co"],
        root: Some("https://api.publicai.co/v1"),
        credentials: &["PUBLICAI_API_KEY"],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    // A model is a URL, or `user/app/models/name`.
    Row {
        kind: "clarifai",
        title: "Clarifai",
        docs: &["https://docs.clarifai.com"],
        root: Some("https://api.clarifai.com/v2/ext/openai/v1"),
        version: "/v2/ext/openai/v1",
        credentials: &["CLARIFAI_PAT", "CLARIFAI_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "mancer",
        title: "Mancer",
        docs: &["https://mancer.tech/docs"],
        root: Some("https://neuro.mancer.tech/oai/v1"),
        version: "/oai/v1",
        credentials: &["MANCER_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "infermatic",
        title: "Infermatic",
        docs: &["https://infermatic.ai"],
        root: Some("https://api.totalgpt.ai/v1"),
        credentials: &["INFERMATIC_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "arliai",
        title: "ArliAI",
        docs: &["https://www.arliai.com"],
        root: Some("https://api.arliai.com/v1"),
        credentials: &["ARLIAI_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "avian",
        title: "Avian",
        docs: &["https://avian.io/docs"],
        root: Some("https://api.avian.io/v1"),
        credentials: &["AVIAN_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "submodel",
        title: "SubModel",
        docs: &["https://submodel.gitbook.io"],
        root: Some("https://llm.submodel.ai/v1"),
        credentials: &["SUBMODEL_API_KEY", "SUBMODEL_INSTAGEN_ACCESS_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "ollama-cloud",
        title: "Ollama Cloud",
        docs: &["https://docs.ollama.com/cloud"],
        root: Some("https://ollama.com/v1"),
        credentials: &["OLLAMA_API_KEY", "OLLAMA_CLOUD_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::OLLAMA_CLOUD_EMBEDDINGS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "doubleword",
        title: "Doubleword",
        docs: &["https://docs.doubleword.ai"],
        root: Some("https://api.doubleword.ai/v1"),
        credentials: &["DOUBLEWORD_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::FILES, RowOperation::BATCHES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "bytez",
        title: "Bytez",
        docs: &["https://docs.bytez.com"],
        root: Some("https://api.bytez.com/models/v2/openai/v1"),
        version: "/models/v2/openai/v1",
        credentials: &["BYTEZ_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "predibase",
        title: "Predibase",
        docs: &["https://docs.predibase.com"],
        root: Some("https://serving.app.predibase.com/{tenant}/deployments/v2/llms/{deployment}/v1"),
        variables: &[
            Variable { name: "tenant", environment: Some("PREDIBASE_TENANT_ID"), default: None },
            Variable { name: "deployment", environment: None, default: None },
        ],
        credentials: &["PREDIBASE_API_TOKEN", "PREDIBASE_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "ncompass",
        title: "nCompass",
        docs: &["https://docs.ncompass.tech"],
        root: Some("https://api.ncompass.tech/v1"),
        credentials: &["NCOMPASS_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "crof",
        title: "CrofAI",
        docs: &["https://crof.ai/docs"],
        root: Some("https://crof.ai/v1"),
        credentials: &["CROF_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "pioneer",
        title: "Pioneer",
        docs: &["https://docs.pioneer.ai"],
        root: Some("https://api.pioneer.ai/v1"),
        credentials: &["PIONEER_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "llm7",
        title: "LLM7",
        docs: &["https://llm7.io"],
        root: Some("https://api.llm7.io/v1"),
        credentials: &["LLM7_API_KEY"],
        ..Row::COMPATIBLE
    },
];

/// Where what is heard is asked for; whisper-v3-turbo is at audio-turbo.
const FIREWORKS_AUDIO: &str = "https://audio-prod.api.fireworks.ai/v1";
