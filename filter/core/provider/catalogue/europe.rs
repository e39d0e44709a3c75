//! Europe: clouds and hosts that are there, and Russia's.

use super::EMBEDS;
use crate::provider::{Auth, Row, RowOperation, RowQuirks, Variable};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "scaleway",
        title: "Scaleway Generative APIs",
        docs: &["https://www.scaleway.com/en/developers/api/generative-apis/"],
        read: Some("2026-11-30"),
        // One project's is https://api.scaleway.ai/{project}/v1.
        root: Some("https://api.scaleway.ai/v1"),
        credentials: &["SCW_SECRET_KEY", "SCALEWAY_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RERANK,
            RowOperation::RESPONSES,
            RowOperation::BATCHES,
        ],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "ovhcloud",
        title: "OVHcloud AI Endpoints",
        docs: &[
            "https://docs.ovhcloud.com/en/guides/public-cloud/ai-machine-learning/ai-endpoints-audio-models",
            "https://www.ovhcloud.com/en-gb/public-cloud/ai-endpoints/catalog/",
        ],
        read: Some("2026-11-30"),
        root: Some("https://oai.endpoints.kepler.ai.cloud.ovh.net/v1"),
        credentials: &["OVH_AI_ENDPOINTS_ACCESS_TOKEN", "OVHCLOUD_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
        ],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "nebius",
        title: "Nebius Token Factory",
        docs: &["https://docs.tokenfactory.nebius.com/api-reference/inference/create-completion"],
        read: Some("2026-11-30"),
        root: Some("https://api.tokenfactory.nebius.com/v1"),
        credentials: &["NEBIUS_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::FILES,
            RowOperation::BATCHES,
        ],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "nscale",
        title: "Nscale",
        docs: &["https://docs.nscale.com"],
        root: Some("https://inference.api.nscale.com/v1"),
        credentials: &["NSCALE_API_KEY", "NSCALE_SERVICE_TOKEN"],
        operations: &[RowOperation::CHAT, RowOperation::IMAGES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "ionos",
        title: "IONOS AI Model Hub",
        docs: &["https://docs.ionos.com/cloud/ai/ai-model-hub"],
        root: Some("https://openai.inference.{region}.ionos.com/v1"),
        variables: &[Variable { name: "region", environment: None, default: Some("de-txl") }],
        credentials: &["IONOS_API_TOKEN", "IONOS_API_KEY", "IONOS_AI_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::IMAGES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "stackit",
        title: "STACKIT AI Model Serving",
        docs: &["https://docs.stackit.cloud/products/data-and-ai/ai-model-serving/"],
        root: Some("https://api.openai-compat.model-serving.{region}.onstackit.cloud/v1"),
        variables: &[Variable { name: "region", environment: None, default: Some("eu01") }],
        credentials: &["STACKIT_API_KEY"],
        operations: EMBEDS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "hetzner",
        title: "Hetzner Inference",
        docs: &["https://docs.hetzner.com"],
        root: Some("https://inference.hetzner.com/api/v1"),
        version: "/api/v1",
        credentials: &["HETZNER_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "infomaniak",
        title: "Infomaniak AI Services",
        docs: &["https://developer.infomaniak.com/docs/api"],
        root: Some("https://api.infomaniak.com/2/ai/{product}/openai/v1"),
        variables: &[Variable { name: "product", environment: Some("INFOMANIAK_PRODUCT_ID"), default: None }],
        credentials: &["INFOMANIAK_API_KEY", "INFOMANIAK_API_TOKEN"],
        operations: EMBEDS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "langdock",
        title: "Langdock",
        docs: &["https://docs.langdock.com/api-endpoints/completion/openai"],
        read: Some("2026-11-30"),
        root: Some("https://api.langdock.com/openai/{region}/v1"),
        variables: &[Variable { name: "region", environment: None, default: Some("eu") }],
        credentials: &["LANGDOCK_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::RESPONSES],
        quirks: RowQuirks {
            drop: &["n", "service_tier", "parallel_tool_calls", "stream_options"],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "evroc",
        title: "evroc Think",
        docs: &["https://docs.evroc.com"],
        root: Some("https://models.think.evroc.com/v1"),
        credentials: &["EVROC_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::TRANSCRIPTIONS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "berget",
        title: "Berget AI",
        docs: &["https://docs.berget.ai"],
        root: Some("https://api.berget.ai/v1"),
        credentials: &["BERGET_API_KEY", "BERGET_AI_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RERANK,
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "regolo",
        title: "Regolo",
        docs: &["https://docs.regolo.ai"],
        root: Some("https://api.regolo.ai/v1"),
        credentials: &["REGOLO_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RERANK,
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "t-systems",
        title: "T-Systems LLM Hub",
        docs: &["https://docs.llmhub.t-systems.net"],
        root: Some("https://llm-server.llmhub.t-systems.net/v2"),
        version: "/v2",
        credentials: &["LLMHUB_API_KEY"],
        operations: EMBEDS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cortecs",
        title: "Cortecs",
        docs: &["https://docs.cortecs.ai"],
        root: Some("https://api.cortecs.ai/v1"),
        credentials: &["CORTECS_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::RESPONSES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "compactifai",
        title: "CompactifAI",
        docs: &["https://docs.compactif.ai"],
        root: Some("https://api.compactif.ai/v1"),
        credentials: &["COMPACTIFAI_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "inceptron",
        title: "Inceptron",
        docs: &["https://docs.inceptron.io"],
        root: Some("https://api.inceptron.io/v1"),
        credentials: &["INCEPTRON_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "yandex",
        title: "Yandex AI Studio",
        docs: &["https://yandex.cloud/en/docs/ai-studio/concepts/openai-compatibility"],
        root: Some("https://llm.api.cloud.yandex.net/v1"),
        credentials: &["YANDEX_API_KEY", "YC_API_KEY"],
        auth: Auth::Scheme("Api-Key"),
        // A model's name is `gpt://{folder}/{name}/latest`.
        owns: &["gpt://*", "emb://*"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::RESPONSES,
            RowOperation::FILES,
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cloud-ru",
        title: "Cloud.ru Evolution Foundation Models",
        docs: &["https://cloud.ru/docs/foundation-models/ug/index"],
        root: Some("https://foundation-models.api.cloud.ru/v1"),
        credentials: &["CLOUD_RU_API_KEY"],
        operations: EMBEDS,
        ..Row::COMPATIBLE
    },
];

/// Who serves models of others hands out their thoughts as vLLM does, and reads them again.
const THOUGHTS: RowQuirks = RowQuirks { takes: &["reasoning", "reasoning_content"], ..RowQuirks::NONE };
