//! JSON that borrows: strings, numbers and objects read without copying, what is unknown kept as raw text.
//!
//! `serde`'s derive can neither collect unknown members as raw text nor refuse a duplicate of a known one that is
//! null, so [`json_object!`](crate::json_object) writes those visitors instead.
//!
//! A client's body is a [`Document`]: looked through once, however often it is read, and its strings keep their
//! literals. What providers send is read once by `serde_json`, which is quicker for the little that an event is.
//!
//! A text of a few megabytes may hold millions of values. Where each of them takes a place in memory, [`is_crowd`] is
//! asked first; where nobody wants the unknown ones, they are skipped.

mod bounded;
mod document;
mod few;
mod reader;
mod rename;
mod scan;
mod string;
mod survey;
mod unreadable;
mod watched;

pub use bounded::{TooLong, write_within};
pub use document::Document;
pub use few::Few;
pub use reader::LITERAL;
pub use rename::{Member, each_member, rename_members};
pub use scan::first_special;
pub use string::Str;
pub use watched::{DEVELOPER, FOREIGN, Names};

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::error::Malformed;

/// Members of an object that nobody modelled, in their order: name and raw value.
pub type Members<'a> = Vec<(Str<'a>, &'a RawValue)>;

/// Members of an object that nobody wants: passed over, with no memory of them but the first one's name.
#[derive(Debug, Default)]
pub struct Skipped<'a> {
    /// The name of the first.
    pub first: Option<Str<'a>>,
}

/// Where the members of an object go that are not named.
pub trait Unnamed<'de> {
    /// Takes the next value of `map`, whose name is `name`.
    ///
    /// # Errors
    /// It is no value.
    fn take<M: MapAccess<'de>>(&mut self, name: Str<'de>, map: &mut M) -> Result<(), M::Error>;
}

/// A JSON number with all its digits. Reading takes any value, since an error there would not know its place: whoever
/// knows the field asks [`Number::is_number`].
#[derive(Clone, Copy)]
pub struct Number<'a>(&'a RawValue);

/// The most values of a text that is read value by value. Each takes some two hundred bytes then, while a text can hold
/// one in two bytes; a million lists of nothing are no conversation, and no answer.
pub const MOST_VALUES: usize = 500_000;

/// How many bytes of a provider's words go into a log: as many as a name has.
pub const IN_A_LOG: usize = 64;

/// A text that is shorter cannot hold more values than there is memory for, and is not counted.
const SMALL: usize = 1 << 20;

/// Whether a JSON text holds more values than may be read one by one.
pub fn is_crowd(text: &str) -> bool {
    text.len() > SMALL && values(text) > MOST_VALUES
}

/// Reads what a provider sent, a whole answer or an event of a stream.
///
/// # Errors
/// It is no `T`, or holds more values than may be read.
pub fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Malformed> {
    if is_crowd(text) {
        return Err(Malformed(format!("more than {MOST_VALUES} values")));
    }
    // The words of `serde_json` may hold a whole string of the text.
    serde_json::from_str(text).map_err(|error| Malformed::json(&error))
}

/// Whether a text was refused because it nests deeper than `serde_json` reads: 127 lists and objects. What is left raw
/// may nest as it likes; nobody walks through it.
pub fn is_too_deep(error: &serde_json::Error) -> bool {
    error.is_syntax() && error.to_string().starts_with("recursion limit")
}

/// How many values a JSON text holds, about: one for every comma, list and object.
fn values(text: &str) -> usize {
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

impl<'a> Number<'a> {
    /// The number that stands in a JSON text.
    pub const fn of(raw: &'a RawValue) -> Self {
        Self(raw)
    }

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

// === what is not named ===

impl<'de: 'a, 'a> Unnamed<'de> for Members<'a> {
    fn take<M: MapAccess<'de>>(&mut self, name: Str<'de>, map: &mut M) -> Result<(), M::Error> {
        self.push((name, map.next_value()?));
        Ok(())
    }
}

