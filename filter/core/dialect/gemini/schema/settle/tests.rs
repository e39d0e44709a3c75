//! What each construct of JSON Schema becomes where the model takes JSON Schema.

use super::*;

fn settled(schema: &str, arguments: bool) -> (String, String) {
    let raw: &RawValue = serde_json::from_str(schema).unwrap();
    let mut dropped = Dropped::default();
    let place = if arguments { Place::Tool(0) } else { Place::Answer };
    let node = settle(raw, place, &mut Allowance::modest(), &mut dropped);
    let spell = |param: &crate::hub::Param| crate::dialect::USUAL_CLIENT.chat.spell(param);
    let names = dropped.names(spell).join(", ");
    let names =
        names.replace("response_format.json_schema.schema.", "").replace("tools[].function.parameters.", "");
    (serde_json::to_string(&node).unwrap(), names)
}

/// Schema of an answer, what it becomes, what is reported.
const TABLE: &[(&str, &str, &str)] = &[
    (r#"{"type":  "string"}"#, r#"{"type":  "string"}"#, ""),
    (
        r##"{"properties":{"shelf":{"$ref":"#/$defs/Shelf","title":"The shelf"}},"$defs":{"Shelf":{"type":"object","title":"Shelf","properties":{"n":{"minimum":0.10}}}}}"##,
        r##"{"properties":{"shelf":{"title":"The shelf","type":"object","properties":{"n":{"minimum":0.10}}}},"$defs":{"Shelf":{"type":"object","title":"Shelf","properties":{"n":{"minimum":0.10}}}}}"##,
        "",
    ),
    (
        r##"{"properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string"}}}"##,
        r##"{"properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string"}}}"##,
        "",
    ),
    // What refers to itself.
    (
        r##"{"$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N","description":"d","default":null}}}},"$ref":"#/$defs/N"}"##,
        r##"{"$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}}}},"$ref":"#/$defs/N"}"##,
        "description, default",
    ),
    (
        r##"{"properties":{"n":{"$ref":"#/$defs/A","title":"t"}},"$defs":{"A":{"$ref":"#/$defs/B","title":"a"},"B":{"$ref":"#/$defs/A","title":"b"}}}"##,
        r##"{"properties":{"n":{"$ref":"#/$defs/A"}},"$defs":{"A":{"$ref":"#/$defs/A"},"B":{"$ref":"#/$defs/B"}}}"##,
        "title",
    ),
    (
        r##"{"properties":{"again":{"$ref":"#","description":"d"}}}"##,
        r##"{"properties":{"again":{"$ref":"#"}}}"##,
        "description",
    ),
    // References to other places.
    (
        r##"{"definitions":{"a/b":{"type":"string"}},"properties":{"a":{"$ref":"#/definitions/a~1b"},"b":{"$ref":"#/definitions/a~1b","description":"d"}}}"##,
        r##"{"$defs":{"a/b":{"type":"string"}},"properties":{"a":{"$ref":"#/$defs/a~1b"},"b":{"description":"d","type":"string"}}}"##,
        "",
    ),
    (
        r##"{"$defs":{"A":{"type":"string"}},"definitions":{"B":{"type":"number"}},"anyOf":[{"$ref":"#/definitions/B"},{"$ref":"#/anyOf/0"}]}"##,
        r##"{"$defs":{"A":{"type":"string"}},"definitions":{"B":{"type":"number"}},"anyOf":[{"type":"number"},{"type":"number"}]}"##,
        "",
    ),
    (
        r##"{"properties":{"a":{"$ref":"#/$defs/None","title":"t"},"b":{"$ref":"https://example.com/s"},"c":{"$ref":7}}}"##,
        r##"{"properties":{"a":{"title":"t"},"b":{},"c":{}}}"##,
        "$ref",
    ),
    // A property may have any name, and a value any form.
    (
        r##"{"properties":{"$ref":{"const":"a"},"const":{"type":"string"}},"default":{"$ref":"#","const":1},"examples":[{"$ref":"x","a":1}]}"##,
        r##"{"properties":{"$ref":{"enum":["a"]},"const":{"type":"string"}},"default":{"$ref":"#","const":1},"examples":[{"$ref":"x","a":1}]}"##,
        "",
    ),
    (
        r##"{"allOf":[{"$ref":"#/$defs/A"},{"required":["b","a"],"properties":{"b":true}}],"description":"d","$defs":{"A":{"description":"a","type":"object","required":["a"],"properties":{"a":{"type":"string"}}}},"additionalProperties":false}"##,
        r##"{"description":"d","$defs":{"A":{"description":"a","type":"object","required":["a"],"properties":{"a":{"type":"string"}}}},"additionalProperties":false,"type":"object","required":["a","b"],"properties":{"a":{"type":"string"},"b":true}}"##,
        "",
    ),
    (r#"{"allOf":[{"minimum":1},{"minimum":2}]}"#, r#"{"minimum":1}"#, "allOf"),
    (r#"{"const":1.50}"#, r#"{"enum":[1.50]}"#, ""),
    (r#"{"const":true}"#, r#"{"const":true}"#, ""),
    (
        r#"{"type":["string","null"],"enum":["a",null],"title":"t"}"#,
        r#"{"title":"t","anyOf":[{"type":"string","enum":["a"]},{"type":"null"}]}"#,
        "",
    ),
    (r#"{"type":"string","enum":["a",null]}"#, r#"{"enum":["a"],"type":"string"}"#, ""),
    (r#"{"enum":[null]}"#, r#"{"type":"null"}"#, ""),
    (r#"{"type":"string","enum":["","a"]}"#, r#"{"type":"string","enum":["a"]}"#, "enum"),
    (r#"{"type":"string","enum":[""]}"#, r#"{"type":"string"}"#, "enum"),
];

#[test]
fn each_construct_becomes_what_google_takes() {
    for (schema, want, reported) in TABLE {
        assert_eq!(settled(schema, false), ((*want).to_owned(), (*reported).to_owned()), "{schema}");
    }
}

#[test]
fn arguments_are_an_object() {
    for (schema, want) in [
        (r#"{}"#, r#"{"type":"object"}"#),
        (r#"{"type":"object"}"#, r#"{"type":"object"}"#),
        (r#"{"properties":{"a":{}}}"#, r#"{"type":"object","properties":{"a":{}}}"#),
        (
            r##"{"$ref":"#/definitions/A","definitions":{"A":{"type":"object","properties":{"a":{"$ref":"#/definitions/A"}}}}}"##,
            r##"{"$defs":{"A":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}}},"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}}"##,
        ),
    ] {
        assert_eq!(settled(schema, true).0, want, "{schema}");
    }
}

/// Each definition names the next one twice: whole, the first would be 2^40 times as long.
#[test]
fn what_references_bring_in_has_a_bound() {
    let two = |n: usize| format!(r##"{{"$ref":"#/$defs/D{n}","title":"t"}}"##);
    let body = |n: usize| format!(r#""D{n}":{{"properties":{{"a":{0},"b":{0}}}}}"#, two(n + 1));
    let all: Vec<_> = (0..40).map(body).collect();
    let schema = format!(r#"{{"properties":{{"x":{}}},"$defs":{{{},"D40":{{}}}}}}"#, two(0), all.join(","));
    let (text, reported) = settled(&schema, false);
    assert!(text.len() < 4 << 20, "{}", text.len());
    assert_eq!(reported, "title");
    let deep = format!("{}{}{}", r#"{"not":"#.repeat(400), r##"{"$ref":"#","a":1}"##, "}".repeat(400));
    assert_eq!(settled(&deep, false).0, deep);
}
