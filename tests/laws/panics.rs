//! Whatever comes from outside, nothing panics, and what goes out keeps its form.
//!
//! Each law takes bytes alone, so it is also the body of a fuzz target.

use ferro::config::Config;
use ferro::dialect::{
    Arrival, FORMATS, Format, Head, Memo, Stage, Stamp, anthropic, cohere, gemini, ollama, openai, replicate,
};
use ferro::exchange::Failure;
use ferro::gateway::{Gateway, Redactor, Secret};
use ferro::hub::json::Document;
use ferro::hub::{Chat, Dropped, RequestError};
use serde::de::IgnoredAny;

use super::completions::completion;
use super::credentials::redactor;
use super::document::document;
use super::journey::exchange;
use super::random::Random;
use super::streams::{frames, stream_anthropic, stream_cohere, stream_gemini, stream_ollama, stream_openai};
use super::tasks::task;
use super::untouched::{answer_openai, headers, outline, request_openai};
use super::walk::{TARGETS, Walk, ask};

/// Something that holds for all bytes.
pub type Law = fn(&[u8]);

/// All of them, under the names of their fuzz targets.
pub const LAWS: &[(&str, Law)] = &[
    ("answer_anthropic", answer_anthropic),
    ("answer_cohere", answer_cohere),
    ("answer_gemini", answer_gemini),
    ("answer_ollama", answer_ollama),
    ("answer_openai", answer_openai),
    ("completion", completion),
    ("config", config),
    ("document", document),
    ("error", error),
    ("exchange", exchange),
    ("frames", frames),
    ("headers", headers),
    ("outline", outline),
    ("redactor", redactor),
    ("request_anthropic", request_anthropic),
    ("request_cohere", request_cohere),
    ("request_gemini", request_gemini),
    ("request_ollama", request_ollama),
    ("request_openai", request_openai),
    ("stream_anthropic", stream_anthropic),
    ("stream_cohere", stream_cohere),
    ("stream_gemini", stream_gemini),
    ("stream_ollama", stream_ollama),
    ("stream_openai", stream_openai),
    ("task", task),
];

/// Models with rules of their own, so that every writer's branches are reached.
pub const MODELS: &[(&Format, &[&str])] = &[
    (
        &anthropic::FORMAT,
        &[
            "claude-sonnet-4-5",
            "claude-opus-4-1",
            "claude-opus-4-6",
            "claude-opus-5-5",
            "claude-3-haiku",
            "x",
        ],
    ),
    (&gemini::FORMAT, &["gemini-2.5-pro", "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-1.5-pro", "x"]),
    (
        &cohere::FORMAT,
        &[
            "command-a-plus-05-2026",
            "command-a-03-2025",
            "command-r-plus-08-2024",
            "command-r7b-12-2024",
            "x",
        ],
    ),
    (
        &replicate::FORMAT,
        &[
            "meta/meta-llama-3-70b-instruct",
            "openai/gpt-4o-mini",
            "openai/o4-mini",
            "anthropic/claude-4-sonnet",
            "google/gemini-2.5-flash",
            "x",
        ],
    ),
    (&ollama::FORMAT, &["qwen3:8b"]),
    (&openai::FORMAT, &["gpt-4o"]),
];

/// Ids and dates.
pub const STAMP: Stamp = Stamp { seed: 7, created: 1_700_000_000 };

/// What comes with an answer.
pub static ARRIVAL: Arrival<'_> = Arrival { head: Head::of(200), stamp: STAMP, memo: &NO_MEMO };
static NO_MEMO: Memo = Memo::NONE;

/// A credential that a provider's error may hold.
const SECRET: &str = "sk-secret";

/// Statuses of answers that mean different things.
const STATUSES: [u16; 10] = [200, 200, 200, 204, 302, 400, 401, 429, 503, 529];

/// A client's body, read for routing, and read and written for every model.
pub fn request(bytes: &[u8]) {
    for (dialect, models) in MODELS {
        for model in *models {
            request_to(dialect, model, bytes);
        }
    }
    request_openai(bytes);
    completion(bytes);
    task(bytes);
}

/// A client's body, read and written for one of Anthropic's models.
pub fn request_anthropic(bytes: &[u8]) {
    request_to(&anthropic::FORMAT, model_of(&anthropic::FORMAT, bytes), bytes);
}

/// A client's body, read and written for one of Gemini's models.
pub fn request_gemini(bytes: &[u8]) {
    request_to(&gemini::FORMAT, model_of(&gemini::FORMAT, bytes), bytes);
}

/// A client's body, read and written for one of Cohere's models.
pub fn request_cohere(bytes: &[u8]) {
    request_to(&cohere::FORMAT, model_of(&cohere::FORMAT, bytes), bytes);
}

/// A client's body, read and written for one of Ollama's models.
pub fn request_ollama(bytes: &[u8]) {
    request_to(&ollama::FORMAT, model_of(&ollama::FORMAT, bytes), bytes);
}

fn request_to(dialect: &'static Format, model: &str, bytes: &[u8]) {
    let document = Document::new(String::from_utf8_lossy(bytes));
    let facts = openai::read_facts(&document);
    assert_eq!(facts.prompt.folded().len(), facts.prompt.pieces().count());
    match openai::read_request(&document) {
        Ok(chat) => is_written(&chat, dialect, model),
        Err(error) => says_why(&error),
    }
}

