//! JSON that borrows: strings, numbers and objects read without copying, what is unknown kept as raw text.
//!
//! `serde`'s derive can neither collect unknown members as raw text nor refuse a duplicate of a known one that is
//! null, so [`json_object!`](crate::json_object) writes those visitors instead.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON string, borrowed where it holds no escapes.
///
/// `Option<Cow<str>>` never borrows under serde; this newtype does.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Str<'a>(pub Cow<'a, str>);

/// Members of an object that nobody modelled, in their order: name and raw value.
pub type Members<'a> = Vec<(Str<'a>, &'a RawValue)>;

/// A JSON number with all its digits. Reading takes any value, since an error there would not know its place: whoever
/// knows the field asks [`Number::is_number`].
#[derive(Clone, Copy)]
pub struct Number<'a>(&'a RawValue);

/// How many values a JSON text holds, about: one for every comma, list and object.
pub fn values(text: &str) -> usize {
    let (mut count, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b'{' | b'[' if !quoted => count = count.saturating_add(1),
            _ => {}
        }
    }
    count
}

impl<'a> Str<'a> {
    /// A string that lives elsewhere.
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text on its own, copied if it was borrowed.
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl<'a> Number<'a> {
    /// The digits as they were written.
    pub fn digits(self) -> &'a str {
        self.0.get()
    }

    /// The raw JSON value.
    pub fn raw(self) -> &'a RawValue {
        self.0
    }

    /// Whether the value is a number at all.
    pub fn is_number(self) -> bool {
        kind(self.0) == "a number"
    }

    /// The value as a whole number; `None` for fractions, negatives and what does not fit.
    pub fn as_u64(self) -> Option<u64> {
        self.digits().parse().ok()
    }

    /// The nearest float. For comparisons only: what is sent on keeps its digits.
    pub fn as_f64(self) -> Option<f64> {
        self.digits().parse().ok()
    }
}

// === traits of Str ===

impl Deref for Str<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
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
        Self(Cow::Owned(text))
    }
}

impl Serialize for Str<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
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
                Ok(Str(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

// === traits of Number ===

impl<'de: 'a, 'a> Deserialize<'de> for Number<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl fmt::Debug for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.digits())
    }
}

impl PartialEq for Number<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.digits() == other.digits()
    }
}

// === raw values ===

/// What sort of JSON value this is, in the words of an error message.
pub fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Whether the value is an object.
pub fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// Whether the value is `null`, which for an optional member means absent.
pub fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// Declares a struct and how it is read from a JSON object: every named member is an `Option` (absent and `null` are
/// both `None`), a second occurrence of a named member is an error, and all other members are kept raw in `extra`.
///
/// `field: Type` reads the member of the field's name; `field as "name": Type` reads a member of another name.
#[macro_export]
macro_rules! json_object {
    ($(#[$meta:meta])* $vis:vis struct $Name:ident<'a> {
        $($(#[$field_meta:meta])* $field:ident $(as $json:literal)? : $Type:ty),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        #[allow(dead_code, reason = "a member may be named only so that it does not count as unknown")]
        $vis struct $Name<'a> {
            $($(#[$field_meta])* pub $field: Option<$Type>,)*
            /// Members that are not modelled, in their order.
            pub extra: $crate::chat::json::Members<'a>,
        }

        impl<'de: 'a, 'a> serde::Deserialize<'de> for $Name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object<'a>(std::marker::PhantomData<&'a ()>);
                impl<'de: 'a, 'a> serde::de::Visitor<'de> for Object<'a> {
                    type Value = $Name<'a>;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                        let mut extra = $crate::chat::json::Members::new();
                        $(let mut $field: Option<Option<$Type>> = None;)*
                        while let Some(name) = map.next_key::<$crate::chat::json::Str<'a>>()? {
                            match name.as_str() {
                                $($crate::json_object!(@name $field $($json)?) => {
                                    if $field.is_some() {
                                        return Err(serde::de::Error::duplicate_field(
                                            $crate::json_object!(@name $field $($json)?),
                                        ));
                                    }
                                    $field = Some(map.next_value()?);
                                })*
                                _ => extra.push((name, map.next_value()?)),
                            }
                        }
                        Ok($Name { $($field: $field.flatten(),)* extra })
                    }
                }
                deserializer.deserialize_map(Object(std::marker::PhantomData))
            }
        }
    };
    (@name $field:ident $json:literal) => { $json };
    (@name $field:ident) => { stringify!($field) };
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (text, want) in [
            ("", 0),
            ("{}", 1),
            ("[1,2,[3,{}]]", 6),
            (r#"{"a":"{[,","b":"\"{,\\","c":[]}"#, 4),
            (r#""\\",{"#, 2),
        ] {
            assert_eq!(values(text), want, "{text}");
        }
    }
}
