//! A JSON Schema that an answer, or a call, is held to:
//! <https://docs.cohere.com/v2/docs/structured-outputs#schema-constraints>.
//!
//! Read in one pass, as deep as `serde_json` reads, and written again without the keywords that Cohere does not support.
//! What stands in no schema's place, a default say, stays as it was written.

use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::value::RawValue;

use super::constraints::{ANCHORS, BOUNDS, COMPOSED, FORMATS};
use crate::dialect::applicators::{ALL, Form};
use crate::dialect::arguments_schema::Root;
use crate::hub::json::Str;

/// A schema that can be held to.
#[derive(Debug)]
pub struct Held {
    /// It, as it is sent.
    pub schema: Box<RawValue>,
    /// Keywords that it had, and has no more.
    pub lost: Vec<&'static str>,
    /// How many properties it has, in all.
    pub properties: usize,
}

/// Reads a schema; `None` if nothing can be held to it: its root is no object, an object in it requires nothing, it is
/// put together in a way that is not supported, or it is none.
pub fn held(raw: &RawValue) -> Option<Held> {
    let root: Root<'_> = serde_json::from_str(raw.get()).ok()?;
    if !root.is_of_object() {
        return None;
    }
    let mut written = Written { text: String::with_capacity(raw.get().len()), ..Written::default() };
    let reading = Reading { place: Place::Schema, written: &mut written };
    reading.deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()?;
    let Written { text, lost, properties } = written;
    Some(Held { schema: RawValue::from_string(text).ok()?, lost, properties })
}

/// What was written of a schema so far.
#[derive(Default)]
struct Written {
    text: String,
    lost: Vec<&'static str>,
    properties: usize,
}

impl Written {
    fn member(&mut self, name: &str) {
        self.comma();
        self.text.push_str(&serde_json::to_string(name).unwrap_or_default());
        self.text.push(':');
    }

    fn comma(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    fn lose(&mut self, name: &'static str) {
        if !self.lost.contains(&name) {
            self.lost.push(name);
        }
    }
}

/// What stands where something is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A schema, or a list of them.
    Schema,
    /// An object of them.
    Schemas,
    /// The same, by the names of properties.
    Properties,
}

struct Reading<'w> {
    place: Place,
    written: &'w mut Written,
}

impl Reading<'_> {
    fn schemas<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Str<'de>>()? {
            if self.place == Place::Properties {
                self.written.properties = self.written.properties.saturating_add(1);
            }
            self.written.member(&name);
            map.next_value_seed(Reading { place: Place::Schema, written: &mut *self.written })?;
        }
        Ok(())
    }

    fn schema<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut offers, mut requires) = (false, false);
        while let Some(name) = map.next_key::<Str<'de>>()? {
            let name = name.as_str();
            if COMPOSED.contains(&name) {
                return Err(A::Error::custom("put together in a way that is not supported"));
            }
            if let Some(bound) = BOUNDS.iter().find(|bound| **bound == name) {
                map.next_value::<IgnoredAny>()?;
                self.written.lose(bound);
                continue;
            }
            if let Some((_, form)) = ALL.iter().find(|(known, _)| *known == name) {
                let place = match (name, form) {
                    ("properties", _) => Place::Properties,
                    (_, Form::Object) => Place::Schemas,
                    (_, Form::One | Form::List | Form::OneOrList) => Place::Schema,
                };
                let before = self.written.properties;
                self.written.member(name);
                map.next_value_seed(Reading { place, written: &mut *self.written })?;
                offers |= name == "properties" && self.written.properties > before;
                continue;
            }
            let value: &RawValue = map.next_value()?;
            requires |= name == "required" && !is_empty_list(value);
            match lost(name, value) {
                Some(lost) => self.written.lose(lost),
                None => {
                    self.written.member(name);
                    self.written.text.push_str(value.get());
                }
            }
        }
        match offers && !requires {
            true => Err(A::Error::custom("an object that requires nothing")),
            false => Ok(()),
        }
    }
}

