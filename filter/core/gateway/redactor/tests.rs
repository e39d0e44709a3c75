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
    for before in [WINDOW - 200, WINDOW - 50, WINDOW, 3 * WINDOW] {
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

/// `text` in pieces.
fn screened(redactor: &Redactor, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let (mut screen, mut out, mut from) = (redactor.screen(), Vec::new(), 0);
    for cut in cuts.iter().copied().chain([text.len()]) {
        let piece = &text[from..cut];
        out.extend(screen.pass(piece, cut == text.len()).unwrap_or_else(|| piece.into()));
        from = cut;
    }
    out
}

/// In pieces, a text is what it is whole, but that three bytes of a credential may have left before there was anything
/// to recognise.
fn is_the_same(redactor: &Redactor, text: &[u8], cuts: &[usize]) {
    let mut whole = text.to_vec();
    redactor.mask(&mut whole);
    let passed = screened(redactor, text, cuts);
    assert_eq!(passed.len(), whole.len());
    let mut left = 0_usize;
    for (have, want) in passed.iter().zip(&whole) {
        left = if have == want { 0 } else { left.saturating_add(1) };
        let is_beginning = *want == b'*' && left <= 3;
        let [passed, whole] = [&passed, &whole].map(|text| text.escape_ascii());
        assert!(left == 0 || is_beginning, "cut at {cuts:?}\n{passed}\n{whole}");
    }
}

/// Ways to write a credential that no writer has, and whether whoever reads it so is to see it.
fn hard() -> Vec<(String, bool)> {
    let every =
        |form: &dyn Fn(usize, char) -> String| KEY.chars().enumerate().map(|(at, c)| form(at, c)).collect();
    let u = |c: char| format!("\\u{:04x}", u32::from(c));
    let percent = |c: char| format!("%{:02X}", u32::from(c));
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let mixed: String = every(&|at, c| if at % 2 == 1 { u(c) } else { c.to_string() });
    vec![
        (mixed.clone(), true),
        (json(&mixed), true),
        (json(&json(&mixed)), true),
        (json(&json(&json(&mixed))), false),
        (every(&|_, c| u(c).chars().map(u).collect()), true),
        (every(&|at, c| [c.to_string(), u(c), percent(c)][at % 3].clone()), true),
        (every(&|at, c| if at == 20 { percent(c) } else { format!("\\{c}") }).replace("\\u", "u"), true),
        (every(&|at, c| if at == 3 { u(c).replace('\\', "\\\\") } else { c.to_string() }), true),
        (KEY.replace('/', "\\\\/"), true),
        (KEY.replace('C', "%2543"), true),
        (KEY.replace('C', "\\u0025\\u0034\\u0033"), true),
        // Escapes that are cut, or none, before and after.
        (format!("\\u00%4\\{mixed}\\u00%4\\"), true),
        (format!("\\\\\\{}\\u004", KEY.replace('-', "%2d")), true),
        (format!("%{mixed}%{mixed}"), true),
        // With usual escapes alone it is none of a credential's spellings.
        (KEY.replace("ro", "\\ro"), false),
        (KEY.replace('C', "%4"), false),
        (mixed.replace("\\u0070", "\\u007"), false),
        // Its beginning, once more.
        (format!("sk-p\\u0072oj-{mixed}"), true),
        (format!("sk-proj-AbC%2B{KEY}"), true),
    ]
}

#[test]
fn a_text_is_masked_as_if_it_were_whole() {
    let redactor = redactor(&[KEY]);
    for (spelled, is_seen) in hard() {
        let text = format!("before\\n{spelled}, \\u00e9 100% after sk-proj-").into_bytes();
        assert_eq!(redactor.mask(&mut text.clone()), is_seen, "{spelled}");
        let every: Vec<_> = (1..text.len()).collect();
        is_the_same(&redactor, &text, &every);
        for first in 0..=text.len() {
            is_the_same(&redactor, &text, &[first]);
        }
        for first in (0..every.len()).step_by(16) {
            is_the_same(&redactor, &text, &[first, first + 1, (first + 7).min(text.len())]);
            is_the_same(&redactor, &text, &every[first..]);
        }
    }
}

#[test]
fn without_borders_it_is_the_same() {
    let redactor = redactor(&[KEY]);
    for filling in ["QUJD", "a\\/b", "%4", "\\\\", "%41", "s", "\\u00e9"] {
        for count in [50, 400] {
            for (spelled, _) in hard().into_iter().step_by(3) {
                let filling = filling.repeat(count);
                let text = format!("{filling}{spelled}{filling}").into_bytes();
                let middle = filling.len() + spelled.len() / 2;
                is_the_same(&redactor, &text, &[middle]);
                is_the_same(&redactor, &text, &[filling.len() / 2, middle, middle + 1]);
                is_the_same(&redactor, &text, &(1..text.len()).step_by(13).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn a_credential_that_overlaps_itself_is_masked_to_its_end() {
    let redactor = redactor(&["abababababababababab", "b=b=b=b=b=b=b=b=b%41"]);
    for text in ["ab".repeat(30), "ab%61%62".repeat(9), "b=".repeat(30) + "b%2541%41b=%41"] {
        let text = format!("x {text} y");
        is_the_same(&redactor, text.as_bytes(), &(1..text.len()).collect::<Vec<_>>());
        for cut in 0..text.len() {
            is_the_same(&redactor, text.as_bytes(), &[cut]);
        }
    }
}

#[test]
fn only_what_may_be_a_credential_waits() {
    let redactor = redactor(&[KEY]);
    for (text, waits) in [
        ("some words", 0),
        ("some words and sk-", 0),
        ("some words and sk-p", 4),
        ("some words and sk-px", 0),
        ("{\\\"code\\\":\\\"a\\\\n\\", 0),
        ("a \\u00", 4),
        ("a \\u0073", 6),
        ("a \\u0061b", 0),
        ("a %73%6", 5),
        ("a \\\\\\", 0),
        ("a \\\\\\\\n", 0),
        ("odd \\u0041 but far away", 0),
        (&KEY.replace('A', "\\u0041")[..20], 20),
    ] {
        let mut screen = redactor.screen();
        let left = screen.pass(text.as_bytes(), false).map_or(text.len(), |left| left.len());
        assert_eq!(text.len() - left, waits, "{text}");
    }
}

/// A token is known from when it comes until the one after the next has come; other credentials always.
#[test]
fn tokens_are_learnt_and_the_last_two_are_known() {
    let token = |text: &str| Secret::new(text).unwrap();
    let redactor = redactor(&[KEY]);
    let mut under_way = redactor.screen();
    for name in
        ["token-one-0123456789", "token-two-0123456789", "token-two-0123456789", "token-three-01234567"]
    {
        redactor.learn("a", &token(name));
        redactor.learn("b", &token(&format!("b{name}")));
    }
    let redacted = redactor.redact("token-one-0123456789 token-two-0123456789 token-three-01234567");
    assert_eq!(redacted, "token-one-0123456789 *** ***");
    assert_eq!(redactor.redact(&format!("{KEY} btoken-two-0123456789")), "*** ***");
    // What has begun goes on as it began.
    assert_eq!(under_way.pass(b"token-two-0123456789", true), None);
    assert!(redactor.screen().pass(b"token-two-0123456789", true).is_some());
}
