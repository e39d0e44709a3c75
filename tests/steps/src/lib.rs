//! The core as a module of WebAssembly that an interpreter runs and counts: `tests/steps.rs` says what for.
//!
//! The test asks for [`room`], puts a text there, and [`run`]s it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]
#![allow(dead_code, reason = "shared with tests that do more")]

#[path = "../../host/mod.rs"]
mod host;
mod kind;
#[path = "../../laws/random.rs"]
mod random;
#[path = "../../laws/walk.rs"]
mod walk;

use std::rc::Rc;
use std::sync::Mutex;

use ferro::access::{Keyring, Role, Signer, SigningKey, StaticKey, digest};
use ferro::config::Config;
use ferro::dialect::{FORMATS, openai};
use ferro::gateway::Gateway;
use ferro::hub::Dropped;
use ferro::hub::json::Document;

use kind::{KINDS, Kind, MODELS, NOW, OWN_KEY, SIGNING_KEY};
use random::Random;
use walk::{TARGETS, Walk, ask};

static TEXT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Room for a text of this length.
#[expect(unsafe_code, reason = "the test calls it by this name")]
#[unsafe(no_mangle)]
pub extern "C" fn room(length: u32) -> *mut u8 {
    let mut text = TEXT.lock().unwrap();
    *text = vec![0; length as usize];
    text.as_mut_ptr()
}

/// Reads the text as the kind of this number, for the model or provider of that one. How long what came out is, and 0
/// where the text was refused.
#[expect(unsafe_code, reason = "the test calls it by this name")]
#[unsafe(no_mangle)]
pub extern "C" fn run(kind: u32, of: u32) -> u32 {
    let text = TEXT.lock().unwrap();
    let length = match KINDS[kind as usize] {
        Kind::Facts => facts(&text),
        Kind::Request => request(&text, MODELS[of as usize]),
        Kind::Exchange => exchange(&text, TARGETS[of as usize]),
        Kind::Answer => answer(&text, TARGETS[of as usize], false, 200),
        Kind::Stream => answer(&text, TARGETS[of as usize], true, 200),
        Kind::Error => answer(&text, TARGETS[of as usize], false, 400),
        Kind::Config => config(&text),
        Kind::Key => key(&text, of == 1),
    };
    length.map_or(0, |length| length as u32 + 1)
}

fn facts(text: &[u8]) -> Option<usize> {
    let document = Document::new(std::str::from_utf8(text).unwrap());
    let facts = openai::read_facts(&document);
    Some(facts.prompt.folded().iter().map(String::len).sum::<usize>() + facts.text_bytes as usize)
}

fn request(text: &[u8], (format, model): (&str, &str)) -> Option<usize> {
    let format = FORMATS.iter().find(|known| known.name == format)?;
    let document = Document::new(std::str::from_utf8(text).unwrap());
    let chat = openai::read_request(&document).ok()?;
    let mut dropped = Dropped::default();
    let written = format.provider?.write_request(&chat, model, &mut dropped).ok()?;
    Some(written.body.len() + dropped.header(openai::spell).len())
}

fn exchange(text: &[u8], (provider, model): (&str, &str)) -> Option<usize> {
    Walk::begin(text, provider, model).ok().map(|walk| walk.upstream().len())
}

fn answer(text: &[u8], (provider, model): (&str, &str), stream: bool, status: u16) -> Option<usize> {
    let walk = Walk::begin(ask(stream).as_bytes(), provider, model).unwrap();
    let out = walk.answer(status, text, &mut Random::new(1))?;
    let failed = status < 400 && out.windows(10).any(|window| window == b"{\"error\":{");
    (!failed).then_some(out.len())
}

fn config(text: &[u8]) -> Option<usize> {
    let config = Config::parse(&serde_json::from_slice(text).ok()?).ok()?;
    assert!(config.unreachable_routes().len() <= config.routes.len());
    Some(Gateway::build(&config, |_| Some("sk-key".to_owned()), 0).routes.len())
}

/// Whether a key is let in, by a gateway whose file lists one or none.
fn key(text: &[u8], lists: bool) -> Option<usize> {
    let key = SigningKey::of_secret(SIGNING_KEY).unwrap();
    let signer = Signer { id: "k1".to_owned(), key, verify_only: false };
    let role = Rc::new(Role { name: "developer".to_owned(), ..Role::default() });
    let (id, sha256, label) = ("own".to_owned(), digest(OWN_KEY.as_bytes()), None);
    let own = lists.then_some(StaticKey { id, sha256, role: 0, expires: None, label });
    let keyring = Keyring::new(vec![signer], vec![role], own.into_iter().collect(), Default::default());
    keyring.check(std::str::from_utf8(text).unwrap(), NOW, |_| false).ok().map(|_| text.len())
}
