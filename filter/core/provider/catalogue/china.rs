//! China: who trains the models that they serve, and is there more than once. A vendor with two regions has a key of its
//! own kind for each, and is two rows; both own the same names, and what is outside China comes first. Plans for coding
//! tools have roots of their own, and own nothing: an operator sends them what their terms allow.

use super::{LIMIT, up_to};
use crate::dialect::{Bounds, Count, openai};
use crate::hub::Fault;
use crate::provider::{Row, RowOperation, RowQuirks, Variable};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "qwen",
        title: "Alibaba Model Studio (Qwen), Singapore",
        docs: &[
            "https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
            "https://www.alibabacloud.com/help/en/model-studio/error-code",
        ],
        read: Some("2026-11-30"),
        // Virginia's is https://dashscope-us.aliyuncs.com/compatible-mode/v1, Hong Kong's
        // https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1: `endpoint`, with a key of there.
        root: Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        version: "/compatible-mode/v1",
        credentials: &["DASHSCOPE_API_KEY", "QWEN_API_KEY", "ALIBABA_API_KEY"],
        owns: QWENS,
        models: &["qwen3-max", "qwen3-coder-plus", "qwen3.6-plus", "qwen-plus", "qwen-flash"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::at("rerank", "/reranks", &openai::FORMAT)
                .below("https://dashscope-intl.aliyuncs.com/compatible-api/v1"),
            RowOperation::RESPONSES,
            RowOperation::FILES,
            RowOperation::BATCHES,
        ],
        quirks: QWEN,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "qwen-cn",
        title: "Alibaba Bailian (Qwen), Beijing",
        docs: &[
            "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
            "https://help.aliyun.com/zh/model-studio/error-code",
        ],
        read: Some("2026-11-30"),
        root: Some("https://dashscope.aliyuncs.com/compatible-mode/v1"),
        version: "/compatible-mode/v1",
        credentials: &["DASHSCOPE_API_KEY", "DASHSCOPE_CN_API_KEY", "ALIYUN_API_KEY"],
        owns: QWENS,
        models: &["qwen3-max", "qwen3-coder-plus", "qwen3.6-plus", "qwen-plus", "qwen-flash"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::COMPLETIONS,
            RowOperation::EMBEDDINGS,
            RowOperation::at("rerank", "/reranks", &openai::FORMAT)
                .below("https://dashscope.aliyuncs.com/compatible-api/v1"),
            RowOperation::RESPONSES,
            RowOperation::FILES,
            RowOperation::BATCHES,
        ],
        quirks: QWEN,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "moonshot-cn",
        title: "Moonshot AI (Kimi), China",
        docs: &["https://platform.moonshot.cn/docs/api/chat", "https://platform.kimi.com/docs/api/chat"],
        read: Some("2026-11-30"),
        root: Some("https://api.moonshot.cn/v1"),
        credentials: &["MOONSHOT_API_KEY", "MOONSHOT_CN_API_KEY"],
        owns: &["kimi-*", "moonshot-*"],
        operations: &[RowOperation::CHAT, RowOperation::FILES, RowOperation::BATCHES],
        quirks: MOONSHOT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "kimi-coding",
        title: "Kimi Code plan",
        docs: &["https://www.kimi.com/code/docs/en/"],
        root: Some("https://api.kimi.com/coding/v1"),
        version: "/coding/v1",
        credentials: &["KIMI_API_KEY", "KIMI_CODING_API_KEY"],
        quirks: MOONSHOT,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "zai",
        title: "Z.ai",
        docs: &[
            "https://docs.z.ai/api-reference/llm/chat-completion",
            "https://docs.z.ai/api-reference/api-code",
            "https://docs.z.ai/guides/develop/openai/python",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.z.ai/api/paas/v4"),
        version: "/api/paas/v4",
        credentials: &["ZAI_API_KEY", "Z_AI_API_KEY", "ZHIPU_API_KEY"],
        owns: GLMS,
        models: &["glm-5.1", "glm-5-turbo", "glm-4.7", "glm-4.6", "glm-4.5-air"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::IMAGES],
        quirks: ZHIPU,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "zai-coding",
        title: "Z.ai coding plan",
        docs: &["https://docs.z.ai/devpack/overview"],
        root: Some("https://api.z.ai/api/coding/paas/v4"),
        version: "/api/coding/paas/v4",
        credentials: &["ZAI_API_KEY", "Z_AI_API_KEY", "ZHIPU_API_KEY"],
        quirks: ZHIPU,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "zhipu",
        title: "Zhipu BigModel",
        docs: &[
            "https://docs.bigmodel.cn/api-reference/%E6%A8%A1%E5%9E%8B-api/%E5%AF%B9%E8%AF%9D%E8%A1%A5%E5%85%A8",
            "https://docs.bigmodel.cn/cn/api/api-code",
        ],
        read: Some("2026-11-30"),
        root: Some("https://open.bigmodel.cn/api/paas/v4"),
        version: "/api/paas/v4",
        credentials: &["ZHIPU_API_KEY", "ZHIPUAI_API_KEY", "BIGMODEL_API_KEY"],
        owns: GLMS,
        models: &["glm-5.1", "glm-5-turbo", "glm-4.7", "glm-4.6", "glm-4.5-air"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RERANK,
            RowOperation::FILES,
            RowOperation::BATCHES,
        ],
        quirks: ZHIPU,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "zhipu-coding",
        title: "Zhipu coding plan",
        docs: &["https://docs.bigmodel.cn/cn/coding-plan/overview"],
        root: Some("https://open.bigmodel.cn/api/coding/paas/v4"),
        version: "/api/coding/paas/v4",
        credentials: &["ZHIPU_API_KEY", "ZHIPUAI_API_KEY", "BIGMODEL_API_KEY"],
        quirks: ZHIPU,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "minimax",
        title: "MiniMax",
        docs: &[
            "https://platform.minimax.io/docs/api-reference/text-openai-api",
            "https://platform.minimax.io/docs/api-reference/errorcode",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.minimax.io/v1"),
        credentials: &["MINIMAX_API_KEY"],
        owns: &["MiniMax-*"],
        models: &["MiniMax-M3", "MiniMax-M3-highspeed", "MiniMax-M2.7", "MiniMax-M2.5"],
        operations: &[RowOperation::CHAT, RowOperation::RESPONSES],
        quirks: MINIMAX,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "minimax-cn",
        title: "MiniMax, China",
        docs: &[
            "https://platform.minimaxi.com/docs/api-reference/text-openai-api",
            "https://platform.minimaxi.com/docs/api-reference/errorcode",
        ],
        read: Some("2026-11-30"),
        root: Some("https://api.minimaxi.com/v1"),
        credentials: &["MINIMAX_API_KEY", "MINIMAX_CN_API_KEY"],
        owns: &["MiniMax-*"],
        models: &["MiniMax-M3", "MiniMax-M3-highspeed", "MiniMax-M2.7", "MiniMax-M2.5"],
        operations: &[RowOperation::CHAT, RowOperation::RESPONSES],
        quirks: MINIMAX,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "stepfun-intl",
        title: "StepFun",
        docs: &["https://platform.stepfun.ai/docs/en/api-reference/chat/chat-completion-create"],
        read: Some("2026-11-30"),
        root: Some("https://api.stepfun.ai/v1"),
        credentials: &["STEPFUN_API_KEY", "STEPFUN_INTL_API_KEY"],
        owns: STEPS,
        models: &["step-3.5-flash"],
        quirks: STEPFUN,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "stepfun",
        title: "StepFun, China",
        docs: &["https://platform.stepfun.com/docs/zh/api-reference/chat/chat-completion-create"],
        read: Some("2026-11-30"),
        // The plan's root is https://api.stepfun.com/step_plan/v1.
        root: Some("https://api.stepfun.com/v1"),
        credentials: &["STEPFUN_API_KEY", "STEP_API_KEY"],
        owns: STEPS,
        models: &["step-3.7-flash", "step-3.5-flash", "stepaudio-2.5-chat"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::IMAGES,
            RowOperation::SPEECH,
            RowOperation::TRANSCRIPTIONS,
            RowOperation::RESPONSES,
            RowOperation::FILES,
        ],
        quirks: STEPFUN,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "byteplus",
        title: "BytePlus ModelArk",
        docs: &["https://docs.byteplus.com/en/docs/ModelArk/1399009"],
        read: Some("2026-11-30"),
        root: Some("https://ark.{region}.bytepluses.com/api/v3"),
        version: "/api/v3",
        variables: &[Variable { name: "region", environment: None, default: Some("ap-southeast") }],
        credentials: &["BYTEPLUS_API_KEY", "ARK_API_KEY"],
        owns: &["seed-*", "ep-*"],
        models: &["seed-1-6-250915"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::RESPONSES,
        ],
        quirks: ARK,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "doubao",
        title: "Volcengine Ark (Doubao)",
        docs: &[
            "https://www.volcengine.com/docs/82379/1298454",
            "https://www.volcengine.com/docs/82379/1299023",
        ],
        read: Some("2026-11-30"),
        root: Some("https://ark.cn-beijing.volces.com/api/v3"),
        version: "/api/v3",
        credentials: &["ARK_API_KEY", "VOLCENGINE_API_KEY", "VOLCANO_ENGINE_API_KEY"],
        // A model may be the id of an endpoint of one's own.
        owns: &["doubao-*", "ep-*"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::RESPONSES,
            RowOperation::FILES,
        ],
        quirks: ARK,
        ..Row::COMPATIBLE
    },
];

