//! What differs between Replicate's models of language, as a table: the names of their inputs. The first row whose prefix
//! fits counts. Each model's own page says which it has: <https://replicate.com/openai/gpt-4.1-mini/api/schema>,
//! <https://replicate.com/openai/o4-mini/api/schema>, <https://replicate.com/anthropic/claude-4-sonnet/api/schema>,
//! <https://replicate.com/google/gemini-2.5-flash/api/schema>,
//! <https://replicate.com/meta/meta-llama-3.1-405b-instruct/api/schema>.
//!
//! A model that is not in the table is told what nearly all have, and its system's words at the beginning of the prompt,
//! where no model overlooks them.

use crate::hub::Field;

/// The inputs of a model.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// What the operator says; `None` where that stands in the prompt.
    pub system: Option<&'static str>,
    /// The most tokens of an answer.
    pub limit: &'static str,
    /// The least that this may be.
    pub least: u64,
    /// Images beside the prompt.
    pub images: Images,
    /// What else of a request it takes.
    pub takes: &'static [Field],
    /// Inputs that OpenAI's format has no word for, and that a client may give by their own names.
    pub own: &'static [&'static str],
}

/// Where a model takes images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Images {
    /// Nowhere.
    No,
    /// One, in this input.
    One(&'static str),
    /// Any number, in this input.
    Many(&'static str),
}

impl Model {
    /// The facts of the model of this name; a version behind it does not matter.
    pub fn of(name: &str) -> Self {
        let row = MODELS.iter().find(|(prefix, _)| name.starts_with(prefix));
        row.map_or(UNKNOWN, |(_, model)| *model)
    }
}

/// Takes what nearly all take.
const UNKNOWN: Model = Model {
    system: None,
    limit: "max_tokens",
    least: 0,
    images: Images::No,
    takes: &[Field::Temperature, Field::TopP],
    own: &["min_tokens", "length_penalty", "repetition_penalty", "prompt_template"],
};

/// OpenAI's.
const OPENAI: Model = Model {
    system: Some("system_prompt"),
    limit: "max_completion_tokens",
    images: Images::Many("image_input"),
    takes: &[Field::Temperature, Field::TopP, Field::FrequencyPenalty, Field::PresencePenalty],
    own: &[],
    ..UNKNOWN
};

/// Those of OpenAI's that think.
const THINKING: Model = Model { takes: &[Field::Effort], ..OPENAI };

const MODELS: &[(&str, Model)] = &[
    ("openai/gpt-oss", UNKNOWN),
    ("openai/gpt-5", Model { own: &["verbosity"], ..THINKING }),
    ("openai/o", THINKING),
    ("openai/", OPENAI),
    (
        "anthropic/",
        Model {
            system: Some("system_prompt"),
            least: 1024,
            images: Images::One("image"),
            takes: &[],
            own: &["extended_thinking", "thinking_budget_tokens", "max_image_resolution"],
            ..UNKNOWN
        },
    ),
    (
        "google/gemini",
        Model {
            system: Some("system_instruction"),
            limit: "max_output_tokens",
            images: Images::Many("images"),
            own: &["thinking_budget", "dynamic_thinking"],
            ..UNKNOWN
        },
    ),
    ("meta/meta-llama-3", LLAMA),
    ("meta/llama-2", LLAMA),
];

/// Meta's.
const LLAMA: Model = Model {
    system: Some("system_prompt"),
    takes: &[
        Field::Temperature,
        Field::TopP,
        Field::TopK,
        Field::FrequencyPenalty,
        Field::PresencePenalty,
        Field::Stop,
    ],
    own: &["min_tokens", "prompt_template"],
    ..UNKNOWN
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_row_comes_first() {
        for (at, (prefix, _)) in MODELS.iter().enumerate() {
            let found = MODELS.iter().position(|(before, _)| prefix.starts_with(before));
            assert_eq!(found, Some(at), "{prefix} is never reached");
        }
    }

    #[test]
    fn models_are_known_by_their_owner_and_name() {
        assert_eq!(Model::of("openai/gpt-4o-mini").limit, "max_completion_tokens");
        assert_eq!(Model::of("openai/o4-mini:abc").takes, [Field::Effort]);
        assert_eq!(Model::of("anthropic/claude-4-sonnet").images, Images::One("image"));
        assert_eq!(Model::of("deepseek-ai/deepseek-r1").system, None);
        assert_eq!(Model::of("5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa").least, 0);
    }
}
