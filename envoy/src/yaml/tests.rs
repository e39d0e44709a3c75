//! YAML as it is read.

use super::*;
use serde_json::json;

fn mistake(text: &str) -> String {
    let mistakes = match parse(text) {
        Ok(document) => document.mistakes,
        Err(mistake) => vec![mistake],
    };
    let line = |mistake: &Mistake| format!("{} {} {}", mistake.place, mistake.path, mistake.message);
    mistakes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn scalars_are_those_of_the_core_schema() {
    let text = "[on, no, y, ~, , true, 0x1F, 0o17, 017, 1.5, -3, +4, 1e3, .5, 1.2.3, 5s, '5', 18446744073709551615, 1_000, !!str 7]";
    let want = json!([
        "on",
        "no",
        "y",
        null,
        null,
        true,
        31,
        15,
        17,
        1.5,
        -3,
        4,
        1000.0,
        0.5,
        "1.2.3",
        "5s",
        "5",
        18_446_744_073_709_551_615_u64,
        "1_000",
        "7"
    ]);
    assert_eq!(parse(text.replace(", ,", ", ~,").as_str()).unwrap().value, want);
    assert_eq!(parse("").unwrap().value, Value::Null);
    assert_eq!(parse("# nothing\n").unwrap().value, Value::Null);
}

#[test]
fn every_value_has_its_place() {
    let document =
        parse("a: 1\nroutes:\n  - name: x\n    targets:\n      - {provider: openai, weight: 3}\n").unwrap();
    let place = |path| document.place(path).unwrap().to_string();
    assert_eq!(place("a"), "1:1");
    assert_eq!(place("routes[0]"), "3:5");
    assert_eq!(place("routes[0].name"), "3:5");
    assert_eq!(place("routes[0].targets[0].weight"), "5:28");
    assert_eq!(place("routes[0].targets[0].gone.deeper[3]"), "5:9");
    assert_eq!(document.place(""), None);
}

#[test]
fn keys_that_look_like_paths_have_their_places() {
    let text = "a:\n  b: 1\n  b.c: {d: 2}\n  b[0]:\n    - 3\n  '': 4\nx.y: 5\n.e: 6\n";
    let document = parse(text).unwrap();
    for (path, want) in [
        ("a", "1:1"),
        ("a.b", "2:3"),
        ("a.b.d", "2:3"),
        ("a.b.c", "3:3"),
        ("a.b.c.d", "3:9"),
        ("a.b[0]", "4:3"),
        ("a.b[0][0]", "5:7"),
        ("a.", "6:3"),
        ("a.b.c.d.e", "3:9"),
        ("x.y", "7:1"),
        (".e", "8:1"),
    ] {
        assert_eq!(document.place(path).unwrap().to_string(), want, "{path}");
    }
}

#[test]
fn what_is_kept_is_bounded() {
    let nothing = vec!["~"; 4000].join(", ");
    let anchors: String = (0..60).map(|level| format!("&a{level} [")).collect();
    assert!(mistake(&format!("{anchors}{nothing}{}", "]".repeat(60))).contains("more than 100000 values"));
    let twice: String = (0..500).map(|at| format!("k{at}: 1\n")).collect();
    let document = parse(&twice.repeat(2)).unwrap();
    assert_eq!((document.mistakes.len(), document.more), (MOST_MISTAKES, 400));
}

#[test]
fn anchors_are_repeated_and_bounded() {
    assert_eq!(parse("a: &x {b: [1]}\nc: *x").unwrap().value, json!({"a": {"b": [1]}, "c": {"b": [1]}}));
    assert!(mistake("a: *gone").starts_with("1:4"), "{}", mistake("a: *gone"));
    assert!(mistake("a: &x [*x]").contains("itself"));
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let before = level - 1;
        laughs.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", ")));
    }
    assert!(mistake(&laughs).contains("more than 100000 values"));
}

#[test]
fn what_is_repeated_is_counted_in_bytes_too() {
    let long = "x".repeat(1 << 20);
    let aliases = vec!["*x"; 40].join(", ");
    let text = format!("a: &x {long}\nb: [{aliases}]\n");
    assert!(mistake(&text).contains("bytes of values"), "{}", mistake(&text));
    let anchors: String = (0..60).map(|level| format!("&a{level} [")).collect();
    let text = format!("a: {anchors}{long}{}\n", "]".repeat(60));
    assert!(mistake(&text).contains("bytes of values"), "{}", mistake(&text));
    let text = format!("? {}\n: [1, 2]\n", "k".repeat(1 << 11));
    assert!(mistake(&text).contains("longer than 1024 bytes"), "{}", mistake(&text));
}

#[test]
fn depth_is_bounded_however_it_is_written() {
    for open in ["[", "{a: ", "- ", "? ", "[{a: "] {
        let text = open.repeat(LONGEST / open.len());
        assert!(parse(&text).is_err(), "{open}");
    }
}

#[test]
fn what_is_wrong_can_be_said_without_a_word_of_the_text() {
    for text in ["a: 1\na: 2", "a: {1: sk-1}", "a: !sk-1 b", "a: .inf", "a: [sk-1", "a: b: sk-1"] {
        let found = parse(text).map_or_else(|mistake| mistake, |document| document.mistakes[0].clone());
        assert!(!found.discreet.is_empty() && !found.discreet.contains("sk-1"), "{text}");
    }
}

#[test]
fn what_a_configuration_has_no_use_for_is_refused() {
    for (text, want) in [
        ("a: 1\nb: 2\na: 3\n", "3:1 a the key \"a\" is here twice, first on line 1"),
        ("x:\n  401: y\n", "2:3 x a key must be a string; quote it: \"401\""),
        ("? [a]\n: b\n", "1:3  a key must be a string"),
        ("a: !secret b", "1:4 a the tag !secret has no meaning here"),
        ("a: .inf", "1:4 a the number .inf is of no use here"),
        ("a: 1\n---\nb: 2\n", "2:1  a second document; a configuration is one"),
    ] {
        assert_eq!(mistake(text), want, "{text}");
    }
    assert!(mistake("b: &b {c: 1}\na:\n  <<: *b\n").starts_with("3:3 a merge keys"));
    assert!(mistake("a: [1").contains("2:1  not YAML"));
    assert!(mistake("a: b: c").contains("not YAML"));
    assert!(mistake(&format!("{}{}", "[".repeat(66), "]".repeat(66))).contains("deep"));
    assert!(parse(&"[".repeat(100_000)).is_err());
    assert!(mistake(&"a".repeat(LONGEST + 1)).contains("longer"));
}
