//! All surfaces.

use super::{Answer, Body, Surface};
use crate::dialect::openai;

/// What clients may ask for.
pub const SURFACES: &[Surface] = &[
    Surface {
        word: "chat",
        methods: &["POST"],
        path: "/v1/chat/completions",
        body: Body::Json,
        format: &openai::FORMAT,
        answer: Answer::Chat,
    },
    own("models", "/v1/models"),
    // Ids may hold slashes.
    own("model", "/v1/models/*"),
    own("health", "/healthz"),
    own("ready", "/readyz"),
    own("targets", "/admin/targets"),
];

/// Words that `match.surfaces` will know.
pub const PLANNED: &[&str] =
    &["completions", "embeddings", "images", "audio", "moderations", "rerank", "responses", "messages"];

/// The words of what providers serve, which routes may match.
pub fn routed() -> impl Iterator<Item = &'static str> {
    SURFACES.iter().filter(|surface| surface.is_served_by_providers()).map(|surface| surface.word)
}

/// The surface of this word.
pub fn by_word(word: &str) -> Option<&'static Surface> {
    SURFACES.iter().find(|surface| surface.word == word)
}

const fn own(word: &'static str, path: &'static str) -> Surface {
    Surface {
        word,
        methods: &["GET", "HEAD"],
        path,
        body: Body::Nothing,
        format: &openai::FORMAT,
        answer: Answer::Own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_given_once() {
        for (index, surface) in SURFACES.iter().enumerate() {
            let others = SURFACES.iter().skip(index + 1);
            assert!(others.clone().all(|other| other.word != surface.word), "{}", surface.word);
            assert!(!PLANNED.contains(&surface.word), "{} is there", surface.word);
            assert!(surface.path.starts_with('/') && !surface.methods.is_empty());
        }
    }
}
