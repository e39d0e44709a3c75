//! The table of vendors. Each row cites the vendor's pages.

use super::{Auth, CHAT, Row, RowOperation, RowQuirks};
use crate::dialect::{FORMATS, Format, anthropic, cohere, gemini, openai};

/// What the words of a configuration may mean.
#[derive(Clone, Copy, Debug)]
pub struct Vendors {
    /// The kinds of providers.
    pub rows: &'static [Row],
    /// The surfaces that are served.
    pub surfaces: &'static [&'static str],
    /// The wire formats.
    pub formats: &'static [&'static Format],
}

impl Vendors {
    /// Those that are built in.
    pub const BUILT_IN: Self = Self { rows: ROWS, surfaces: &[CHAT], formats: FORMATS };

    /// The row of this kind.
    pub fn find(self, kind: &str) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.kind == kind)
    }
}

impl Row {
    /// What a vendor begins with that speaks OpenAI's format, of which nothing else is known.
    pub const COMPATIBLE: Self = Self {
        kind: "",
        docs: &[],
        root: None,
        version: "/v1",
        variables: &[],
        credentials: &[],
        auth: Auth::Scheme("Bearer"),
        headers: &[],
        forwards: &[],
        owns: &[],
        models: &[],
        operations: &[RowOperation::chat(&openai::FORMAT)],
        quirks: RowQuirks::NONE,
    };

    /// The row of this kind.
    pub fn find(kind: &str) -> Option<&'static Self> {
        Vendors::BUILT_IN.find(kind)
    }
}

/// The vendors that are built in, in the order of the documentation.
pub const ROWS: &[Row] = &[
    Row {
        kind: "openai",
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
        quirks: RowQuirks {
            takes: &["annotations", "refusal", "audio"],
            output: openai::OUTPUT,
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "anthropic",
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
        docs: &["https://ai.google.dev/api", "https://ai.google.dev/gemini-api/docs/models"],
        root: Some("https://generativelanguage.googleapis.com/v1beta"),
        version: "/v1beta",
        credentials: &["GEMINI_API_KEY"],
        auth: Auth::Header("x-goog-api-key"),
        owns: &["gemini-*"],
        models: &["gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"],
        operations: &[RowOperation::chat(&gemini::FORMAT)],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "deepseek",
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
        kind: "fireworks",
        docs: &["https://docs.fireworks.ai/api-reference/post-chatcompletions"],
        root: Some("https://api.fireworks.ai/inference/v1"),
        credentials: &["FIREWORKS_API_KEY"],
        owns: &["accounts/fireworks/*"],
        quirks: RowQuirks { takes: &["thinking", "reasoning_content"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "moonshot",
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
        kind: "novita",
        docs: &["https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion"],
        root: Some("https://api.novita.ai/openai/v1"),
        credentials: &["NOVITA_API_KEY"],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "openrouter",
        docs: &["https://openrouter.ai/docs/api-reference/overview"],
        root: Some("https://openrouter.ai/api/v1"),
        credentials: &["OPENROUTER_API_KEY"],
        quirks: RowQuirks {
            takes: &[
                "cache_control",
                "reasoning",
                "reasoning_content",
                "reasoning_details",
                "annotations",
                "refusal",
                "images",
            ],
            ..RowQuirks::NONE
        },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "sambanova",
        docs: &["https://docs.sambanova.ai/docs/en/api-reference"],
        root: Some("https://api.sambanova.ai/v1"),
        credentials: &["SAMBANOVA_API_KEY"],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "together",
        docs: &["https://docs.together.ai/reference/chat-completions"],
        root: Some("https://api.together.xyz/v1"),
        credentials: &["TOGETHER_API_KEY"],
        quirks: RowQuirks { takes: &["thinking", "annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "xai",
        docs: &["https://docs.x.ai/docs/api-reference"],
        root: Some("https://api.x.ai/v1"),
        credentials: &["XAI_API_KEY"],
        owns: &["grok-*"],
        quirks: RowQuirks { takes: &["annotations", "refusal"], ..RowQuirks::NONE },
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cohere",
        docs: &["https://docs.cohere.com/v2/reference/chat", "https://docs.cohere.com/docs/models"],
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
    // Anything else that speaks OpenAI's wire format: vLLM, llama.cpp, Ollama, LM Studio, a gateway of one's own.
    // Such servers pass over what they do not know, and their models' templates read thoughts: what is neither signed nor
    // marked for one vendor reaches them.
    Row {
        kind: "openai-compatible",
        // vLLM goes on with a trace (<https://docs.vllm.ai/en/latest/examples/online_serving/opentelemetry.html>), and one's
        // own server may. None of these tells anything of the caller.
        forwards: &["traceparent", "tracestate", "x-request-id"],
        quirks: RowQuirks {
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
        },
        ..Row::COMPATIBLE
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Endpoint, Path, fill, is_variable, names};

    /// What is wrong with a table's rows would be found when a configuration is loaded: here, for all of them.
    #[test]
    fn every_row_is_whole() {
        for row in ROWS {
            let kind = row.kind;
            assert_eq!(ROWS.iter().filter(|other| other.kind == kind).count(), 1, "{kind} twice");
            assert!(row.root.is_none() || !row.docs.is_empty(), "{kind} cites nobody");
            assert!(row.docs.iter().all(|page| page.starts_with("https://")), "{kind}");
            assert!(
                row.root.is_none() || row.credentials.is_empty() != row.auth.sends_credential(),
                "{kind}"
            );
            assert_ne!(row.auth, Auth::Caller, "{kind} sends clients' credentials unasked");
            let roots = row.operations.iter().filter_map(|operation| operation.root).chain(row.root);
            for root in roots.clone() {
                let endpoint = Endpoint::parse(&fill(root, |_| Some("x")).unwrap(), row.version).unwrap();
                assert!(endpoint.tls && !endpoint.path.is_empty(), "{root}");
            }
            let mut used: Vec<String> = roots.flat_map(names).map(str::to_owned).collect();
            for (index, operation) in row.operations.iter().enumerate() {
                let earlier = row.operations.iter().take(index);
                assert!(earlier.into_iter().all(|other| other.surface != operation.surface), "{kind}");
                used.extend(Path::parse(operation.path).unwrap().variables().map(str::to_owned));
            }
            if let Auth::Aws { region, .. } = &row.auth {
                used.extend(names(region).map(str::to_owned));
            }
            let known = |name: &str| row.variables.iter().any(|variable| variable.name == name);
            assert!(used.iter().all(|name| known(name)), "{kind} names variables that it lacks: {used:?}");
            for variable in row.variables {
                assert!(
                    is_variable(variable.name) && used.iter().any(|name| name == variable.name),
                    "{kind}"
                );
            }
            for (name, value) in row.quirks.require.iter().chain(row.quirks.set) {
                assert!(serde_json::from_str::<serde_json::Value>(value).is_ok(), "{kind}: {name}");
            }
            for model in row.models {
                let owned = row.owns.iter().any(|glob| crate::routing::Glob::new(glob).matches(model));
                assert!(owned, "{model} is listed by {kind} but not owned");
            }
        }
    }
}
