//! A JSON Schema as it is written: read in one pass, as deep as `serde_json` reads, with values left raw.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::dialect::applicators::{Form, Grammar};
use crate::hub::json::Str;

/// A schema as it is written.
#[derive(Debug, Default)]
pub struct Schema<'a> {
    /// Its members, in their order.
    pub members: Vec<(Str<'a>, Member<'a>)>,
    /// What it is instead of an object: `true` or `false`.
    pub verdict: Option<bool>,
}

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

/// Those that say something of the values.
pub const USUAL: Grammar = &[
    ("properties", Form::Object),
    ("items", Form::OneOrList),
    ("prefixItems", Form::OneOrList),
    ("anyOf", Form::List),
    ("oneOf", Form::List),
    ("allOf", Form::List),
];

/// How a value is read.
#[derive(Clone, Copy)]
struct Reading {
    form: Form,
    grammar: Grammar,
}

impl Reading {
    const fn one(self) -> Self {
        Self { form: Form::One, ..self }
    }
}

/// Reads a schema.
///
/// # Errors
/// It is none, or nests deeper than is read.
pub fn read(raw: &RawValue, grammar: Grammar) -> Result<Schema<'_>, serde_json::Error> {
    let reading = Reading { form: Form::One, grammar };
    schema(reading.deserialize(&mut serde_json::Deserializer::from_str(raw.get()))?)
}

fn schema<E: Error>(read: Member<'_>) -> Result<Schema<'_>, E> {
    match read {
        Member::One(schema) => Ok(schema),
        _ => Err(E::custom("expected an object, found null")),
    }
}

impl<'de> DeserializeSeed<'de> for Reading {
    type Value = Member<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.form {
            Form::One | Form::Object => "an object",
            Form::List => "a list",
            Form::OneOrList => "an object or a list",
        })
    }

    fn visit_unit<E>(self) -> Result<Member<'de>, E> {
        Ok(Member::Nothing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Member<'de>, E> {
        match self.form {
            Form::One | Form::OneOrList => {
                Ok(Member::One(Schema { verdict: Some(value), ..Schema::default() }))
            }
            Form::List | Form::Object => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Member<'de>, A::Error> {
        if matches!(self.form, Form::One | Form::Object) {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        }
        let mut schemas = Vec::new();
        while let Some(read) = list.next_element_seed(self.one())? {
            schemas.push(schema(read)?);
        }
        Ok(Member::List(schemas))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member<'de>, A::Error> {
        if self.form == Form::List {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        }
        if self.form == Form::Object {
            let mut schemas = Vec::new();
            while let Some(name) = map.next_key::<Str<'de>>()? {
                schemas.push((name, schema(map.next_value_seed(self.one())?)?));
            }
            return Ok(Member::Object(schemas));
        }
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<Str<'de>>()? {
            let form = self.grammar.iter().find(|(known, _)| *known == name.as_str());
            let member = match form {
                Some((_, form)) => map.next_value_seed(Self { form: *form, ..self })?,
                None => Member::Raw(map.next_value()?),
            };
            members.push((name, member));
        }
        Ok(Member::One(Schema { members, verdict: None }))
    }
}
