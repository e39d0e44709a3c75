//! The root of a tool's schema: vendors want it to say that arguments are an object, which OpenAI takes unsaid.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::hub::json::{Members, kind};
use crate::hub::{OfTool, Param, RequestError};
use crate::json_object;

json_object! {
    /// The root of a schema, its type apart.
    pub(super) struct Root<'a> { kind as "type": &'a RawValue }
}

impl<'a> Root<'a> {
    /// Reads the schema of the tool at `index`.
    ///
    /// # Errors
    /// It is none of an object, or no JSON that can be read.
    pub fn read(index: usize, raw: &'a RawValue) -> Result<Self, RequestError> {
        let root: Self = serde_json::from_str(raw.get())
            .map_err(|error| RequestError::json_of(Param::Tool(Some(index), OfTool::Schema), &error))?;
        let Some(kinds) = root.kind else { return Ok(root) };
        let is_one_of = |kinds: &str| kinds.starts_with('[') && kinds.contains("\"object\"");
        if kinds.get() == "\"object\"" || is_one_of(kinds.get()) {
            return Ok(root);
        }
        let found = if kinds.get().starts_with('"') { kinds.get() } else { kind(kinds) };
        let why = format_args!("expected \"object\", found {found}");
        Err(RequestError::invalid(Param::Tool(Some(index), OfTool::SchemaKind), why))
    }

    /// Whether it says that it is of an object, and nothing else.
    pub fn is_of_object(&self) -> bool {
        self.kind.is_some_and(|kind| kind.get() == "\"object\"")
    }
}

/// A schema that is written with its type, and with properties: its other members.
pub(super) struct Typed<'a>(pub Members<'a>);

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct NoProperties {}
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "object")?;
        if !self.0.iter().any(|(name, _)| name.as_str() == "properties") {
            map.serialize_entry("properties", &NoProperties {})?;
        }
        self.0.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}
