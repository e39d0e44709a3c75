//! Mistakes in `match`, and routes that can never match.

use serde_json::{Value, json};

use crate::config::Config;

fn errors(matching: &str) -> Vec<String> {
    let matching: Value = serde_json::from_str(matching).unwrap();
    let config = json!({"routes": [{"name": "a", "match": matching}]});
    let errors = Config::parse(&config).err().unwrap_or_default();
    let line = |error: &crate::config::ConfigError| error.to_string().replace("routes[0].match", "");
    errors.iter().map(line).collect()
}

#[test]
fn what_is_right() {
    for matching in [
        "{}",
        r#"{"models": ["smart", "gpt-*"], "surfaces": ["chat"], "headers": {"X-Team": "research", "x-a": ["b", "c*"]},
            "prompt": {"contains": ["translate"], "not_contains": [], "regex": []}, "tools": true, "images": false,
            "json_schema": true, "stream": false, "min_input_tokens": 0, "max_input_tokens": 8000}"#,
        r#"{"prompt": {"regex": ["^(please )?translate"]}, "max_input_tokens": null}"#,
        r#"{"prompt": {"contains": ["a"], "not_contains": ["ab"]}}"#,
    ] {
        assert_eq!(errors(matching), [""; 0], "{matching}");
    }
}

