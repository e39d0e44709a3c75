//! A JSON Schema as a tree: read in one pass, as deep as `serde_json` reads, with everything raw that is no schema.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::dialect::applicators::{ALL, Form as Holds};
use crate::dialect::names::Names;
use crate::hub::json::{Str, write_within};

/// A schema, or a piece of one.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    /// As it was written.
    Raw(&'a RawValue),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// A string.
    Text(Str<'a>),
    /// A list.
    List(Vec<Node<'a>>),
    /// An object.
    Object(Members<'a>),
}

/// An object's members, in their order.
pub type Members<'a> = Vec<(Str<'a>, Node<'a>)>;

/// Reads a schema.
///
/// # Errors
/// It is none, or nests deeper than is read.
pub fn read(raw: &RawValue) -> Result<Members<'_>, serde_json::Error> {
    match Form::Schema.deserialize(&mut serde_json::Deserializer::from_str(raw.get()))? {
        Node::Object(members) => Ok(members),
        _ => Err(serde_json::Error::custom("no object")),
    }
}

/// A member of an object.
pub fn get<'n, 'a>(members: &'n Members<'a>, name: &str) -> Option<&'n Node<'a>> {
    members.iter().find(|(known, _)| known.as_str() == name).map(|(_, node)| node)
}

/// A member of an object, which loses it.
pub fn take<'a>(members: &mut Members<'a>, name: &str) -> Option<Node<'a>> {
    let place = members.iter().position(|(known, _)| known.as_str() == name)?;
    Some(members.remove(place).1)
}

/// A member of an object, in the place of one of its name.
pub fn put<'a>(members: &mut Members<'a>, name: &'static str, node: Node<'a>) {
    match members.iter_mut().find(|(known, _)| known.as_str() == name) {
        Some((_, known)) => *known = node,
        None => members.push((Str::borrowed(name), node)),
    }
}

impl<'a> Node<'a> {
    /// A text of ours.
    pub fn text(text: impl Into<Str<'a>>) -> Self {
        Self::Text(text.into())
    }

    /// It, as JSON.
    pub fn json(&self) -> String {
        let bytes = write_within(self, 0, usize::MAX).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Its text, if it is a string.
    pub fn as_text(&self) -> Option<Str<'a>> {
        match self {
            Self::Raw(raw) => serde_json::from_str(raw.get()).ok(),
            Self::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Its texts, if it is a list of strings.
    pub fn as_texts(&self) -> Option<Vec<Str<'a>>> {
        match self {
            Self::Raw(raw) => {
                let texts = serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok()?;
                texts.into_iter().map(|raw| Self::Raw(raw).as_text()).collect()
            }
            Self::List(list) => list.iter().map(Self::as_text).collect(),
            _ => None,
        }
    }

    fn walk(&mut self, see: &mut dyn FnMut(&mut Members<'a>)) {
        match self {
            Self::List(list) => list.iter_mut().for_each(|node| node.walk(see)),
            Self::Object(members) => each_schema(members, see),
            Self::Raw(_) | Self::Bool(_) | Self::Null | Self::Text(_) => {}
        }
    }
}

/// Shows a schema, and then all within it.
pub fn each_schema<'a>(schema: &mut Members<'a>, see: &mut dyn FnMut(&mut Members<'a>)) {
    see(schema);
    for (name, node) in schema {
        match node {
            Node::Object(schemas) if Form::of(name) == Some(Form::Schemas) => {
                schemas.iter_mut().for_each(|(_, node)| node.walk(see));
            }
            node => node.walk(see),
        }
    }
}

/// Gives the properties of a schema their other names.
pub fn rename(schema: &mut Members<'_>, names: &Names) {
    for (name, node) in schema {
        match (name.as_str(), &mut *node) {
            ("properties", Node::Object(properties)) => {
                for (name, _) in properties {
                    if let Some(other) = names.other(name) {
                        *name = Str::from(other.to_owned());
                    }
                }
            }
            ("required", required) => {
                let other =
                    |name: Str<'_>| names.other(&name).map_or_else(|| name.into_owned(), str::to_owned);
                if let Some(texts) = required.as_texts() {
                    *required = Node::List(texts.into_iter().map(|name| Node::text(other(name))).collect());
                }
            }
            _ => {}
        }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Raw(raw) => raw.serialize(serializer),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Null => serializer.serialize_unit(),
            Self::Text(text) => text.serialize(serializer),
            Self::List(list) => serializer.collect_seq(list),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, node)| map.serialize_entry(name, node))?;
                map.end()
            }
        }
    }
}

/// What stands in a place where a schema may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A schema, or a list of them.
    Schema,
    /// An object of them.
    Schemas,
}

impl Form {
    /// By the name of the schema's member; `None` where no schema stands.
    pub fn of(name: &str) -> Option<Self> {
        let (_, holds) = ALL.iter().find(|(known, _)| *known == name)?;
        Some(if *holds == Holds::Object { Self::Schemas } else { Self::Schema })
    }
}

impl<'de> DeserializeSeed<'de> for Form {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Form {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Schema")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        if self == Self::Schemas {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(Self::Schema)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<Str<'de>>()? {
            let form = if self == Self::Schemas { Some(Self::Schema) } else { Self::of(&name) };
            let node = match form {
                Some(form) => map.next_value_seed(form)?,
                None => Node::Raw(map.next_value()?),
            };
            members.push((name, node));
        }
        Ok(Node::Object(members))
    }
}
