//! A JSON string, which keeps its literal: whoever only passes it on copies what the client wrote, and nobody undoes
//! escapes to write them again.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::beginning;

/// A JSON string, borrowed where it can be.
///
/// Its text is there for who asks for it; [`Str::is_empty`] and [`Str::is_blank`] ask for none.
#[derive(Clone)]
pub struct Str<'a>(Form<'a>);

#[derive(Clone)]
enum Form<'a> {
    Text(Cow<'a, str>),
    /// As it was read, without escapes.
    Plain(&'a RawValue),
    /// As it was read, with escapes, and the text once somebody has asked.
    Escaped(&'a RawValue, OnceCell<Box<str>>),
}

impl<'a> Str<'a> {
    /// A string that lives elsewhere.
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Form::Text(Cow::Borrowed(text)))
    }

    /// The string of a literal.
    ///
    /// # Errors
    /// It is no string, or has half a surrogate pair.
    pub fn of_literal(literal: &'a RawValue) -> Result<Self, serde_json::Error> {
        let Some(inner) = inner(literal) else {
            return serde_json::from_str::<String>(literal.get()).map(Self::from);
        };
        if !inner.contains('\\') {
            return Ok(Self(Form::Plain(literal)));
        }
        if has_half_a_pair(inner.as_bytes()) {
            // `serde_json` looks for it only where it undoes the escapes, and says where it is.
            return serde_json::from_str::<String>(literal.get()).map(Self::from);
        }
        Ok(Self(Form::Escaped(literal, OnceCell::new())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Text(text) => text,
            Form::Plain(literal) => inner(literal).unwrap_or_default(),
            Form::Escaped(literal, text) => {
                text.get_or_init(|| serde_json::from_str(literal.get()).unwrap_or_default())
            }
        }
    }

    /// The same string.
    pub fn share(&self) -> Str<'_> {
        match &self.0 {
            Form::Text(text) => Str(Form::Text(Cow::Borrowed(text))),
            Form::Plain(literal) => Str(Form::Plain(literal)),
            Form::Escaped(literal, _) => Str(Form::Escaped(literal, OnceCell::new())),
        }
    }

    /// Its text, or the text that it lives in.
    pub fn into_text(self) -> Cow<'a, str> {
        match self.0 {
            Form::Text(text) => text,
            Form::Plain(literal) => Cow::Borrowed(inner(literal).unwrap_or_default()),
            Form::Escaped(..) => Cow::Owned(self.as_str().to_owned()),
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
            Form::Escaped(..) => false,
            Form::Text(_) | Form::Plain(_) => self.as_str().is_empty(),
        }
    }

    /// Whether there is nothing in it but white space.
    pub fn is_blank(&self) -> bool {
        let shows = |text: &str| text.starts_with(|first: char| first != '\\' && !first.is_whitespace());
        match &self.0 {
            Form::Escaped(literal, _) if inner(literal).is_some_and(shows) => false,
            Form::Text(_) | Form::Plain(_) | Form::Escaped(..) => self.as_str().trim().is_empty(),
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

/// Whether a literal that is one otherwise has half a surrogate pair, which stands for no character (RFC 8259, 7).
fn has_half_a_pair(inner: &[u8]) -> bool {
    let mut rest = inner;
    // The last escape was the first half of a pair, and nothing has come since.
    let mut is_open = false;
    while let Some((before, escape)) = memchr::memchr(b'\\', rest).and_then(|at| rest.split_at_checked(at)) {
        let unit = match escape {
            [_, b'u', digits @ ..] => digits.first_chunk().and_then(unit),
            _ => None,
        };
        let is_second = matches!(unit, Some(0xDC00..0xE000));
        if is_second != is_open || is_open && !before.is_empty() {
            return true;
        }
        is_open = matches!(unit, Some(0xD800..0xDC00));
        rest = escape.get(if unit.is_some() { 6 } else { 2 }..).unwrap_or_default();
    }
    is_open
}

/// The UTF-16 unit of four hexadecimal digits.
fn unit(digits: &[u8; 4]) -> Option<u16> {
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
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
            Form::Plain(literal) | Form::Escaped(literal, _) => literal.serialize(serializer),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Str::borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Str::from(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(literal: &str) -> Result<Str<'_>, serde_json::Error> {
        Str::of_literal(serde_json::from_str(literal)?)
    }

    #[test]
    fn a_literal_is_written_as_it_was_read() {
        for (literal, text) in
            [(r#""plain""#, "plain"), (r#""""#, ""), (r#""a\"b\\\/\n\u00e9\ud83d\ude00é""#, "a\"b\\/\né😀é")]
        {
            let string = read(literal).unwrap();
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
    fn what_is_no_string_is_refused_in_serdes_words() {
        for literal in ["7", "null", "[]", "{}", "true", r#""\ud83d""#, r#""\ud83d\u0041""#, r#""\udc00""#] {
            let literals = read(literal).unwrap_err().to_string();
            let serdes = serde_json::from_str::<Str<'_>>(literal).unwrap_err().to_string();
            assert_eq!(literals, serdes);
        }
    }

    /// As `serde_json` finds it, wherever the halves stand.
    #[test]
    fn half_a_pair_is_found() {
        const PIECES: [&str; 8] = ["", "a", "\\n", "\\\\u", "\\u0041", "\\ud83d", "\\udE00", "é"];
        for one in PIECES {
            for two in PIECES {
                for three in PIECES {
                    for four in PIECES {
                        let literal = format!("\"{one}{two}{three}{four}\"");
                        let have = read(&literal).map(Str::into_owned);
                        let want = serde_json::from_str::<String>(&literal);
                        assert_eq!(have.ok(), want.ok(), "{literal}");
                    }
                }
            }
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
            assert_eq!(read(literal).unwrap().is_blank(), blank, "{literal}");
        }
    }
}
