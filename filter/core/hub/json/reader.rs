//! Reads a text that is known to be JSON, and passes over its long values without looking at them.
//!
//! It differs from `serde_json` in what it costs, in one thing that it offers, that a [`Str`](super::Str) keeps its
//! literal, and in that it knows the place of what is wrong more exactly.

use memchr::memchr;
use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Number;

use super::scan::first_special;
use super::survey::Span;
use super::unreadable::Unreadable;

/// Reads values, one after the other.
#[derive(Debug)]
pub struct Reader<'de, 'l> {
    text: &'de str,
    at: usize,
    /// The long values that are not behind.
    long: &'l [Span],
    /// Every string of the text is one, so that its literal can stand for it.
    keeps_literals: bool,
    depth: u32,
}

/// By this name a value asks for its literal, if it is a string; any other is read as usual.
pub const LITERAL: &str = "$ferro::Literal";
/// By this name `serde_json`'s `RawValue` asks for the text of a value, which it wants as the one member, of the same
/// name, of an object. The name is its own affair: were it another one day, no request could be read, as the tests say.
const RAW: &str = "$serde_json::private::RawValue";

type Read<T = ()> = Result<T, Unreadable>;

/// The most levels that are read, as `serde_json` has it.
const DEEPEST: u32 = 127;

impl<'de, 'l> Reader<'de, 'l> {
    /// At the beginning of a text whose long values are these.
    pub const fn new(text: &'de str, long: &'l [Span]) -> Self {
        Self { text, at: 0, long, keeps_literals: true, depth: 0 }
    }

    /// At the beginning of a text that is JSON, and of which no more is known.
    pub const fn of_odd(text: &'de str) -> Self {
        Self { text, at: 0, long: &[], keeps_literals: false, depth: 0 }
    }

    /// What a text that is JSON does not bring about.
    fn torn(&self) -> Unreadable {
        Unreadable::new("EOF while parsing a value".to_owned(), false).at(self.at)
    }

    /// The error, with its place if it has none.
    fn placed<T>(&self, read: Read<T>) -> Read<T> {
        read.map_err(|error| error.at(self.at))
    }

    fn rest(&self) -> &'de [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no white space.
    fn next(&mut self) -> Read<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.skip(1),
                Some(byte) => return Ok(*byte),
                None => return Err(self.torn()),
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    /// Passes over a byte, if it is the next one.
    fn exactly(&mut self, byte: u8) -> Read {
        if self.next()? != byte {
            return Err(self.torn());
        }
        self.skip(1);
        Ok(())
    }

