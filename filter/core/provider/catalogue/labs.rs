//! Model labs: who trains the models that they serve.

use crate::dialect::{anthropic, cohere, gemini, openai};
use crate::provider::{Auth, Row, RowOperation, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "openai",
        title: "OpenAI",
        docs: &["https://platform.openai.com/docs/api-reference", "https://platform.openai.com/docs/models"],
        root: Some("https://api.openai.com/v1"),
        credentials: &["OPENAI_API_KEY"],
        owns: &["gpt-*", "chatgpt-*", "o1*", "o3*", "o4*", "codex-*", "ft:*"],
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
            RowOperation::IMAGES,
            RowOperation::IMAGE_EDITS,
            RowOperation::IMAGE_VARIATIONS,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::TRANSLATIONS,
        ],
        quirks: RowQuirks {
            takes: &["annotations", "refusal", "audio"],
            output: openai::OUTPUT,
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "anthropic",
        title: "Anthropic",
        docs: &[
            "https://docs.claude.com/en/api/overview",
            "https://docs.claude.com/en/docs/about-claude/models/overview",
        ],
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
        root: Some("https://generativelanguage.googleapis.com/v1beta"),
        version: "/v1beta",
        credentials: &["GEMINI_API_KEY"],
        auth: Auth::Header("x-goog-api-key"),
        owns: &["gemini-*"],
        models: &["gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"],
        operations: &[
            RowOperation::chat(&gemini::FORMAT),
            RowOperation::at(gemini::IMAGES.surface, gemini::IMAGES.path, &gemini::FORMAT),
            RowOperation::at(gemini::SPEECH.surface, gemini::SPEECH.path, &gemini::FORMAT),
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cohere",
        title: "Cohere",
        docs: &["https://docs.cohere.com/v2/reference/chat", "https://docs.cohere.com/docs/models"],
        read: Some("2026-11-30"),
        root: Some("https://api.cohere.com/v2"),
        version: "/v2",
        credentials: &["COHERE_API_KEY", "CO_API_KEY"],
        owns: &["command*"],
        models: &[
            "command-a-plus-05-2026",
            "command-a-reasoning-08-2025",
            "command-a-vision-07-2025",
            "command-a-03-2025",
            "command-r7b-12-2024",
        ],
        operations: &[RowOperation::chat(&cohere::FORMAT)],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "deepseek",
        title: "DeepSeek",
        docs: &["https://api-docs.deepseek.com"],
        root: Some("https://api.deepseek.com/v1"),
        credentials: &["DEEPSEEK_API_KEY"],
        owns: &["deepseek-*"],
        models: &["deepseek-flash", "deepseek-v4-pro"],
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
        docs: &["https://docs.x.ai/docs/api-reference"],
        root: Some("https://api.x.ai/v1"),
        credentials: &["XAI_API_KEY"],
        owns: &["grok-*"],
        operations: &[RowOperation::CHAT, RowOperation::IMAGES.with(XAI_IMAGES)],
        quirks: RowQuirks { takes: &["annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
];

/// <https://docs.x.ai/developers/model-capabilities/images/generation>: neither size nor style, but `aspect_ratio`,
/// `resolution` and a `quality` of `low`, `medium` and `high`.
const XAI_IMAGES: &RowQuirks = &RowQuirks {
    drop: &[
        "size",
        "style",
        "background",
        "moderation",
        "output_format",
        "output_compression",
        "partial_images",
    ],
    ..RowQuirks::NONE
};