const QWENS: &[&str] = &["qwen-*", "qwen3-*", "qwen3.*", "qwq-*", "qvq-*", "text-embedding-v*"];

/// It thinks by `enable_thinking`, not by `thinking`, and keeps what is marked with `cache_control`
/// (<https://www.alibabacloud.com/help/en/model-studio/context-cache>).
const QWEN: RowQuirks = RowQuirks {
    rename: LIMIT,
    takes: &["reasoning_content", "cache_control"],
    faults: &[
        ("Arrearage", Fault::Credential),
        ("data_inspection_failed", Fault::ContentFilter),
        ("DataInspectionFailed", Fault::ContentFilter),
        ("Range of input length should be", Fault::ContextLength),
    ],
    ..RowQuirks::NONE
};

const MOONSHOT: RowQuirks = RowQuirks {
    clamp: &[("temperature", up_to(1.0))],
    usage: &[(Count::Cached, "/usage/cached_tokens")],
    takes: &["thinking", "reasoning_content", "annotations", "refusal"],
    faults: &[
        ("exceeded_current_quota_error", Fault::Credential),
        ("engine_overloaded_error", Fault::Provider),
    ],
    ..RowQuirks::NONE
};

const GLMS: &[&str] = &["glm-*", "codegeex-*", "charglm-*", "cogview-*"];

