//! What targets of the client's own format refuse, and what becomes of it: the client's bytes are changed there, and
//! nowhere else.

use crate::dialect::constraint::{Constraint, Then};

/// One row a rule, in the order of OpenAI's request. Who takes what is in each vendor's row, and in `quirks`.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        part: "messages[].thinking_blocks, messages[].tool_calls[].extra_content",
        models: "",
        rule: "what one vendor signed is for that vendor",
        source: "Extra inputs are not permitted (Fireworks, 2025)",
        then: Then::Reported("left out"),
        case: "request/foreign-members.script",
    },
    Constraint {
        part: "messages[].reasoning_content, messages[].reasoning",
        models: "of who does not read thoughts",
        rule: "thoughts of earlier answers are not taken",
        source: "property 'reasoning_content' is unsupported (Groq, Cerebras, 2026)",
        then: Then::Reported("left out"),
        case: "request/foreign-members.script",
    },
    Constraint {
        part: "messages[].reasoning, messages[].reasoning_content",
        models: "of who reads thoughts by the other name",
        rule: "thoughts of a turn with calls are demanded",
        source: "https://api-docs.deepseek.com/guides/thinking_mode",
        then: Then::Reshaped("that name"),
        case: "request/thoughts-renamed.script",
    },
    Constraint {
        part: "messages[].reasoning_content",
        models: "Mistral's that think",
        rule: "thoughts are parts of `content`",
        source: "https://docs.mistral.ai/capabilities/reasoning/",
        then: Then::Reshaped("the first part of it"),
        case: "mistral/thoughts-go-back.script",
    },
    Constraint {
        part: "messages[].role",
        models: "of who does not know it",
        rule: "there is no role `developer`",
        source: "https://docs.litellm.ai/docs/completion/developer_role",
        then: Then::Reshaped("`system`"),
        case: "request/developer.script",
    },
    Constraint {
        part: "messages[].name",
        models: "Groq's and Mistral's",
        rule: "the author of a message has no name",
        source: "https://console.groq.com/docs/openai",
        then: Then::Reported("left out"),
        case: "request/drop-within.script",
    },
    Constraint {
        part: "cache_control, thinking",
        models: "of who does not know them",
        rule: "parameters and marks of Anthropic's are unknown",
        source: "https://openrouter.ai/docs/features/prompt-caching",
        then: Then::Reported("left out"),
        case: "request/foreign-members.script",
    },
    Constraint {
        part: "messages[].annotations, messages[].refusal, messages[].audio",
        models: "of who does not know them",
        rule: "what OpenAI says beside its words is not taken back",
        source: "Extra inputs are not permitted (Fireworks, 2025)",
        then: Then::Reported("left out"),
        case: "request/foreign-members-of-openai.script",
    },
    Constraint {
        part: "max_completion_tokens, max_tokens",
        models: "OpenAI's that are known",
        rule: "no more than the model's output limit",
        source: "max_tokens is too large: 200000. This model supports at most 16384 completion tokens (since 2024)",
        then: Then::Reported("the limit"),
        case: "request/beyond-output-limit.script",
    },
];
