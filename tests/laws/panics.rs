//! Whatever comes from outside, nothing panics, and what goes out keeps its form.
//!
//! Each law takes bytes alone, so it is also the body of a fuzz target.

use ferro::chat::{Dropped, RequestError};
use ferro::config::{Config, Gateway, Redactor};
use ferro::dialect::{Dialect, Stamp, openai};
use ferro::exchange::{Failure, Passage, Source, Stream, Translation, Wanted};
use serde::de::IgnoredAny;

use super::random::Random;
use super::walk::{TARGETS, Walk, ask};

/// Something that holds for all bytes.
pub type Law = fn(&[u8]);

/// All of them.
pub const LAWS: &[Law] = &[request, exchange, answer, error, stream, config];

/// Models with rules of their own, so that every writer's branches are reached.
pub const MODELS: &[(Dialect, &[&str])] = &[
    (Dialect::Anthropic, &["claude-sonnet-4-5", "claude-opus-4-1", "claude-opus-4-6", "claude-3-haiku", "x"]),
    (Dialect::Gemini, &["gemini-2.5-pro", "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-1.5-pro", "x"]),
];

const STAMP: Stamp = Stamp { seed: 7, created: 1_700_000_000 };

/// A client's body, read for routing, and read and written for every model.
pub fn request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let facts = openai::read_facts(&text);
    assert_eq!(facts.prompt.folded().len(), facts.prompt.pieces().count());
    let chat = match openai::read_request(&text) {
        Ok(chat) => chat,
        Err(error) => return says_why(&error),
    };
    for (dialect, models) in MODELS {
        let translate = dialect.translate().unwrap();
        for model in *models {
            match translate.write_request(&chat, model, &mut Dropped::default()) {
                Ok(body) => {
                    assert!(is_json(&body), "not JSON for {model}: {}", String::from_utf8_lossy(&body))
                }
                Err(error) => says_why(&error),
            }
        }
    }
}

/// A client's body, and then a provider's answer, on their whole way.
pub fn exchange(bytes: &[u8]) {
    let mut random = Random::of(bytes);
    for (provider, model) in TARGETS {
        match Walk::begin(bytes, provider, model) {
            Ok(walk) => assert!(is_json(&walk.upstream()), "{provider} gets what is not JSON"),
            Err(reply) => {
                assert_eq!(reply.status, 400, "{reply:?}");
                assert!(openai::is_error_body(&reply.body), "{reply:?}");
            }
        }
        for stream in [false, true] {
            let status = [200, 200, 200, 204, 302, 400, 401, 429, 503, 529][random.below(10)];
            let walk = Walk::begin(ask(stream).as_bytes(), provider, model).unwrap();
            let _ = walk.answer(status, bytes, &mut random);
        }
    }
}

/// A provider's whole answer.
pub fn answer(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = openai::answer_usage(&text);
    for (dialect, models) in MODELS {
        if let Ok(answer) = dialect.translate().unwrap().read_answer(&text, STAMP) {
            let written = openai::write_answer(&answer, models[0], STAMP);
            assert!(is_json(&written), "not JSON: {}", String::from_utf8_lossy(&written));
            assert!(!answer.choices.is_empty(), "an answer without choices from {text}");
        }
    }
}

/// A provider's error.
pub fn error(bytes: &[u8]) {
    let _ = openai::is_error_body(bytes);
    for dialect in [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini] {
        for status in [400, 401, 404, 418, 429, 500, 503, 529, 599] {
            let failure = Failure::of_provider("provider", &dialect.read_error(status, bytes));
            let told = failure.status();
            assert!((400..=599).contains(&told), "{dialect:?} made {status} {told}");
            assert!(!matches!(told, 401 | 403 | 407), "{dialect:?} tells a caller {told}");
            let error = failure.into_error(&Redactor::default());
            assert!(!error.message.is_empty(), "{dialect:?} says nothing about {status}");
            assert!(is_json(&openai::write_error(&error)));
        }
    }
}

/// A provider's stream, in random pieces.
pub fn stream(bytes: &[u8]) {
    for (dialect, models) in MODELS {
        let translate = dialect.translate().unwrap();
        for include_usage in [false, true] {
            let wanted = Wanted::of(include_usage, 1);
            let translation = Translation::new(translate, models[0], wanted, STAMP);
            let out = streamed(Stream::Translation(Box::new(translation)), bytes);
            says_how_it_ended(&out);
        }
    }
    let passage = Passage::new(Wanted::of(true, 1));
    streamed(Stream::Passage(Box::new(passage)), bytes);
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

fn streamed(mut stream: Stream, bytes: &[u8]) -> Vec<u8> {
    let mut random = Random::of(bytes);
    let redactor = Redactor::default();
    let source = Source { provider: "provider", redactor: &redactor };
    let mut out = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(1 + random.below(rest.len().min(200)));
        stream.push(piece.to_vec(), source, &mut out);
        rest = after;
    }
    stream.finish(source, &mut out);
    out
}

/// A translated stream is whole events of JSON or comments, and ends in `[DONE]` or in one error, never in both.
fn says_how_it_ended(out: &[u8]) {
    let text = std::str::from_utf8(out).expect("a translated stream is UTF-8");
    let events: Vec<_> = text.split_terminator("\n\n").collect();
    assert!(text.ends_with("\n\n"), "ends inside an event: {text}");
    let (last, before) = events.split_last().expect("a stream never ends in silence");
    for event in before.iter().filter(|event| !event.starts_with(':')) {
        let data = event.strip_prefix("data: ").unwrap_or_else(|| panic!("{event:?} in {text}"));
        assert!(is_json(data.as_bytes()), "{data:?} is not JSON");
        assert!(!data.starts_with(r#"{"error""#), "an error inside: {text}");
    }
    assert!(*last == "data: [DONE]" || last.starts_with(r#"data: {"error""#), "no end: {text}");
}

fn says_why(error: &RequestError) {
    assert!(!error.message.is_empty(), "{error:?}");
    assert!(matches!(
        error.code,
        "invalid_json" | "missing_field" | "invalid_value" | "unsupported_parameter"
    ));
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}
