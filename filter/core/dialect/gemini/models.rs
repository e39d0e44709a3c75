//! What differs between Gemini models, as a table. The first row whose prefix fits counts.
//!
//! Thinking: <https://ai.google.dev/gemini-api/docs/generate-content/thinking>; levels of the newest models:
//! <https://ai.google.dev/gemini-api/docs/generate-content/latest-model> (all seen November 2026). Refusals that no
//! page documents were seen as `INVALID_ARGUMENT` answers: penalties and log probabilities from 2.5 on ("Penalty is
//! not enabled for models/gemini-2.5-flash", July 2025; "Logprobs is not enabled for models/gemini-2.5-pro",
//! November 2025), a last turn of the model from 3.5 on (July 2026), `functionResponse.parts` before 3 (August 2026).

use serde::Serialize;

/// What a model takes.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// How its thinking is told what to do.
    pub thinking: Thinking,
    /// It takes JSON Schema as it is, not only Google's subset of OpenAPI's.
    pub json_schema: bool,
    /// It is of the third generation or later: every step's first call must be signed, a part may name its media
    /// resolution, and a function's result may hold media.
    pub third: bool,
    /// It takes frequency and presence penalties, and gives log probabilities.
    pub penalties_and_logprobs: bool,
    /// `temperature`, `topP` and `topK` have an effect, and the last turn may be the model's own, to be continued.
    pub sampling_and_prefill: bool,
    /// The most tokens of an answer, thoughts included, where that is known.
    pub output: Option<u64>,
}

/// How a model's thinking is told what to do.
#[derive(Clone, Copy, Debug)]
pub enum Thinking {
    /// The model does not think.
    Never,
    /// It cannot be told.
    Fixed,
    /// By a number of tokens.
    Budget {
        /// The fewest, but for 0.
        least: u64,
        /// The most.
        most: u64,
        /// Whether 0 turns it off.
        off: bool,
    },
    /// By a level, the least first. It is never off.
    Levels(&'static [Level]),
}

/// A level of thinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Hardly any.
    Minimal,
    /// Little.
    Low,
    /// The usual.
    Medium,
    /// Much.
    High,
}

impl Model {
    /// The facts of the model of this name; a leading path (`models/`, `google/`) does not matter.
    pub fn of(name: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or(name);
        let row = MODELS.iter().find(|(prefix, _)| name.starts_with(prefix));
        row.map_or(UNKNOWN, |(_, model)| *model)
    }
}

/// Takes what every model takes.
const UNKNOWN: Model = Model {
    thinking: Thinking::Fixed,
    json_schema: false,
    third: false,
    penalties_and_logprobs: true,
    sampling_and_prefill: true,
    output: None,
};

const SECOND: Model = Model { thinking: Thinking::Never, output: Some(8192), ..UNKNOWN };

const fn budget(least: u64, most: u64, off: bool) -> Model {
    let thinking = Thinking::Budget { least, most, off };
    Model { thinking, json_schema: true, penalties_and_logprobs: false, output: Some(65_536), ..UNKNOWN }
}

const fn third(levels: &'static [Level]) -> Model {
    let thinking = if levels.is_empty() { Thinking::Fixed } else { Thinking::Levels(levels) };
    Model { thinking, third: true, ..budget(0, 0, false) }
}

/// Of models that make images.
const fn image(model: Model) -> Model {
    Model { output: Some(32_768), ..model }
}

const fn newest(levels: &'static [Level]) -> Model {
    Model { sampling_and_prefill: false, ..third(levels) }
}

const ALL: &[Level] = &[Level::Minimal, Level::Low, Level::Medium, Level::High];
const FROM_LOW: &[Level] = &[Level::Low, Level::Medium, Level::High];
const ENDS: &[Level] = &[Level::Minimal, Level::High];

const MODELS: &[(&str, Model)] = &[
    ("gemini-1", SECOND),
    ("gemini-2.0", SECOND),
    ("gemini-exp", Model { output: None, ..SECOND }),
    ("gemini-2.5-flash-image", image(Model { thinking: Thinking::Never, ..budget(0, 0, true) })),
    ("gemini-2.5-flash-lite", budget(512, 24_576, true)),
    ("gemini-2.5-flash", budget(1, 24_576, true)),
    ("gemini-2.5", budget(128, 32_768, false)),
    ("gemini-robotics-er-1", budget(1, 24_576, true)),
    ("gemini-3-pro-image", image(third(&[]))),
    ("gemini-3-pro", third(&[Level::Low, Level::High])),
    ("gemini-3.1-pro", third(FROM_LOW)),
    ("gemini-3.1-flash-image", image(third(ENDS))),
    ("gemini-3-", third(ALL)),
    ("gemini-3.1-", third(ALL)),
    ("gemini-3.5", newest(ALL)),
    ("gemini-3.6", newest(ALL)),
    ("gemini-", Model { output: None, ..newest(FROM_LOW) }),
    ("gemma-4", Model { thinking: Thinking::Levels(ENDS), ..UNKNOWN }),
    ("gemma-", Model { output: None, ..SECOND }),
];

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
    fn models_are_known_by_their_prefix() {
        assert!(matches!(Model::of("gemini-2.5-pro").thinking, Thinking::Budget { off: false, .. }));
        assert!(matches!(
            Model::of("models/gemini-2.5-flash-lite").thinking,
            Thinking::Budget { least: 512, .. }
        ));
        assert!(matches!(
            Model::of("gemini-3-pro-preview").thinking,
            Thinking::Levels([Level::Low, Level::High])
        ));
        assert!(!Model::of("gemini-2.0-flash").json_schema);
        assert!(Model::of("gemini-flash-latest").third);
        assert!(!Model::of("gemini-4-argon").sampling_and_prefill);
        assert!(!Model::of("tunedModels/mine").json_schema);
    }
}
