//! What Claude's own rules refuse, and what becomes of it.

use crate::dialect::constraint::{Constraint, Then};
use crate::dialect::names::Alphabet;

/// Names of tools.
pub const TOOL: Alphabet = Alphabet {
    pattern: "`^[a-zA-Z0-9_-]{1,64}$`, each once",
    marks: "_-",
    longest: 64,
    blank: "tool",
    begins: false,
};

/// Names of the properties in a tool's input.
pub const PROPERTY: Alphabet = Alphabet {
    pattern: "`^[a-zA-Z0-9_.-]{1,64}$`",
    marks: "_.-",
    longest: 64,
    blank: "property",
    begins: false,
};

/// Ids of calls.
pub const CALL: Alphabet = Alphabet {
    pattern: "`^[a-zA-Z0-9_-]+$`, each once in a conversation",
    marks: "_-",
    longest: usize::MAX,
    blank: "call",
    begins: false,
};

/// Members of a schema that grammars know as they are, beside those that hold schemas.
pub const KEPT: &[&str] = &["type", "title", "description", "default", "enum", "const", "required"];

/// The formats of strings that grammars know.
pub const FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// The most tools of a request that are strict.
pub const MOST_STRICT: usize = 20;

/// The most properties that may be left out, in all grammars of a request.
pub const MOST_OPTIONAL: usize = 24;

/// The most places of several types, in all grammars of a request.
pub const MOST_UNIONS: usize = 16;

/// The most marks for a cache.
pub const MOST_MARKS: usize = 4;

/// The most characters of a document's title.
pub const LONGEST_TITLE: usize = 500;

/// The most characters of the user's id.
pub const LONGEST_USER: usize = 256;

const API: &str = "https://platform.claude.com/docs/en/api/messages/create";
const CACHE: &str = "https://platform.claude.com/docs/en/build-with-claude/prompt-caching";
const EFFORT: &str = "https://platform.claude.com/docs/en/build-with-claude/effort";
const FILES: &str = "https://platform.claude.com/docs/en/build-with-claude/files";
const GRAMMARS: &str = "https://platform.claude.com/docs/en/build-with-claude/structured-outputs";
const LATE_SYSTEM: &str =
    "https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages";
const MODELS: &str = "https://platform.claude.com/docs/en/about-claude/models/overview";
const THINKING: &str = "https://platform.claude.com/docs/en/build-with-claude/thinking";
const THINKING_WRONG: &str = "https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting";
const TOOLS: &str = "https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools";
const TOOL_CALLS: &str = "https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls";
const VISION: &str = "https://platform.claude.com/docs/en/build-with-claude/vision";

/// Models that take system messages within a conversation.
const LATE: &str = "Opus 4.8, Fable 5, Mythos 5, Sonnet 5.5, Haiku 5.5 and later";
/// Models that take grammars.
const SCHEMAS: &str = "4.5 and later";

