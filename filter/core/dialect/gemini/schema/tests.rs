//! What each construct of JSON Schema becomes.

use serde_json::value::RawValue;

use super::*;

/// Schema, what it becomes, what is reported.
const TABLE: &[(&str, &str, &str)] = &[
    (r#"{"type":"string"}"#, r#"{"type":"STRING"}"#, ""),
    (r#"{"type":["string","null"]}"#, r#"{"type":"STRING","nullable":true}"#, ""),
    (r#"{"type":["null"]}"#, r#"{"type":"NULL"}"#, ""),
    (r#"{"type":"null"}"#, r#"{"type":"NULL"}"#, ""),
    (
        r#"{"description":"d","type":["integer","array","null"],"minimum":1,"items":{"type":"string"}}"#,
        r#"{"description":"d","anyOf":[{"type":"INTEGER","minimum":1},{"type":"ARRAY","items":{"type":"STRING"}}],"nullable":true}"#,
        "",
    ),
    (r#"{"const":"a"}"#, r#"{"type":"STRING","enum":["a"]}"#, ""),
    (r#"{"const":1}"#, r#"{"type":"INTEGER"}"#, "p.const"),
    (r#"{"const":null}"#, r#"{"nullable":true}"#, ""),
    (r#"{"enum":["a",null]}"#, r#"{"type":"STRING","enum":["a"],"nullable":true}"#, ""),
    (r#"{"type":"integer","enum":[1,2]}"#, r#"{"type":"INTEGER"}"#, "p.enum"),
    (r#"{"enum":[1.5]}"#, r#"{"type":"NUMBER"}"#, "p.enum"),
    (r#"{"enum":["",  "a"]}"#, r#"{"type":"STRING"}"#, "p.enum"),
    (r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, r#"{"type":"STRING","nullable":true}"#, ""),
    (
        r#"{"description":"d","oneOf":[{"type":"string"},{"type":"number"},{"const":null}]}"#,
        r#"{"description":"d","anyOf":[{"type":"STRING"},{"type":"NUMBER"}],"nullable":true}"#,
        "",
    ),
    (r#"{"anyOf":[{"type":"null"}]}"#, r#"{"type":"NULL","nullable":true}"#, ""),
    (
        r#"{"allOf":[{"type":"string","minLength":1}],"description":"d"}"#,
        r#"{"type":"STRING","description":"d","minLength":1}"#,
        "",
    ),
    (
        r#"{"allOf":[{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]},{"properties":{"a":{"type":"number"}},"required":["a","b"]}]}"#,
        r#"{"type":"OBJECT","properties":{"b":{"type":"STRING"},"a":{"type":"NUMBER"}},"required":["b","a"]}"#,
        "",
    ),
    (r#"{"allOf":[{"type":"string"},{"type":"number"}]}"#, r#"{"type":"STRING"}"#, "p.allOf"),
    (
        r##"{"$defs":{"c":{"type":"string","description":"inner"}},"properties":{"x":{"$ref":"#/$defs/c","description":"outer"}}}"##,
        r#"{"type":"OBJECT","properties":{"x":{"type":"STRING","description":"outer"}}}"#,
        "",
    ),
    (
        r##"{"definitions":{"a/b":{"$ref":"#/definitions/c"},"c":{"type":"boolean"}},"items":{"$ref":"#/definitions/a~1b"}}"##,
        r#"{"type":"ARRAY","items":{"type":"BOOLEAN"}}"#,
        "",
    ),
    (r#"{"type":"array"}"#, r#"{"type":"ARRAY","items":{"type":"STRING"}}"#, "p.items"),
    (
        r#"{"type":"array","prefixItems":[{"type":"string"},{"type":"number"}],"items":false}"#,
        r#"{"type":"ARRAY","items":{"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]}}"#,
        "",
    ),
    (
        r#"{"type":"array","items":[{"type":"string"}],"minItems":1,"uniqueItems":true}"#,
        r#"{"type":"ARRAY","items":{"type":"STRING"},"minItems":1}"#,
        "p.uniqueItems",
    ),
    (
        r#"{"type":"object","properties":{},"required":["x"],"additionalProperties":false}"#,
        r#"{"type":"OBJECT"}"#,
        "p.required",
    ),
    (
        r#"{"type":"object","additionalProperties":{"type":"string"},"patternProperties":{}}"#,
        r#"{"type":"OBJECT"}"#,
        "p.additionalProperties, p.patternProperties",
    ),
    (
        r#"{"properties":{"type":{"type":"string"},"$ref":{"type":"number"},"required":{}}}"#,
        r#"{"type":"OBJECT","properties":{"type":{"type":"STRING"},"$ref":{"type":"NUMBER"},"required":{}}}"#,
        "",
    ),
    (
        r#"{"type":"number","minimum":0.10,"maximum":12345678901234567890123,"exclusiveMinimum":0}"#,
        r#"{"type":"NUMBER","minimum":0.10,"maximum":12345678901234567890123}"#,
        "p.exclusiveMinimum",
    ),
    (r#"{"type":"string","format":"uuid"}"#, r#"{"type":"STRING"}"#, "p.format"),
    (r#"{"type":"string","format":"date-time"}"#, r#"{"type":"STRING","format":"date-time"}"#, ""),
    (r#"{"type":"integer","format":"int64"}"#, r#"{"type":"INTEGER","format":"int64"}"#, ""),
    (
        r#"{"$schema":"x","$comment":"y","title":"t","type":"boolean"}"#,
        r#"{"type":"BOOLEAN","title":"t"}"#,
        "",
    ),
    (r#"{"properties":{"any":true}}"#, r#"{"type":"OBJECT","properties":{"any":{}}}"#, ""),
    (r#"{}"#, r#"{}"#, ""),
];

const PLAIN: Use = Use { ordered: false, optional: false };

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

#[test]
fn every_construct_is_lowered() {
    for (schema, want, reported) in TABLE {
        let mut dropped = Dropped::default();
        let root = raw(schema);
        let node = lower(&root, PLAIN, "p", &mut dropped).unwrap().unwrap();
        assert_eq!(serde_json::to_string(&node).unwrap(), *want, "{schema}");
        assert_eq!(dropped.header(), *reported, "{schema}");
    }
}

#[test]
fn what_cannot_be_said_is_refused() {
    let nested = format!("{}{{}}{}", r#"{"items":"#.repeat(200), "}".repeat(200));
    let very_deep = format!("{}{{}}{}", r#"{"items":"#.repeat(20_000), "}".repeat(20_000));
    let large = format!(r#"{{"description":"{}"}}"#, "x".repeat(300_000));
    let laughs = (0..40).map(|n| {
        let next = n + 1;
        format!(r##""d{n}":{{"anyOf":[{{"$ref":"#/$defs/d{next}"}},{{"$ref":"#/$defs/d{next}"}}]}}"##)
    });
    let laughs = laughs.collect::<Vec<_>>().join(",");
    let laughs = format!(r##"{{"$defs":{{{laughs},"d40":{{}}}},"$ref":"#/$defs/d0"}}"##);
    for (schema, why) in [
        (r##"{"$defs":{"a":{"items":{"$ref":"#/$defs/a"}}},"$ref":"#/$defs/a"}"##, "refers to itself"),
        (r##"{"properties":{"next":{"$ref":"#"}}}"##, "refers to itself"),
        (
            r##"{"properties":{"a":{"$ref":"#/properties/b"},"b":{"$ref":"#/properties/a"}}}"##,
            "refers to itself",
        ),
        (r##"{"$ref":"#/$defs/none"}"##, "names nothing"),
        (r#"{"$ref":"https://x.y/z"}"#, "is not within the schema"),
        (r#"{"type":7}"#, "expected a string"),
        (r#"{"properties":[]}"#, "expected an object"),
        (r#"{"anyOf":{}}"#, "expected a list"),
        (&nested, "nests too deep"),
        (&very_deep, "nests too deep"),
        (&large, "is too large"),
        (&laughs, "is too large"),
    ] {
        let error = lower(&raw(schema), PLAIN, "p", &mut Dropped::default()).unwrap_err();
        assert!(error.message.contains(why), "{}", error.message);
        assert_eq!(error.param.as_deref(), Some("p"));
    }
}

#[test]
fn an_answer_keeps_the_order_of_its_properties() {
    let schema = raw(r#"{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}}}"#);
    let node = lower(&schema, Use::ANSWER, "p", &mut Dropped::default()).unwrap().unwrap();
    assert!(serde_json::to_string(&node).unwrap().ends_with(r#""propertyOrdering":["z","a"]}"#));
}

#[test]
fn a_function_without_properties_has_no_schema() {
    let schema = raw(r#"{"type":"object","properties":{}}"#);
    assert!(lower(&schema, Use::ARGUMENTS, "p", &mut Dropped::default()).unwrap().is_none());
}
