//! What Replicate's models refuse, and what becomes of it.

use crate::dialect::constraint::{Constraint, Then};

/// Replicate's pages.
const CLAUDE: &str = "https://replicate.com/anthropic/claude-4-sonnet/api/schema";
const GPT: &str = "https://replicate.com/openai/gpt-4.1-mini/api/schema";
const LLAMA: &str = "https://replicate.com/meta/meta-llama-3.1-405b-instruct/api/schema";
const O4: &str = "https://replicate.com/openai/o4-mini/api/schema";

/// One row a rule, in the order of OpenAI's request.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        part: "messages",
        models: "",
        rule: "there is one `prompt`, and no messages",
        source: LLAMA,
        then: Then::Reshaped("several are a transcript, each behind `User:`, `Assistant:` and the like"),
        case: "replicate/transcript",
    },
    Constraint {
        part: "messages",
        models: "those whose inputs are not known here",
        rule: "no place for what the system says",
        source: LLAMA,
        then: Then::Reshaped("it is the beginning of the prompt"),
        case: "replicate/system-in-the-prompt",
    },
    Constraint {
        part: "messages[].tool_calls",
        models: "",
        rule: "no calls, and no results of any",
        source: GPT,
        then: Then::Reshaped("words of the transcript"),
        case: "replicate/calls-as-words",
    },
    Constraint {
        part: "messages[].content[].image_url",
        models: "Claude",
        rule: "one image",
        source: CLAUDE,
        then: Then::Refused,
        case: "replicate/two-images-of-claude",
    },
    Constraint {
        part: "messages[].content[].image_url",
        models: "all but those of OpenAI, Anthropic and Google",
        rule: "no images",
        source: LLAMA,
        then: Then::Refused,
        case: "replicate/image-of-llama",
    },
    Constraint {
        part: "max_completion_tokens",
        models: "Claude",
        rule: "at least 1,024",
        source: CLAUDE,
        then: Then::Reported("raised to that"),
        case: "replicate/claude",
    },
    Constraint {
        part: "stop",
        models: "Llama",
        rule: "one text, with commas between its parts",
        source: LLAMA,
        then: Then::Reported("what holds a comma is left out"),
        case: "replicate/transcript",
    },
    Constraint {
        part: "reasoning_effort",
        models: "those of OpenAI's that think",
        rule: "`low`, `medium` or `high`",
        source: O4,
        then: Then::Reported("the nearest of them"),
        case: "replicate/effort",
    },
    Constraint {
        part: "tools",
        models: "",
        rule: "no tools",
        source: GPT,
        then: Then::Reported("left out"),
        case: "replicate/calls-as-words",
    },
    Constraint {
        part: "response_format",
        models: "",
        rule: "no form of an answer",
        source: GPT,
        then: Then::Reported("an instruction of the system"),
        case: "replicate/effort",
    },
];
