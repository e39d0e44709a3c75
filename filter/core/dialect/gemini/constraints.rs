//! What Gemini's own rules refuse, and what becomes of it.

use crate::dialect::constraint::{Constraint, Then};
use crate::dialect::names::Alphabet;

/// Names of functions: <https://ai.google.dev/api/caching#FunctionDeclaration>.
pub const FUNCTION: Alphabet = Alphabet {
    pattern: "a letter or underscore, and then letters, digits, `_`, `.`, `:`, `-`; 64 characters at most",
    marks: "_.:-",
    longest: 64,
    blank: "_",
    begins: true,
};

/// Google's pages.
const GENERATE: &str = "https://ai.google.dev/api/generate-content#GenerationConfig";
const CALLING: &str = "https://ai.google.dev/gemini-api/docs/function-calling";
const DECLARATION: &str = "https://ai.google.dev/api/caching#FunctionDeclaration";
const SCHEMA: &str = "https://ai.google.dev/api/caching#Schema";
const SIGNATURES: &str = "https://ai.google.dev/gemini-api/docs/thought-signatures";
const THINKING: &str = "https://ai.google.dev/gemini-api/docs/generate-content/thinking";
const MODELS: &str = "https://ai.google.dev/gemini-api/docs/models";
const IMAGES: &str = "https://ai.google.dev/gemini-api/docs/image-understanding";

