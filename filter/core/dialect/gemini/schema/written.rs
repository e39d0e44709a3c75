//! A JSON Schema as it is written: read in one pass, as deep as `serde_json` reads, with values left raw.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::hub::json::Str;

/// A schema's members, in their order; `true` and `false` have none.
#[derive(Debug, Default)]
pub struct Schema<'a>(pub Vec<(Str<'a>, Member<'a>)>);

/// The value of a schema's member.
#[derive(Debug)]
pub enum Member<'a> {
    /// Something that is no schema.
    Raw(&'a RawValue),
    /// `null`, where a schema may be: as if it were not there.
    Nothing,
    /// A schema.
    One(Schema<'a>),
    /// A list of them.
    List(Vec<Schema<'a>>),
    /// An object of them.
    Object(Vec<(Str<'a>, Schema<'a>)>),
}

/// Where schemas are in the value of a member, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    One,
    List,
    OneOrList,
    Object,
}

impl Form {
    fn of(name: &str) -> Option<Self> {
        match name {
            "properties" => Some(Self::Object),
            "items" | "prefixItems" => Some(Self::OneOrList),
            "anyOf" | "oneOf" | "allOf" => Some(Self::List),
            _ => None,
        }
    }
}

/// Reads a schema.
///
/// # Errors
/// It is none, or nests deeper than is read.
pub fn read(raw: &RawValue) -> Result<Schema<'_>, serde_json::Error> {
    schema(Form::One.deserialize(&mut serde_json::Deserializer::from_str(raw.get()))?)
}

fn schema<E: Error>(read: Member<'_>) -> Result<Schema<'_>, E> {
    match read {
        Member::One(schema) => Ok(schema),
        _ => Err(E::custom("expected an object, found null")),
    }
}

impl<'de> DeserializeSeed<'de> for Form {
    type Value = Member<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Form {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One | Self::Object => "an object",
            Self::List => "a list",
            Self::OneOrList => "an object or a list",
        })
    }

    fn visit_unit<E>(self) -> Result<Member<'de>, E> {
        Ok(Member::Nothing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Member<'de>, E> {
        match self {
            Self::One | Self::OneOrList => Ok(Member::One(Schema::default())),
            Self::List | Self::Object => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Member<'de>, A::Error> {
        if matches!(self, Self::One | Self::Object) {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        }
        let mut schemas = Vec::new();
        while let Some(read) = list.next_element_seed(Self::One)? {
            schemas.push(schema(read)?);
        }
        Ok(Member::List(schemas))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member<'de>, A::Error> {
        if self == Self::List {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        }
        if self == Self::Object {
            let mut schemas = Vec::new();
            while let Some(name) = map.next_key::<Str<'de>>()? {
                schemas.push((name, schema(map.next_value_seed(Self::One)?)?));
            }
            return Ok(Member::Object(schemas));
        }
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<Str<'de>>()? {
            let member = match Self::of(&name) {
                Some(form) => map.next_value_seed(form)?,
                None => Member::Raw(map.next_value()?),
            };
            members.push((name, member));
        }
        Ok(Member::One(Schema(members)))
    }
}
