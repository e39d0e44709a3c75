//! What Ollama's own rules refuse, and what becomes of it.

use crate::dialect::constraint::{Constraint, Then};

/// The kinds of images that it reads: those of its own translation of OpenAI's format
/// (<https://github.com/ollama/ollama/blob/main/openai/openai.go>).
pub const IMAGES: &[&str] = &["image/png", "image/jpeg", "image/jpg", "image/webp"];

/// Ollama's pages.
const CHAT: &str = "https://docs.ollama.com/api/chat";
const COMPATIBILITY: &str = "https://docs.ollama.com/api/openai-compatibility";
const THINKING: &str = "https://docs.ollama.com/capabilities/thinking";
const TOOLS: &str = "https://docs.ollama.com/capabilities/tool-calling";
const VISION: &str = "https://docs.ollama.com/capabilities/vision";

/// One row a rule, in the order of OpenAI's request.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        part: "messages[].content",
        models: "",
        rule: "one text",
        source: CHAT,
        then: Then::Reshaped("several are one, with an empty line between them"),
        case: "any/multi-part-content",
    },
    Constraint {
        part: "messages[].content[].image_url",
        models: "",
        rule: "base64, and no URL of another place",
        source: VISION,
        then: Then::Refused,
        case: "any/images",
    },
    Constraint {
        part: "messages[].content[].image_url",
        models: "",
        rule: "PNG, JPEG and WebP, in a message of the user's or of a tool",
        source: COMPATIBILITY,
        then: Then::Refused,
        case: "ollama/image-gif",
    },
    Constraint {
        part: "messages[].content[].image_url.detail",
        models: "",
        rule: "there is none",
        source: CHAT,
        then: Then::Reported("left out"),
        case: "ollama/images",
    },
    Constraint {
        part: "messages[].content[].input_audio, messages[].content[].file",
        models: "",
        rule: "texts and images only",
        source: CHAT,
        then: Then::Refused,
        case: "any/documents",
    },
    Constraint {
        part: "messages[].thinking_blocks[].signature",
        models: "",
        rule: "thoughts have no signature",
        source: CHAT,
        then: Then::Reported("left out"),
        case: "any/thinking-history",
    },
    Constraint {
        part: "messages[].tool_calls[].function.arguments",
        models: "",
        rule: "an object",
        source: TOOLS,
        then: Then::Reported("what is none is the text of an object's member `INVALID_JSON`"),
        case: "any/tool-call-arguments-not-json",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "",
        rule: "there is one, of type `object`",
        source: CHAT,
        then: Then::Reshaped("one without a type gets it, a tool without any an empty one"),
        case: "ollama/tools-strict",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "",
        rule: "of no other type",
        source: CHAT,
        then: Then::Refused,
        case: "any/tool-schema-not-an-object",
    },
    Constraint {
        part: "tools[].function.strict",
        models: "",
        rule: "calls are held to no schema",
        source: TOOLS,
        then: Then::Reported("left out"),
        case: "ollama/tools-strict",
    },
    Constraint {
        part: "tool_choice",
        models: "",
        rule: "the model chooses among the tools that are declared",
        source: TOOLS,
        then: Then::Reported(
            "only the tools that may be called are declared, which is not reported; that one must be is",
        ),
        case: "any/tool-choice-named",
    },
    Constraint {
        part: "parallel_tool_calls",
        models: "",
        rule: "the model calls as many as it likes",
        source: TOOLS,
        then: Then::Reported("left out"),
        case: "any/tools",
    },
    Constraint {
        part: "reasoning_effort",
        models: "",
        rule: "`low`, `medium`, `high`, `max`, or none",
        source: THINKING,
        then: Then::Reshaped("the nearest"),
        case: "ollama/effort-xhigh",
    },
    Constraint {
        part: "thinking.budget_tokens",
        models: "",
        rule: "thoughts have no bound of their own",
        source: THINKING,
        then: Then::Reported("left out"),
        case: "any/thinking-extension",
    },
];
