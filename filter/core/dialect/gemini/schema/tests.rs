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
    (r#"{"enum":["",  "a"]}"#, r#"{"type":"STRING","enum":["a"]}"#, "p.enum"),
    (r#"{"enum":[""]}"#, r#"{"type":"STRING"}"#, "p.enum"),
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
    (
        r#"{"properties":{},"allOf":[{"properties":{"a":{}}},{"properties":{"b":{},"a":{"type":"string"}}}]}"#,
        r#"{"type":"OBJECT","properties":{"a":{},"b":{}}}"#,
        "p.allOf",
    ),
    (
        r#"{"title":"a","properties":{"a":{},"a":true},"title":"b","required":["a","a"],"properties":{"c":{}}}"#,
        r#"{"type":"OBJECT","title":"a","properties":{"a":{}},"required":["a"]}"#,
        "p.properties, p.title",
    ),
    (r#"{"type":["string","STRING","number"]}"#, r#"{"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]}"#, ""),
    (r#"{"items":null,"anyOf":null,"properties":null,"allOf":null}"#, r#"{}"#, ""),
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

const P: Place = Place::Answer;

fn spell(param: &Param) -> String {
    match param {
        Param::Member(_, name) => format!("p.{name}"),
        _ => "p".to_owned(),
    }
}

fn lower_alone<'a>(
    root: &'a RawValue,
    usage: Use,
    dropped: &mut Dropped,
) -> Result<Option<Node<'a>>, RequestError> {
    lower(root, usage, P, &mut Allowance::default(), dropped)
}

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

#[test]
fn every_construct_is_lowered() {
    for (schema, want, reported) in TABLE {
        let mut dropped = Dropped::default();
        let root = raw(schema);
        let node = lower_alone(&root, PLAIN, &mut dropped).unwrap().unwrap();
        assert_eq!(serde_json::to_string(&node).unwrap(), *want, "{schema}");
        assert_eq!(dropped.header(spell), *reported, "{schema}");
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
    let many = vec![r##"{"$ref":"#/$defs/d"}"##; 50].join(",");
    let many = format!(r#"{{"$defs":{{"d":{{"description":"{}"}}}},"allOf":[{many}]}}"#, "x".repeat(100_000));
    let long = format!(r##"{{"$ref":"#{}"}}"##, "/$defs".repeat(20_000));
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
        (&many, "references bring in"),
        (&long, "names nothing"),
        (r#"{"anyOf":[{},null]}"#, "expected an object, found null"),
        (r#"{"allOf":7}"#, "expected a list"),
        (r#"{"properties":{"a":[]}}"#, "expected an object"),
        (r#"{"$ref":7}"#, "expected a string"),
        (r#"{"type":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}"#, "17 types"),
    ] {
        let error = lower_alone(&raw(schema), PLAIN, &mut Dropped::default()).unwrap_err();
        assert!(error.message(spell).contains(why), "{}", error.message(spell));
        assert_eq!(error.param.as_ref().map(spell).as_deref(), Some("p"));
    }
}

#[test]
fn an_answer_keeps_the_order_of_its_properties() {
    let schema = raw(r#"{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}}}"#);
    let node = lower_alone(&schema, Use::ANSWER, &mut Dropped::default()).unwrap().unwrap();
    assert!(serde_json::to_string(&node).unwrap().ends_with(r#""propertyOrdering":["z","a"]}"#));
}

#[test]
fn a_function_without_properties_has_no_schema() {
    let schema = raw(r#"{"type":"object","properties":{}}"#);
    assert!(lower_alone(&schema, Use::ARGUMENTS, &mut Dropped::default()).unwrap().is_none());
}

#[test]
fn what_references_bring_in_counts_for_all_schemas_of_a_request() {
    let schema = format!(
        r##"{{"$defs":{{"d":{{"title":"{}"}}}},"items":{{"$ref":"#/$defs/d"}}}}"##,
        "x".repeat(90_000)
    );
    let schema = raw(&schema);
    let mut allowance = Allowance::default();
    let mut lowered = 0;
    while lower(&schema, PLAIN, P, &mut allowance, &mut Dropped::default()).is_ok() {
        lowered += 1;
    }
    assert_eq!(lowered, (4 << 20) / 90_012);
}
