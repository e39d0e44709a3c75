//! What differs between Cohere's models, as a table. The first row whose prefix fits counts.
//!
//! Models and the most tokens of their answers: <https://docs.cohere.com/docs/models>,
//! <https://docs.cohere.com/docs/command-a-plus>, <https://docs.cohere.com/docs/command-a-reasoning>. Which ones think:
//! <https://docs.cohere.com/docs/reasoning>. `tool_choice` is for "Command-r7b and newer":
//! <https://docs.cohere.com/v2/reference/chat>.

/// What a model takes.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// It thinks, unless it is told not to.
    pub thinks: bool,
    /// It can be told to call a tool, or not to.
    pub tool_choice: bool,
    /// The most tokens of an answer, thoughts included, where that is known.
    pub output: Option<u64>,
}

impl Model {
    /// The facts of the model of this name; a leading path does not matter.
    pub fn of(name: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or(name);
        let row = MODELS.iter().find(|(prefix, _)| name.starts_with(prefix));
        row.map_or(UNKNOWN, |(_, model)| *model)
    }
}

/// Takes what the newest models take.
const UNKNOWN: Model = Model { thinks: true, tool_choice: true, output: None };

const fn thinker(output: u64) -> Model {
    Model { output: Some(output), ..UNKNOWN }
}

const fn thoughtless(output: u64) -> Model {
    Model { thinks: false, ..thinker(output) }
}

/// Of models that are older than Command R7B.
const fn older(output: u64) -> Model {
    Model { tool_choice: false, ..thoughtless(output) }
}

const MODELS: &[(&str, Model)] = &[
    ("command-a-plus", thinker(64_000)),
    ("command-a-reasoning", thinker(32_000)),
    ("command-a-vision", thoughtless(8_000)),
    ("command-a-translate", thoughtless(8_000)),
    ("command-a-03-2025", thoughtless(8_000)),
    ("command-r7b", thoughtless(4_096)),
    ("command-r", older(4_096)),
    ("c4ai-aya", older(4_096)),
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
        assert!(Model::of("command-a-plus-05-2026").thinks && Model::of("cohere/command-b").thinks);
        assert!(!Model::of("command-a-03-2025").thinks && Model::of("command-r7b-12-2024").tool_choice);
        assert!(!Model::of("command-r-plus-08-2024").tool_choice);
        assert_eq!(Model::of("command-a-reasoning-08-2025").output, Some(32_000));
    }
}
