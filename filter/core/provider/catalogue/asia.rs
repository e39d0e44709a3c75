//! Asia but for China, and Latin America.

use super::EMBEDS;
use crate::provider::{Row, RowOperation, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "clova",
        title: "NAVER CLOVA Studio",
        docs: &["https://api.ncloud-docs.com/docs/en/clovastudio-openaicompatibility"],
        read: Some("2026-11-30"),
        root: Some("https://clovastudio.stream.ntruss.com/v1/openai"),
        version: "/v1/openai",
        credentials: &["CLOVASTUDIO_API_KEY", "CLOVA_STUDIO_API_KEY", "NCP_CLOVASTUDIO_API_KEY"],
        owns: &["HCX-*"],
        models: &["HCX-007", "HCX-005"],
        operations: EMBEDS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "upstage",
        title: "Upstage (Solar)",
        docs: &["https://console.upstage.ai/api/docs/getting-started"],
        root: Some("https://api.upstage.ai/v1"),
        credentials: &["UPSTAGE_API_KEY"],
        owns: &["solar-*"],
        operations: EMBEDS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "plamo",
        title: "Preferred Networks PLaMo",
        docs: &["https://docs.plamo.preferredai.jp"],
        root: Some("https://api.platform.preferredai.jp/v1"),
        credentials: &["PLAMO_API_KEY"],
        owns: &["plamo-*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "sakura",
        title: "Sakura AI Engine",
        docs: &["https://manual.sakura.ad.jp/cloud/ai-engine/03-chat-api.html"],
        // The credential is the account's token, `uuid:secret`.
        root: Some("https://api.ai.sakura.ad.jp/v1"),
        credentials: &["SAKURA_AI_ENGINE_API_KEY", "SAKURA_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::TRANSCRIPTIONS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "sarvam",
        title: "Sarvam AI",
        docs: &["https://docs.sarvam.ai/api-reference-docs/chat/completions"],
        root: Some("https://api.sarvam.ai/v1"),
        credentials: &["SARVAM_API_KEY"],
        owns: &["sarvam-*"],
        models: &["sarvam-105b", "sarvam-30b"],
        quirks: RowQuirks {
            rename: &[("max_completion_tokens", "max_tokens")],
            takes: &["reasoning_content"],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "krutrim",
        title: "Ola Krutrim",
        docs: &["https://docs.olakrutrim.com"],
        root: Some("https://cloud.olakrutrim.com/v1"),
        credentials: &["KRUTRIM_API_KEY", "KRUTRIM_CLOUD_API_KEY"],
        owns: &["Krutrim-*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "sea-lion",
        title: "SEA-LION",
        docs: &["https://docs.sea-lion.ai/guides/inferencing/api"],
        root: Some("https://api.sea-lion.ai/v1"),
        credentials: &["SEA_LION_API_KEY", "SEALION_API_KEY"],
        owns: &["aisingapore/*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "typhoon",
        title: "Typhoon (SCB 10X)",
        docs: &["https://docs.opentyphoon.ai/en/api/"],
        root: Some("https://api.opentyphoon.ai/v1"),
        credentials: &["TYPHOON_API_KEY"],
        owns: &["typhoon-*"],
        operations: &[RowOperation::CHAT, RowOperation::TRANSCRIPTIONS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "ai71",
        title: "AI71 (Falcon)",
        docs: &["https://ai71.ai"],
        root: Some("https://api.ai71.ai/v1"),
        credentials: &["AI71_API_KEY"],
        owns: &["tiiuae/*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "maritaca",
        title: "Maritaca AI (Sabiá)",
        docs: &["https://docs.maritaca.ai/en/"],
        root: Some("https://chat.maritaca.ai/api"),
        version: "/api",
        credentials: &["MARITACA_API_KEY", "MARITALK_API_KEY"],
        owns: &["sabia-*", "sabiazinho-*"],
        ..Row::COMPATIBLE
    },
];
