//! What Cohere's own rules refuse, and what becomes of it.

use crate::dialect::constraint::{Constraint, Then};
use crate::dialect::names::Alphabet;

/// Names of tools: "tool names can only contain certain characters (A-Za-z0-9_) and can't begin with a digit"
/// (<https://docs.cohere.com/v2/reference/errors>). How long one may be no page says: here, as long as OpenAI lets it.
pub const FUNCTION: Alphabet = Alphabet {
    pattern: "letters, digits, `_`, and no digit first",
    marks: "_",
    longest: 64,
    blank: "_",
    begins: true,
};

/// Ids of calls. No page says what they are made of: here, of what those of every vendor are.
pub const CALL: Alphabet =
    Alphabet { pattern: "each once", marks: "_-.:+/=", longest: 256, blank: "call", begins: false };

/// The most images of a request: <https://docs.cohere.com/docs/image-inputs>.
pub const MOST_IMAGES: usize = 20;

/// The most texts that end an answer.
pub const MOST_STOPS: usize = 5;

/// The most of the likeliest tokens to choose from.
pub const MOST_K: u64 = 500;

/// The range of `p`.
pub const P: (f64, f64) = (0.01, 0.99);

/// The most properties that the schemas of strict tools have, in all.
pub const MOST_PROPERTIES: usize = 200;

/// What is left for the answer beside a budget for thoughts, at least.
pub const LEAST_ANSWER: u64 = 1_000;

/// Keywords by which schemas are put together that are not supported.
pub const COMPOSED: &[&str] = &["allOf", "oneOf", "not"];

/// Keywords of bounds, which are not supported either.
pub const BOUNDS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "uniqueItems",
];

/// The only formats of texts.
pub const FORMATS: &[&str] = &["date-time", "uuid", "date", "time"];

/// What a pattern may not hold.
pub const ANCHORS: &[&str] = &["^", "$", "?=", "?!"];

/// Cohere's pages.
const CHAT: &str = "https://docs.cohere.com/v2/reference/chat";
const ERRORS: &str = "https://docs.cohere.com/v2/reference/errors";
const IMAGES: &str = "https://docs.cohere.com/docs/image-inputs";
const MODELS: &str = "https://docs.cohere.com/docs/models";
const REASONING: &str = "https://docs.cohere.com/docs/reasoning";
const SCHEMAS: &str = "https://docs.cohere.com/v2/docs/structured-outputs";
const TOOLS: &str = "https://docs.cohere.com/v2/docs/tool-use-usage-patterns";

