//! No credential is left in a text that the redactor has had, whole or in pieces.

use std::cell::OnceCell;

use ferro::gateway::{Redactor, Secret};

use super::streams::{Choices, pieces};

/// Credentials that are always there: one of many signs, and one that an answer may hold by chance.
const SECRETS: [&str; 2] = ["sk-aB+/c=0123456", "dummy-key"];

/// How many bytes of a credential may have left before it shows that it is one.
const SMALL: usize = 3;

/// A text. What chooses the cuts comes first, then a line that is a credential, too.
pub fn redactor(bytes: &[u8]) {
    let (choices, bytes) = Choices::split(bytes);
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    let line = String::from_utf8_lossy(&bytes[..end]);
    let secret =
        Some(line.trim()).filter(|line| line.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*'));
    let secrets: Vec<_> = SECRETS.into_iter().chain(secret.filter(|secret| secret.len() >= 4)).collect();
    let knows = |secrets: &[&str]| Redactor::new(secrets.iter().filter_map(|secret| Secret::new(secret)));
    thread_local! {
        // Most inputs bring no credential of their own.
        static USUAL: OnceCell<Redactor> = const { OnceCell::new() };
    }
    USUAL.with(|usual| match secrets.len() == SECRETS.len() {
        true => hides(usual.get_or_init(|| knows(&SECRETS)), &choices, &bytes[end..], &secrets),
        false => hides(&knows(&secrets), &choices, &bytes[end..], &secrets),
    });
}

fn hides(redactor: &Redactor, choices: &Choices, bytes: &[u8], secrets: &[&str]) {
    let text = String::from_utf8_lossy(bytes);
    is_clean(&redactor.redact(&text), secrets);
    let words = redactor.words(&text);
    // A short one may come of the letters that stand for a control character.
    is_clean(&words, &SECRETS);
    assert!(!words.contains(|character: char| character.is_control()), "{words:?}");
    assert!(words.len() < 5000, "{} bytes of words", words.len());
    is_masked(redactor, choices, bytes, secrets);
}

fn is_clean(text: &str, secrets: &[&str]) {
    assert!(!secrets.iter().any(|secret| text.contains(secret)), "{secrets:?} in {text}");
}

/// In pieces, a text is masked as it is whole, but for the first few bytes of a credential.
fn is_masked(redactor: &Redactor, choices: &Choices, bytes: &[u8], secrets: &[&str]) {
    let mut whole = bytes.to_vec();
    redactor.mask(&mut whole);
    let unlikely: Vec<_> = secrets.iter().copied().filter(|secret| secret.len() >= 16).collect();
    is_clean(&String::from_utf8_lossy(&whole), &unlikely);
    let cuts = choices.cuts(bytes.len());
    let mut screen = redactor.screen();
    let mut passed = Vec::new();
    for (place, piece) in pieces(bytes, &cuts).enumerate() {
        let out = screen.pass(piece, place == cuts.len());
        passed.extend_from_slice(out.as_deref().unwrap_or(piece));
    }
    assert_eq!(passed.len(), whole.len(), "cut at {cuts:?}");
    is_clean(&String::from_utf8_lossy(&passed), &unlikely);
    let mut told = 0;
    for ((have, want), byte) in passed.iter().zip(&whole).zip(bytes) {
        assert!([have, want].iter().all(|seen| *seen == byte || **seen == b'*'), "changed but not masked");
        told = if have == want { 0 } else { told + 1 };
        let same = have == want || want == &b'*' && told <= SMALL;
        assert!(same, "{} cut at {cuts:?}", passed.escape_ascii());
    }
}