/// Errors have numbers, and what is wrong with the account comes as 429.
const ZHIPU: RowQuirks = RowQuirks {
    rename: &[("max_completion_tokens", "max_tokens"), ("user", "user_id")],
    clamp: &[("temperature", up_to(1.0)), ("top_p", Bounds { least: Some(0.01), most: Some(1.0) })],
    takes: &["thinking", "reasoning_content"],
    // `network_error` is known to everybody for an answer that was given up.
    finish: &[("sensitive", Some("content_filter")), ("model_context_window_exceeded", Some("length"))],
    faults: &[
        ("1110", Fault::Credential),
        ("1111", Fault::Credential),
        ("1112", Fault::Credential),
        ("1113", Fault::Credential),
        ("1121", Fault::Credential),
        ("1220", Fault::Credential),
        ("1261", Fault::ContextLength),
        ("1301", Fault::ContentFilter),
        ("1302", Fault::RateLimit),
        ("1303", Fault::RateLimit),
        ("1304", Fault::RateLimit),
        ("1305", Fault::RateLimit),
        ("1308", Fault::RateLimit),
        ("1309", Fault::Credential),
    ],
    ..RowQuirks::NONE
};

/// Temperature and `top_p` are above nothing. Errors have numbers, and may come in a 200.
const MINIMAX: RowQuirks = RowQuirks {
    clamp: &[
        ("temperature", Bounds { least: Some(0.01), most: Some(1.0) }),
        ("top_p", Bounds { least: Some(0.01), most: Some(1.0) }),
    ],
    takes: &["reasoning_content", "reasoning_details"],
    faults: &[
        ("1002", Fault::RateLimit),
        ("1004", Fault::Credential),
        ("1008", Fault::Credential),
        ("1026", Fault::ContentFilter),
        ("1027", Fault::ContentFilter),
        ("1039", Fault::RateLimit),
        ("1041", Fault::RateLimit),
        ("2013", Fault::Caller),
        ("2049", Fault::Credential),
        ("2056", Fault::RateLimit),
    ],
    ..RowQuirks::NONE
};

const STEPS: &[&str] = &["step-*", "stepaudio-*"];

const STEPFUN: RowQuirks = RowQuirks {
    rename: LIMIT,
    clamp: &[("frequency_penalty", up_to(1.0))],
    usage: &[(Count::Cached, "/usage/cached_tokens")],
    takes: &["reasoning", "reasoning_content"],
    ..RowQuirks::NONE
};

/// Its errors' codes: <https://www.volcengine.com/docs/82379/1299023>.
const ARK: RowQuirks = RowQuirks {
    takes: &["thinking", "reasoning_content"],
    faults: &[
        ("AccountOverdueError", Fault::Credential),
        ("SensitiveContentDetected", Fault::ContentFilter),
        ("InputTextSensitiveContentDetected", Fault::ContentFilter),
        ("InputImageSensitiveContentDetected", Fault::ContentFilter),
        ("OutputTextSensitiveContentDetected", Fault::ContentFilter),
        ("OutputImageSensitiveContentDetected", Fault::ContentFilter),
        ("ServerOverloaded", Fault::Provider),
    ],
    ..RowQuirks::NONE
};
