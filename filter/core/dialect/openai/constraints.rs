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
