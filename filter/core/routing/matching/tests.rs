//! Every condition, met and missed.

use crate::routing::{Names, Owner};
use super::wording::{Pattern, Word};
use super::*;
use crate::hub::Prompt;

struct Provider;

impl Owner for Provider {
    fn name(&self) -> &str {
        "openai"
    }
    fn models(&self) -> &[Glob] {
        &[]
    }
}

fn globs(patterns: &[&str]) -> Globs {
    patterns.iter().map(|pattern| Glob::new(pattern)).collect()
}

fn words(words: &[&str]) -> Vec<Word> {
    words.iter().map(|word| Word::new(word)).collect()
}

/// Why a request for a model does not match, in words; nothing if it does.
fn miss(matching: &Match, model: &str) -> String {
    let facts = Facts {
        stream: true,
        images: true,
        text_bytes: 48,
        prompt: Prompt::new(vec!["Übersetze this".into(), "HELLO world".into()]),
        ..Facts::default()
    };
    let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    let headers =
        [header("x-team", b"red"), header("x-team", b"blue"), header("x-odd", b"\xff"), header("x-no", b"")];
    let aliases = [("fast".to_owned(), "gpt-4o".to_owned())];
    let names = Names::new(&aliases, &[Provider]);
    let name = names.resolve(model);
    let subject = Subject { name: &name, surface: "chat", role: None, headers: &headers, facts: Some(&facts) };
    matching.miss(&subject).map(|miss| miss.to_string()).unwrap_or_default()
}

#[test]
fn names() {
    for (models, model, want) in [
        (&[][..], "x", ""),
        (&["gpt-*"], "gpt-5", ""),
        (&["gpt-*"], "fast", ""),
        (&["fast"], "gpt-4o", r#"the model "gpt-4o" is not fast"#),
        (&["gpt-*", "smart"], "x", r#"the model "x" is none of gpt-*, smart"#),
        (&[], "openai/x", r#"the model "openai/x" pins a provider"#),
        (&["*"], "openai/x", r#"the model "openai/x" pins a provider"#),
        (&["gpt-*"], "openai/x", r#"the model "openai/x" is not gpt-*"#),
        (&["openai/*"], "openai/x", ""),
        (&["*"], "meta/x", ""),
    ] {
        let matching = Match { models: globs(models), ..Match::default() };
        assert_eq!(miss(&matching, model), want, "{models:?} {model}");
    }
}

#[test]
fn headers() {
    for (name, values, want) in [
        ("x-team", &["red"][..], ""),
        ("x-team", &["blue"], ""),
        ("x-team", &["green", "b*"], ""),
        ("x-team", &["green"], r#"the header x-team is "red", not green"#),
        ("x-team", &["Red", "Blue"], r#"the header x-team is "red", none of Red, Blue"#),
        ("x-odd", &["*"], ""),
        ("x-no", &["*"], ""),
        ("x-none", &["*"], "there is no header x-none"),
    ] {
        let header = HeaderMatch { name: name.to_owned(), values: globs(values) };
        let matching = Match { headers: vec![header], ..Match::default() };
        assert_eq!(miss(&matching, "m"), want, "{name} {values:?}");
    }
}

#[test]
fn facts() {
    let all = Match::default;
    for (matching, want) in [
        (Match { stream: Some(true), images: Some(true), tools: Some(false), ..all() }, ""),
        (Match { stream: Some(false), ..all() }, "the request asks for a stream"),
        (Match { tools: Some(true), ..all() }, "the request has no tools"),
        (Match { images: Some(false), ..all() }, "the request has images"),
        (Match { json_schema: Some(true), ..all() }, "the request asks for no JSON schema"),
        (Match { min_input_tokens: 12, max_input_tokens: 12, ..all() }, ""),
        (Match { min_input_tokens: 13, ..all() }, "about 12 input tokens, fewer than 13"),
        (Match { max_input_tokens: 11, ..all() }, "about 12 input tokens, more than 11"),
    ] {
        assert_eq!(miss(&matching, "m"), want, "{matching:?}");
    }
}

#[test]
fn prompts() {
    for (contains, not_contains, regex, want) in [
        (&["ÜBERSETZE"][..], &[][..], &[][..], ""),
        (&["no", "hello W"], &["no"], &["no", "^HELLO"], ""),
        (&["übersetze", "x"], &["World"], &[], "the prompt contains world"),
        (&["no", "never"], &[], &[], "the prompt contains none of no, never"),
        (&["this hello"], &[], &[], "the prompt contains none of this hello"),
        (&[], &[], &["hello", "^world"], "the prompt matches none of hello, ^world"),
        (&[], &[], &["(?i)hello", "^world"], ""),
    ] {
        let regex = regex.iter().map(|pattern| Pattern::new(pattern).unwrap()).collect();
        let prompt = Wording { contains: words(contains), not_contains: words(not_contains), regex };
        let matching = Match { prompt, ..Match::default() };
        assert_eq!(miss(&matching, "m"), want, "{matching:?}");
    }
}

#[test]
fn without_facts_only_those_match_that_need_none() {
    let names = Names::new(&[], &[Provider]);
    let name = names.resolve("m");
    let subject = Subject { name: &name, surface: "chat", role: None, headers: &[], facts: None };
    let all = Match::default;
    assert!(all().miss(&subject).is_none() && !all().needs_facts());
    let prompt = Wording { not_contains: words(&["a"]), ..Wording::default() };
    for matching in [
        Match { tools: Some(false), ..all() },
        Match { max_input_tokens: 1, ..all() },
        Match { min_input_tokens: 1, ..all() },
        Match { prompt, ..all() },
    ] {
        assert!(matching.needs_facts());
        assert_eq!(matching.miss(&subject).unwrap().to_string(), "the body was not read");
    }
}
