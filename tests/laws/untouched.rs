//! The client's own format is untouched: the provider gets the client's bytes but for the model's name, the client the
//! provider's answer or an error of ours.

use ferro::dialect::openai::{self, Outline};
use ferro::dialect::{Sight, WatchAnswer as _};
use ferro::exchange::decode_headers;
use ferro::hub::json::{Document, Names};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::panics::is_json;
use super::random::Random;
use super::streams::{Choices, pieces};
use super::walk::{TARGETS, Walk, ask};

/// How many bytes a number may have in an answer that passes as it comes.
const LONGEST_NUMBER: usize = 64;

/// What takes the place of each byte of a credential.
const MASK: u8 = b'*';

/// A client's body on its way to a provider of its own format. What is another vendor's goes; what that is, its reader's
/// own tests say.
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
    let names = std::str::from_utf8(bytes).map_or(Names::ALL, |text| Document::new(text).names());
    if !walk.is_whole() || !names.is_empty() {
        return assert!(is_json(&sent), "what is sent is no JSON");
    }
    let ((before, client, after), (first, name, last)) = (named(bytes), named(&sent));
    assert_eq!((first, last), (before, after), "more than the model was changed");
    let pinned = client.split_once('/').filter(|(pin, _)| *pin == provider).map(|(_, name)| name);
    assert!(name == model || Some(name.as_str()) == pinned, "{client:?} became {name:?}");
}

/// A body around its model's name, and the name.
fn named(body: &[u8]) -> (&[u8], String, &[u8]) {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        model: &'a RawValue,
    }
    let raw = serde_json::from_slice::<Named<'_>>(body).expect("what is sent is JSON").model.get();
    let start = raw.as_ptr() as usize - body.as_ptr() as usize;
    (&body[..start], serde_json::from_str(raw).expect("a model's name"), &body[start + raw.len()..])
}

/// A provider's whole answer on its way to a client of its own format.
pub fn answer_openai(bytes: &[u8]) {
    let (provider, model) = TARGETS[0];
    let walk = Walk::begin(ask(false).as_bytes(), provider, model).expect("it is asked for a small thing");
    let Some(out) = walk.answer(200, bytes, &mut Random::of(bytes)) else { return };
    let same = |(have, byte): (&u8, &u8)| have == byte || *have == MASK;
    let theirs = out.len() == bytes.len() && out.iter().zip(bytes).all(same);
    assert!(theirs || openai::is_error_body(&out), "neither theirs nor an error: {}", out.escape_ascii());
}

/// Headers as the host encodes them: what is read is there, one after another, and what is whole is read.
pub fn headers(bytes: &[u8]) {
    let headers = decode_headers(bytes);
    let texts: Vec<_> = headers.iter().flat_map(|(name, value)| [*name, *value]).collect();
    assert!(texts.len() * size_of::<u32>() <= bytes.len(), "more headers than there is room for");
    let count = u32::try_from(headers.len()).unwrap();
    let lengths = texts.iter().flat_map(|text| u32::try_from(text.len()).unwrap().to_le_bytes());
    let mut written: Vec<u8> = count.to_le_bytes().into_iter().chain(lengths).collect();
    for text in &texts {
        written.extend_from_slice(text);
        written.push(0);
    }
    assert_eq!(decode_headers(&written), headers);
    let said = bytes.first_chunk().map(|count| u32::from_le_bytes(*count));
    assert!(said != Some(count) || bytes.len() >= written.len() - 1, "headers of bytes that are not there");
}

/// What is told of an answer before it is whole: the same wherever it is cut, and what a reader of all of it finds.
pub fn outline(bytes: &[u8]) {
    #[derive(Deserialize)]
    struct Read {
        error: Option<Value>,
        choices: Option<Vec<Choice>>,
    }
    #[derive(Deserialize)]
    struct Choice {
        message: Option<Value>,
    }
    let (choices, bytes) = Choices::split(bytes);
    let seen = |cuts: &[usize]| {
        let mut outline = Outline::default();
        pieces(bytes, cuts).for_each(|piece| outline.push(piece));
        (outline.sight(), outline.is_whole())
    };
    let (sight, whole) = seen(&[]);
    let cuts = choices.cuts(bytes.len());
    assert_eq!(seen(&cuts), (sight, whole), "cut at {cuts:?}");
    let text = std::str::from_utf8(bytes).is_ok();
    assert!(!whole || !text || is_json(bytes), "taken for whole: {}", bytes.escape_ascii());
    let object = bytes.trim_ascii_start().starts_with(b"{");
    let Some(read) = serde_json::from_slice::<Read>(bytes).ok().filter(|_| object) else { return };
    let mut scalars = bytes.split(|byte| !byte.is_ascii_alphanumeric() && !b"+-.".contains(byte));
    if sight == Sight::Foreign && scalars.any(|scalar| scalar.len() > LONGEST_NUMBER) {
        return; // no answer has such numbers
    }
    let is_object = |choice: &Choice| choice.message.as_ref().is_some_and(Value::is_object);
    let begun = read.choices.is_some_and(|choices| choices.iter().any(is_object));
    let want = match (read.error, begun) {
        (Some(_), _) => Sight::Error,
        (None, true) => Sight::Answer,
        (None, false) => Sight::Unclear,
    };
    assert_eq!((sight, whole), (want, true));
}
