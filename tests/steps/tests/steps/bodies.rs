//! What clients may send.

use crate::kind::Kind;
use crate::shapes::{Shape, nested, pieces};

const NOBODY: &[Kind] = &[Kind::Request];
const NO_FORMAT: &[Kind] = &[Kind::Request, Kind::Exchange];

pub const SHAPES: &[Shape] = &[
    // === messages ===
    Shape::new("messages of one side", 200, |n| messages(&pieces(n, |_| user("a")))),
    Shape::new("messages in turns", 120, |n| {
        messages(&pieces(n, |_| format!("{},{}", said("a"), user("b"))))
    }),
    Shape::new("messages of the system", 200, |n| {
        messages(&format!("{},{}", pieces(n, |_| r#"{"role":"system","content":"a"}"#.into()), user("b")))
    }),
    Shape::new("parts", 200, |n| messages(&parts(&pieces(n, |_| r#"{"type":"text","text":"a"}"#.into())))),
    Shape::new("empty parts", 200, |n| {
        messages(&format!("{},{}", parts(&pieces(n, |_| r#"{"type":"text","text":""}"#.into())), user("a")))
    }),
    Shape::new("thoughts", 200, |n| {
        let thoughts = pieces(n, |_| r#"{"type":"thinking","thinking":"a","signature":"b"}"#.into());
        messages(&format!(
            r#"{},{{"role":"assistant","thinking_blocks":[{thoughts}]}},{}"#,
            user("a"),
            user("b")
        ))
    }),
    Shape::new("files of text", 80, |n| {
        let file = r#"{"type":"file","file":{"file_data":"data:text/plain;base64,YWJj","filename":"a"}}"#;
        messages(&parts(&pieces(n, |_| file.into())))
    }),
    Shape::new("images", 80, |n| {
        let image = r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,_-8=","detail":"low"}}"#;
        messages(&parts(&pieces(n, |_| image.into())))
    }),
    Shape::new("cache marks", 120, |n| {
        let part = r#"{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}"#;
        messages(&parts(&pieces(n, |_| part.into())))
    }),
    // === calls ===
    Shape::new("calls with one id", 120, |n| {
        conversation(&calls(n, |_| "a".into()), &results(n, |_| "a".into()))
    }),
    Shape::new("calls without an id", 120, |n| {
        conversation(&calls(n, |_| "".into()), &results(n, |_| "".into()))
    }),
    Shape::new("calls with odd ids", 120, |n| {
        conversation(&calls(n, |at| format!("é{at}")), &results(n, |at| format!("é{at}")))
    }),
    Shape::new("calls with ids that are given to others", 60, |n| {
        let id = |n: usize| move |at: usize| if at < n { format!("a_{}", at + 2) } else { "a".into() };
        conversation(&calls(2 * n, id(n)), &results(2 * n, id(n)))
    }),
    Shape::new("results in their calls' order", 120, |n| {
        conversation(&calls(n, |at| at.to_string()), &results(n, |at| at.to_string()))
    }),
    Shape::new("results in another order", 120, |n| {
        conversation(&calls(n, |at| at.to_string()), &results(n, |at| (n - 1 - at).to_string()))
    }),
    Shape::new("results among the user's words", 80, |n| {
        let results = pieces(n, |at| format!("{},{}", user("a"), result(&at.to_string())));
        conversation(&calls(n, |at| at.to_string()), &results)
    }),
    Shape::new("calls and results in turns", 60, |n| {
        let turn = |at: usize| conversation_of(&calls(1, |_| format!("c{at}")), &result(&format!("c{at}")));
        messages(&format!("{},{}", user("a"), pieces(n, turn)))
    }),
    Shape::new("calls without results", 120, |n| {
        messages(&format!(
            r#"{},{{"role":"assistant","tool_calls":[{}]}},{}"#,
            user("a"),
            calls(n, |at| at.to_string()),
            user("b")
        ))
    })
    .refused(NOBODY),
    Shape::new("calls of many functions", 120, |n| {
        let calls = pieces(n, |at| {
            format!(
                r#"{{"id":"{at}","type":"function","function":{{"name":"f{at}","arguments":"{{\"a\":1}}"}}}}"#
            )
        });
        conversation(&calls, &results(n, |at| at.to_string()))
    }),
    Shape::new("signatures", 80, |n| {
        let call = |at: usize| {
            let mark = r#""extra_content":{"google":{"thought_signature":"s"}}"#;
            format!(
                r#"{{"id":"{at}","type":"function","function":{{"name":"f","arguments":"{{}}"}},{mark}}}"#
            )
        };
        conversation(&pieces(n, call), &results(n, |at| at.to_string()))
    }),
    Shape::new("parts of a result", 120, |n| {
        let parts = pieces(n, |_| r#"{"type":"text","text":"a"}"#.into());
        let result = format!(r#"{{"role":"tool","tool_call_id":"c","content":[{parts}]}}"#);
        conversation(&calls(1, |_| "c".into()), &result)
    }),
    // === members that nobody knows ===
    Shape::new("unknown members", 400, |n| with(&pieces(n, |at| format!(r#""x{at}":1"#)))),
    Shape::new("one unknown member", 400, |n| with(&pieces(n, |_| r#""":1"#.into()))),
    Shape::new("unknown members of messages", 200, |n| {
        messages(&pieces(n, |at| format!(r#"{{"role":"user","content":"a","x{at}":1}}"#)))
    }),
    Shape::new("unknown members of a message", 200, |n| {
        messages(&format!(r#"{{"role":"user","content":"a",{}}}"#, pieces(n, |at| format!(r#""x{at}":1"#))))
    }),
    Shape::new("unknown members of parts", 200, |n| {
        messages(&parts(&pieces(n, |at| format!(r#"{{"type":"text","text":"a","x{at}":1}}"#))))
    }),
    Shape::new("unknown members of a tool", 200, |n| {
        with(&format!(
            r#""tools":[{{"function":{{"name":"f",{}}}}}]"#,
            pieces(n, |at| format!(r#""x{at}":1"#))
        ))
    }),
    Shape::new("unknown members of the choice", 200, |n| {
        let members = pieces(n, |at| format!(r#""x{at}":1"#));
        with(&format!(
            r#""tools":[{{"function":{{"name":"f"}}}}],"tool_choice":{{"function":{{"name":"f",{members}}}}}"#
        ))
    }),
    Shape::new("names with escapes", 200, |n| with(&pieces(n, |at| format!(r#""\u0061\n{at}":1"#)))),
    Shape::new("metadata", 200, |n| {
        with(&format!(r#""metadata":{{{}}}"#, pieces(n, |at| format!(r#""x{at}":"b""#))))
    }),
    Shape::new("members of thinking", 200, |n| {
        let members = pieces(n, |at| format!(r#""x{at}":"b""#));
        with(&format!(r#""max_tokens":9000,"thinking":{{"type":"enabled","budget_tokens":2048,{members}}}"#))
    }),
    Shape::new("stop words", 200, |n| with(&format!(r#""stop":[{}]"#, pieces(n, |_| r#""a"," ""#.into())))),
    // === tools ===
    Shape::new("tools", 120, |n| with(&format!(r#""tools":[{}]"#, tools(n)))),
    Shape::new("tools of names that must be others", 120, |n| {
        let stem = "x".repeat(70);
        let tools = pieces(n, |at| format!(r#"{{"function":{{"name":"{} {stem}{at}"}}}}"#, at % 2));
        with(&format!(r#""tools":[{tools}]"#))
    }),
    Shape::new("references with neighbours", 60, |n| {
        let properties = pieces(n, |at| format!(r##""p{at}":{{"$ref":"#/$defs/d","title":"t"}}"##));
        schema(&object(&properties, r#","$defs":{"d":{"type":"string","required":["a"]}}"#))
    }),
    Shape::new("tools that are allowed", 120, |n| {
        let allowed = pieces(n, |at| format!(r#"{{"type":"function","function":{{"name":"f{at}"}}}}"#));
        let choice =
            format!(r#"{{"type":"allowed_tools","allowed_tools":{{"mode":"auto","tools":[{allowed}]}}}}"#);
        with(&format!(r#""tools":[{}],"tool_choice":{choice}"#, tools(n)))
    }),
    Shape::new("tools of which one must be called", 120, |n| {
        let allowed = pieces(n, |at| format!(r#"{{"type":"function","name":"f{at}"}}"#));
        let choice = format!(
            r#"{{"type":"allowed_tools","allowed_tools":{{"mode":"required","tools":[{allowed}]}}}}"#
        );
        with(&format!(r#""tools":[{}],"tool_choice":{choice}"#, tools(n)))
    }),
    Shape::new("tools with schemas", 50, |n| {
        let schema =
            r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"type":"string"}}}"##;
        let tools = pieces(n, |at| format!(r#"{{"function":{{"name":"f{at}","parameters":{schema}}}}}"#));
        with(&format!(r#""tools":[{tools}]"#))
    }),
    // === schemas ===
    Shape::new("properties", 120, |n| {
        schema(&object(&pieces(n, |at| format!(r#""p{at}":{{"type":"string"}}"#)), ""))
    }),
    Shape::new("one property again and again", 120, |n| {
        schema(&object(&pieces(n, |_| r#""p":{"type":"string"}"#.into()), ""))
    }),
    Shape::new("properties that are required", 120, |n| {
        let required = pieces(2 * n, |at| format!(r#""p{}""#, at / 2));
        schema(&object(&pieces(n, |at| format!(r#""p{at}":{{}}"#)), &format!(r#","required":[{required}]"#)))
    }),
    Shape::new("properties of several schemas", 120, |n| {
        let all =
            pieces(n, |at| format!(r#"{{"properties":{{"p{at}":{{}},"q":{{}}}},"required":["p{at}"]}}"#));
        schema(&format!(r#"{{"allOf":[{all}]}}"#))
    }),
    Shape::new("alternatives", 120, |n| {
        schema(&format!(r#"{{"anyOf":[{}]}}"#, pieces(n, |_| r#"{"type":"string"}"#.into())))
    }),
    Shape::new("values", 200, |n| {
        schema(&format!(r#"{{"enum":[{}]}}"#, pieces(n, |at| format!(r#""v{at}""#))))
    }),
    Shape::new("references to one definition", 80, |n| {
        let properties = pieces(n, |at| format!(r##""p{at}":{{"$ref":"#/$defs/d"}}"##));
        schema(&object(&properties, r#","$defs":{"d":{"type":"string"}}"#))
    }),
    Shape::new("references to many definitions", 80, |n| {
        let properties = pieces(n, |at| format!(r##""p{at}":{{"$ref":"#/$defs/d{at}"}}"##));
        let definitions = pieces(n, |at| format!(r#""d{at}":{{"type":"string"}}"#));
        schema(&object(&properties, &format!(r#","$defs":{{{definitions}}}"#)))
    }),
    Shape::new("references to elements", 80, |n| {
        let properties = pieces(n, |at| format!(r##""p{at}":{{"$ref":"#/x/{at}"}}"##));
        schema(&object(&properties, &format!(r#","x":[{}]"#, pieces(n, |_| "{}".into()))))
    }),
    Shape::new("references that are merged", 80, |n| {
        let all = pieces(n, |_| r##"{"$ref":"#/$defs/d"}"##.into());
        schema(&format!(
            r#"{{"allOf":[{all}],"$defs":{{"d":{}}}}}"#,
            object(r#""a":{},"b":{}"#, r#","required":["a"]"#)
        ))
    }),
    Shape::new("odd names of functions", 80, |n| {
        let tool =
            |at: usize| format!(r#"{{"type":"function","function":{{"name":"a{}"}}}}"#, ".".repeat(at % 9));
        let odd = |at: usize| format!(r#"{{"type":"function","function":{{"name":"é{at}"}}}}"#);
        with(&format!(r#""tools":[{},{}]"#, pieces(n, tool), pieces(n, odd)))
    }),
    Shape::new("odd names of properties", 120, |n| {
        let properties = pieces(n, |at| format!(r#""é{at}":{{"items":{{"properties":{{"è{at}":{{}}}}}}}}"#));
        strict(&object(&properties, r#","additionalProperties":false"#))
    }),
    Shape::new("references with neighbours", 80, |n| {
        let properties = pieces(n, |at| format!(r##""p{at}":{{"$ref":"#/$defs/d{at}","description":"a"}}"##));
        let definitions = pieces(n, |at| format!(r#""d{at}":{{"type":"string","minLength":1}}"#));
        strict(&object(&properties, &format!(r#","additionalProperties":false,"$defs":{{{definitions}}}"#)))
    }),
    Shape::new("references with neighbours to one", 80, |n| {
        let properties = pieces(n, |at| format!(r##""p{at}":{{"$ref":"#/$defs/d","description":"a"}}"##));
        let definition = r#"{"d":{"type":"string","minLength":1}}"#;
        strict(&object(&properties, &format!(r#","additionalProperties":false,"$defs":{definition}"#)))
    }),
    Shape::new("alternatives that differ", 80, |n| {
        let any = pieces(n, |at| {
            format!(r##"{{"properties":{{"k":{{"const":{at}}}}},"required":["k"],"not":{{"const":{at}}}}}"##)
        });
        schema(&format!(r#"{{"allOf":[{any}],"oneOf":[{any}]}}"#))
    }),
    Shape::new("a long reference", 400, |n| schema(&format!(r##"{{"$ref":"#{}"}}"##, "/a".repeat(n)))),
    Shape::new("members of a schema, twice", 120, |n| {
        schema(&format!("{{{}}}", pieces(n, |_| r#""title":"a","description":"b""#.into())))
    }),
    Shape::new("members that are schemas, twice", 120, |n| {
        schema(&format!("{{{}}}", pieces(n, |_| r#""properties":{"a":{}},"items":{},"anyOf":[{}]"#.into())))
    }),
    Shape::new("unknown members of a schema", 200, |n| {
        schema(&format!("{{{}}}", pieces(n, |at| format!(r#""x{at}":1"#))))
    }),
    Shape::new("types", 200, |n| schema(&format!(r#"{{"type":[{}]}}"#, pieces(n, |_| r#""string""#.into())))),
    Shape::new("a deep schema", 400, |n| {
        schema(&format!("{}{{}}{}", r#"{"items":"#.repeat(n), "}".repeat(n)))
    }),
    Shape::new("lists within a schema", 400, |n| schema(&format!(r#"{{"anyOf":{}}}"#, nested(n)))),
    // === long and deep ===
    Shape::new("a long text", 4000, |n| messages(&user(&"a".repeat(n)))),
    Shape::new("a long text of escapes", 2500, |n| messages(&user(&r"\u00e9\n".repeat(n)))),
    Shape::new("a long name", 4000, |n| with(&format!(r#""{}":1"#, "a".repeat(n)))),
    Shape::new("a long user", 4000, |n| with(&format!(r#""user":"{}""#, "a".repeat(n)))),
    Shape::new("a long role", 2500, |n| {
        messages(&format!(r#"{{"role":"{}","content":"b"}}"#, "a".repeat(n)))
    })
    .refused(NOBODY),
    Shape::new("long arguments", 2500, |n| {
        let arguments = format!(r#"{{\"a\":\"{}\"}}"#, "x".repeat(n));
        let call =
            format!(r#"{{"id":"c","type":"function","function":{{"name":"f","arguments":"{arguments}"}}}}"#);
        conversation(&call, &result("c"))
    }),
    Shape::new("long data", 2500, |n| {
        messages(&parts(&format!(
            r#"{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{}"}}}}"#,
            "-_Az".repeat(n)
        )))
    }),
    Shape::new("a long type of data", 2500, |n| {
        messages(&parts(&format!(
            r#"{{"type":"image_url","image_url":{{"url":"data:image/{};base64,AAAA"}}}}"#,
            ";A".repeat(n)
        )))
    }),
    Shape::new("a deep unknown member", 1500, |n| with(&format!(r#""x":{}"#, nested(n)))),
    Shape::new("deep messages", 1500, |n| format!(r#"{{"model":"m","messages":{}}}"#, nested(n)))
        .refused(NOBODY),
    Shape::new("something wrong after something deep", 1500, |n| {
        format!(r#"{{"x":{},"model":"m","messages":[{}],"stream":7}}"#, nested(n), user("a"))
    })
    .refused(NO_FORMAT),
    Shape::new("a name that is there twice", 1500, |n| {
        format!(r#"{{"model":"m","{}":1,"messages":[{}],"messages":[]}}"#, "a".repeat(n), user("a"))
    })
    .refused(NO_FORMAT),
    Shape::new("no JSON", 2500, |n| format!(r#"{{"model":"m","messages":[{}"#, "{".repeat(n)))
        .refused(NO_FORMAT),
    Shape::new("blanks", 4000, |n| with(&format!(r#""x":1{}"#, " \n".repeat(n)))),
];

fn with(members: &str) -> String {
    format!(r#"{{"model":"m","messages":[{}],{members}}}"#, user("a"))
}

fn messages(list: &str) -> String {
    format!(r#"{{"model":"m","messages":[{list}]}}"#)
}

fn user(text: &str) -> String {
    format!(r#"{{"role":"user","content":"{text}"}}"#)
}

fn said(text: &str) -> String {
    format!(r#"{{"role":"assistant","content":"{text}"}}"#)
}

fn parts(list: &str) -> String {
    format!(r#"{{"role":"user","content":[{list}]}}"#)
}

/// A question, calls, and their results.
fn conversation(calls: &str, results: &str) -> String {
    messages(&format!("{},{}", user("a"), conversation_of(calls, results)))
}

fn conversation_of(calls: &str, results: &str) -> String {
    format!(r#"{{"role":"assistant","tool_calls":[{calls}]}},{results}"#)
}

fn calls(count: usize, id: impl Fn(usize) -> String) -> String {
    pieces(count, |at| {
        format!(r#"{{"id":"{}","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}"#, id(at))
    })
}

fn results(count: usize, id: impl Fn(usize) -> String) -> String {
    pieces(count, |at| result(&id(at)))
}

fn result(id: &str) -> String {
    format!(r#"{{"role":"tool","tool_call_id":"{id}","content":"r"}}"#)
}

fn tools(count: usize) -> String {
    pieces(count, |at| format!(r#"{{"type":"function","function":{{"name":"f{at}"}}}}"#))
}

/// A body with a schema in both places.
fn schema(schema: &str) -> String {
    let format = format!(r#"{{"type":"json_schema","json_schema":{{"name":"n","schema":{schema}}}}}"#);
    let typed = schema.replacen('{', r#"{"type":"object","#, 1).replace(",}", "}");
    let tool = format!(r#"{{"function":{{"name":"f","parameters":{typed}}}}}"#);
    with(&format!(r#""response_format":{format},"tools":[{tool}]"#))
}

/// A body with a schema that calls are to be held to.
fn strict(schema: &str) -> String {
    let tool =
        format!(r#"{{"type":"function","function":{{"name":"f","strict":true,"parameters":{schema}}}}}"#);
    with(&format!(r#""tools":[{tool}]"#))
}

fn object(properties: &str, more: &str) -> String {
    format!(r#"{{"properties":{{{properties}}}{more}}}"#)
}
