//! China: who serves models of others. Names are those of the models' authors, with an author before them, so only what
//! a host has named itself is its own.

use super::THOUGHTS;
use crate::dialect::Bounds;
use crate::hub::Fault;
use crate::provider::{Row, RowOperation, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "siliconflow",
        title: "SiliconFlow",
        docs: &["https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions"],
        read: Some("2026-11-30"),
        root: Some("https://api.siliconflow.com/v1"),
        credentials: &["SILICONFLOW_API_KEY"],
        operations: SILICONFLOWS,
        quirks: SILICONFLOW,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "siliconflow-cn",
        title: "SiliconFlow, China",
        docs: &["https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions"],
        read: Some("2026-11-30"),
        root: Some("https://api.siliconflow.cn/v1"),
        credentials: &["SILICONFLOW_CN_API_KEY", "SILICONCLOUD_API_KEY", "SILICONFLOW_API_KEY"],
        owns: &["Pro/*"],
        operations: SILICONFLOWS,
        quirks: SILICONFLOW,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "modelscope",
        title: "ModelScope",
        docs: &["https://www.modelscope.cn/docs/model-service/API-Inference/intro"],
        root: Some("https://api-inference.modelscope.cn/v1"),
        credentials: &["MODELSCOPE_API_KEY", "MODELSCOPE_SDK_TOKEN"],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "tencent-tokenhub",
        title: "Tencent TokenHub",
        docs: &["https://intl.cloud.tencent.com/document/product/1300/80636"],
        read: Some("2026-11-30"),
        // In China it is https://tokenhub.tencentmaas.com/v1, with a key of there.
        root: Some("https://tokenhub-intl.tencentcloudmaas.com/v1"),
        credentials: &["TENCENT_TOKENHUB_API_KEY", "TENCENT_API_KEY"],
        quirks: RowQuirks { takes: &["thinking", "reasoning_content"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "tencent-lkeap",
        title: "Tencent Cloud LKEAP",
        docs: &["https://cloud.tencent.com/document/product/1772/115969"],
        root: Some("https://api.lkeap.cloud.tencent.com/v1"),
        credentials: &["LKEAP_API_KEY", "TENCENT_CLOUD_API_KEY"],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "gitee-ai",
        title: "Gitee AI (Moark)",
        docs: &["https://ai.gitee.com/docs"],
        root: Some("https://ai.gitee.com/v1"),
        credentials: &["GITEE_AI_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RERANK,
        ],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "qiniu",
        title: "Qiniu AI",
        docs: &["https://developer.qiniu.com/aitokenapi"],
        root: Some("https://api.qnaigc.com/v1"),
        credentials: &["QINIU_API_KEY", "QINIUCLOUD_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::IMAGES],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "ppio",
        title: "PPIO",
        docs: &["https://ppio.com/docs/model/llm"],
        root: Some("https://api.ppinfra.com/v3/openai"),
        version: "/v3/openai",
        credentials: &["PPIO_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::RERANK,
        ],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "infini-ai",
        title: "Infini-AI",
        docs: &["https://docs.infini-ai.com/gen-studio/api/maas.html"],
        root: Some("https://cloud.infini-ai.com/maas/v1"),
        version: "/maas/v1",
        credentials: &["INFINIAI_API_KEY", "INFINI_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::RERANK],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "huawei-maas",
        title: "Huawei Cloud ModelArts MaaS",
        docs: &["https://support.huaweicloud.com/usermanual-maas/usermanual-maas-0011.html"],
        // Hong Kong's is https://api-ap-southeast-1.modelarts-maas.com/v1.
        root: Some("https://api.modelarts-maas.com/v1"),
        credentials: &["HUAWEI_MAAS_API_KEY", "MAAS_API_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::IMAGES],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "lanyun",
        title: "Lanyun MaaS",
        docs: &["https://archive.lanyun.net"],
        root: Some("https://maas-api.lanyun.net/v1"),
        credentials: &["LANYUN_API_KEY"],
        owns: &["/maas/*"],
        quirks: THOUGHTS,
        ..Row::COMPATIBLE
    },
];

/// It thinks by `enable_thinking`. Its errors' numbers: <https://docs.siliconflow.cn/cn/faqs/error-code>.
const SILICONFLOW: RowQuirks = RowQuirks {
    rename: &[("max_completion_tokens", "max_tokens")],
    clamp: &[("thinking_budget", Bounds { least: Some(128.0), most: Some(32_768.0) })],
    takes: &["reasoning_content"],
    faults: &[("30001", Fault::Credential), ("50505", Fault::Provider)],
    ..RowQuirks::NONE
};

const SILICONFLOWS: &[RowOperation] = &[
    RowOperation::CHAT,
    RowOperation::EMBEDDINGS,
    RowOperation::IMAGES
        .with(&RowQuirks { rename: &[("size", "image_size"), ("n", "batch_size")], ..RowQuirks::NONE }),
    RowOperation::SPEECH,
    RowOperation::TRANSCRIPTIONS,
    RowOperation::RERANK,
];
