//! Values made from schemas.

use serde_json::json;

use super::super::schema::{example, names};

#[test]
fn names_are_capitalised_words_but_the_first() {
    assert_eq!(names("What is New York, or Paris and I?"), ["New York", "Paris"]);
    assert_eq!(names("Paris"), Vec::<String>::new());
}

#[test]
fn values_match_their_schema() {
    let parts =
        json!([{ "properties": { "a": { "type": "null" } } }, { "properties": { "b": { "const": 1 } } }]);
    for (schema, value) in [
        (json!({ "type": ["null", "string"] }), json!("Rome")),
        (json!({ "const": 3 }), json!(3)),
        (json!({ "enum": ["a", "rome"] }), json!("rome")),
        (json!({ "type": "string", "maxLength": 2 }), json!("Ro")),
        (json!({ "type": "string", "format": "date" }), json!("2026-01-31")),
        (json!({ "type": "number", "maximum": 2.5 }), json!(2.5)),
        (json!({ "type": "integer", "exclusiveMinimum": 5 }), json!(6)),
        (json!({ "allOf": parts }), json!({ "a": null, "b": 1 })),
        (json!({ "type": "array", "maxItems": 0 }), json!([])),
        (json!({}), json!("Rome")),
    ] {
        assert_eq!(example(&schema, "go to Rome 5", 0), value, "{schema}");
    }
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let schema = json!({ "properties": { "left": { "$ref": "#" }, "right": { "$ref": "#" } } });
    assert!(example(&schema, "", 0).is_object());
}
