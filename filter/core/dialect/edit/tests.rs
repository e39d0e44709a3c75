//! What each quirk does to a body, and that nothing else moves.

use super::*;
use crate::dialect::Bounds;

fn quirks() -> Quirks {
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    Quirks {
        rename: vec![pair("seed", "random_seed"), pair("max_completion_tokens", "max_tokens")],
        drop: vec!["user".to_owned(), "logit_bias".to_owned()],
        clamp: vec![("temperature".to_owned(), Bounds { least: Some(0.0), most: Some(1.0) })],
        require: vec![pair("max_tokens", "4096")],
        set: vec![pair("store", "false")],
        ..Quirks::default()
    }
}

/// The edited body, and what was reported.
fn edited(body: &str, model: Option<&str>) -> (String, String) {
    edited_by(&quirks(), body, model)
}

fn edited_by(quirks: &Quirks, body: &str, model: Option<&str>) -> (String, String) {
    let mut dropped = Dropped::default();
    let document = Document::new(body);
    let named = model.and_then(|model| {
        Some((crate::dialect::openai::CLIENT.read_name(&document).ok()?.model_span, model))
    });
    let model = named.as_ref().map(|(span, model)| (span, *model));
    let edited = match edit(&document, model, quirks, Vec::new(), &mut dropped).unwrap() {
        None => body.to_owned(),
        Some(Splice { length, with }) => {
            format!("{}{}", String::from_utf8(with).unwrap(), body.get(length..).unwrap())
        }
    };
    (edited, dropped.names(crate::dialect::openai::spell).join(" "))
}