impl<'de: 'a, 'a> Unnamed<'de> for Skipped<'a> {
    fn take<M: MapAccess<'de>>(&mut self, name: Str<'de>, map: &mut M) -> Result<(), M::Error> {
        self.first.get_or_insert(name);
        map.next_value::<IgnoredAny>().map(drop)
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

/// Where a part lies in the text that it was borrowed from.
pub fn span(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start.saturating_add(part.len())
}

/// Whether the value is an object.
pub fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// Whether the value is `null`, which for an optional member means absent.
pub fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// The first bytes of a text, `most` of them at the most, without half a character.
pub fn beginning(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// Declares a struct and how it is read from a JSON object: every named member is an `Option` (absent and `null` are
/// both `None`), a second occurrence of a named member is an error, and all other members are kept raw in `extra`.
/// Where the last member is followed by `, ..`, they are skipped instead, whatever their number.
///
/// `field: Type` reads the member of the field's name; `field as "name": Type` reads a member of another name.
#[macro_export]
macro_rules! json_object {
    ($(#[$meta:meta])* $vis:vis struct $Name:ident<'a> {
        $($(#[$field_meta:meta])* $field:ident $(as $json:literal)? : $Type:ty),* $(,)?
    }) => {
        $crate::json_object! { @read $crate::hub::json::Members<'a>;
            $(#[$meta])* $vis struct $Name { $($(#[$field_meta])* $field $(as $json)? : $Type),* }
        }
    };
    ($(#[$meta:meta])* $vis:vis struct $Name:ident<'a> {
        $($(#[$field_meta:meta])* $field:ident $(as $json:literal)? : $Type:ty),* , ..
    }) => {
        $crate::json_object! { @read $crate::hub::json::Skipped<'a>;
            $(#[$meta])* $vis struct $Name { $($(#[$field_meta])* $field $(as $json)? : $Type),* }
        }
    };
    (@read $Unnamed:ty; $(#[$meta:meta])* $vis:vis struct $Name:ident {
        $($(#[$field_meta:meta])* $field:ident $(as $json:literal)? : $Type:ty),*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        #[allow(dead_code, reason = "a member may be named only so that it does not count as unknown")]
        $vis struct $Name<'a> {
            $($(#[$field_meta])* pub $field: Option<$Type>,)*
            /// Members that are not modelled, in their order.
            pub extra: $Unnamed,
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
                        use $crate::hub::json::Unnamed;
                        let mut extra = <$Unnamed>::default();
                        $(let mut $field: Option<Option<$Type>> = None;)*
                        while let Some(name) = map.next_key::<$crate::hub::json::Str<'de>>()? {
                            match name.as_str() {
                                $($crate::json_object!(@name $field $($json)?) => {
                                    if $field.is_some() {
                                        return Err(serde::de::Error::duplicate_field(
                                            $crate::json_object!(@name $field $($json)?),
                                        ));
                                    }
                                    $field = Some(map.next_value()?);
                                })*
                                _ => extra.take(name, &mut map)?,
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
    use serde::de::IgnoredAny;

    use super::{beginning, is_crowd, is_too_deep, read, values};

    json_object! { struct Kept<'a> { a: u64, b as "the b": &'a str } }
    json_object! { struct Bare<'a> { a: u64, b as "the b": &'a str, .. } }

    #[test]
    fn what_is_not_named_is_kept_or_skipped() {
        let text = r#"{"x":[1,{}],"a":1,"the b":"c","x":2,"y":null}"#;
        let kept: Kept<'_> = serde_json::from_str(text).unwrap();
        let names: Vec<_> = kept.extra.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
        assert_eq!(names, [("x", "[1,{}]"), ("x", "2"), ("y", "null")]);
        let bare: Bare<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((bare.a, bare.b, bare.extra.first.as_deref()), (Some(1), Some("c"), Some("x")));
        for twice in [r#"{"a":1,"x":2,"a":1}"#, r#"{"a":null,"a":null}"#, r#"{"the b":"","the b":null}"#] {
            assert!(serde_json::from_str::<Kept<'_>>(twice).is_err(), "{twice}");
            assert!(serde_json::from_str::<Bare<'_>>(twice).is_err(), "{twice}");
        }
        assert!(serde_json::from_str::<Bare<'_>>(r#"{"x":[1,}"#).is_err());
    }

    #[test]
    fn a_text_may_be_too_deep() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let read =
            |text: &str| serde_json::from_str::<serde_json::Value>(text).map_err(|error| is_too_deep(&error));
        assert!(read(&nested(127)).is_ok());
        assert_eq!((read(&nested(128)), read("[1e999]"), read("[")), (Err(true), Err(false), Err(false)));
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, most, want) in [("abc", 9, "abc"), ("abc", 2, "ab"), ("a€", 3, "a"), ("€", 0, "")] {
            assert_eq!(beginning(text, most), want);
        }
    }

    #[test]
    fn a_crowd_is_many_values_and_not_much_text() {
        assert!(!is_crowd(&format!("\"{}\"", ",".repeat(2 << 20))));
        assert!(!is_crowd(&format!("[{}]", "[],".repeat(100_000))));
        let crowd = format!("[{}1]", "[],".repeat(400_000));
        assert!(
            is_crowd(&crowd) && read::<IgnoredAny>(&crowd).is_err() && read::<IgnoredAny>("[1,[]]").is_ok()
        );
        assert!(read::<u64>(&format!("{:?}", "a".repeat(1000))).unwrap_err().0.len() < 300);
    }

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
