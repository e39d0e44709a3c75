//! China: who trains the models that they serve, and is there once.

use super::{EMBEDS, LIMIT, up_to};
use crate::hub::Fault;
use crate::provider::{Row, RowOperation, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "qianfan",
        title: "Baidu Qianfan (ERNIE)",
        docs: &["https://cloud.baidu.com/doc/WENXINWORKSHOP/s/Fm2vrveyu"],
        read: Some("2026-11-30"),
        root: Some("https://qianfan.baidubce.com/v2"),
        version: "/v2",
        credentials: &["QIANFAN_API_KEY", "BAIDU_API_KEY", "ERNIE_API_KEY"],
        owns: &["ernie-*"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::RERANK,
        ],
        quirks: RowQuirks {
            takes: &["reasoning_content"],
            // What ends by itself is `normal`.
            finish: &[("normal", Some("stop"))],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "hunyuan",
        title: "Tencent Hunyuan",
        docs: &["https://cloud.tencent.com/document/product/1729/111007"],
        read: Some("2026-11-30"),
        root: Some("https://api.hunyuan.cloud.tencent.com/v1"),
        credentials: &["HUNYUAN_API_KEY"],
        owns: &["hunyuan-*"],
        models: &["hunyuan-turbos-latest"],
        operations: EMBEDS,
        quirks: RowQuirks {
            takes: &["reasoning_content"],
            // Its own API's word.
            finish: &[("sensitive", Some("content_filter"))],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "spark",
        title: "iFlytek Spark",
        docs: &[
            "https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html",
            "https://docs.iflyaicloud.com/doc/237",
        ],
        // The credential is what the console calls APIPassword. X1 is at https://spark-api-open.xf-yun.com/v2.
        root: Some("https://spark-api-open.xf-yun.com/v1"),
        credentials: &["SPARK_API_KEY", "XFYUN_API_PASSWORD"],
        owns: &["generalv3", "generalv3.*", "4.0Ultra"],
        models: &["4.0Ultra", "generalv3.5"],
        quirks: RowQuirks {
            rename: LIMIT,
            faults: &[
                ("10013", Fault::ContentFilter),
                ("10014", Fault::ContentFilter),
                ("10019", Fault::ContentFilter),
                ("10907", Fault::ContextLength),
                ("11200", Fault::Credential),
                ("11201", Fault::RateLimit),
                ("11202", Fault::RateLimit),
                ("11203", Fault::RateLimit),
            ],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "sensenova",
        title: "SenseTime SenseNova",
        docs: &["https://platform.sensenova.cn/product/APIService/document"],
        root: Some("https://api.sensenova.cn/compatible-mode/v1"),
        version: "/compatible-mode/v1",
        credentials: &["SENSENOVA_API_KEY"],
        owns: &["SenseChat-*", "SenseNova-*", "sensenova-*"],
        operations: EMBEDS,
        quirks: RowQuirks { rename: LIMIT, clamp: &[("temperature", up_to(2.0))], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "baichuan",
        title: "Baichuan",
        docs: &["https://platform.baichuan-ai.com/docs/api"],
        root: Some("https://api.baichuan-ai.com/v1"),
        credentials: &["BAICHUAN_API_KEY"],
        owns: &["Baichuan*"],
        operations: EMBEDS,
        quirks: RowQuirks { rename: LIMIT, ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "yi",
        title: "01.AI (Yi)",
        docs: &["https://platform.lingyiwanwu.com/docs"],
        root: Some("https://api.lingyiwanwu.com/v1"),
        credentials: &["YI_API_KEY", "LINGYIWANWU_API_KEY", "ZEROONE_API_KEY"],
        owns: &["yi-*"],
        quirks: RowQuirks { rename: LIMIT, ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "zhinao",
        title: "360 Zhinao",
        docs: &["https://ai.360.com/platform/docs/overview"],
        root: Some("https://api.360.cn/v1"),
        credentials: &["AI360_API_KEY"],
        owns: &["360gpt*", "360zhinao*"],
        operations: EMBEDS,
        ..Row::COMPATIBLE
    },
    Row {
        kind: "internlm",
        title: "InternLM",
        docs: &["https://internlm.intern-ai.org.cn/api/document"],
        root: Some("https://chat.intern-ai.org.cn/api/v1"),
        version: "/api/v1",
        credentials: &["INTERNLM_API_KEY"],
        owns: &["internlm*", "internvl*", "intern-s1*"],
        quirks: RowQuirks { rename: LIMIT, takes: &["reasoning_content"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "taichu",
        title: "Taichu",
        docs: &["https://docs.wair.ac.cn"],
        root: Some("https://ai-maas.wair.ac.cn/maas/v1"),
        version: "/maas/v1",
        credentials: &["TAICHU_API_KEY"],
        owns: &["taichu*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "longcat",
        title: "Meituan LongCat",
        docs: &["https://longcat.chat/platform/docs/APIDocs.html"],
        read: Some("2026-11-30"),
        root: Some("https://api.longcat.chat/openai/v1"),
        version: "/openai/v1",
        credentials: &["LONGCAT_API_KEY"],
        owns: &["LongCat-*"],
        models: &["LongCat-2.0", "LongCat-Flash-Chat", "LongCat-Flash-Lite"],
        quirks: RowQuirks { rename: LIMIT, clamp: &[("temperature", up_to(1.0))], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "ant-ling",
        title: "Ant Ling",
        docs: &["https://developer.ant-ling.com"],
        root: Some("https://api.ant-ling.com/v1"),
        credentials: &["ANT_LING_API_KEY"],
        owns: &["Ling-*", "Ring-*"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "xiaomi-mimo",
        title: "Xiaomi MiMo",
        docs: &["https://platform.xiaomimimo.com/docs/en-US/api/chat/openai-api"],
        read: Some("2026-11-30"),
        // A plan's roots are https://token-plan-cn.xiaomimimo.com/v1 and others, with a key of its own.
        root: Some("https://api.xiaomimimo.com/v1"),
        credentials: &["XIAOMI_MIMO_API_KEY", "MIMO_API_KEY", "XIAOMI_API_KEY"],
        owns: &["mimo-*"],
        models: &["mimo-v2.6-pro", "mimo-v2.6-flash", "mimo-v2.5-pro"],
        quirks: RowQuirks {
            rename: &[("max_tokens", "max_completion_tokens")],
            takes: &["thinking", "reasoning_content"],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
];