/// Conditions, and what is said to them.
const WRONG: &[(&str, &str)] = &[
    (r#"{"models": []}"#, ".models: an empty list matches nothing; leave the key out to match everything"),
    (
        r#"{"surfaces": []}"#,
        ".surfaces: an empty list matches nothing; leave the key out to match everything",
    ),
    (
        r#"{"headers": {"a": []}}"#,
        ".headers.a: an empty list matches nothing; leave the key out to match everything",
    ),
    (r#"{"headers": {}}"#, ".headers: no header is named; leave the key out to match everything"),
    (r#"{"prompt": {}}"#, ".prompt: nothing is looked for; leave the key out to match everything"),
    (
        r#"{"prompt": {"contains": [], "regex": null}}"#,
        ".prompt: nothing is looked for; leave the key out to match everything",
    ),
    (r#"{"roles": ["admin"]}"#, ".roles: callers have roles only where `access` says who they are"),
    (r#"{"roles": []}"#, ".roles: an empty list matches nothing; leave the key out to match everything"),
    (r#"{"surface": ["chat"]}"#, r#".surface: unknown key, did you mean "surfaces"?"#),
    (r#"{"surfaces": ["messages"]}"#, r#".surfaces[0]: "messages" is not supported by this version"#),
    (
        r#"{"surfaces": ["chat", "chats"]}"#,
        r#".surfaces[1]: unknown value "chats", expected one of chat, completions, embeddings, images, audio, moderations, rerank, responses, files, batches, fine_tuning, vector_stores, uploads, realtime, other, messages, did you mean "chat"?"#,
    ),
    (r#"{"headers": {"a": 7}}"#, ".headers.a: expected a value or a list of values, found 7"),
    (r#"{"headers": {"a": [7]}}"#, ".headers.a[0]: expected a header's value, found 7"),
    (r#"{"headers": {"a": ""}}"#, ".headers.a: expected a header's value, found an empty string"),
    (r#"{"headers": {"a b": "c"}}"#, ".headers.a b: this cannot be the name of a header"),
    (r#"{"headers": {":path": "c"}}"#, ".headers.:path: this cannot be the name of a header"),
    (r#"{"headers": {"Host": "c"}}"#, ".headers.Host: routes do not look at the host"),
    (
        r#"{"headers": {"a": "b", "A": "c"}}"#,
        ".headers.A: this header is named twice; case does not matter in its name",
    ),
    (r#"{"tools": "yes"}"#, r#".tools: expected true or false, found "yes""#),
    (
        r#"{"min_input_tokens": -1}"#,
        ".min_input_tokens: expected a whole number from 0 to 1000000000, found -1",
    ),
    (
        r#"{"min_input_tokens": 9, "max_input_tokens": 8}"#,
        ": min_input_tokens is more than max_input_tokens: nothing would match",
    ),
    (
        r#"{"prompt": {"contains": ["x", "Do Translate"], "not_contains": ["TRANSLATE"]}}"#,
        r#".prompt.contains[1]: what contains this contains "translate", which not_contains excludes"#,
    ),
    (
        r#"{"prompt": {"regex": ["a", "("]}}"#,
        ".prompt.regex[1]: not a regular expression that can be used: found open group without closing ')'",
    ),
    (
        r#"{"prompt": {"regex": ["(a{1000}){1000}"]}}"#,
        ".prompt.regex[0]: not a regular expression that can be used: compiled regex exceeded size limit",
    ),
    (r#"{"prompt": {"contains": "x"}}"#, r#".prompt.contains: expected a list of words, found "x""#),
    (r#"{"prompt": {"contains": [""]}}"#, ".prompt.contains[0]: expected a word, found an empty string"),
];

#[test]
fn what_is_wrong() {
    for (matching, want) in WRONG {
        assert_eq!(errors(matching), [*want], "{matching}");
    }
}

/// Whether the second of two routes can never match.
fn covered(first: &str, second: &str) -> bool {
    let route = |name: &str, matching: &str| json!({"name": name, "match": serde_json::from_str::<Value>(matching).unwrap()});
    let config = json!({
        "providers": {"openai": {}, "local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:1"}},
        "aliases": {"fast": "gpt-4o", "pinned": "local/llama"},
        "routes": [route("a", first), route("b", second)],
    });
    !Config::parse(&config).unwrap().unreachable_routes().is_empty()
}

#[test]
fn routes_that_can_never_match() {
    for (first, second) in [
        ("{}", "{}"),
        ("{}", r#"{"models": ["gpt-*"]}"#),
        ("{}", r#"{"models": ["fast"], "tools": true}"#),
        ("{}", r#"{"models": ["meta/*"]}"#),
        (r#"{"models": ["*"]}"#, "{}"),
        (r#"{"models": ["gpt-*"]}"#, r#"{"models": ["gpt-4o", "gpt-5*"]}"#),
        (r#"{"models": ["gpt-*"]}"#, r#"{"models": ["fast"]}"#),
        (r#"{"models": ["pinned"]}"#, r#"{"models": ["pinned"], "stream": true}"#),
        (r#"{"models": ["local/*"]}"#, r#"{"models": ["pinned"]}"#),
        (r#"{"models": ["local/*"]}"#, r#"{"models": ["local/l*"]}"#),
        (r#"{"surfaces": ["chat", "embeddings"]}"#, r#"{"surfaces": ["embeddings"]}"#),
        (r#"{"headers": {"x": "a*"}}"#, r#"{"headers": {"X": ["ab", "ac"], "y": "1"}}"#),
        (r#"{"tools": true}"#, r#"{"tools": true, "images": false}"#),
        (r#"{"min_input_tokens": 10}"#, r#"{"min_input_tokens": 10, "max_input_tokens": 20}"#),
        (r#"{"max_input_tokens": 30}"#, r#"{"min_input_tokens": 10, "max_input_tokens": 20}"#),
        (r#"{"prompt": {"contains": ["a", "b"]}}"#, r#"{"prompt": {"contains": ["CAB", "xBx"]}}"#),
        (r#"{"prompt": {"not_contains": ["ab"]}}"#, r#"{"prompt": {"not_contains": ["B", "c"]}}"#),
        (r#"{"prompt": {"regex": ["a", "b"]}}"#, r#"{"prompt": {"regex": ["b"], "contains": ["c"]}}"#),
    ] {
        assert!(covered(first, second), "{first} {second}");
    }
}

#[test]
fn routes_that_can_match() {
    for (first, second) in [
        ("{}", r#"{"surfaces": ["chat", "files"]}"#),
        (r#"{"surfaces": ["chat"]}"#, r#"{"surfaces": ["files"]}"#),
        ("{}", r#"{"models": ["openai/*"]}"#),
        ("{}", r#"{"models": ["o*/*"]}"#),
        ("{}", r#"{"models": ["pinned"]}"#),
        ("{}", r#"{"models": ["*", "pinned"]}"#),
        (r#"{"models": ["*"]}"#, r#"{"models": ["local/llama"]}"#),
        (r#"{"models": ["local/*"]}"#, r#"{"models": ["llama"]}"#),
        (r#"{"models": ["fast"]}"#, r#"{"models": ["gpt-4o"]}"#),
        (r#"{"models": ["gpt-4*"]}"#, r#"{"models": ["gpt-*"]}"#),
        (r#"{"models": ["gpt-*"]}"#, "{}"),
        (r#"{"models": ["gpt-*"], "tools": true}"#, r#"{"models": ["gpt-*"]}"#),
        (r#"{"tools": true}"#, r#"{"tools": false}"#),
        (r#"{"headers": {"x": "a"}}"#, r#"{"headers": {"x": ["a", "b"]}}"#),
        (r#"{"headers": {"x": "a"}}"#, r#"{"headers": {"y": "a"}}"#),
        (r#"{"min_input_tokens": 10}"#, r#"{"min_input_tokens": 9}"#),
        (r#"{"max_input_tokens": 10}"#, r#"{"min_input_tokens": 1}"#),
        (r#"{"prompt": {"contains": ["cab"]}}"#, r#"{"prompt": {"contains": ["a"]}}"#),
        (r#"{"prompt": {"contains": ["a"]}}"#, r#"{"prompt": {"not_contains": ["b"]}}"#),
        (r#"{"prompt": {"not_contains": ["a"]}}"#, r#"{"prompt": {"not_contains": ["ab"]}}"#),
        (r#"{"prompt": {"regex": ["a"]}}"#, r#"{"prompt": {"regex": ["a", "b"]}}"#),
    ] {
        assert!(!covered(first, second), "{first} {second}");
    }
}
