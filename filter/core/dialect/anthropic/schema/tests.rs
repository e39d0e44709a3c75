//! What becomes of schemas that golden cases are too plain for.

use serde_json::{Value, json};

use super::grammar::{Allowance, grammar};
use super::node::Node;
use super::root::reshape;
use super::*;

/// A schema as a grammar; `None` if it is none.
fn lowered(schema: &Value, strict: bool) -> Option<Value> {
    let text = schema.to_string();
    let raw: &RawValue = serde_json::from_str(&text).unwrap();
    let grammar = grammar(&node::read(raw).ok()?, strict, Allowance::default()).ok()?;
    Some(serde_json::from_str(&Node::Object(grammar.schema).json()).unwrap())
}

/// A root, reshaped, and what was lost of it.
fn reshaped(schema: &Value) -> (Value, Vec<&'static str>) {
    let text = schema.to_string();
    let raw: &RawValue = serde_json::from_str(&text).unwrap();
    let mut lost = Vec::new();
    let members = reshape(node::read(raw).unwrap(), &mut lost);
    (serde_json::from_str(&Node::Object(members).json()).unwrap(), lost)
}

fn object(properties: Value, definitions: Value) -> Value {
    let required: Vec<_> = properties.as_object().unwrap().keys().cloned().collect();
    json!({"type": "object", "properties": properties, "required": required,
        "additionalProperties": false, "$defs": definitions})
}

#[test]
fn a_reference_that_leads_to_itself_is_no_grammar() {
    let to = |name: &str| json!({"$ref": format!("#/$defs/{name}")});
    let beside = |name: &str| json!({"$ref": format!("#/$defs/{name}"), "description": "One."});
    let text = json!({"type": "string"});
    for (definitions, fits) in [
        (json!({"A": {"type": "array", "items": to("B")}, "B": text}), true),
        (json!({"A": {"type": "array", "items": to("B")}, "B": {"type": "array", "items": to("A")}}), false),
        (json!({"A": text, "B": {"type": "array", "items": to("B")}}), false),
        (json!({"A": to("B"), "B": text}), true),
        (json!({"A": beside("B"), "B": text}), true),
        (json!({"A": beside("B"), "B": beside("A")}), false),
        (json!({"A": to("C")}), false),
        (json!({"A": {"$ref": "#"}}), false),
        (json!({"A": {"$ref": "other.json#/$defs/A"}}), false),
    ] {
        for a in [to("A"), beside("A"), json!({"allOf": [to("A")]})] {
            let schema = object(json!({"a": a}), definitions.clone());
            assert_eq!(lowered(&schema, true).is_some(), fits, "{schema}");
        }
    }
}

#[test]
fn references_bring_in_only_so_much() {
    let many = |count: usize| {
        let name = |at: usize| format!("p{at}");
        let places = (0..count)
            .map(|at| (name(at), json!({"$ref": "#/$defs/A", "description": format!("The {at}th.")})));
        let values: Vec<_> = (0..1000).map(name).collect();
        object(Value::Object(places.collect()), json!({"A": {"type": "string", "enum": values}}))
    };
    assert!(lowered(&many(30), true).is_some());
    assert!(lowered(&many(40), true).is_none());
}

#[test]
fn what_is_open_is_no_grammar() {
    for (place, fits) in [
        (json!({"type": "object", "properties": {}}), false),
        (json!({"type": "object", "properties": {}, "additionalProperties": false}), true),
        (json!({"type": ["object", "null"], "additionalProperties": {"type": "string"}}), false),
        (json!({"properties": {}, "patternProperties": {"^x": {}}, "additionalProperties": false}), false),
        (json!({"type": "array"}), false),
        (json!({"items": {"type": "string"}}), true),
        (json!({"items": [{"type": "string"}]}), false),
        (json!({"type": "array", "prefixItems": [], "items": {"type": "string"}}), false),
        (json!({"enum": ["a", "b"]}), true),
        (json!({"enum": ["a", 1]}), false),
        (json!({"type": "string", "enum": ["a", 1]}), true),
        (json!({"const": []}), false),
        (json!(true), false),
        (json!({"anyOf": [{"type": "string"}, true]}), false),
        (json!({"anyOf": [{"type": "string"}], "oneOf": [{"type": "string"}]}), false),
        (json!({"allOf": [{"type": "string"}, {"enum": ["a"]}]}), true),
        (json!({"allOf": [{"type": "string"}, {"$ref": "#/$defs/A"}]}), false),
        (json!({"type": "string", "allOf": [{"type": "integer"}]}), false),
    ] {
        let schema = object(json!({"a": place}), json!({"A": {"type": "string"}}));
        assert_eq!(lowered(&schema, false).is_some(), fits, "{schema}");
    }
    assert_eq!(
        lowered(&json!({"properties": {"a": {"const": 1}}, "required": ["a"]}), true),
        Some(
            json!({"type": "object", "properties": {"a": {"type": "integer", "const": 1}}, "required": ["a"],
            "additionalProperties": false})
        )
    );
}

#[test]
fn roots_end() {
    let definitions = json!({
        "A": {"allOf": [{"$ref": "#/$defs/B"}], "properties": {"a": {"type": "string"}}},
        "B": {"allOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}], "properties": {"b": {"type": "string"}}},
    });
    let text = json!({"type": "string"});
    for root in [
        json!({"$ref": "#/$defs/A"}),
        json!({"allOf": [{"$ref": "#/$defs/A"}]}),
        json!({"oneOf": [{"$ref": "#/$defs/A"}]}),
    ] {
        let mut root = root;
        root["$defs"] = definitions.clone();
        let (schema, lost) = reshaped(&root);
        assert_eq!(schema["properties"], json!({"a": text, "b": text}), "{root}");
        assert!(lost.is_empty() && REFUSED.iter().all(|name| schema.get(*name).is_none()), "{schema}");
    }
    let nested = json!({"oneOf": [{"anyOf": [{"oneOf": [{"properties": {"a": text}}]}, {"type": "null"}]}]});
    let (schema, lost) = reshaped(&nested);
    assert!(lost.is_empty() && schema["properties"] == json!({"a": text}), "{schema}");
    let beside = json!({"allOf": [{"$ref": "#/$defs/A", "required": ["a"], "properties": {"c": text}}],
        "$defs": definitions});
    let (schema, lost) = reshaped(&beside);
    assert!(lost.is_empty() && schema["required"] == json!(["a"]), "{schema}");
    assert_eq!(schema["properties"].as_object().unwrap().len(), 3, "{schema}");
    let (schema, lost) = reshaped(&json!({"$ref": "#/properties/a", "anyOf": {}, "allOf": [false]}));
    assert_eq!(lost, ["allOf", "anyOf"]);
    assert_eq!(schema["$ref"], "#/properties/a");
}

#[test]
fn many_alternatives_are_merged_once() {
    let branches: Vec<_> = (0..2000)
        .map(|at| json!({"properties": {"kind": {"const": at}, format!("p{at}"): {}}, "required": ["kind"]}))
        .collect();
    let (schema, lost) = reshaped(&json!({"oneOf": branches}));
    assert_eq!(lost, ["oneOf"]);
    assert_eq!(schema["properties"].as_object().unwrap().len(), 2001);
    assert_eq!(schema["properties"]["kind"]["anyOf"].as_array().unwrap().len(), 2000);
    assert_eq!(schema["required"], json!(["kind"]));
    let (all, lost) = reshaped(&json!({"allOf": branches}));
    assert_eq!(all["properties"]["kind"]["allOf"].as_array().unwrap().len(), 2000);
    assert!(lost.is_empty());
}
