//! Whether every object in a schema forbids members it does not name, without which Claude refuses the schema.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::hub::json::is_too_deep;

/// The schema nests deeper than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooDeep;

/// Tells it in one pass. What is no schema is not closed.
///
/// # Errors
/// It nests deeper than `serde_json` reads.
pub fn is_closed(schema: &RawValue) -> Result<bool, TooDeep> {
    match Form::Schema.deserialize(&mut serde_json::Deserializer::from_str(schema.get())) {
        Err(error) if is_too_deep(&error) => Err(TooDeep),
        told => Ok(told.unwrap_or(false)),
    }
}

/// What a value is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A schema, a list of them, or something that says nothing of objects.
    Schema,
    /// An object whose values are schemas.
    Schemas,
}

impl<'de> DeserializeSeed<'de> for Form {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        match self {
            Self::Schema => deserializer.deserialize_any(self),
            Self::Schemas => deserializer.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for Form {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Schema")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let (mut object, mut closed, mut within) = (false, false, true);
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            within &= match (self, &*name) {
                (Self::Schemas, _) => map.next_value_seed(Self::Schema)?,
                (Self::Schema, "type") => {
                    object |= map.next_value::<&RawValue>()?.get() == "\"object\"";
                    true
                }
                (Self::Schema, "additionalProperties") => {
                    closed = map.next_value::<&RawValue>()?.get() == "false";
                    true
                }
                (Self::Schema, "properties") => {
                    object = true;
                    map.next_value_seed(Self::Schemas)?
                }
                (Self::Schema, "$defs" | "definitions") => map.next_value_seed(Self::Schemas)?,
                (Self::Schema, "enum" | "const" | "default" | "examples") => {
                    map.next_value::<IgnoredAny>()?;
                    true
                }
                (Self::Schema, _) => map.next_value_seed(Self::Schema)?,
            };
        }
        Ok(within && (closed || !object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut closed = true;
        while let Some(element) = list.next_element_seed(Self::Schema)? {
            closed &= element;
        }
        Ok(closed)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<bool, E> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(schema: &str) -> Result<bool, TooDeep> {
        is_closed(serde_json::from_str(schema).unwrap())
    }

    #[test]
    fn an_open_object_anywhere_opens_a_schema() {
        for (schema, want) in [
            (r#"{"type":"object","properties":{},"additionalProperties":false}"#, true),
            (r#"{"type":"object","properties":{}}"#, false),
            (r#"{"type":"object","additionalProperties":true}"#, false),
            (r#"{"type":"array","items":{"type":"string"}}"#, true),
            (r#"{"type":"array","items":{"type":"object"}}"#, false),
            (r#"{"anyOf":[{"type":"null"},{"type":"object"}]}"#, false),
            (r#"{"properties":{"a":{"type":"object"}},"additionalProperties":false}"#, false),
            (r#"{"properties":{"type":{"type":"object"}},"additionalProperties":false}"#, false),
            (r#"{"properties":{"properties":{"type":"string"}},"additionalProperties":false}"#, true),
            (r#"{"$defs":{"a":{"type":"object"}},"type":"string"}"#, false),
            (r#"{"const":{"type":"object"}}"#, true),
            (r#"{"properties":[],"additionalProperties":false}"#, false),
            (r#"{"a":[1,-1,1.5,"\u00e9",null,true,[]],"additionalProperties":{"type":"object"}}"#, true),
            ("7", true),
        ] {
            assert_eq!(told(schema), Ok(want), "{schema}");
        }
    }

    #[test]
    fn a_deep_schema_is_refused() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"{"properties":{"a":"#, "}}")] {
            let nested = |depth: usize| format!(r#"{{"x":{}1{}}}"#, open.repeat(depth), close.repeat(depth));
            assert_eq!(told(&nested(60)), Ok(!open.contains("properties")));
            assert_eq!(told(&nested(200_000)), Err(TooDeep));
        }
        assert_eq!(told(&format!(r#"{{"const":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000))), Ok(true));
    }
}
