//! Surfaces that no client is served yet: every kind of body and of answer, for scripts that say `surfaces of tests`.

use ferro::dialect::openai;
use ferro::surface::{Answer, Body, Entry, Surface};

/// The table.
pub const OF_TESTS: &[Surface] = &[
    of("chat", "POST", "/v1/chat/completions", Body::Json, Answer::Chat),
    of("images", "POST", "/v1/images", Body::Opaque, Answer::Json),
    of("audio", "POST", "/v1/audio/transcriptions", Body::Form, Answer::Json),
    of("speech", "POST", "/v1/audio/speech", Body::Json, Answer::Bytes),
    of("file", "GET", "/v1/file", Body::Nothing, Answer::Bytes),
    of("realtime", "GET", "/v1/realtime", Body::Nothing, Answer::Upgrade),
];

const fn of(
    word: &'static str,
    method: &'static str,
    path: &'static str,
    body: Body,
    answer: Answer,
) -> Surface {
    let methods: &[&str] = match method.as_bytes() {
        b"GET" => &["GET"],
        _ => &["POST"],
    };
    Surface {
        word,
        family: word,
        methods,
        path,
        body,
        format: &openai::FORMAT,
        answer,
        unnamed: None,
        entry: Entry::Callers,
    }
}
