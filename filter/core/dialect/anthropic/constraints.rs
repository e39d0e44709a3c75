//! What Claude's own rules refuse, and what becomes of it.

use crate::dialect::constraint::{Constraint, Then};

/// One row a rule, in the order of OpenAI's request.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        part: "temperature",
        models: "",
        rule: "between 0 and 1",
        source: "https://platform.claude.com/docs/en/api/messages/create",
        then: Then::Reported("the end of the range that it overshoots"),
        case: "any/temperature-over-one",
    },
    Constraint {
        part: "messages[].tool_calls[].id",
        models: "",
        rule: "`^[a-zA-Z0-9_-]+$`, each once in a conversation",
        source: "https://platform.claude.com/docs/en/api/messages/create",
        then: Then::Reshaped("other characters are underscores, ids used again get a number"),
        case: "any/tool-ids-mapped",
    },
    Constraint {
        part: "messages[].thinking_blocks[].signature",
        models: "",
        rule: "a signature is Claude's own",
        source: "Invalid `signature` in `thinking` block (since 2025)",
        then: Then::Reported("thoughts go that stand beside a mark of Google's"),
        case: "anthropic/thinking-of-google",
    },
];
