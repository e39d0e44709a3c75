//! All surfaces.

use super::{Answer, Body, Entry, Surface};
use crate::dialect::openai;

/// What clients may ask for. Of two that take a path the first is meant.
pub const SURFACES: &[Surface] = &[
    json("chat", "chat", "/v1/chat/completions", Answer::Chat),
    // <https://platform.openai.com/docs/api-reference/completions/create>
    Surface {
        format: &openai::completions::FORMAT,
        ..json("completions", "completions", "/v1/completions", Answer::Chat)
    },
    json("embeddings", "embeddings", "/v1/embeddings", Answer::Json),
    // <https://platform.openai.com/docs/api-reference/images/create>
    Surface { unnamed: Some("dall-e-2"), ..json("images", "images", "/v1/images/generations", Answer::Json) },
    Surface { body: Body::Any, ..json("image_edits", "images", "/v1/images/edits", Answer::Json) },
    Surface { body: Body::Form, ..json("image_variations", "images", "/v1/images/variations", Answer::Json) },
    json("speech", "audio", "/v1/audio/speech", Answer::Bytes),
    Surface {
        body: Body::Form,
        ..json("transcriptions", "audio", "/v1/audio/transcriptions", Answer::Bytes)
    },
    Surface { body: Body::Form, ..json("translations", "audio", "/v1/audio/translations", Answer::Bytes) },
    // <https://platform.openai.com/docs/api-reference/moderations/create>
    Surface {
        unnamed: Some("omni-moderation-latest"),
        ..json("moderations", "moderations", "/v1/moderations", Answer::Json)
    },
    json("rerank", "rerank", "/v1/rerank", Answer::Json),
    // Where Cohere's own clients ask: <https://docs.cohere.com/reference/rerank>, <https://docs.cohere.com/reference/embed>.
    json("rerank", "rerank", "/v2/rerank", Answer::Json),
    json("embed", "embeddings", "/v2/embed", Answer::Json),
    json("responses", "responses", "/v1/responses", Answer::Json),
    // What the provider keeps goes to it, whoever would answer a new request.
    kept("responses", "/v1/responses/*"),
    kept("files", "/v1/files"),
    kept("files", "/v1/files/*"),
    kept("batches", "/v1/batches"),
    kept("batches", "/v1/batches/*"),
    kept("fine_tuning", "/v1/fine_tuning/*"),
    kept("vector_stores", "/v1/vector_stores"),
    kept("vector_stores", "/v1/vector_stores/*"),
    kept("uploads", "/v1/uploads"),
    kept("uploads", "/v1/uploads/*"),
    Surface {
        word: "realtime",
        family: "realtime",
        methods: &["GET"],
        path: "/v1/realtime",
        body: Body::Nothing,
        format: &openai::FORMAT,
        answer: Answer::Upgrade,
        unnamed: None,
        entry: Entry::Callers,
    },
    own("models", "/v1/models"),
    // Ids may hold slashes.
    Surface { family: "models", ..own("model", "/v1/models/*") },
    own("capabilities", "/v1/capabilities"),
    Surface { entry: Entry::Everybody, ..own("health", "/healthz") },
    Surface { entry: Entry::Everybody, ..own("ready", "/readyz") },
    Surface { entry: Entry::Admins, ..own("targets", "/admin/targets") },
    told("keys", "/admin/keys"),
    told("key_revocation", "/admin/keys/revoke"),
    Surface { entry: Entry::Admins, ..own("key", "/admin/keys/*") },
    // Whatever else a provider has.
    Surface { body: Body::Any, ..kept("other", "/v1/*") },
];

/// Words that `match.surfaces` will know.
pub const PLANNED: &[&str] = &["messages"];

/// The families of what providers serve, which routes may match, each once.
pub fn families() -> impl Iterator<Item = &'static str> {
    let served = || SURFACES.iter().filter(|surface| surface.is_served_by_providers());
    let first = move |(place, surface): &(usize, &Surface)| {
        !served().take(*place).any(|earlier| earlier.family == surface.family)
    };
    served().enumerate().filter(first).map(|(_, surface)| surface.family)
}

/// Whether requests of a family may name no model.
pub fn is_nameless(family: &str) -> bool {
    SURFACES.iter().any(|surface| surface.family == family && surface.body != Body::Json)
}

/// The first surface of this word.
pub fn by_word(word: &str) -> Option<&'static Surface> {
    SURFACES.iter().find(|surface| surface.word == word)
}

/// One that takes JSON.
const fn json(word: &'static str, family: &'static str, path: &'static str, answer: Answer) -> Surface {
    Surface {
        word,
        family,
        methods: &["POST"],
        path,
        body: Body::Json,
        format: &openai::FORMAT,
        answer,
        unnamed: None,
        entry: Entry::Callers,
    }
}

/// One that is about what a provider keeps.
const fn kept(word: &'static str, path: &'static str) -> Surface {
    Surface {
        word,
        family: word,
        methods: &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        path,
        body: Body::Opaque,
        format: &openai::FORMAT,
        answer: Answer::Bytes,
        unnamed: None,
        entry: Entry::Callers,
    }
}

const fn own(word: &'static str, path: &'static str) -> Surface {
    Surface {
        word,
        family: word,
        methods: &["GET", "HEAD"],
        path,
        body: Body::Nothing,
        format: &openai::FORMAT,
        answer: Answer::Own,
        unnamed: None,
        entry: Entry::Callers,
    }
}

/// One of our own that administrators send JSON.
const fn told(word: &'static str, path: &'static str) -> Surface {
    Surface { methods: &["POST"], body: Body::Json, entry: Entry::Admins, ..own(word, path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_given_once() {
        for (index, surface) in SURFACES.iter().enumerate() {
            let others = SURFACES.iter().skip(index + 1);
            assert!(others.clone().all(|other| other.path != surface.path), "{}", surface.path);
            assert!(
                others.clone().all(|other| { other.word != surface.word || other.family == surface.family })
            );
            assert!(!PLANNED.contains(&surface.family), "{} is there", surface.family);
            assert!(surface.path.starts_with('/') && !surface.methods.is_empty());
        }
    }
}
