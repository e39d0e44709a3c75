//! The client's own format is untouched: the provider gets the client's bytes but for the model's name, the client the
//! provider's answer or an error of ours.

use ferro::dialect::openai;

use super::random::Random;
use super::walk::{TARGETS, Walk, ask};

/// A client's body on its way to a provider of its own format.
pub fn request_openai(bytes: &[u8]) {
    let (provider, model) = TARGETS[0];
    let walk = match Walk::begin(bytes, provider, model) {
        Ok(walk) => walk,
        Err(reply) => {
            assert_eq!(reply.status, 400, "{reply:?}");
            return assert!(openai::is_error_body(&reply.body), "{reply:?}");
        }
    };
    let sent = walk.upstream();
    let name = format!("{model:?}");
    let spliced = |start: usize| {
        let (before, after) = (&sent[..start], &sent[start + name.len()..]);
        let client = bytes.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        client.is_some_and(|client| serde_json::from_slice::<String>(client).is_ok())
    };
    let mut places = sent.windows(name.len()).enumerate().filter(|(_, window)| *window == name.as_bytes());
    assert!(
        sent == bytes || places.any(|(start, _)| spliced(start)),
        "more than the model was changed: {}",
        sent.escape_ascii(),
    );
}

/// A provider's whole answer on its way to a client of its own format.
pub fn answer_openai(bytes: &[u8]) {
    let (provider, model) = TARGETS[0];
    let walk = Walk::begin(ask(false).as_bytes(), provider, model).expect("it is asked for a small thing");
    if let Some(out) = walk.answer(200, bytes, &mut Random::of(bytes)) {
        assert!(
            out == bytes || openai::is_error_body(&out),
            "neither theirs nor an error: {}",
            out.escape_ascii()
        );
    }
}
