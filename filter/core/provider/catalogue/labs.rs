//! Model labs: who trains the models that they serve.

use super::{OF_OPENAI, OLD_LIMIT};
use crate::dialect::{anthropic, cohere, gemini, openai};
use crate::provider::{Auth, Row, RowOperation, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "openai",
        title: "OpenAI",
        docs: &[
            "https://developers.openai.com/api/reference/overview",
            "https://platform.openai.com/docs/models",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.openai.com/v1"),
        credentials: &["OPENAI_API_KEY"],
        // https://platform.openai.com/docs/api-reference/authentication: the organization and the project are the
        // operator's to say, in `headers`; which beta an endpoint is asked in is the client's.
        forwards: &["openai-beta"],
        // No star where another vendor has such names: whisper-large is several hosts'.
        owns: &[
            "gpt-*",
            "chatgpt-*",
            "o1*",
            "o3*",
            "o4*",
            "codex-*",
            "ft:*",
            "text-embedding-3-*",
            "text-embedding-ada-*",
            "dall-e-*",
            "whisper-1*",
            "tts-1*",
            "omni-moderation-*",
            "text-moderation-*",
            "sora-*",
            "babbage-002*",
            "davinci-002*",
        ],
        models: &[
            "gpt-5",
            "gpt-5-mini",
            "gpt-5-nano",
            "gpt-4.1",
            "gpt-4.1-mini",
            "gpt-4o",
            "gpt-4o-mini",
            "o3",
            "o4-mini",
        ],
        operations: &[
            RowOperation::CHAT,
            // <https://platform.openai.com/docs/models>: all others are models of chats.
            RowOperation::COMPLETIONS.only(&["gpt-3.5-turbo-instruct*", "*davinci-002*", "*babbage-002*"]),
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::IMAGE_EDITS,
            RowOperation::IMAGE_VARIATIONS,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::TRANSLATIONS,
            RowOperation::MODERATIONS,
            RowOperation::RESPONSES,
            RowOperation::FILES,
            RowOperation::BATCHES,
            RowOperation::FINE_TUNING,
            RowOperation::VECTOR_STORES,
            RowOperation::UPLOADS,
            RowOperation::REALTIME,
        ],
        quirks: RowQuirks { output: openai::OUTPUT, ..OF_OPENAI },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "anthropic",
        title: "Anthropic",
        docs: &[
            "https://platform.claude.com/docs/en/api/overview",
            "https://platform.claude.com/docs/en/api/versioning",
            "https://docs.claude.com/en/docs/about-claude/models/overview",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.anthropic.com/v1"),
        credentials: &["ANTHROPIC_API_KEY"],
        auth: Auth::Header("x-api-key"),
        headers: &[("anthropic-version", "2023-06-01")],
        forwards: &["anthropic-beta"],
        owns: &["claude-*"],
        models: &["claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1"],
        operations: &[RowOperation::chat(&anthropic::FORMAT)],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "gemini",
        title: "Google Gemini",
        docs: &["https://ai.google.dev/api", "https://ai.google.dev/gemini-api/docs/models"],
        read: Some("2026-11-30"),
        root: Some("https://generativelanguage.googleapis.com/v1beta"),
        version: "/v1beta",
        // Google's own clients read the second first: https://ai.google.dev/gemini-api/docs/api-key. It is set for other
        // services as well, so the first comes first here.
        credentials: &["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
        auth: Auth::Header("x-goog-api-key"),
        owns: &["gemini-*"],
        models: &["gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"],
        operations: &[
            RowOperation::chat(&gemini::FORMAT),
            RowOperation::GEMINI_EMBEDDINGS,
            RowOperation::task(&gemini::IMAGES, &gemini::FORMAT),
            RowOperation::task(&gemini::SPEECH, &gemini::FORMAT),
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cohere",
        title: "Cohere",
        docs: &[
            "https://docs.cohere.com/v2/reference/chat",
            "https://docs.cohere.com/docs/models",
            "https://docs.cohere.com/reference/embed",
            "https://docs.cohere.com/reference/rerank",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.cohere.com/v2"),
        version: "/v2",
        credentials: &["COHERE_API_KEY", "CO_API_KEY"],
        owns: &["command*", "embed-*", "rerank-*"],
        models: &[
            "command-a-plus-05-2026",
            "command-a-reasoning-08-2025",
            "command-a-vision-07-2025",
            "command-a-03-2025",
            "command-r7b-12-2024",
        ],
        operations: &[
            RowOperation::chat(&cohere::FORMAT),
            RowOperation::COHERE_EMBEDDINGS,
            RowOperation::COHERE_RERANK,
            RowOperation::EMBED,
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "deepseek",
        title: "DeepSeek",
        docs: &["https://api-docs.deepseek.com"],
        read: Some("2026-11-30"),
        root: Some("https://api.deepseek.com/v1"),
        credentials: &["DEEPSEEK_API_KEY"],
        owns: &["deepseek-*"],
        models: &["deepseek-flash", "deepseek-v4-pro"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS.below("https://api.deepseek.com/beta")],
        quirks: RowQuirks {
            takes: &["thinking", "reasoning_content", "annotations", "refusal"],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "moonshot",
        title: "Moonshot AI (Kimi)",
        docs: &["https://platform.moonshot.ai/docs/api/chat"],
        root: Some("https://api.moonshot.ai/v1"),
        credentials: &["MOONSHOT_API_KEY"],
        owns: &["kimi-*", "moonshot-*"],
        quirks: RowQuirks {
            takes: &["thinking", "reasoning_content", "annotations", "refusal"],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "xai",
        title: "xAI",
        docs: &[
            "https://docs.x.ai/docs/api-reference",
            "https://docs.x.ai/developers/model-capabilities/text/comparison",
            "https://docs.x.ai/developers/model-capabilities/images/generation",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.x.ai/v1"),
        credentials: &["XAI_API_KEY"],
        owns: &["grok-*"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::RESPONSES,
            RowOperation::XAI_IMAGES,
            RowOperation::FILES,
            RowOperation::REALTIME,
        ],
        quirks: RowQuirks {
            // Its chunks may carry an empty word before the end.
            finish: &[("", None)],
            takes: &["annotations", "refusal"],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "mistral",
        title: "Mistral AI",
        docs: &["https://docs.mistral.ai/api", "https://docs.mistral.ai/capabilities/reasoning/"],
        root: Some("https://api.mistral.ai/v1"),
        credentials: &["MISTRAL_API_KEY"],
        owns: &[
            "mistral-*",
            "ministral-*",
            "magistral-*",
            "codestral-*",
            "devstral-*",
            "pixtral-*",
            "voxtral-*",
            "open-mistral-*",
            "open-mixtral-*",
        ],
        operations: &[
            RowOperation::CHAT,
            RowOperation::MISTRAL_EMBEDDINGS,
            RowOperation::MISTRAL_MODERATIONS,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::MISTRAL_SPEECH,
            RowOperation::FILES,
            RowOperation::FINE_TUNING,
        ],
        quirks: RowQuirks {
            rename: &[("seed", "random_seed"), ("max_completion_tokens", "max_tokens")],
            // Members that it does not know are refused with 422.
            drop: &["logit_bias", "logprobs", "top_logprobs", "user", "store", "service_tier"],
            // Nor has a message of a user's or of the system a name.
            drop_within: &["messages[].name"],
            finish: &[("model_length", Some("length"))],
            call_ids: Some(9),
            // https://docs.mistral.ai/capabilities/reasoning/, and the names that lead to the same models.
            thinking_parts: &[
                "magistral-*",
                "mistral-small-latest",
                "mistral-small-2603",
                "mistral-medium-latest",
                "mistral-medium-3-5*",
                "mistral-medium-3.5*",
                "mistral-medium-2604",
            ],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "ai21",
        title: "AI21 Labs",
        docs: &["https://docs.ai21.com/reference/jamba-1-6-api-ref"],
        root: Some("https://api.ai21.com/studio/v1"),
        version: "/studio/v1",
        credentials: &["AI21_API_KEY"],
        owns: &["jamba-*"],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "reka",
        title: "Reka AI",
        docs: &["https://docs.reka.ai"],
        root: Some("https://api.reka.ai/v1"),
        credentials: &["REKA_API_KEY"],
        owns: &["reka-*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "writer",
        title: "Writer (Palmyra)",
        docs: &["https://dev.writer.com/api-reference/completion-api/chat-completion"],
        root: Some("https://api.writer.com/v1"),
        credentials: &["WRITER_API_KEY"],
        owns: &["palmyra-*"],
        // Both /chat and /chat/completions are documented.
        ..Row::COMPATIBLE
    },
    // Its chats ended on 2026-09-27; what followed them answers as OpenAI's responses do.
    Row {
        kind: "perplexity",
        title: "Perplexity Agent API",
        docs: &["https://docs.perplexity.ai/docs/agent-api/quickstart"],
        root: Some("https://api.perplexity.ai/v1"),
        credentials: &["PERPLEXITY_API_KEY", "PPLX_API_KEY", "PERPLEXITYAI_API_KEY"],
        operations: &[RowOperation::RESPONSES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "inception",
        title: "Inception (Mercury)",
        docs: &["https://docs.inceptionlabs.ai"],
        root: Some("https://api.inceptionlabs.ai/v1"),
        credentials: &["INCEPTION_API_KEY"],
        owns: &["mercury-*"],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "meta",
        title: "Meta Model API",
        docs: &["https://ai.developer.meta.com"],
        root: Some("https://api.meta.ai/v1"),
        credentials: &["META_API_KEY", "META_MODEL_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::RESPONSES],
        ..Row::COMPATIBLE
    },
    // Its own format at /v1 has another shape; this is the layer for OpenAI's clients.
    Row {
        kind: "llama",
        title: "Meta Llama API",
        docs: &["https://llama.developer.meta.com/docs/features/compatibility"],
        root: Some("https://api.llama.com/compat/v1"),
        version: "/compat/v1",
        credentials: &["LLAMA_API_KEY"],
        owns: &["Llama-*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "arcee",
        title: "Arcee AI",
        docs: &["https://docs.arcee.ai"],
        root: Some("https://api.arcee.ai/api/v1"),
        version: "/api/v1",
        credentials: &["ARCEE_API_KEY", "ARCEEAI_API_KEY"],
        owns: &["trinity-*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "sakana",
        title: "Sakana AI",
        docs: &["https://console.sakana.ai"],
        root: Some("https://api.sakana.ai/v1"),
        credentials: &["SAKANA_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "poolside",
        title: "Poolside",
        docs: &["https://docs.poolside.ai"],
        root: Some("https://inference.poolside.ai/v1"),
        credentials: &["POOLSIDE_API_KEY"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "nous",
        title: "Nous Research",
        docs: &["https://portal.nousresearch.com"],
        root: Some("https://inference-api.nousresearch.com/v1"),
        credentials: &["NOUS_API_KEY"],
        owns: &["Hermes-*"],
        ..Row::COMPATIBLE
    },
    // Its model is a base model's name or a checkpoint, `tinker://…`.
    Row {
        kind: "thinking-machines",
        title: "Thinking Machines (Tinker)",
        docs: &["https://tinker-docs.thinkingmachines.ai/inference/openai/overview/"],
        read: Some("2026-11-30"),
        root: Some("https://tinker.thinkingmachines.dev/services/tinker-prod/oai/api/v1"),
        credentials: &["TINKER_API_KEY"],
        owns: &["tinker://*"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "v0",
        title: "v0 by Vercel",
        docs: &["https://vercel.com/docs/v0"],
        root: Some("https://api.v0.dev/v1"),
        credentials: &["V0_API_KEY"],
        owns: &["v0-*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "morph",
        title: "Morph",
        docs: &["https://docs.morphllm.com"],
        root: Some("https://api.morphllm.com/v1"),
        credentials: &["MORPH_API_KEY"],
        owns: &["morph-*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "amazon-nova",
        title: "Amazon Nova",
        docs: &["https://nova.amazon.com/dev/documentation"],
        root: Some("https://api.nova.amazon.com/v1"),
        credentials: &["NOVA_API_KEY", "AMAZON_NOVA_API_KEY"],
        owns: &["nova-*-v1"],
        quirks: OLD_LIMIT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "inflection",
        title: "Inflection AI",
        docs: &["https://developers.inflection.ai"],
        root: Some("https://api.inflection.ai/external/api/inference/openai/v1"),
        credentials: &["INFLECTION_API_KEY"],
        owns: &["inflection_*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "liquid",
        title: "Liquid AI",
        docs: &["https://docs.liquid.ai"],
        root: Some("https://inference.liquid.ai/v1"),
        credentials: &["LIQUID_API_KEY"],
        ..Row::COMPATIBLE
    },
];
