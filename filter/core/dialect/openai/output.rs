//! How many tokens an answer of OpenAI's models may have, reasoning included:
//! <https://platform.openai.com/docs/models>. Beyond it, a request is refused: "max_tokens is too large: 200000. This model
//! supports at most 16384 completion tokens" (seen since 2024).

/// By the beginning of a model's name up to a hyphen: the more exact ones first.
pub const OUTPUT: &[(&str, u64)] = &[
    ("gpt-3.5-turbo", 4096),
    ("gpt-4-turbo", 4096),
    ("gpt-4-1106", 4096),
    ("gpt-4-0125", 4096),
    ("gpt-4-0613", 8192),
    ("gpt-4o-2024-05-13", 4096),
    ("gpt-4o", 16_384),
    ("chatgpt-4o", 16_384),
    ("gpt-4.5", 16_384),
    ("gpt-4.1", 32_768),
    ("gpt-5-chat", 16_384),
    ("gpt-5.1-chat", 16_384),
    ("gpt-5.2-chat", 16_384),
    ("gpt-5", 128_000),
    ("gpt-5.1", 128_000),
    ("gpt-5.2", 128_000),
    ("o1-mini", 65_536),
    ("o1-preview", 32_768),
    ("o1", 100_000),
    ("o3", 100_000),
    ("o4-mini", 100_000),
];

#[cfg(test)]
mod tests {
    use super::OUTPUT;
    use crate::dialect::Quirks;

    #[test]
    fn models_are_known_by_the_beginning_of_their_names() {
        let quirks = Quirks { output: OUTPUT, ..Quirks::default() };
        for (model, want) in [
            ("gpt-4o", Some(16_384)),
            ("gpt-4o-mini-2024-07-18", Some(16_384)),
            ("gpt-4o-2024-05-13", Some(4096)),
            ("ft:gpt-4o-mini:acme::7q8", Some(16_384)),
            ("gpt-5-chat-latest", Some(16_384)),
            ("gpt-5-mini", Some(128_000)),
            ("gpt-5.9", None),
            ("gpt-4", None),
            ("o3-pro", Some(100_000)),
            ("o5", None),
        ] {
            assert_eq!(quirks.output_of(model), want, "{model}");
        }
        for (at, (name, _)) in OUTPUT.iter().enumerate() {
            let found = OUTPUT.iter().position(|(known, _)| {
                let rest = name.strip_prefix(known);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            });
            assert_eq!(found, Some(at), "{name} is never reached");
        }
    }
}
