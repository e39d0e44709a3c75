//! What is redacted, and what is not.
#![allow(clippy::string_slice, reason = "tests may panic")]

use super::*;

const KEY: &str = "sk-proj-AbC+/0123456789=xyz";

fn redactor(secrets: &[&str]) -> Redactor {
    Redactor::new(secrets.iter().filter_map(|secret| Secret::new(secret)))
}

#[test]
fn credentials_disappear_from_text_and_debug_output() {
    let redactor = redactor(&["sk-12", " sk-12345\n", "abcd"]);
    assert_eq!(redactor.redact("bad key sk-12345, sk-12; abcd"), "bad key ***, ***; ***");
    assert!(!format!("{redactor:?}").contains("sk-"));
}

#[test]
fn credentials_are_known_in_every_spelling() {
    let redactor = redactor(&[KEY]);
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let every = |form: fn(u8) -> String| KEY.bytes().map(form).collect::<String>();
    let mixed: String = (0..)
        .zip(KEY.bytes())
        .map(|(at, byte)| match at % 3 {
            0 => format!("\\u{byte:04X}"),
            1 => format!("%{byte:02x}"),
            _ => char::from(byte).to_string(),
        })
        .collect();
    for spelled in [
        KEY.to_owned(),
        KEY.replace('/', "\\/"),
        KEY.replace('+', "\\u002B").replace('=', "\\u003d"),
        KEY.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D"),
        every(|byte| format!("\\u{byte:04x}")),
        every(|byte| format!("%{byte:02X}")),
        every(|byte| format!("{byte:02x}")),
        mixed.clone(),
        json(&json(&KEY.replace('/', "\\/"))),
        json(&mixed),
        "QmVhcmVyIHNrLXByb2otQWJDKy8wMTIzNDU2Nzg5PXh5eg==".to_owned(),
    ] {
        let text = format!("you sent {spelled}, which is wrong");
        let redacted = redactor.redact(&text);
        assert!(redacted.contains("***") && redacted.ends_with("which is wrong"), "{text} -> {redacted}");
        assert!(!redacted.contains("0123456789") && !redacted.contains("MTIzNDU2"), "{text} -> {redacted}");
        assert!(redactor.finds_in(text.as_bytes()));
        let mut masked = text.clone().into_bytes();
        assert!(redactor.mask(&mut masked) && masked.len() == text.len());
        let masked = String::from_utf8(masked).unwrap();
        assert!(!masked.contains("23456789") && masked.ends_with("which is wrong"), "{text} -> {masked}");
        assert!(!redactor.finds_in(masked.as_bytes()), "{masked}");
    }
    assert!(!redactor.finds_in(b"sk-proj-AbC+/0123456789=xy \\u0041 %41 100% \\"));
}

#[test]
fn words_are_cut_and_show_what_would_hide() {
    let redactor = redactor(&[KEY]);
    for (text, want) in [
        ("fine", "fine".to_owned()),
        ("a\nb\u{1b}[31m\u{202e}\0", "a\\nb\\u{1b}[31m\\u{202e}\\u{0}".to_owned()),
        (&format!("no {:?} here, {KEY}", "x".repeat(400)), format!("no \"{}…\" here, ***", "x".repeat(256))),
        (r#"a "b \" c" d"#, r#"a "b \" c" d"#.to_owned()),
        ("é ü €", "é ü €".to_owned()),
    ] {
        assert_eq!(redactor.words(text), want);
    }
    assert!(redactor.words(&"x".repeat(1 << 20)).len() < 5_000);
    assert!(redactor.words(&format!("\"{}", "\n".repeat(1 << 20))).len() < 5_000);
}

#[test]
fn what_is_cut_leaves_no_half_of_a_credential() {
    let redactor = redactor(&[KEY]);
    let many = format!("{KEY} ").repeat(10_000);
    for before in 0..KEY.len() {
        let words = redactor.words(&format!("{}{many}", "y".repeat(before)));
        assert!(!words.contains("sk-p") && words.len() < 8_000, "{before}: {words}");
    }
}

#[test]
fn a_long_text_is_searched_to_its_end() {
    let redactor = redactor(&[KEY]);
    let escaped: String = KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    for before in [WINDOW - 200, WINDOW - 50, WINDOW, WINDOW + OVERLAP - 30, 3 * WINDOW] {
        let mut text = format!("{}{escaped} and more", "x".repeat(before)).into_bytes();
        assert!(redactor.mask(&mut text), "{before}");
        assert!(!text.ends_with(b"a and more"), "{before}");
    }
}

#[test]
fn an_answers_text_keeps_its_length() {
    let redactor = redactor(&[KEY, "dummy"]);
    let mut text = format!("a dummy says {KEY}!").into_bytes();
    let length = text.len();
    assert!(redactor.mask(&mut text));
    assert_eq!(String::from_utf8(text.clone()).unwrap(), format!("a dummy says {}!", "*".repeat(KEY.len())));
    assert_eq!(text.len(), length);
    assert!(!redactor.mask(&mut text));
}

#[test]
fn a_credential_is_found_across_pieces() {
    let redactor = redactor(&[KEY]);
    let text = format!("before {KEY} after sk-proj-");
    let stars = |shown: usize| format!("{}{}", &KEY[..shown], "*".repeat(KEY.len() - shown));
    for first in 0..=text.len() {
        for second in first..=text.len() {
            let mut screen = Screen::default();
            let mut out = Vec::new();
            let pieces = [&text[..first], &text[first..second], &text[second..]];
            for (number, piece) in pieces.into_iter().enumerate() {
                let passed = screen.pass(&redactor, piece.as_bytes(), number == 2);
                out.extend(passed.unwrap_or_else(|| piece.as_bytes().to_vec()));
            }
            // Three bytes of it may have left before there was anything to recognise.
            let out = String::from_utf8(out).unwrap();
            let good = (0..4).any(|shown| out == text.replace(KEY, &stars(shown)));
            assert!(good, "cut at {first} and {second}: {out}");
        }
    }
}

#[test]
fn escapes_hide_no_credential_at_the_border_of_pieces() {
    let redactor = redactor(&[KEY]);
    let mixed: String = (0..)
        .zip(KEY.chars())
        .map(|(at, c)| if at % 2 == 1 { format!("\\u{:04X}", u32::from(c)) } else { c.to_string() })
        .collect();
    let text = format!("before {mixed} after");
    for cut in 0..=text.len() {
        let mut screen = Screen::default();
        let (first, second) = (&text[..cut], &text[cut..]);
        let mut out = screen.pass(&redactor, first.as_bytes(), false).unwrap_or_else(|| first.into());
        out.extend(screen.pass(&redactor, second.as_bytes(), true).unwrap_or_else(|| second.into()));
        assert_eq!(out.len(), text.len(), "{cut}");
        assert!(!redactor.finds_in(&out), "{cut}: {}", String::from_utf8_lossy(&out));
    }
}