/// A body, what becomes of it, and what is reported.
const CASES: &[(&str, &str, &str)] = &[
    // Nothing to do.
    (r#"{"store":false, "max_tokens":1}"#, r#"{"store":false, "max_tokens":1}"#, ""),
    // Renamed, with its place and white space.
    (
        r#"{ "seed" : 7 ,"store":false,"max_tokens":1}"#,
        r#"{ "random_seed" : 7 ,"store":false,"max_tokens":1}"#,
        "",
    ),
    (r#"{"store":false,"max_completion_tokens":9}"#, r#"{"store":false,"max_tokens":9}"#, ""),
    // There is one of that name.
    (
        r#"{"store":false,"max_completion_tokens":9,"max_tokens":8}"#,
        r#"{"store":false,"max_tokens":8}"#,
        "max_completion_tokens",
    ),
    (
        r#"{"store":false,"max_completion_tokens":9,"max_tokens":null}"#,
        r#"{"store":false,"max_tokens":9}"#,
        "",
    ),
    // Dropped: first, in the middle, last.
    (
        r#"{"user":"u", "logit_bias":{"a":[1]} , "store":false,"user":1,"max_tokens":1 ,"user":[]}"#,
        r#"{"store":false,"max_tokens":1}"#,
        "user logit_bias",
    ),
    (r#"{"user":null,"store":false,"max_tokens":1}"#, r#"{"store":false,"max_tokens":1}"#, ""),
    // Clamped, and not.
    (
        r#"{"store":false,"max_tokens":1,"temperature":1.5}"#,
        r#"{"store":false,"max_tokens":1,"temperature":1}"#,
        "temperature",
    ),
    (
        r#"{"store":false,"max_tokens":1,"temperature":-1e-9}"#,
        r#"{"store":false,"max_tokens":1,"temperature":0}"#,
        "temperature",
    ),
    (
        r#"{"store":false,"max_tokens":1,"temperature":1.0}"#,
        r#"{"store":false,"max_tokens":1,"temperature":1.0}"#,
        "",
    ),
    (
        r#"{"store":false,"max_tokens":1,"temperature":1e999}"#,
        r#"{"store":false,"max_tokens":1,"temperature":1}"#,
        "temperature",
    ),
    (
        r#"{"store":false,"max_tokens":1,"temperature":"9"}"#,
        r#"{"store":false,"max_tokens":1,"temperature":"9"}"#,
        "",
    ),
    // Demanded, and fixed.
    (r#"{"a":1 }"#, r#"{"a":1,"store":false,"max_tokens":4096 }"#, ""),
    (r#"{"max_tokens":null,"store":true}"#, r#"{"max_tokens":4096,"store":false}"#, "store"),
    (r#"{"max_tokens":1,"store":null}"#, r#"{"max_tokens":1,"store":false}"#, ""),
    (" { } ", r#" {"store":false,"max_tokens":4096 } "#, ""),
    (r#"{"user":1}"#, r#"{"store":false,"max_tokens":4096}"#, "user"),
    // Spelled otherwise.
    (
        "{\"\\u0073eed\":7,\"store\":false,\"max_tokens\":1}",
        r#"{"random_seed":7,"store":false,"max_tokens":1}"#,
        "",
    ),
];

#[test]
fn every_quirk_changes_its_member_and_no_other_byte() {
    for (body, want, reported) in CASES {
        assert_eq!(edited(body, None), ((*want).to_owned(), (*reported).to_owned()), "{body}");
    }
}

#[test]
fn the_model_changes_with_the_rest() {
    let body =
        r#"{"messages":[{"model":"x"}],"model":"m","user":"u","store":false,"max_tokens":1,"x":[1, 2]}"#;
    let want = r#"{"messages":[{"model":"x"}],"model":"a\"b","store":false,"max_tokens":1,"x":[1, 2]}"#;
    assert_eq!(edited(body, Some("a\"b")).0, want);
}

#[test]
fn what_follows_the_last_edit_is_not_copied() {
    let body = format!(r#"{{"seed":1,"store":false,"max_tokens":1,"messages":"{}"}}"#, "x".repeat(9000));
    let splice =
        edit(&Document::new(body), None, &quirks(), Vec::new(), &mut Dropped::default()).unwrap().unwrap();
    assert_eq!((splice.length, splice.with.as_slice()), (7, br#"{"random_seed""#.as_slice()));
}

#[test]
fn a_crowd_of_members_is_no_request() {
    let body = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(5000));
    let error = edit(&Document::new(body), None, &quirks(), Vec::new(), &mut Dropped::default()).unwrap_err();
    let message = error.message(crate::dialect::openai::spell);
    assert!(message.contains("more than 4096 members"), "{message}");
}

/// Quirks of renaming that meet others, a body, what becomes of it, and what is reported.
#[test]
fn no_name_leaves_twice() {
    let pairs =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let of = |rename: &[(&str, &str)], drop: &[&str], set: &[(&str, &str)]| Quirks {
        rename: pairs(rename),
        drop: drop.iter().map(|name| (*name).to_owned()).collect(),
        set: pairs(set),
        ..Quirks::default()
    };
    for (quirks, body, want, reported) in [
        // Two that become one.
        (of(&[("a", "x"), ("b", "x")], &[], &[]), r#"{"a":1,"b":2}"#, r#"{"x":1}"#, "b"),
        (of(&[("a", "x"), ("b", "x")], &[], &[]), r#"{"a":null,"b":2}"#, r#"{"x":2}"#, ""),
        (of(&[("a", "x")], &[], &[]), r#"{"a":1,"a":2}"#, r#"{"x":1}"#, "a"),
        // One that is the same in every request.
        (of(&[("a", "x")], &[], &[("x", "7")]), r#"{"a":1}"#, r#"{"x":7}"#, "a"),
        (of(&[("a", "x")], &[], &[("x", "7")]), r#"{"a":7}"#, r#"{"x":7}"#, ""),
        (of(&[("a", "x")], &[], &[("x", "7")]), r#"{"a":1,"x":2}"#, r#"{"x":7}"#, "a x"),
        // One whose own place becomes free.
        (of(&[("a", "x")], &["x"], &[]), r#"{"a":1,"x":2}"#, r#"{"x":1}"#, "x"),
        (of(&[("a", "b"), ("b", "a")], &[], &[]), r#"{"a":1,"b":2}"#, r#"{"b":1,"a":2}"#, ""),
    ] {
        assert_eq!(edited_by(&quirks, body, None), (want.to_owned(), reported.to_owned()), "{body}");
    }
}
