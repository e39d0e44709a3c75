//! What Gemini's own rules refuse, and what becomes of it.

use crate::dialect::constraint::{Constraint, Then};

/// One row a rule, in the order of OpenAI's request.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        part: "messages",
        models: "",
        rule: "the first content is the user's",
        source: "https://ai.google.dev/gemini-api/docs/function-calling",
        then: Then::Reshaped("a blank text of the user stands before it"),
        case: "gemini/model-first",
    },
    Constraint {
        part: "tools[].function.parameters",
        models: "before 2.5",
        rule: "Google's subset of OpenAPI's Schema",
        source: "https://ai.google.dev/api/caching#Schema",
        then: Then::Reshaped("lowered to it"),
        case: "gemini/tools-lowered",
    },
];