/// The name of a member whose value is not supported.
fn lost(name: &str, value: &RawValue) -> Option<&'static str> {
    let text = || Str::deserialize(&mut serde_json::Deserializer::from_str(value.get())).unwrap_or_default();
    match name {
        "format" if !FORMATS.contains(&text().as_str()) => Some("format"),
        "pattern" if ANCHORS.iter().any(|anchor| text().contains(anchor)) => Some("pattern"),
        _ => None,
    }
}

fn is_empty_list(raw: &RawValue) -> bool {
    raw.get().trim_start_matches('[').trim_start().starts_with(']')
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Schema")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.written.text.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.place != Place::Schema {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        self.written.text.push('[');
        loop {
            self.written.comma();
            let reading = Reading { place: Place::Schema, written: &mut *self.written };
            if list.next_element_seed(reading)?.is_none() {
                break;
            }
        }
        if self.written.text.ends_with(',') {
            self.written.text.pop();
        }
        self.written.text.push(']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Self { place, written } = self;
        written.text.push('{');
        let reading = Reading { place, written: &mut *written };
        match place {
            Place::Schema => reading.schema(map)?,
            Place::Schemas | Place::Properties => reading.schemas(map)?,
        }
        written.text.push('}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(schema: &str) -> Option<(String, Vec<&'static str>, usize)> {
        let held = held(serde_json::from_str(schema).unwrap())?;
        Some((held.schema.get().to_owned(), held.lost, held.properties))
    }

    #[test]
    fn what_is_not_supported_is_left_out() {
        let (schema, lost, properties) = written(
            r##"{"type":"object","required":["a"],"x":{"minimum":1},"properties":{
                "minimum":{"type":"integer","minimum":0,"default":1e400},
                "a":{"type":"array","minItems":1,"items":[true,{"type":"string","pattern":"^a$","format":"uuid"}]},
                "b":{"anyOf":[{"type":"string","format":"email"},{"type":"string","pattern":"a+"}],"prefixItems":[]},
                "c\"":{"$ref":"#d"}},"additionalProperties":false,"$defs":{"d":{}}}"##,
        )
        .unwrap();
        assert_eq!(lost, ["minimum", "minItems", "pattern", "format"]);
        assert_eq!(properties, 4);
        let want = concat!(
            r##"{"type":"object","required":["a"],"x":{"minimum":1},"properties":{"##,
            r##""minimum":{"type":"integer","default":1e400},"##,
            r##""a":{"type":"array","items":[true,{"type":"string","format":"uuid"}]},"##,
            r##""b":{"anyOf":[{"type":"string"},{"type":"string","pattern":"a+"}],"prefixItems":[]},"##,
            r##""c\"":{"$ref":"#d"}},"additionalProperties":false,"$defs":{"d":{}}}"##
        );
        assert_eq!(schema, want);
    }

    #[test]
    fn what_cannot_be_held_to_is_known() {
        for schema in [
            r#"{"properties":{"a":{}},"required":["a"]}"#,
            r#"{"type":"array"}"#,
            r#"{"type":["object","null"]}"#,
            r#"{"type":"object","properties":{"a":{}}}"#,
            r#"{"type":"object","properties":{"a":{}},"required":[ ]}"#,
            r#"{"type":"object","required":["a"],"properties":{"a":{"oneOf":[{}]}}}"#,
            r#"{"type":"object","required":["a"],"properties":{"a":7}}"#,
            r#"{"type":"object","required":["a"],"properties":[]}"#,
            r#"{"type":"object","type":"object"}"#,
        ] {
            assert_eq!(written(schema), None, "{schema}");
        }
        assert!(written(r#"{"type":"object","properties":{}}"#).is_some());
        let deep = format!(r#"{{"type":"object","not_a_schema":{}}}"#, "[".repeat(300) + &"]".repeat(300));
        assert!(written(&deep).is_some());
        let deep = format!(r#"{{"type":"object","items":{}{}}}"#, "[".repeat(300), "]".repeat(300));
        assert_eq!(written(&deep), None);
    }
}