/// One row a rule, in the order of OpenAI's request.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        part: "messages",
        models: "",
        rule: "the first is the user's",
        source: API,
        then: Then::Reshaped("an ellipsis of the user's stands before it"),
        case: "any/assistant-first",
    },
    Constraint {
        part: "messages",
        models: "",
        rule: "turns of the user and the assistant alternate; results open the user's",
        source: TOOL_CALLS,
        then: Then::Reshaped("neighbours are one turn, results its beginning"),
        case: "any/tool-results-before-text",
    },
    Constraint {
        part: "messages",
        models: "",
        rule: "there is one that is no system message",
        source: API,
        then: Then::Reported("the last system message is the user's"),
        case: "any/system-only",
    },
    Constraint {
        part: "messages",
        models: "4.6 and later",
        rule: "the last is not the assistant's",
        source: MODELS,
        then: Then::Refused,
        case: "anthropic/prefill-refused",
    },
    Constraint {
        part: "messages",
        models: "before 4.6",
        rule: "no thoughts beside an assistant's message that is to be continued, and no blank at its end",
        source: THINKING_WRONG,
        then: Then::Reported("neither"),
        case: "any/thinking-history-in-prefill",
    },
    Constraint {
        part: "messages[].content",
        models: "",
        rule: "no blank text",
        source: "text content blocks must contain non-whitespace text (2024)",
        then: Then::Reshaped("it is left out, or the message"),
        case: "any/turns-blank",
    },
    Constraint {
        part: "messages[].role",
        models: LATE,
        rule: "`system` only within the conversation: after a user's turn, before an assistant's or at the end",
        source: LATE_SYSTEM,
        then: Then::Reshaped(
            "a late one stands there, after an ellipsis of the user's where there is no turn; leading ones are `system`",
        ),
        case: "anthropic/late-system",
    },
    Constraint {
        part: "messages[].role",
        models: "all others",
        rule: "no `system`",
        source: "role 'system' is not supported on this model (August 2026)",
        then: Then::Reported("late ones are `system`, in their order"),
        case: "anthropic/late-system-moved",
    },
    Constraint {
        part: "messages[].content",
        models: LATE,
        rule: "what stands before thoughts that are given back stays as it was: `system`, `tools`, messages",
        source: THINKING_WRONG,
        then: Then::Reshaped("nothing late is moved before them, and no choice changes `tools`"),
        case: "anthropic/late-system-last",
    },
    Constraint {
        part: "messages[].content[]",
        models: "",
        rule: "a system message is text",
        source: API,
        then: Then::Refused,
        case: "any/system-with-image",
    },
    Constraint {
        part: "messages[].content[].input_audio",
        models: "",
        rule: "no sound",
        source: API,
        then: Then::Refused,
        case: "any/audio-input",
    },
    Constraint {
        part: "messages[].content[].image_url",
        models: "",
        rule: "JPEG, PNG, GIF, WebP; PDF and text as documents",
        source: VISION,
        then: Then::Refused,
        case: "any/image-of-unknown-type",
    },
    Constraint {
        part: "messages[].content[].image_url",
        models: "",
        rule: "`https` URLs only",
        source: VISION,
        then: Then::Refused,
        case: "any/image-behind-gs-url",
    },
    Constraint {
        part: "messages[].content[].image_url",
        models: "",
        rule: "the type that the bytes have",
        source: "The image was specified using the image/png media type, but the image appears to be a image/jpeg image (August 2026)",
        then: Then::Reshaped("the type of their own beginning"),
        case: "any/media-declared-wrongly",
    },
    Constraint {
        part: "messages[].content[].image_url.detail",
        models: "",
        rule: "no such word",
        source: VISION,
        then: Then::Reported("nothing"),
        case: "any/images",
    },
    Constraint {
        part: "messages[].content[].file",
        models: "",
        rule: "text as UTF-8",
        source: API,
        then: Then::Refused,
        case: "any/file-text-not-utf8",
    },
    Constraint {
        part: "messages[].content[].file.filename",
        models: "",
        rule: "a title of 1 to 500 characters",
        source: API,
        then: Then::Reported("its beginning; a blank one is left out"),
        case: "anthropic/title-too-long",
    },
    Constraint {
        part: "messages[].content[].file.file_id",
        models: "",
        rule: "the header `anthropic-beta: files-api-2025-04-14`",
        source: FILES,
        then: Then::Reshaped("it is sent, beside the caller's own"),
        case: "anthropic/file-uploaded",
    },
    Constraint {
        part: "messages[].thinking_blocks[]",
        models: "",
        rule: "with the signature that they came with",
        source: THINKING,
        then: Then::Reported("those that have none are left out"),
        case: "any/thinking-history-unsigned",
    },
    Constraint {
        part: "messages[].tool_calls[]",
        models: "",
        rule: "each has its result in the next turn, and no result is without its call",
        source: TOOL_CALLS,
        then: Then::Refused,
        case: "any/tool-call-unanswered",
    },
    Constraint {
        part: "messages[].tool_calls[].id",
        models: "",
        rule: CALL.pattern,
        source: API,
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
    Constraint {
        part: "messages[].tool_calls[].function.arguments",
        models: "",
        rule: "an object",
        source: "tool_use.input: Input should be a valid dictionary (November 2026)",
        then: Then::Reported("`{\"INVALID_JSON\": \"<the text>\"}`"),
        case: "any/tool-call-arguments-no-object",
    },
    Constraint {
        part: "messages[].tool_calls",
        models: "",
        rule: "`tools`",
        source: "Requests which include `tool_use` or `tool_result` blocks must define tools (2024)",
        then: Then::Reshaped("those that were called are declared, and forbidden"),
        case: "any/tool-history-without-tools",
    },
    Constraint {
        part: "cache_control",
        models: "",
        rule: "4 at the most",
        source: CACHE,
        then: Then::Reported("the oldest of the conversation go first"),
        case: "any/cache-control",
    },
    Constraint {
        part: "cache_control",
        models: "",
        rule: "one that lasts an hour stands before those that last five minutes",
        source: CACHE,
        then: Then::Reported("one that stands behind lasts five minutes"),
        case: "anthropic/cache-control-order",
    },
    Constraint {
        part: "cache_control",
        models: "",
        rule: "none on blank text and on thoughts",
        source: CACHE,
        then: Then::Reported("it is left out"),
        case: "any/cache-control-on-blank",
    },
    Constraint {
        part: "tools[].function.name",
        models: "",
        rule: TOOL.pattern,
        source: TOOLS,
        then: Then::Reshaped(
            "other characters are underscores, what is too long is cut, and what is taken gets a number; calls have the client's names again",
        ),
        case: "anthropic/tool-names",
    },
    Constraint {
        part: "tools[].function.name",
        models: "",
        rule: "each once",
        source: "tools: Tool names must be unique (November 2026)",
        then: Then::Reported("the first one counts"),
        case: "anthropic/tool-names-twice",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "",
        rule: "of type `object`",
        source: TOOLS,
        then: Then::Reshaped("it is, if it has no type, or others beside"),
        case: "any/tools",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "",
        rule: "of type `object`",
        source: TOOLS,
        then: Then::Refused,
        case: "any/tool-schema-not-an-object",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "",
        rule: "no `anyOf`, `oneOf`, `allOf` at its root",
        source: "input_schema does not support oneOf, allOf, or anyOf at the top level (August 2026)",
        then: Then::Reported(
            "the properties of all, required where all require them; what that does not say is in its `description`",
        ),
        case: "anthropic/schema-roots",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "",
        rule: "JSON Schema of 2020",
        source: "JSON schema is invalid. It must match JSON Schema draft 2020-12 (November 2026)",
        then: Then::Reshaped(
            "lists of `items` and `exclusiveMinimum: true` of older drafts are written as in that",
        ),
        case: "anthropic/schema-older-draft",
    },
    Constraint {
        part: "tools[].function.parameters.properties",
        models: "",
        rule: PROPERTY.pattern,
        source: "input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$' (September 2026)",
        then: Then::Reshaped(
            "as for names of tools, in old calls as well; new calls have the client's names again",
        ),
        case: "anthropic/property-names",
    },
    Constraint {
        part: "tools[].function.strict",
        models: "before 4.5",
        rule: "none",
        source: GRAMMARS,
        then: Then::Reported("the tool is not strict"),
        case: "anthropic/tools-strict-unknown",
    },
    Constraint {
        part: "tools[].function.strict",
        models: SCHEMAS,
        rule: "20 tools at the most",
        source: GRAMMARS,
        then: Then::Reported("the others are not strict"),
        case: "anthropic/grammars-too-many",
    },
    Constraint {
        part: "tools[].function.strict",
        models: SCHEMAS,
        rule: "24 properties that may be left out and 16 unions at the most, over all strict schemas and the answer's",
        source: GRAMMARS,
        then: Then::Reported("who would pass that is not strict; an answer's schema is an instruction"),
        case: "anthropic/grammars-too-large",
    },
    Constraint {
        part: "tools[].function.strict",
        models: SCHEMAS,
        rule: "no recursion, no reference out of the schema, nothing of any type, no open objects, no objects and lists as values",
        source: GRAMMARS,
        then: Then::Reported("the tool is not strict; an answer's schema is an instruction"),
        case: "anthropic/schema-recursive",
    },
    Constraint {
        part: "tools[].function.strict",
        models: SCHEMAS,
        rule: "no bounds; few of `pattern` and `format`; no other keywords",
        source: GRAMMARS,
        then: Then::Reported("words of the place's `description`, in strict schemas and the answer's"),
        case: "anthropic/schema-keywords",
    },
    Constraint {
        part: "tool_choice",
        models: "Opus 5.5, Sonnet 5.5, Fable 5.1, Mythos 5.1",
        rule: "no `any`, no `tool`",
        source: MODELS,
        then: Then::Reported("`auto`"),
        case: "anthropic/forced-call-refused",
    },
    Constraint {
        part: "tool_choice.allowed_tools",
        models: "all others",
        rule: "no such choice",
        source: TOOLS,
        then: Then::Reshaped("only those are declared"),
        case: "any/tool-choice-allowed",
    },
    Constraint {
        part: "tool_choice.allowed_tools",
        models: LATE,
        rule: "no such choice, and the same `tools` before thoughts that are given back",
        source: THINKING_WRONG,
        then: Then::Reported("all stay declared; one that is required is `tool`"),
        case: "anthropic/tools-kept",
    },
    Constraint {
        part: "response_format",
        models: "",
        rule: "no JSON but by a schema",
        source: GRAMMARS,
        then: Then::Reported("an instruction"),
        case: "any/response-format-object",
    },
    Constraint {
        part: "response_format.json_schema.schema",
        models: "before 4.5",
        rule: "none",
        source: GRAMMARS,
        then: Then::Reported("an instruction"),
        case: "anthropic/response-format-schema-unknown",
    },
    Constraint {
        part: "response_format.json_schema.schema",
        models: SCHEMAS,
        rule: "no bounds",
        source: GRAMMARS,
        then: Then::Reported("words of the place's `description`"),
        case: "anthropic/schema-bounds",
    },
    Constraint {
        part: "response_format.json_schema.schema",
        models: SCHEMAS,
        rule: "every object says `additionalProperties: false`",
        source: GRAMMARS,
        then: Then::Reported("an instruction, unless it is strict and says nothing"),
        case: "any/response-format-schema-open",
    },
    Constraint {
        part: "max_completion_tokens",
        models: "all that are known",
        rule: "no more than the model answers",
        source: MODELS,
        then: Then::Reported("as many as that"),
        case: "anthropic/max-tokens-clamped",
    },
    Constraint {
        part: "max_completion_tokens",
        models: "before 4.6",
        rule: "more than the budget for thoughts",
        source: THINKING,
        then: Then::Reported("raised, or the budget is lowered"),
        case: "anthropic/thinking-needs-room",
    },
    Constraint {
        part: "stop",
        models: "",
        rule: "no blank ones",
        source: "stop_sequences: each stop sequence must contain non-whitespace (2024)",
        then: Then::Reported("they are left out"),
        case: "any/stop",
    },
    Constraint {
        part: "temperature",
        models: "",
        rule: "between 0 and 1",
        source: API,
        then: Then::Reported("the end of the range that it overshoots"),
        case: "any/temperature-over-one",
    },
    Constraint {
        part: "temperature",
        models: "Opus 4.1, 4.5 and 4.6",
        rule: "not beside `top_p`",
        source: MODELS,
        then: Then::Reported("`top_p` is left out"),
        case: "any/temperature-and-top-p",
    },
    Constraint {
        part: "temperature",
        models: "4.7 and later",
        rule: "none, nor `top_p` and `top_k`; nor beside thoughts",
        source: THINKING,
        then: Then::Reported("they are left out"),
        case: "anthropic/sampling-fixed",
    },
    Constraint {
        part: "reasoning_effort",
        models: "",
        rule: "words that differ by model",
        source: EFFORT,
        then: Then::Reported("the nearest"),
        case: "anthropic/effort-clamped",
    },
    Constraint {
        part: "thinking.budget_tokens",
        models: "before 4.7",
        rule: "1,024 at least",
        source: THINKING,
        then: Then::Reported("1,024"),
        case: "any/thinking-extension-small",
    },
    Constraint {
        part: "thinking",
        models: "4.7 and later",
        rule: "no budget",
        source: THINKING_WRONG,
        then: Then::Reported("`adaptive`"),
        case: "anthropic/thinking-budget-refused",
    },
    Constraint {
        part: "thinking",
        models: "before 4.6",
        rule: "no `adaptive`",
        source: THINKING_WRONG,
        then: Then::Reported("a budget"),
        case: "anthropic/thinking-adaptive-refused",
    },
    Constraint {
        part: "thinking",
        models: "before 4.7",
        rule: "not beside a forced call, a message that is to be continued, or calls without their thoughts",
        source: THINKING_WRONG,
        then: Then::Reported("it is left out"),
        case: "any/thinking-beside-forced-call",
    },
    Constraint {
        part: "user",
        models: "",
        rule: "256 characters at the most",
        source: API,
        then: Then::Reported("it is left out"),
        case: "anthropic/user-too-long",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_the_numbers_that_the_code_reads() {
        for (part, number) in [
            ("tools[].function.strict", MOST_STRICT),
            ("tools[].function.strict", MOST_OPTIONAL),
            ("tools[].function.strict", MOST_UNIONS),
            ("cache_control", MOST_MARKS),
            ("messages[].content[].file.filename", LONGEST_TITLE),
            ("user", LONGEST_USER),
        ] {
            let tells = |row: &&Constraint| row.part == part && row.rule.contains(&number.to_string());
            assert!(CONSTRAINTS.iter().any(|row| tells(&row)), "{part}: {number}");
        }
        for alphabet in [&TOOL, &PROPERTY] {
            assert!(
                alphabet.pattern.contains(&format!("{{1,{}}}", alphabet.longest)),
                "{}",
                alphabet.pattern
            );
        }
    }
}