/// One row a rule, in the order of OpenAI's request.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        part: "messages",
        models: "",
        rule: "the first content is the user's",
        source: CALLING,
        then: Then::Reshaped("a blank text of the user stands before it"),
        case: "gemini/model-first",
    },
    Constraint {
        part: "messages",
        models: "",
        rule: "roles alternate, and every call is followed by its result, in the calls' order",
        source: CALLING,
        then: Then::Reshaped("neighbours become one content, results go first in theirs"),
        case: "gemini/calls-and-results",
    },
    Constraint {
        part: "messages[].tool_calls[]",
        models: "",
        rule: "a call without a result is refused",
        source: CALLING,
        then: Then::Refused,
        case: "gemini/call-without-result-refused",
    },
    Constraint {
        part: "messages[-1]",
        models: "from 3.5 on",
        rule: "the last content is not the model's",
        source: "INVALID_ARGUMENT, seen in July 2026",
        then: Then::Refused,
        case: "gemini/prefill-refused",
    },
    Constraint {
        part: "messages[].content",
        models: "",
        rule: "a content has a part, and a text in it is not empty",
        source: "https://ai.google.dev/api/caching#Content",
        then: Then::Reshaped("empty texts go; where nothing is left there is a blank one"),
        case: "any/turns-blank",
    },
    Constraint {
        part: "messages[].content[].input_audio.format",
        models: "",
        rule: "a format of sound that it knows",
        source: "https://ai.google.dev/gemini-api/docs/audio",
        then: Then::Refused,
        case: "gemini/audio-refused",
    },
    Constraint {
        part: "messages[].content[].file.file_id",
        models: "",
        rule: "files are Google's own: an id of another vendor's names nothing there",
        source: "https://ai.google.dev/gemini-api/docs/files",
        then: Then::Refused,
        case: "gemini/file-id-refused",
    },
    Constraint {
        part: "messages[].content[].image_url.detail",
        models: "before 3",
        rule: "no resolution of a single part",
        source: IMAGES,
        then: Then::Reported("left out"),
        case: "gemini/image-detail-dropped",
    },
    Constraint {
        part: "messages[].content",
        models: "before 3",
        rule: "a function's result holds no media",
        source: "INVALID_ARGUMENT, seen in August 2026",
        then: Then::Reshaped("they stand beside the result"),
        case: "gemini/result-with-image-before-3",
    },
    Constraint {
        part: "messages[].tool_calls[].extra_content",
        models: "from 3 on",
        rule: "the first call of each step bears a signature of Google's",
        source: SIGNATURES,
        then: Then::Reshaped("one without it gets the value that Google documents for that"),
        case: "gemini/signatures-missing",
    },
    Constraint {
        part: "messages[].thinking_blocks[].signature",
        models: "",
        rule: "a signature is Google's own",
        source: SIGNATURES,
        then: Then::Reported("left out, unless another mark of Google's stands in the message"),
        case: "gemini/thinking-of-others",
    },
    Constraint {
        part: "tools[].function.name",
        models: "",
        rule: FUNCTION.pattern,
        source: "Invalid function name. Must start with a letter or an underscore. Must be a-z, A-Z, 0-9, or contain underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64. (November 2025)",
        then: Then::Reshaped("another name, which no other function has, wherever it is named"),
        case: "gemini/function-names",
    },
    Constraint {
        part: "tools[]",
        models: "",
        rule: "no two functions of one name",
        source: "Duplicate function declaration found (2025)",
        then: Then::Reported("the first counts"),
        case: "gemini/functions-declared-twice",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "before 2.5",
        rule: "Google's subset of OpenAPI's Schema, without recursion",
        source: SCHEMA,
        then: Then::Reshaped("lowered to it; a member without a counterpart is reported, recursion refused"),
        case: "gemini/tools-lowered",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "from 2.5 on",
        rule: "an object",
        source: DECLARATION,
        then: Then::Reshaped("one without `type` gets it, a reference there is followed"),
        case: "gemini/schema-references",
    },
    Constraint {
        part: "schemas: $ref",
        models: "from 2.5 on",
        rule: "beside it stand only members that begin with `$`; it names the root or one of `$defs`",
        source: GENERATE,
        then: Then::Reshaped(
            "what it names stands in its place. Where that refers to itself or is too long: the reference alone, and what stood beside it is reported",
        ),
        case: "gemini/schema-references",
    },
    Constraint {
        part: "schemas: allOf, const, definitions",
        models: "from 2.5 on",
        rule: "are not among the keywords that count",
        source: GENERATE,
        then: Then::Reshaped("one schema with the members of all, `enum` of one value, `$defs`"),
        case: "gemini/schema-references",
    },
    Constraint {
        part: "schemas: enum",
        models: "",
        rule: "texts that are not empty; from 2.5 on, numbers, too",
        source: "enum[0]: cannot be empty (April 2026)",
        then: Then::Reported("an empty text is left out; null becomes an alternative, and is not reported"),
        case: "gemini/schema-references",
    },
    Constraint {
        part: "tool_choice.allowed_tools",
        models: "",
        rule: "names only where a call must be made",
        source: CALLING,
        then: Then::Reshaped("functions that may not be called are not declared"),
        case: "gemini/tool-choice-allowed-auto",
    },
    Constraint {
        part: "response_format",
        models: "before 3",
        rule: "not beside functions",
        source: "Function calling with a response mime type: 'application/json' is unsupported (2024 to 2026)",
        then: Then::Reported("an instruction of the system"),
        case: "gemini/format-beside-tools",
    },
    Constraint {
        part: "response_format",
        models: "before 3",
        rule: "not beside functions that may not be called, either",
        source: "Function calling with a response mime type: 'application/json' is unsupported (2024 to 2026)",
        then: Then::Reshaped("with `tool_choice: none`, no function is declared"),
        case: "gemini/format-beside-tools-of-none",
    },
    Constraint {
        part: "max_completion_tokens",
        models: "those that are known",
        rule: "no more than the model's output limit: 65,536 from 2.5 on, 32,768 of models for images, 8,192 before",
        source: MODELS,
        then: Then::Reported("the limit"),
        case: "gemini/max-tokens-beyond",
    },
    Constraint {
        part: "n",
        models: "",
        rule: "8 at most",
        source: GENERATE,
        then: Then::Reported("8"),
        case: "gemini/max-tokens-beyond-20",
    },
    Constraint {
        part: "stop",
        models: "",
        rule: "5 at most",
        source: GENERATE,
        then: Then::Reported("the first five"),
        case: "gemini/max-tokens-beyond-20",
    },
    Constraint {
        part: "seed",
        models: "",
        rule: "a whole number of 32 bits",
        source: GENERATE,
        then: Then::Reported("left out"),
        case: "gemini/sampling-25",
    },
    Constraint {
        part: "frequency_penalty, presence_penalty, logprobs",
        models: "from 2.5 on",
        rule: "are not taken",
        source: "Penalty is not enabled for models/gemini-2.5-flash (July 2025); Logprobs is not enabled for models/gemini-2.5-pro (November 2025)",
        then: Then::Reported("left out"),
        case: "gemini/sampling-25",
    },
    Constraint {
        part: "temperature, top_p, top_k",
        models: "from 3.5 on",
        rule: "are not taken",
        source: "https://ai.google.dev/gemini-api/docs/generate-content/latest-model",
        then: Then::Reported("left out"),
        case: "gemini/sampling-38",
    },
    Constraint {
        part: "reasoning_effort",
        models: "",
        rule: "a budget or a level that the model has",
        source: THINKING,
        then: Then::Reported("the nearest that it has"),
        case: "gemini/effort-none-25-pro",
    },
];

#[cfg(test)]
mod tests {
    use super::CONSTRAINTS;
    use crate::dialect::gemini::request;

    #[test]
    fn what_a_rule_says_is_what_the_code_goes_by() {
        for (part, number) in [
            ("tools[].function.name", super::FUNCTION.longest),
            ("stop", request::MOST_STOPS),
            ("n", usize::try_from(request::MOST_CANDIDATES).unwrap()),
        ] {
            let rule = CONSTRAINTS.iter().find(|rule| rule.part == part).map(|rule| rule.rule);
            assert!(rule.is_some_and(|rule| rule.contains(&format!("{number} "))), "{part}");
        }
    }
}