fn is_written(chat: &Chat<'_>, dialect: &'static Format, model: &str) {
    let mut dropped = Dropped::default();
    match dialect.provider.unwrap().write_request(chat, model, &mut dropped) {
        Ok(written) => {
            assert!(
                is_json(&written.body),
                "not JSON for {model}: {}",
                String::from_utf8_lossy(&written.body)
            )
        }
        Err(error) => says_why(&error),
    }
    is_told(&dropped);
}

/// Whether what was dropped can be told in a header.
pub fn is_told(dropped: &Dropped) {
    let header = dropped.header(openai::spell);
    assert!(header.len() < 2100 && header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header:?}");
}

/// A body's length chooses the model: a fuzzer that changes the one seldom changes the other.
pub fn model_of(dialect: &'static Format, bytes: &[u8]) -> &'static str {
    let (_, models) = MODELS.iter().find(|(known, _)| **known == *dialect).unwrap();
    models[bytes.len() % models.len()]
}

/// A client's body, and then a provider's answer, on their whole way. In front of what is both, there may be a body
/// of its own and a zero byte.
pub fn walk(bytes: &[u8]) {
    let mut random = Random::of(bytes);
    let zero = bytes.iter().position(|byte| *byte == 0);
    let (body, answer) = zero.map_or((bytes, bytes), |zero| (&bytes[..zero], &bytes[zero + 1..]));
    let (provider, model) = TARGETS[random.below(TARGETS.len())];
    let status = STATUSES[random.below(STATUSES.len())];
    match Walk::begin(body, provider, model) {
        Ok(walk) => {
            assert!(is_json(&walk.upstream()), "{provider} gets what is not JSON");
            let _ = walk.answer(status, answer, &mut random);
        }
        Err(reply) => {
            assert_eq!(reply.status, 400, "{reply:?}");
            assert!(openai::is_error_body(&reply.body), "{reply:?}");
        }
    }
    let walk = Walk::begin(ask(random.below(2) == 0).as_bytes(), provider, model).unwrap();
    let _ = walk.answer(status, answer, &mut random);
}

/// A provider's whole answer.
pub fn answer(bytes: &[u8]) {
    answer_anthropic(bytes);
    answer_gemini(bytes);
    answer_cohere(bytes);
    answer_replicate(bytes);
    answer_ollama(bytes);
    answer_of(&openai::FORMAT, bytes);
    answer_openai(bytes);
}

/// A whole answer in Anthropic's format.
pub fn answer_anthropic(bytes: &[u8]) {
    answer_of(&anthropic::FORMAT, bytes);
}

/// A whole answer in Gemini's format.
pub fn answer_gemini(bytes: &[u8]) {
    answer_of(&gemini::FORMAT, bytes);
}

/// A whole answer in Cohere's format.
pub fn answer_cohere(bytes: &[u8]) {
    answer_of(&cohere::FORMAT, bytes);
}

/// A whole answer in Ollama's format.
pub fn answer_ollama(bytes: &[u8]) {
    answer_of(&ollama::FORMAT, bytes);
}

/// A prediction of Replicate's: an answer, and how far it has come.
fn answer_replicate(bytes: &[u8]) {
    answer_of(&replicate::FORMAT, bytes);
    if let Ok(Stage::Running(job)) = replicate::FORMAT.polled.unwrap().stage(bytes) {
        let id = job.path.strip_prefix("/predictions/").unwrap();
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{id}");
    }
}

fn answer_of(dialect: &'static Format, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(answer) = dialect.provider.unwrap().read_answer(&text, &ARRIVAL) {
        let written = openai::write_answer(&answer, model_of(dialect, bytes), STAMP);
        assert!(is_json(&written), "not JSON: {}", String::from_utf8_lossy(&written));
        assert!(!answer.choices.is_empty(), "an answer without choices from {text}");
        assert!(!openai::is_error_body(&written), "an answer that looks like an error from {text}");
    }
}

/// A provider's error, with any status, in every format.
pub fn error(bytes: &[u8]) {
    let _ = openai::is_error_body(bytes);
    let status = 400 + Random::of(bytes).below(200) as u16;
    let redactor = Redactor::new(Secret::new(SECRET));
    for dialect in FORMATS {
        let failure = Failure::of_provider("provider", &dialect.read_error(Head::of(status), bytes));
        let told = failure.status();
        assert!((400..=599).contains(&told), "{dialect:?} made {status} {told}");
        assert!(!matches!(told, 401 | 403 | 407), "{dialect:?} tells a caller {told}");
        let error = failure.into_error(&redactor);
        assert!(!error.words.with(None).is_empty(), "{dialect:?} says nothing about {status}");
        let written = openai::write_error(&error);
        assert!(openai::is_error_body(&written));
        let leaks = written.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!leaks, "{dialect:?} tells a credential: {}", String::from_utf8_lossy(&written));
    }
}

/// A configuration.
pub fn config(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    match Config::parse(&value) {
        Ok(config) => drop(Gateway::build(&config, |_| Some("sk-key".to_owned()), 0)),
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            assert!(errors.iter().all(|error| !error.message.is_empty()), "{errors:?}");
        }
    }
}

/// Whether an error tells what is wrong.
pub fn says_why(error: &RequestError) {
    assert!(!error.message(openai::spell).is_empty(), "{error:?}");
    assert!(matches!(
        error.code,
        "invalid_json" | "missing_field" | "invalid_value" | "unsupported_parameter"
    ));
}

/// Whether bytes are JSON.
pub fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}
