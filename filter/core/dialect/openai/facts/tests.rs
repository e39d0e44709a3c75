//! Bodies and their facts.

use super::*;

/// What is true of a body, in words.
fn facts(body: &str) -> Vec<&'static str> {
    let document = Document::new(body);
    let facts = read_facts(&document);
    let found = [
        (facts.stream, "stream"),
        (facts.tools, "tools"),
        (facts.images, "images"),
        (facts.json_schema, "json_schema"),
    ];
    found.into_iter().filter_map(|(is, word)| is.then_some(word)).collect()
}

#[test]
fn what_is_asked_for() {
    let part = |part: &str| format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#);
    for (body, want) in [
        (r#"{"messages":[{"role":"user","content":"hi"}]}"#, &[][..]),
        (r#"{"stream":true}"#, &["stream"]),
        (r#"{"stream":false}"#, &[]),
        (r#"{"tools":[{"type":"function"}]}"#, &["tools"]),
        (r#"{"functions":[ {"name":"f"}]}"#, &["tools"]),
        (r#"{"tools":[ ],"functions":null}"#, &[]),
        (r#"{"tools":{"a":1}}"#, &[]),
        (r#"{"response_format":{"type":"json_schema","json_schema":{}}}"#, &["json_schema"]),
        (r#"{"response_format":{"type":"json_object"}}"#, &[]),
        (&part(r#"{"type":"image_url","image_url":{"url":"data:…"}}"#), &["images"]),
        (&part(r#"{"type":"text","text":"a"},{"type":"image"}"#), &["images"]),
        (&part(r#"{"type":"input_image","image_url":"https://…"}"#), &["images"]),
        (&part(r#"{"type":"file","file":{}},{"type":"input_audio"}"#), &[]),
    ] {
        assert_eq!(facts(body), want, "{body}");
    }
}

#[test]
fn text_is_counted_and_nothing_else() {
    let image = format!(r#"{{"type":"image_url","image_url":{{"url":"data:{}"}}}}"#, "A".repeat(9000));
    let audio = r#"{"type":"input_audio","input_audio":{"data":"AAAA"}}"#;
    let message = |content: &str| format!(r#"{{"messages":[{{"role":"user","content":{content}}}]}}"#);
    for (body, want) in [
        (message(r#""12345678""#), 8),
        (message(r#""\u00fc\n""#), 3),
        (message(&format!(r#"[{image},{{"type":"text","text":"1234"}},{audio}]"#)), 4),
        (message("null"), 0),
        (r#"{"messages":[{"role":"system","content":"12"},{"role":"tool","content":"34"}]}"#.to_owned(), 4),
        (r#"{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",
            "function":{"name":"abc","arguments":"{\"a\":1}"}}]}]}"#.to_owned(), 10),
        (r#"{"messages":[{"role":"assistant","function_call":{"name":"abc","arguments":"{}"}}]}"#.to_owned(), 5),
        (r#"{"tools":[{"a": 1}],"functions":[7],"messages":[]}"#.to_owned(), 13),
        (r#"{"tools":[],"messages":[]}"#.to_owned(), 0),
    ] {
        assert_eq!(read_facts(&Document::new(body.as_str())).text_bytes, want, "{body:.120}");
    }
    assert_eq!(read_facts(&Document::new(message(r#""1234567""#))).input_tokens(), 1);
}

#[test]
fn the_prompt_is_what_the_user_said() {
    let body = r#"{"messages":[{"role":"system","content":"S"},{"role":"user","content":"A\n"},
        {"role":"assistant","content":"T"},{"content":"nobody's"},
        {"role":"user","content":[{"type":"text","text":"B"},{"type":"image_url"},{"text":"C"}]}]}"#;
    assert_eq!(read_facts(&Document::new(body)).prompt.pieces().collect::<Vec<_>>(), ["A\n", "B", "C"]);
}

#[test]
fn limits_and_users() {
    for (body, max_tokens, user) in [
        (r#"{"max_tokens":5,"user":"ann"}"#, Some(5), Some("ann")),
        (r#"{"max_completion_tokens":7,"max_tokens":5}"#, Some(7), None),
        (r#"{"max_completion_tokens":null,"max_tokens":5,"user":""}"#, Some(5), Some("")),
        (r#"{"max_completion_tokens":"7","max_tokens":1.5,"user":8}"#, None, None),
    ] {
        let document = Document::new(body);
        let facts = read_facts(&document);
        assert_eq!((facts.max_tokens, facts.user.as_deref()), (max_tokens, user), "{body}");
    }
}

#[test]
fn odd_values_are_absent_and_hide_nothing_else() {
    let body = r#"{"stream":"yes","tools":7,"response_format":"json_schema","user":null,"temperature":1e400,
        "messages":[7,null,"x",[],{"role":7,"content":"1"},{"role":"user","role":"user","content":"twice"},
        {"role":"user","content":1e400},{"role":"user","content":{"a":1}},
        {"role":"user","content":"\ud83d cut","tool_calls":"none"},
        {"role":"user","content":[8,"9",{"type":3,"text":["x"]},{"type":"text","text":"B"}],
         "tool_calls":[1,{"function":2},{"function":{"name":3,"arguments":{}}}]}]}"#;
    let document = Document::new(body);
    let read = read_facts(&document);
    assert!(facts(body).is_empty(), "{read:?}");
    let prompt: Vec<_> = read.prompt.pieces().map(|piece| piece.trim_start_matches('\u{fffd}')).collect();
    assert_eq!(prompt, [" cut", "B"]);
    for body in ["", "[]", r#"{"messages":7}"#, r#"{"stream":true,"stream":true}"#] {
        assert!(facts(body).is_empty(), "{body}");
    }
}
