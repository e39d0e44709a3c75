//! Aggregators: one API in front of many vendors. Names of models are those of the vendors, with or without the vendor
//! before them, so none of them owns any.

use super::{EMBEDS, THOUGHTS};
use crate::provider::{Auth, Row, RowOperation, RowQuirks, Variable};

/// Who sends on what other vendors gave, by whatever name they gave it.
const OF_ALL: &[&str] = &[
    "cache_control",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "annotations",
    "refusal",
    "images",
];

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "openrouter",
        title: "OpenRouter",
        docs: &["https://openrouter.ai/docs/api-reference/overview"],
        read: Some("2026-11-30"),
        root: Some("https://openrouter.ai/api/v1"),
        credentials: &["OPENROUTER_API_KEY"],
        // By these its rankings name an application; the last is what `x-title` is called now.
        forwards: &["http-referer", "x-title", "x-openrouter-title"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::RESPONSES,
        ],
        quirks: RowQuirks { takes: OF_ALL, ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "vercel-ai-gateway",
        title: "Vercel AI Gateway",
        docs: &["https://vercel.com/docs/ai-gateway/openai-compat"],
        read: Some("2026-11-30"),
        root: Some("https://ai-gateway.vercel.sh/v1"),
        credentials: &["AI_GATEWAY_API_KEY", "VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"],
        operations: EMBEDS,
        quirks: RowQuirks { takes: &["cache_control", "reasoning", "reasoning_details"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cloudflare-ai-gateway",
        title: "Cloudflare AI Gateway",
        docs: &["https://developers.cloudflare.com/ai-gateway/usage/chat-completion/"],
        // A gateway that asks who calls wants its own token in a header beside the vendor's key:
        // `headers: {cf-aig-authorization: "Bearer ${CF_AIG_TOKEN}"}`.
        root: Some("https://gateway.ai.cloudflare.com/v1/{account}/{gateway}/compat"),
        variables: &[
            Variable { name: "account", environment: Some("CLOUDFLARE_ACCOUNT_ID"), default: None },
            Variable { name: "gateway", environment: Some("CLOUDFLARE_GATEWAY_ID"), default: None },
        ],
        credentials: &["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "portkey",
        title: "Portkey",
        docs: &["https://portkey.ai/docs/api-reference/inference-api/headers"],
        read: Some("2026-11-30"),
        // Whom it asks is for the operator to say, never for a client: by the model's name (`@provider/model`), or by
        // `headers: {x-portkey-config: …}`.
        root: Some("https://api.portkey.ai/v1"),
        credentials: &["PORTKEY_API_KEY"],
        auth: Auth::Header("x-portkey-api-key"),
        forwards: &["x-portkey-trace-id", "x-portkey-metadata"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::TRANSLATIONS,
            RowOperation::RESPONSES,
            RowOperation::FILES,
            RowOperation::BATCHES,
        ],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "requesty",
        title: "Requesty",
        docs: &["https://docs.requesty.ai"],
        root: Some("https://router.requesty.ai/v1"),
        credentials: &["REQUESTY_API_KEY"],
        forwards: &["http-referer", "x-title"],
        operations: EMBEDS,
        quirks: RowQuirks { takes: &["cache_control", "reasoning_content"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "edenai",
        title: "Eden AI",
        docs: &["https://docs.edenai.co"],
        root: Some("https://api.edenai.run/v3"),
        version: "/v3",
        credentials: &["EDENAI_API_KEY"],
        operations: EMBEDS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "aimlapi",
        title: "AI/ML API",
        docs: &["https://docs.aimlapi.com/glossary/concepts"],
        read: Some("2026-11-30"),
        root: Some("https://api.aimlapi.com/v1"),
        credentials: &["AIML_API_KEY", "AIMLAPI_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::IMAGES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "poe",
        title: "Poe",
        docs: &["https://creator.poe.com/docs/external-applications/openai-compatible-api"],
        read: Some("2026-11-30"),
        root: Some("https://api.poe.com/v1"),
        credentials: &["POE_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::RESPONSES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "nano-gpt",
        title: "NanoGPT",
        docs: &["https://docs.nano-gpt.com"],
        root: Some("https://nano-gpt.com/api/v1"),
        credentials: &["NANOGPT_API_KEY", "NANO_GPT_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::IMAGES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "kilo",
        title: "Kilo Gateway",
        docs: &["https://kilo.ai/docs/gateway"],
        root: Some("https://api.kilo.ai/api/gateway"),
        version: "/api/gateway",
        credentials: &["KILO_API_KEY"],
        quirks: RowQuirks { takes: OF_ALL, ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    // Both of OpenCode's speak what a model's own vendor speaks, by the model; here are those of OpenAI's format.
    Row {
        kind: "opencode-zen",
        title: "OpenCode Zen",
        docs: &["https://opencode.ai/docs/zen"],
        root: Some("https://opencode.ai/zen/v1"),
        credentials: &["OPENCODE_API_KEY", "OPENCODE_ZEN_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::RESPONSES],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "opencode-go",
        title: "OpenCode Go",
        docs: &["https://opencode.ai/docs/go"],
        root: Some("https://opencode.ai/zen/go/v1"),
        credentials: &["OPENCODE_API_KEY", "OPENCODE_GO_API_KEY"],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "helicone",
        title: "Helicone AI Gateway",
        docs: &["https://docs.helicone.ai/gateway/overview"],
        root: Some("https://ai-gateway.helicone.ai/v1"),
        credentials: &["HELICONE_API_KEY"],
        forwards: &[
            "helicone-user-id",
            "helicone-session-id",
            "helicone-session-path",
            "helicone-session-name",
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "llmgateway",
        title: "LLM Gateway",
        docs: &["https://docs.llmgateway.io"],
        root: Some("https://api.llmgateway.io/v1"),
        credentials: &["LLMGATEWAY_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "glama",
        title: "Glama",
        docs: &["https://glama.ai/gateway/docs"],
        root: Some("https://glama.ai/api/gateway/openai/v1"),
        credentials: &["GLAMA_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "martian",
        title: "Martian",
        docs: &["https://docs.withmartian.com"],
        root: Some("https://api.withmartian.com/v1"),
        credentials: &["MARTIAN_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "zenmux",
        title: "ZenMux",
        docs: &["https://docs.zenmux.ai"],
        root: Some("https://zenmux.ai/api/v1"),
        credentials: &["ZENMUX_API_KEY"],
        quirks: RowQuirks { takes: &["reasoning", "reasoning_content"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "orcarouter",
        title: "OrcaRouter",
        docs: &["https://docs.orcarouter.ai"],
        root: Some("https://api.orcarouter.ai/v1"),
        credentials: &["ORCAROUTER_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "apipie",
        title: "APIpie",
        docs: &["https://apipie.ai/docs"],
        root: Some("https://apipie.ai/v1"),
        credentials: &["APIPIE_API_KEY", "APIPIE_LLM_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::IMAGES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "opper",
        title: "Opper",
        docs: &["https://docs.opper.ai"],
        root: Some("https://api.opper.ai/v3/compat"),
        version: "/v3/compat",
        credentials: &["OPPER_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "pollinations",
        title: "Pollinations",
        docs: &["https://gen.pollinations.ai/docs"],
        root: Some("https://gen.pollinations.ai/v1"),
        credentials: &["POLLINATIONS_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "tetrate",
        title: "Tetrate Agent Router",
        docs: &["https://router.tetrate.ai"],
        root: Some("https://api.router.tetrate.ai/v1"),
        credentials: &["TETRATE_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "abliteration",
        title: "abliteration.ai",
        docs: &["https://docs.abliteration.ai"],
        root: Some("https://api.abliteration.ai/v1"),
        credentials: &["ABLITERATION_API_KEY", "ABLIT_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "empiriolabs",
        title: "EmpirioLabs",
        docs: &["https://docs.empiriolabs.ai"],
        root: Some("https://api.empiriolabs.ai/v1"),
        credentials: &["EMPIRIOLABS_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::RESPONSES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "assemblyai",
        title: "AssemblyAI LLM Gateway",
        docs: &["https://www.assemblyai.com/docs/llm-gateway"],
        root: Some("https://llm-gateway.assemblyai.com/v1"),
        credentials: &["ASSEMBLYAI_API_KEY"],
        // The bare key, without a word before it.
        auth: Auth::Header("authorization"),
        ..Row::COMPATIBLE
    },
    Row {
        kind: "302ai",
        title: "302.AI",
        docs: &["https://doc.302.ai"],
        root: Some("https://api.302.ai/v1"),
        // The vendor's own name, `302AI_API_KEY`, is none that a shell can set.
        credentials: &["AI302_API_KEY"],
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
        kind: "aihubmix",
        title: "AiHubMix",
        docs: &["https://docs.aihubmix.com"],
        root: Some("https://aihubmix.com/v1"),
        credentials: &["AIHUBMIX_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RESPONSES,
        ],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cometapi",
        title: "CometAPI",
        docs: &["https://apidoc.cometapi.com"],
        root: Some("https://api.cometapi.com/v1"),
        credentials: &["COMETAPI_KEY", "COMETAPI_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RESPONSES,
        ],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "deerapi",
        title: "DeerAPI",
        docs: &["https://apidoc.deerapi.com"],
        root: Some("https://api.deerapi.com/v1"),
        credentials: &["DEERAPI_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::IMAGES],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
];
