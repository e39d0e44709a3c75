//! The table of vendors. Each row cites the vendor's page.

use crate::dialect::{Format, anthropic, gemini, openai};

/// A vendor.
#[derive(Debug)]
pub struct Row {
    /// What `kind` in `gateway.yaml` says, and the name of an instance that says no more.
    pub kind: &'static str,
    /// The wire format.
    pub dialect: &'static Format,
    /// The API root; `None` where every instance has its own.
    pub root: Option<&'static str>,
    /// What an endpoint without a path gets.
    pub version: &'static str,
    /// The environment variable of the credential; `None` where a credential is optional and has no usual name.
    pub credential: Option<&'static str>,
    /// How the credential travels.
    pub scheme: Scheme,
    /// Headers that every request carries.
    pub headers: &'static [(&'static str, &'static str)],
    /// Headers of the client that are passed on.
    pub forwards: &'static [&'static str],
    /// Names of models that belong to this vendor; `*` stands for any text.
    pub owns: &'static [&'static str],
    /// Models that `/v1/models` lists while an instance of the vendor is configured.
    pub models: &'static [&'static str],
}

/// How a credential travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `authorization: Bearer …`
    Bearer,
    /// The bare credential in a header of this name.
    Header(&'static str),
}

impl Row {
    /// The row of this kind.
    pub fn find(kind: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.kind == kind)
    }
}

const fn compatible(kind: &'static str, root: &'static str, credential: &'static str) -> Row {
    Row {
        kind,
        dialect: &openai::FORMAT,
        root: Some(root),
        version: "/v1",
        credential: Some(credential),
        scheme: Scheme::Bearer,
        headers: &[],
        forwards: &[],
        owns: &[],
        models: &[],
    }
}

/// The vendors that are built in, in the order of the documentation.
pub const ROWS: &[Row] = &[
    // https://platform.openai.com/docs/api-reference, https://platform.openai.com/docs/models
    Row {
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
        ..compatible("openai", "https://api.openai.com/v1", "OPENAI_API_KEY")
    },
    // https://docs.claude.com/en/api/overview, https://docs.claude.com/en/docs/about-claude/models/overview
    Row {
        kind: "anthropic",
        dialect: &anthropic::FORMAT,
        root: Some("https://api.anthropic.com/v1"),
        version: "/v1",
        credential: Some("ANTHROPIC_API_KEY"),
        scheme: Scheme::Header("x-api-key"),
        headers: &[("anthropic-version", "2023-06-01")],
        forwards: &["anthropic-beta"],
        owns: &["claude-*"],
        models: &["claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1"],
    },
    // https://ai.google.dev/api, https://ai.google.dev/gemini-api/docs/models
    Row {
        kind: "gemini",
        dialect: &gemini::FORMAT,
        root: Some("https://generativelanguage.googleapis.com/v1beta"),
        version: "/v1beta",
        credential: Some("GEMINI_API_KEY"),
        scheme: Scheme::Header("x-goog-api-key"),
        headers: &[],
        forwards: &[],
        owns: &["gemini-*"],
        models: &["gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"],
    },
    // https://api-docs.deepseek.com
    Row {
        owns: &["deepseek-*"],
        models: &["deepseek-flash", "deepseek-v4-pro"],
        ..compatible("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY")
    },
    // https://docs.fireworks.ai/api-reference/post-chatcompletions
    Row {
        owns: &["accounts/fireworks/*"],
        ..compatible("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY")
    },
    // https://platform.moonshot.ai/docs/api/chat
    Row {
        owns: &["kimi-*", "moonshot-*"],
        ..compatible("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY")
    },
    // https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion
    compatible("novita", "https://api.novita.ai/openai/v1", "NOVITA_API_KEY"),
    // https://openrouter.ai/docs/api-reference/overview
    compatible("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    // https://docs.sambanova.ai/docs/en/api-reference
    compatible("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
    // https://docs.together.ai/reference/chat-completions
    compatible("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    // https://docs.x.ai/docs/api-reference
    Row { owns: &["grok-*"], ..compatible("xai", "https://api.x.ai/v1", "XAI_API_KEY") },
    // Anything else that speaks OpenAI's wire format: vLLM, llama.cpp, Ollama, LM Studio, a gateway of one's own.
    Row { root: None, credential: None, ..compatible("openai-compatible", "", "") },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Endpoint;

    #[test]
    fn every_row_is_whole() {
        for row in ROWS {
            assert_eq!(ROWS.iter().filter(|other| other.kind == row.kind).count(), 1, "{} twice", row.kind);
            if let Some(root) = row.root {
                let endpoint = Endpoint::parse(root, row.version).unwrap();
                assert!(endpoint.tls && !endpoint.path.is_empty(), "{root}");
                assert!(row.credential.is_some(), "{}", row.kind);
            }
            for model in row.models {
                let owned = row.owns.iter().any(|glob| crate::routing::Glob::new(glob).matches(model));
                assert!(owned, "{model} is listed by {} but not owned", row.kind);
            }
        }
    }
}
