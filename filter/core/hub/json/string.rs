//! A JSON string, which keeps its literal: whoever only passes it on copies what the client wrote, and nobody undoes
//! escapes to write them again.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{LITERAL, beginning};

/// A JSON string, borrowed where it can be.
///
/// Its text is there for who asks for it; [`Str::is_empty`] and [`Str::is_blank`] ask for none.
#[derive(Clone)]
pub struct Str<'a>(Form<'a>);

#[derive(Clone)]
enum Form<'a> {
    Text(Cow<'a, str>),
    /// As it was written; and its text, where that differs and somebody has asked.
    Literal(&'a RawValue, OnceCell<Box<str>>),
}

impl<'a> Str<'a> {
    /// A string that lives elsewhere.
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Form::Text(Cow::Borrowed(text)))
    }

    /// The literal that a reader gives who is asked for [`LITERAL`].
    ///
    /// # Errors
    /// It gives none.
    pub fn of_literal<A: MapAccess<'a>>(literal: A) -> Result<Self, A::Error> {
        let literal = <&RawValue>::deserialize(MapAccessDeserializer::new(literal))?;
        Ok(Self(Form::Literal(literal, OnceCell::new())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Text(text) => text,
            Form::Literal(literal, text) => plain(literal).unwrap_or_else(|| {
                text.get_or_init(|| serde_json::from_str(literal.get()).unwrap_or_default())
            }),
        }
    }

    /// The same string.
    pub fn share(&self) -> Str<'_> {
        match &self.0 {
            Form::Text(text) => Str(Form::Text(Cow::Borrowed(text))),
            Form::Literal(literal, _) => Str(Form::Literal(literal, OnceCell::new())),
        }
    }

    /// Its text, or the text that it lives in.
    pub fn into_text(self) -> Cow<'a, str> {
        match self.0 {
            Form::Text(text) => text,
            Form::Literal(literal, _) => match plain(literal) {
                Some(text) => Cow::Borrowed(text),
                None => Cow::Owned(self.as_str().to_owned()),
            },
        }
    }

    /// A part of it, borrowed where it is.
    pub fn part(self, of: impl Fn(&str) -> &str) -> Self {
        match self.into_text() {
            Cow::Borrowed(text) => Self::borrowed(of(text)),
            Cow::Owned(text) => Self::from(of(&text).to_owned()),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::Text(text) => text.is_empty(),
            Form::Literal(literal, _) => literal.get().len() <= 2,
        }
    }

    /// Whether there is nothing in it but white space.
    pub fn is_blank(&self) -> bool {
        let shows = |text: &str| text.starts_with(|first: char| first != '\\' && !first.is_whitespace());
        match &self.0 {
            Form::Literal(literal, _) if inner(literal).is_some_and(shows) => false,
            Form::Text(_) | Form::Literal(..) => self.as_str().trim().is_empty(),
        }
    }

    /// The text's first bytes, `most` of them at the most.
    pub fn beginning(&self, most: usize) -> &str {
        beginning(self, most)
    }

    /// The text on its own, copied if it was borrowed.
    pub fn into_owned(self) -> String {
        self.into_text().into_owned()
    }
}

/// What stands between the quotation marks of a literal, if it has some.
fn inner(literal: &RawValue) -> Option<&str> {
    literal.get().strip_prefix('"')?.strip_suffix('"')
}

/// What stands there, if it is the text as well.
fn plain(literal: &RawValue) -> Option<&str> {
    inner(literal).filter(|inner| memchr::memchr(b'\\', inner.as_bytes()).is_none())
}

impl Deref for Str<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Default for Str<'_> {
    fn default() -> Self {
        Self::borrowed("")
    }
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Str<'_> {}

impl PartialOrd for Str<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl fmt::Display for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<'a> From<&'a str> for Str<'a> {
    fn from(text: &'a str) -> Self {
        Self::borrowed(text)
    }
}

impl From<String> for Str<'_> {
    fn from(text: String) -> Self {
        Self(Form::Text(Cow::Owned(text)))
    }
}

impl<'a> From<Cow<'a, str>> for Str<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(Form::Text(text))
    }
}

impl Serialize for Str<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Text(text) => serializer.serialize_str(text),
            Form::Literal(literal, _) => literal.serialize(serializer),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(LITERAL, Text)
    }
}

/// Reads a text, or the literal of who has it.
struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Str<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        text.deserialize_str(self)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Str::borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Str::from(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, literal: A) -> Result<Self::Value, A::Error> {
        Str::of_literal(literal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The string of a literal, which is kept.
    fn kept(literal: &str) -> Str<'_> {
        Str(Form::Literal(serde_json::from_str(literal).unwrap(), OnceCell::new()))
    }

    #[test]
    fn a_literal_is_written_as_it_was_read() {
        for (literal, text) in
            [(r#""plain""#, "plain"), (r#""""#, ""), (r#""a\"b\\\/\n\u00e9\ud83d\ude00é""#, "a\"b\\/\né😀é")]
        {
            let string = kept(literal);
            assert_eq!(serde_json::to_string(&string).unwrap(), literal);
            assert_eq!(
                (string.as_str(), serde_json::to_string(&string.share()).unwrap().as_str()),
                (text, literal)
            );
            assert_eq!((string.clone(), string.is_empty()), (Str::from(text), text.is_empty()));
            assert_eq!(string.into_owned(), text);
        }
    }

    #[test]
    fn blank_is_what_shows_nothing() {
        for (literal, blank) in [
            (r#""""#, true),
            (r#"" \n\t\u0020""#, true),
            (r#""\na""#, false),
            (r#""a\n""#, false),
            (r#""é\n""#, false),
        ] {
            assert_eq!(kept(literal).is_blank(), blank, "{literal}");
        }
    }
}