    /// The text of the next value.
    fn value(&mut self) -> Read<&'de str> {
        let first = self.next()?;
        let start = self.at;
        match first {
            b'"' => self.pass_string()?,
            b'{' | b'[' => self.pass_nested()?,
            _ => self.pass_scalar(),
        }
        self.text.get(start..self.at).ok_or_else(|| self.torn())
    }

    /// Passes over the next value, if it is a long one.
    fn passes_long(&mut self) -> bool {
        while let Some((first, rest)) = self.long.split_first() {
            if first.start >= self.at {
                let is_long = first.start == self.at;
                if is_long {
                    self.at = first.end;
                }
                return is_long;
            }
            self.long = rest;
        }
        false
    }

    fn pass_string(&mut self) -> Read {
        if self.passes_long() {
            return Ok(());
        }
        self.skip(1);
        loop {
            let special = first_special(self.rest()).ok_or_else(|| self.torn())?;
            self.skip(special);
            match self.rest() {
                [b'"', ..] => {
                    self.skip(1);
                    return Ok(());
                }
                [b'\\', _, ..] => self.skip(2),
                _ => return Err(self.torn()),
            }
        }
    }

    /// Passes over a list or object.
    fn pass_nested(&mut self) -> Read {
        if self.passes_long() {
            return Ok(());
        }
        let mut depth = 0_u32;
        loop {
            match self.next()? {
                b'"' => {
                    self.pass_string()?;
                    continue;
                }
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.skip(1);
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn pass_scalar(&mut self) {
        let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\t' | b'\r');
        let rest = self.rest();
        self.skip(rest.iter().position(ends).unwrap_or(rest.len()));
    }
}

/// A string as it is in the text, or as it was written.
enum Text<'de> {
    Plain(&'de str),
    Escaped(String),
}

impl<'de> Reader<'de, '_> {
    /// The text of the next value, which is a string.
    fn string(&mut self) -> Read<Text<'de>> {
        let literal = self.value()?;
        let inner = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let inner = inner.ok_or_else(|| self.torn())?;
        match memchr(b'\\', inner.as_bytes()) {
            None => Ok(Text::Plain(inner)),
            // A literal is in one line.
            Some(_) => serde_json::from_str(literal).map(Text::Escaped).map_err(|error| {
                let at = self.at.saturating_sub(literal.len()).saturating_add(error.column());
                Unreadable::of(&error).at(at)
            }),
        }
    }

    /// Reads the inside of a list or an object, all of it.
    fn within<T>(&mut self, closing: u8, read: impl FnOnce(&mut Inside<'_, 'de, '_>) -> Read<T>) -> Read<T> {
        if self.depth >= DEEPEST {
            let complaint = "recursion limit exceeded".to_owned();
            return Err(Unreadable::new(complaint, false).at(self.at));
        }
        self.depth = self.depth.saturating_add(1);
        let start = self.at;
        self.skip(1);
        let mut inside = Inside { reader: self, closing, state: State::Fresh };
        // Who knows how many there are does not ask whether there is another.
        let value = read(&mut inside).and_then(|value| match inside.goes_on()? {
            true => Err(Unreadable::new("trailing characters".to_owned(), false)),
            false => Ok(value),
        });
        let is_fresh = inside.state == State::Fresh;
        self.depth = self.depth.saturating_sub(1);
        if is_fresh {
            // Who reads nothing of it wants something else here.
            self.at = start;
        }
        self.placed(value)
    }
}

/// A value that is neither text nor holds others.
enum Scalar {
    Null,
    Truth(bool),
    Whole(u64),
    Negative(i64),
    Float(f64),
}

impl Reader<'_, '_> {
    fn scalar(&mut self) -> Read<Scalar> {
        Ok(match self.value()? {
            "null" => Scalar::Null,
            "true" => Scalar::Truth(true),
            "false" => Scalar::Truth(false),
            number => {
                let number = serde_json::from_str::<Number>(number);
                let number = self.placed(number.map_err(|error| Unreadable::of(&error)))?;
                match (number.as_u64(), number.as_i64()) {
                    (Some(whole), _) => Scalar::Whole(whole),
                    (None, Some(negative)) => Scalar::Negative(negative),
                    (None, None) => Scalar::Float(number.as_f64().unwrap_or_default()),
                }
            }
        })
    }

    /// What is wrong with the next value, which is not what was expected.
    #[cold]
    fn unexpected(&mut self, expected: &dyn Expected) -> Unreadable {
        let found = match self.next() {
            Ok(b'{') => Unexpected::Map,
            Ok(b'[') => Unexpected::Seq,
            Ok(b'"') => {
                let _ = self.value();
                Unexpected::Str("")
            }
            Ok(_) => match self.scalar() {
                Ok(Scalar::Null) => Unexpected::Other("null"),
                Ok(Scalar::Truth(truth)) => Unexpected::Bool(truth),
                Ok(Scalar::Whole(whole)) => Unexpected::Unsigned(whole),
                Ok(Scalar::Negative(negative)) => Unexpected::Signed(negative),
                Ok(Scalar::Float(float)) => Unexpected::Float(float),
                Err(error) => return error,
            },
            Err(error) => return error,
        };
        Unreadable::invalid_type(found, expected).at(self.at)
    }
}

/// Every way asks for what its visitor may want and no more, so that little is compiled for each of many.
impl<'de> Deserializer<'de> for &mut Reader<'de, '_> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.next()? {
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b'"' => self.deserialize_str(visitor),
            _ => self.deserialize_f64(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.next()? {
            b'{' => self.within(b'}', |inside| visitor.visit_map(inside)),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.next()? {
            b'[' => self.within(b']', |inside| visitor.visit_seq(inside)),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Read<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.next()? != b'"' {
            return Err(self.unexpected(&visitor));
        }
        let value = match self.string()? {
            Text::Plain(text) => visitor.visit_borrowed_str(text),
            Text::Escaped(text) => visitor.visit_string(text),
        };
        self.placed(value)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.next()? {
            b't' | b'f' => {
                let truth = self.value()? == "true";
                let value = visitor.visit_bool(truth);
                self.placed(value)
            }
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if matches!(self.next()?, b'{' | b'[' | b'"') {
            return Err(self.unexpected(&visitor));
        }
        let value = match self.scalar()? {
            Scalar::Null => visitor.visit_unit(),
            Scalar::Truth(truth) => visitor.visit_bool(truth),
            Scalar::Whole(whole) => visitor.visit_u64(whole),
            Scalar::Negative(negative) => visitor.visit_i64(negative),
            Scalar::Float(float) => visitor.visit_f64(float),
        };
        self.placed(value)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.next()? != b'n' {
            return visitor.visit_some(self);
        }
        self.value()?;
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Read<V::Value> {
        let literal = name == LITERAL && self.keeps_literals && self.next()? == b'"';
        if literal || name == RAW {
            return visitor.visit_map(Raw(Some(self.value()?)));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.value()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 char bytes byte_buf unit unit_struct tuple_struct enum
    }
}

/// The inside of a list or an object.
struct Inside<'r, 'de, 'l> {
    reader: &'r mut Reader<'de, 'l>,
    closing: u8,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read.
    Fresh,
    /// Something was read.
    Begun,
    /// All was.
    Closed,
}

impl Inside<'_, '_, '_> {
    /// Whether there is another element or member.
    fn goes_on(&mut self) -> Read<bool> {
        if self.state == State::Closed {
            return Ok(false);
        }
        if self.reader.next()? == self.closing {
            self.reader.skip(1);
            self.state = State::Closed;
            return Ok(false);
        }
        if self.state == State::Begun {
            self.reader.exactly(b',')?;
        }
        self.state = State::Begun;
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for &mut Inside<'_, 'de, '_> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        self.goes_on()?.then(|| seed.deserialize(&mut *self.reader)).transpose()
    }
}

impl<'de> MapAccess<'de> for &mut Inside<'_, 'de, '_> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        if !self.goes_on()? {
            return Ok(None);
        }
        let name = match self.reader.string()? {
            Text::Plain(name) => seed.deserialize(BorrowedStrDeserializer::new(name))?,
            Text::Escaped(name) => seed.deserialize(StringDeserializer::new(name))?,
        };
        self.reader.exactly(b':')?;
        Ok(Some(name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Read<V::Value> {
        seed.deserialize(&mut *self.reader)
    }
}

/// The text of a value, as `RawValue` wants it.
struct Raw<'de>(Option<&'de str>);

impl<'de> MapAccess<'de> for Raw<'de> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        self.0.map(|_| seed.deserialize(BorrowedStrDeserializer::new(RAW))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Read<V::Value> {
        seed.deserialize(BorrowedStrDeserializer::new(self.0.take().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::IgnoredAny;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use super::*;
    use crate::hub::json::Str;
    use crate::hub::json::survey::survey;
    use crate::json_object;

    json_object! { struct Outer<'a> { list: Vec<Inner<'a>>, raw: &'a RawValue, flag: bool } }
    json_object! { struct Inner<'a> { text: Str<'a>, count: u64, .. } }

    fn read<'a, T: Deserialize<'a>>(text: &'a str, long: &[Span]) -> Option<T> {
        T::deserialize(&mut Reader::new(text, long)).ok()
    }

    /// Every value is read without help, too, and by the same rules.
    #[test]
    fn what_is_read_is_what_serde_json_reads() {
        let long = r#"a long text, and \"quoted\" "#.repeat(5);
        for value in [
            "null".to_owned(),
            "true".to_owned(),
            "-1.5e3".to_owned(),
            r#""""#.to_owned(),
            r#""\u00e9\n""#.to_owned(),
            format!("\"{long}\""),
            "[]".to_owned(),
            "{}".to_owned(),
            format!(r#"[1, "{long}" ,[{{"a" :"{long}"}}]]"#),
            format!(r#"{{"{long}": {{"b":[ null,{{}} ]}}, "c\n": "{long}" }}"#),
        ] {
            for text in [
                value.clone(),
                format!(" [ {value} , {value} ]\n"),
                format!(r#"{{"k":{value},"l":[{value}]}}"#),
            ] {
                let spans = survey(&text).unwrap().long;
                let want = serde_json::from_str::<Value>(&text).unwrap();
                for spans in [spans.as_slice(), &[]] {
                    assert_eq!(read::<Value>(&text, spans).as_ref(), Some(&want), "{text}");
                    assert!(read::<IgnoredAny>(&text, spans).is_some());
                    assert_eq!(read::<&RawValue>(&text, spans).map(RawValue::get), Some(text.trim()));
                }
            }
        }
    }

    #[test]
    fn strings_keep_their_literals() {
        let long = r#"\u00e9\/\n"#.repeat(20);
        let text = format!(
            r#"{{"raw": [1, {{"x":"{long}"}}] ,"list":[{{"text":"{long}","count":7,"more":["{long}"]}},{{"text":"\/"}},{{}}],
                "flag":true,"\/":null}}"#
        );
        let outer: Outer<'_> = read(&text, &survey(&text).unwrap().long).unwrap();
        let list = outer.list.unwrap();
        let written: Vec<_> = list.iter().map(|inner| serde_json::to_string(&inner.text).unwrap()).collect();
        assert_eq!(written, [format!("\"{long}\""), r#""\/""#.to_owned(), "null".to_owned()]);
        assert_eq!(list[0].text.as_deref(), Some("é/\n".repeat(20).as_str()));
        assert_eq!((list[0].count, outer.flag), (Some(7), Some(true)));
        assert_eq!(outer.raw.unwrap().get(), format!(r#"[1, {{"x":"{long}"}}]"#));
        // Names are texts, since everybody asks for them.
        assert_eq!(
            outer.extra.iter().map(|(name, raw)| (name.as_str(), raw.get())).collect::<Vec<_>>(),
            [("/", "null")]
        );
    }

    #[test]
    fn what_is_not_expected_is_left_to_others() {
        for text in [
            r#"{"list":7}"#,
            r#"{"list":[7]}"#,
            r#"{"list":[{"text":7}]}"#,
            r#"{"flag":1}"#,
            r#"{"flag":true,"flag":true}"#,
            r#"{"list":[{"count":-1}]}"#,
            r#"{"list":[{"count":1.5}]}"#,
            r#"{"list":[{"text":{}}]}"#,
            "[]",
            "7",
            "null",
        ] {
            assert!(read::<Outer<'_>>(text, &survey(text).unwrap().long).is_none(), "{text}");
            assert!(serde_json::from_str::<Outer<'_>>(text).is_err(), "{text}");
        }
        // Nothing but the beginning is read of a list that is expected to be shorter.
        assert!(read::<[u8; 1]>("[1,2]", &[]).is_none());
    }
}
