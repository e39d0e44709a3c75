//! A text that is nested forty thousand deep, in any place: read without a stack of its depth, or refused. The frames of
//! a function that calls itself would overflow the stack of a test's thread, and WebAssembly's, long before.

use ferro::config::Config;
use ferro::dialect::Format;
use ferro::dialect::openai::{read_facts, read_request};
use ferro::frame::Framing;
use ferro::hub::Dropped;
use ferro::hub::json::Document;
use ferro::provider::Vendors;
use serde_json::Value;

use super::goldens;
use super::panics::{self, MODELS};
use super::random::{Random, count, nth};
use super::walk::{TARGETS, Walk, ask};

const DEPTH: usize = 40_000;

/// A request with something in every member that is read.
const REQUEST: &str = r##"{
    "model":"m",
    "messages":[
        {"role":"system","content":"s","name":"n"},
        {"role":"user","content":[
            {"type":"text","text":"t","cache_control":{"type":"ephemeral"}},
            {"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low"}},
            {"type":"file","file":{"file_data":"data:application/pdf;base64,QQ==","filename":"f"}}]},
        {"role":"assistant","content":null,"reasoning_content":"r","refusal":null,
            "thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}],
            "extra_content":{"google":{"thought_signature":"s"}},
            "tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"t"}]}],
    "tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,"parameters":
        {"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"$ref":"#/$defs/d"}]}},"$defs":{"d":{}}}}}],
    "tool_choice":{"type":"function","function":{"name":"f"}},
    "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","items":{}}}},
    "stop":["x"],"metadata":{"a":"b"},"thinking":{"type":"enabled","budget_tokens":2048},
    "stream":false,"stream_options":{"include_usage":true},"max_tokens":9000,"logit_bias":{"1":1},"unknown":{"a":[1]}
}"##;

/// A request with depth in every place, and schemas of every depth up to what is read.
pub fn requests() {
    for text in everywhere(REQUEST) {
        begin(&text);
    }
    for depth in [100, 120, 126, 127, 128, 129, 200, 1000, 10_000] {
        let schema = format!(
            r#"{}{{"type":"string"}}{}"#,
            r#"{"type":"object","properties":{"a":"#.repeat(depth),
            "}}".repeat(depth)
        );
        begin(&REQUEST.replace(r#"{"type":"object","items":{}}"#, &schema));
        begin(&REQUEST.replace(r#"{"a":{"anyOf""#, &format!(r#"{{"b":{schema},"a":{{"anyOf""#)));
        let arguments = format!("{}{}", r#"{\"a\":"#.repeat(depth), "}".repeat(depth)).replace(":}", ":1}");
        begin(&REQUEST.replace(r#""arguments":"{}""#, &format!(r#""arguments":"{arguments}""#)));
    }
}

fn begin(text: &str) {
    let document = Document::new(text);
    assert!(read_facts(&document).text_bytes < text.len() as u64);
    for (provider, model) in TARGETS {
        match Walk::begin(text.as_bytes(), provider, model) {
            Ok(walk) => assert!(!walk.upstream().is_empty()),
            Err(reply) => assert_eq!(reply.status, 400, "{:.300}", String::from_utf8_lossy(&reply.body)),
        }
    }
    let Ok(chat) = read_request(&document) else { return };
    for (dialect, models) in MODELS {
        let provider = dialect.provider.unwrap();
        for model in *models {
            if let Err(error) = provider.write_request(&chat, model, &mut Dropped::default()) {
                assert!(error.param.is_some(), "{model}: {error:?}");
            }
        }
    }
}

/// A provider's answer, events and errors with depth in every place.
pub fn answers() {
    let mut random = Random::new(6);
    let mut count = 0;
    for (provider, model) in TARGETS {
        let row = Vendors::BUILT_IN.rows().find(|row| row.kind == provider).unwrap();
        let format = row.format().unwrap();
        for (sort, stream, status) in [("answer", false, 200), ("stream", true, 200), ("error", false, 400)] {
            for text in fullest(sort, format, &mut random) {
                let body = match format.framing {
                    Framing::Sse if stream => format!("data: {text}\n\n"),
                    _ => text,
                };
                let walk = Walk::begin(ask(stream).as_bytes(), provider, model).unwrap();
                let silent =
                    walk.answer(status, body.as_bytes(), &mut random).is_some_and(|out| out.is_empty());
                assert!(!silent, "{provider} {sort}");
                count += 1;
            }
        }
    }
    assert!(count > 200, "only {count} places");
}

/// A provider's longest golden answer, error, or event of a stream, with depth in every place.
fn fullest(sort: &str, format: &Format, random: &mut Random) -> Vec<String> {
    let texts = goldens::inputs_from(sort, format.name).flat_map(|input| match (sort, format.framing) {
        ("stream", Framing::Sse) => input.lines().filter_map(|line| line.strip_prefix("data: ")).collect(),
        ("stream", Framing::Ndjson) => input.lines().collect(),
        _ => vec![input],
    });
    let mut texts: Vec<_> = texts.filter(|text| serde_json::from_str::<Value>(text).is_ok()).collect();
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let other = texts[random.below(texts.len())];
    [texts[0], other].into_iter().flat_map(everywhere).collect()
}

/// A configuration with depth in it.
pub fn configurations() {
    for text in everywhere(
        r#"{"providers":{"openai":{}},"routes":[{"name":"a","match":{"models":["m"]}}],"aliases":{"a":"b"}}"#,
    ) {
        assert!(serde_json::from_str::<Value>(&text).is_err(), "the host reads it, and may not");
        panics::config(text.as_bytes());
    }
    let shallow =
        format!(r#"{{"providers":{}{}}}"#, r#"{"a":"#.repeat(100), "}".repeat(100).replacen('}', "1}", 1));
    let errors = Config::parse(&serde_json::from_str(&shallow).unwrap()).unwrap_err();
    assert!(!errors.is_empty());
}

/// `text` with depth in place of each of its values, in turns lists, objects, and lists that never end.
fn everywhere(text: &str) -> Vec<String> {
    const MARK: &str = "the value that goes";
    let whole: Value = serde_json::from_str(text).unwrap();
    let deep = [
        format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH)),
        format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH)),
        "[".repeat(DEPTH),
        format!("{}1{}", r#"[{"type":"#.repeat(DEPTH / 2), "}]".repeat(DEPTH / 2)),
    ];
    let place = |place: usize| {
        let mut value = whole.clone();
        *nth(&mut value, &mut { place }).unwrap() = Value::from(MARK);
        value.to_string().replace(&format!("{MARK:?}"), &deep[place % deep.len()])
    };
    (0..count(&whole)).map(place).collect()
}
