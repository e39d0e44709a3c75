//! A lowered schema: a tree of copies and of the little that is our own.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use crate::hub::json::Str;

/// A lowered schema, or a piece of one.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    /// As it was written.
    Raw(&'a RawValue),
    /// A string.
    Text(Str<'a>),
    /// `true` or `false`.
    Bool(bool),
    /// A list.
    List(Vec<Node<'a>>),
    /// An object, in order.
    Object(Vec<(Str<'a>, Node<'a>)>),
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Raw(raw) => raw.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::List(list) => {
                let mut seq = serializer.serialize_seq(Some(list.len()))?;
                list.iter().try_for_each(|node| seq.serialize_element(node))?;
                seq.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, node)| map.serialize_entry(name, node))?;
                map.end()
            }
        }
    }
}
