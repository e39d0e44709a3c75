//! What providers may send. A text is put to all three formats; one of them reads it.

use crate::kind::Kind;
use crate::shapes::{Shape, nested, pieces};

const ANSWER: &[Kind] = &[Kind::Answer];

pub const WHOLE: &[Shape] = &[
    // === Claude's ===
    Shape::new("blocks of text", 120, |n| {
        message(&pieces(n, |_| r#"{"type":"text","text":"a"}"#.into()), "")
    }),
    Shape::new("blocks of calls", 120, |n| {
        message(&pieces(n, |at| format!(r#"{{"type":"tool_use","id":"t{at}","name":"f","input":{{}}}}"#)), "")
    }),
    Shape::new("blocks of thoughts", 120, |n| {
        message(&pieces(n, |_| r#"{"type":"thinking","thinking":"a","signature":"b"}"#.into()), "")
    }),
    Shape::new("unknown blocks", 120, |n| {
        message(&pieces(n, |at| format!(r#"{{"type":"x{at}","y":1}}"#)), "")
    }),
    Shape::new("unknown members", 200, |n| message("", &pieces(n, |at| format!(r#""x{at}":1"#)))),
    Shape::new("unknown members of a block", 200, |n| {
        message(&format!(r#"{{"type":"text","text":"a",{}}}"#, pieces(n, |at| format!(r#""x{at}":1"#))), "")
    }),
    Shape::new("a long text", 2500, |n| {
        message(&format!(r#"{{"type":"text","text":"{}"}}"#, r"a\n".repeat(n)), "")
    }),
    Shape::new("a long id", 2500, |n| {
        message("", &format!(r#""id":"{}","model":"{}""#, "a".repeat(n), "b".repeat(n)))
    }),
    // === Gemini's ===
    Shape::new("parts", 120, |n| candidates(&candidate(&pieces(n, |_| r#"{"text":"a"}"#.into())))),
    Shape::new("parts that are calls", 120, |n| {
        candidates(&candidate(&pieces(n, |_| {
            "{\"functionCall\":{\"name\":\"f\",\"args\":{\n\"a\": 1}}}".into()
        })))
    }),
    Shape::new("parts that are images", 80, |n| {
        candidates(&candidate(&pieces(n, |_| {
            r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#.into()
        })))
    }),
    Shape::new("unknown parts", 120, |n| {
        candidates(&candidate(&pieces(n, |at| format!(r#"{{"x{at}":{{}}}}"#))))
    }),
    Shape::new("log probabilities", 80, |n| {
        let tokens = pieces(n, |_| r#"{"token":"a","logProbability":-1}"#.into());
        let tops = pieces(n, |_| r#"{"candidates":[{"token":"b"},{}]}"#.into());
        candidates(&format!(
            r#"{{"finishReason":"STOP","logprobsResult":{{"chosenCandidates":[{tokens}],"topCandidates":[{tops}]}}}}"#
        ))
    }),
    // === errors ===
    Shape::new("long words", 2500, |n| format!(r#"{{"error":{{"message":"{}"}}}}"#, "é".repeat(n)))
        .refused(ANSWER),
    Shape::new("details", 120, |n| {
        let details = pieces(n, |at| format!(r#"{{"reason":"R{at}"}}"#));
        format!(r#"{{"error":{{"message":"a","status":"INTERNAL","details":[{details}]}}}}"#)
    })
    .refused(ANSWER),
    Shape::new("errors in a list", 120, |n| {
        format!("[{}]", pieces(n, |_| r#"{"error":{"message":"a"}}"#.into()))
    })
    .refused(ANSWER),
    Shape::new("no JSON", 2500, |n| "<html>".repeat(n)).refused(ANSWER),
    Shape::new("depth", 1500, nested).refused(ANSWER),
    Shape::new("depth in an error", 1500, |n| format!(r#"{{"error":{{"message":{}}}}}"#, nested(n)))
        .refused(ANSWER),
    // === OpenAI's ===
    Shape::new("odd escapes", 800, |n| said(&r"\u0041%41".repeat(n))),
    Shape::new("odd escapes of escapes", 800, |n| said(&r"\u005c\u0075\u0030%2541".repeat(n))),
    Shape::new("backslashes", 1600, |n| said(&r"\\".repeat(n))),
    Shape::new("the beginning of a credential", 800, |n| said(&r"sk-\u006fpenai-secre".repeat(n))),
    Shape::new("choices", 120, |n| {
        let choices =
            pieces(n, |at| format!(r#"{{"index":{at},"message":{{"content":"a"}},"finish_reason":"stop"}}"#));
        format!(r#"{{"choices":[{choices}],"usage":{{"prompt_tokens":1}}}}"#)
    }),
    Shape::new("members before choices", 200, |n| {
        let members = pieces(n, |at| format!(r#""x{at}":1"#));
        format!(r#"{{{members},"choices":[{{"message":{{}}}}]}}"#)
    }),
];

pub const STREAMS: &[Shape] = &[
    // === Claude's ===
    Shape::new("deltas", 80, |n| {
        let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#;
        claude(&format!(
            "{}{}",
            event(r#"{"type":"content_block_start","index":0,"content_block":{"type":"text"}}"#),
            event(delta).repeat(n)
        ))
    }),
    Shape::new("blocks", 60, |n| claude(&events(n, |at| format!("{}{}", start(at), stop(at))))),
    Shape::new("blocks that never stop", 40, |n| claude(&events(n, start))),
    Shape::new("blocks of one number", 30, |n| claude(&format!("{}{}", events(n, |_| start(0)), stop(0)))),
    Shape::new("stops of nothing", 80, |n| claude(&events(n, stop))),
    Shape::new("deltas of nothing", 80, |n| {
        claude(&events(n, |at| {
            event(&format!(
                r#"{{"type":"content_block_delta","index":{at},"delta":{{"type":"input_json_delta"}}}}"#
            ))
        }))
    }),
    Shape::new("usage", 80, |n| {
        claude(&event(r#"{"type":"message_delta","usage":{"output_tokens":1}}"#).repeat(n))
    }),
    Shape::new("unknown events", 120, |n| claude(&events(n, |at| event(&format!(r#"{{"type":"x{at}"}}"#))))),
    Shape::new("pings", 120, |n| claude(&event(r#"{"type":"ping"}"#).repeat(n))),
    Shape::new("unknown members of an event", 200, |n| {
        claude(&event(&format!(r#"{{"type":"ping",{}}}"#, pieces(n, |at| format!(r#""x{at}":1"#)))))
    }),
    Shape::new("a long delta", 2500, |n| {
        claude(&event(&format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{}"}}}}"#,
            "a".repeat(n)
        )))
    }),
    // === frames ===
    Shape::new("comments", 400, |n| claude(&": a\n\n".repeat(n))),
    Shape::new("empty lines", 1500, |n| claude(&"\r\n".repeat(n))),
    Shape::new("lines of an event", 400, |n| {
        claude(&format!("{}data: {{\"type\":\"ping\"}}\n\n", "data: \n".repeat(n)))
    }),
    Shape::new("fields of an event", 400, |n| {
        claude(&format!("{}data: {{\"type\":\"ping\"}}\n\n", "id: 1\n".repeat(n)))
    }),
    // === Gemini's ===
    Shape::new("chunks", 60, |n| {
        gemini(&event(r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#).repeat(n))
    }),
    Shape::new("parts of a chunk", 80, |n| {
        gemini(&event(&candidates(&candidate(&pieces(n, |_| {
            r#"{"text":"a"},{"text":"b","thought":true}"#.into()
        })))))
    }),
    Shape::new("alternatives in turns", 200, |n| {
        gemini(&events(n, |at| {
            event(&format!(
                r#"{{"candidates":[{{"index":{},"content":{{"parts":[{{"text":"a"}}]}},"finishReason":"STOP"}}]}}"#,
                at % 128
            ))
        }))
    }),
    Shape::new("log probabilities", 50, |n| {
        let tokens = pieces(n, |_| r#"{"token":"a","logProbability":-1},{}"#.into());
        gemini(&event(&candidates(&format!(r#"{{"logprobsResult":{{"chosenCandidates":[{tokens}]}}}}"#))))
    }),
    // === OpenAI's ===
    Shape::new("chunks that pass", 80, |n| {
        openai(&event(r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#).repeat(n))
    }),
    Shape::new("choices of a chunk", 120, |n| {
        openai(&event(&format!(
            r#"{{"choices":[{}]}}"#,
            pieces(n, |_| r#"{"index":0,"delta":{}}"#.to_owned())
        )))
    }),
    Shape::new("what is no chunk", 80, |n| {
        openai(&event(&format!(
            r#"{{"choices":7,{}}}"#,
            pieces(n, |_| r#""usage": null,"choices" :  null"#.into())
        )))
    }),
    Shape::new("what never ends", 2500, |n| format!("data: {}", "a".repeat(n))).refused(&[Kind::Stream]),
];

fn said(content: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"message":{{"content":"{content}"}},"finish_reason":"stop"}}]}}"#)
}

fn message(content: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(",{more}") };
    format!(r#"{{"type":"message","content":[{content}],"stop_reason":"end_turn"{more}}}"#)
}

fn candidates(list: &str) -> String {
    format!(r#"{{"candidates":[{list}]}}"#)
}

fn candidate(parts: &str) -> String {
    format!(r#"{{"content":{{"parts":[{parts}]}},"finishReason":"STOP"}}"#)
}

fn event(data: &str) -> String {
    format!("data: {data}\n\n")
}

fn events(count: usize, event: impl Fn(usize) -> String) -> String {
    (0..count).map(event).collect()
}

fn start(number: usize) -> String {
    event(&format!(
        r#"{{"type":"content_block_start","index":{number},"content_block":{{"type":"tool_use","id":"t","name":"f","input":{{}}}}}}"#
    ))
}

fn stop(number: usize) -> String {
    event(&format!(r#"{{"type":"content_block_stop","index":{number}}}"#))
}

fn claude(events: &str) -> String {
    let end = event(r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#);
    format!(
        "{}{events}{end}{}",
        event(r#"{"type":"message_start","message":{}}"#),
        event(r#"{"type":"message_stop"}"#)
    )
}

fn gemini(events: &str) -> String {
    format!("{events}{}", event(r#"{"candidates":[{"finishReason":"STOP"}]}"#))
}

fn openai(events: &str) -> String {
    let end = event(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#);
    format!("{events}{end}data: [DONE]\n\n")
}
