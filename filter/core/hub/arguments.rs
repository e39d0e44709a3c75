//! What a call of the model's was given, for vendors that take an object there and nothing else.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::json::is_object;

/// Arguments, as an object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Arguments<'a> {
    /// As they were written.
    Object(&'a RawValue),
    /// With other names.
    Renamed(Box<RawValue>),
    /// What is no object, cut off say: its text, as Anthropic advises
    /// (<https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming>).
    Invalid {
        /// The text.
        #[serde(rename = "INVALID_JSON")]
        text: Cow<'a, str>,
    },
}

impl<'a> Arguments<'a> {
    /// Reads the text of arguments. Of nothing, and of `null`, there are none.
    pub fn of(text: &'a str) -> Self {
        let text = if matches!(text.trim(), "" | "null") { "{}" } else { text };
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) if is_object(raw) => Self::Object(raw),
            _ => Self::Invalid { text: Cow::Borrowed(text) },
        }
    }

    /// The same with this text, which has other names.
    #[must_use]
    pub fn renamed(self, text: String) -> Self {
        match self {
            Self::Invalid { .. } => Self::Invalid { text: Cow::Owned(text) },
            written => RawValue::from_string(text).map_or(written, Self::Renamed),
        }
    }

    /// Whether they are no object.
    pub const fn are_invalid(&self) -> bool {
        matches!(self, Self::Invalid { .. })
    }
}