/// One row a rule, in the order of OpenAI's request.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        part: "messages[].content",
        models: "",
        rule: "a message is not empty",
        source: "message must not be empty in a turn (November 2026)",
        then: Then::Reshaped("it is left out"),
        case: "any/turns-blank",
    },
    Constraint {
        part: "messages[].content[].image_url",
        models: "",
        rule: "PNG, JPEG, WebP and GIF, or an http URL, in a user's message; 20 at the most",
        source: IMAGES,
        then: Then::Refused,
        case: "cohere/images-too-many",
    },
    Constraint {
        part: "messages[].content[].image_url.detail",
        models: "",
        rule: "`auto`, `low`, `high`",
        source: CHAT,
        then: Then::Reported("left out"),
        case: "cohere/image-detail",
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
        part: "messages[].content[]",
        models: "",
        rule: "a tool's result is text or documents",
        source: CHAT,
        then: Then::Refused,
        case: "any/tool-results-with-images",
    },
    Constraint {
        part: "messages[].content",
        models: "",
        rule: "a tool's result is an object's text, or pieces",
        source: CHAT,
        then: Then::Reshaped("words are a piece; where nothing is given back, an empty object"),
        case: "cohere/results",
    },
    Constraint {
        part: "messages[].thinking_blocks[]",
        models: "those that do not think",
        rule: "no thoughts but `tool_plan`, beside calls",
        source: CHAT,
        then: Then::Reported("beside calls they are the plan, and not reported; others are left out"),
        case: "cohere/thoughts-as-plan",
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
        part: "messages[].tool_calls[].id",
        models: "",
        rule: "each once in a conversation",
        source: "cannot have duplicate tool ids (November 2026)",
        then: Then::Reshaped("ids used again get a number"),
        case: "cohere/ids-used-again",
    },
    Constraint {
        part: "messages[].tool_call_id",
        models: "",
        rule: "a result has its call before it",
        source: "tool call id not found in previous tool calls (November 2026)",
        then: Then::Refused,
        case: "any/tool-result-without-call",
    },
    Constraint {
        part: "tools[].function.name",
        models: "",
        rule: FUNCTION.pattern,
        source: ERRORS,
        then: Then::Reshaped("another name, which no other tool has, wherever it is named"),
        case: "cohere/tool-names",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "",
        rule: "there is one, of type `object`",
        source: CHAT,
        then: Then::Reshaped("one without a type gets it, a tool without any an empty one"),
        case: "cohere/tool-schemas",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "",
        rule: "of no other type",
        source: "schema must be an object (November 2026)",
        then: Then::Refused,
        case: "any/tool-schema-not-an-object",
    },
    Constraint {
        part: "tools[].function.strict",
        models: "",
        rule: "all tools or none; each object in a schema requires something; 200 properties in all",
        source: SCHEMAS,
        then: Then::Reported("none is strict"),
        case: "cohere/strict-not-all",
    },
    Constraint {
        part: "schemas: allOf, oneOf, not",
        models: "",
        rule: "not in those of strict tools and of answers",
        source: SCHEMAS,
        then: Then::Reported(
            "the tools are not strict; the answer is a JSON object, and its schema an instruction of the system",
        ),
        case: "cohere/schema-not-held",
    },
    Constraint {
        part: "schemas: minimum, minItems, minLength, uniqueItems, pattern, format",
        models: "",
        rule: "no bounds, anchors in patterns, or formats but `date-time`, `uuid`, `date`, `time` in those of strict tools and of answers",
        source: SCHEMAS,
        then: Then::Reported("left out"),
        case: "cohere/schema-bounds",
    },
    Constraint {
        part: "tool_choice",
        models: "",
        rule: "`REQUIRED` or `NONE`, and no names",
        source: TOOLS,
        then: Then::Reshaped("only the tools that may be called are declared"),
        case: "any/tool-choice-named",
    },
    Constraint {
        part: "tool_choice",
        models: "before Command R7B",
        rule: "none",
        source: CHAT,
        then: Then::Reported("the model chooses; with `none`, which is not reported, no tool is declared"),
        case: "cohere/tool-choice-older",
    },
    Constraint {
        part: "response_format",
        models: "",
        rule: "not beside tools or documents",
        source: CHAT,
        then: Then::Reported(
            "an instruction of the system; with `tool_choice: none` no tool is declared instead",
        ),
        case: "cohere/format-beside-tools",
    },
    Constraint {
        part: "max_completion_tokens",
        models: "those that are known",
        rule: "no more than the model's output limit",
        source: MODELS,
        then: Then::Reported("the limit"),
        case: "cohere/max-tokens-beyond",
    },
    Constraint {
        part: "max_completion_tokens",
        models: "those that think",
        rule: "room for an answer beside the budget, of 1,000 tokens",
        source: REASONING,
        then: Then::Reported("more, or a smaller budget"),
        case: "any/reasoning-effort-needs-room",
    },
    Constraint {
        part: "reasoning_effort, thinking",
        models: "those that do not think",
        rule: "cannot be told to",
        source: REASONING,
        then: Then::Reported("left out"),
        case: "cohere/effort-without-thinking",
    },
    Constraint {
        part: "temperature, frequency_penalty, presence_penalty",
        models: "",
        rule: "0 to 1",
        source: ERRORS,
        then: Then::Reported("the bound"),
        case: "cohere/sampling-beyond",
    },
    Constraint {
        part: "top_p",
        models: "",
        rule: "0.01 to 0.99",
        source: CHAT,
        then: Then::Reported("the bound"),
        case: "cohere/sampling-beyond",
    },
    Constraint {
        part: "top_k",
        models: "",
        rule: "500 at most",
        source: CHAT,
        then: Then::Reported("500"),
        case: "cohere/sampling-beyond",
    },
    Constraint {
        part: "seed",
        models: "",
        rule: "a whole number of 64 bits, from 0 on",
        source: CHAT,
        then: Then::Reported("left out"),
        case: "cohere/sampling-beyond",
    },
    Constraint {
        part: "stop",
        models: "",
        rule: "5 at most",
        source: CHAT,
        then: Then::Reported("the first five"),
        case: "cohere/stops-too-many",
    },
];

#[cfg(test)]
mod tests {
    use super::CONSTRAINTS;

    #[test]
    fn what_a_rule_says_is_what_the_code_goes_by() {
        for (part, word) in [
            ("messages[].content[].image_url", format!("{} at", super::MOST_IMAGES)),
            ("tools[].function.strict", format!("{} properties", super::MOST_PROPERTIES)),
            ("top_p", format!("{} to {}", super::P.0, super::P.1)),
            ("top_k", format!("{} at", super::MOST_K)),
            ("stop", format!("{} at", super::MOST_STOPS)),
        ] {
            let rule = CONSTRAINTS.iter().find(|rule| rule.part == part).map(|rule| rule.rule);
            assert!(rule.is_some_and(|rule| rule.contains(&word)), "{part}");
        }
    }
}
