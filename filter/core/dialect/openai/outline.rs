//! A whole answer that passes as it is: what must be known of it before any of it leaves, and what its end must be.
//!
//! An answer is released as soon as it is seen to be one, and from then on cannot be taken back. So its JSON is
//! followed as it comes, from piece to piece, byte by byte and with no copy: what its first level holds, whether every
//! value is one, and whether its brackets close. Strings are passed over, but for what none may hold; whether they are
//! UTF-8 is not asked. Whatever nests deeper than an answer does is none, nor what has numbers longer than one has.

use serde::de::IgnoredAny;

use super::utterance::is_aborted;
use crate::dialect::{Sight, WatchAnswer};
use crate::hub::json::{Str, first_special};

/// The most levels of an answer.
const DEEPEST: u32 = 128;

/// Follows a whole answer.
#[derive(Debug, Default)]
pub struct Outline {
    depth: u32,
    /// A bit a level: whether it is an object.
    objects: u128,
    expects: Expects,
    within: Within,
    /// The scalar, or the name of a member of the first level or of a choice, that is being read.
    text: Text,
    member: Member,
    /// The list of choices is being read.
    in_choices: bool,
    /// What a choice has in which it says what it says.
    says_in: Says,
    /// A choice that says something, be it nothing, was seen.
    choices: bool,
    /// A choice was given up. Whether it said anything before is for a reader of the whole to say.
    doubtful: bool,
    error: bool,
    broken: bool,
}

/// In what a choice says what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Says {
    /// A message.
    #[default]
    Message,
    /// A text, as before there were chats.
    Text,
}

/// The member of the first level, or of a choice, whose value is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Member {
    Choices,
    Error,
    Message,
    Text,
    /// Why a choice ended.
    Reason,
    #[default]
    Other,
}

/// What must come next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expects {
    #[default]
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// What the last byte was part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    /// A string.
    String,
    /// A string, after a backslash.
    Escape,
    /// A string, with so many hexadecimal digits to come.
    Digits(u8),
    /// A number or a literal.
    Scalar,
}

/// A short text, as it is written.
#[derive(Debug)]
struct Text {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl WatchAnswer for Outline {
    fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let (Some((byte, after)), false) = (rest.split_first(), self.broken) {
            rest = match self.within {
                Within::String => self.string(rest),
                Within::Scalar => self.scalar(rest),
                Within::Escape | Within::Digits(_) => {
                    self.escape(*byte);
                    after
                }
                Within::Nothing => {
                    self.structure(*byte);
                    after
                }
            };
        }
    }

    fn sight(&self) -> Sight {
        match (self.broken, self.error, self.choices) {
            (true, ..) => Sight::Foreign,
            (_, true, _) => Sight::Error,
            (.., true) if !self.doubtful => Sight::Answer,
            _ => Sight::Unclear,
        }
    }

    fn is_whole(&self) -> bool {
        !self.broken && self.expects == Expects::Nothing && self.within == Within::Nothing
    }
}

impl Outline {
    /// An outline of answers whose choices say what they say in this.
    pub(super) fn saying(says_in: Says) -> Self {
        Self { says_in, ..Self::default() }
    }

    /// Passes over a string, as far as it goes. Gives what follows.
    fn string<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let end = first_special(rest);
        let (text, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
        let names = self.names_member();
        if names || self.says_reason() {
            self.text.add(text);
        }
        let Some((byte, after)) = after.split_first() else { return &[] };
        match byte {
            b'"' if matches!(self.expects, Expects::Name | Expects::NameOrEnd) => {
                if names {
                    self.member = self.text.member();
                }
                self.within = Within::Nothing;
                self.expects = Expects::Colon;
            }
            b'"' => {
                self.doubtful |= self.says_reason() && self.text.is_aborted();
                self.end_value();
            }
            b'\\' => {
                if names {
                    self.text.add(b"\\");
                }
                self.within = Within::Escape;
            }
            // Line breaks and their like are escaped in a string.
            _ => self.broken = true,
        }
        after
    }

    /// Reads a number or a literal, as far as it goes. Gives what follows.
    fn scalar<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let ends = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'-' | b'.');
        let end = rest.iter().position(ends);
        let (text, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
        self.text.add(text);
        if end.is_some() {
            self.broken |= !self.text.is_value();
            self.end_value();
        }
        after
    }

    fn escape(&mut self, byte: u8) {
        if self.names_member() {
            self.text.add(&[byte]);
        }
        self.within = match (self.within, byte) {
            (Within::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Within::String,
            (Within::Escape, b'u') => Within::Digits(4),
            (Within::Digits(1), byte) if byte.is_ascii_hexdigit() => Within::String,
            (Within::Digits(left), byte) if byte.is_ascii_hexdigit() => {
                Within::Digits(left.saturating_sub(1))
            }
            (within, _) => {
                self.broken = true;
                within
            }
        };
    }

    fn structure(&mut self, byte: u8) {
        use Expects::{Colon, CommaOrEnd, Name, NameOrEnd, Value, ValueOrEnd};
        match (self.expects, byte) {
            (_, b' ' | b'\t' | b'\n' | b'\r') => {}
            (Value | ValueOrEnd, b'{') => self.open(true),
            (Value | ValueOrEnd, b'[') if self.depth > 0 => self.open(false),
            (Value | ValueOrEnd, b'"') if self.depth > 0 => {
                self.begin_value(byte);
                self.within = Within::String;
            }
            (Value | ValueOrEnd, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') if self.depth > 0 => {
                self.begin_value(byte);
                self.text.length = 0;
                self.text.add(&[byte]);
                self.within = Within::Scalar;
            }
            (Name | NameOrEnd, b'"') => {
                self.text.length = 0;
                self.within = Within::String;
            }
            (Colon, b':') => self.expects = Value,
            (CommaOrEnd, b',') => self.expects = if self.in_object() { Name } else { Value },
            (NameOrEnd | CommaOrEnd, b'}') if self.in_object() => self.close(),
            (ValueOrEnd | CommaOrEnd, b']') if !self.in_object() => self.close(),
            _ => self.broken = true,
        }
    }

    fn open(&mut self, object: bool) {
        self.begin_value(if object { b'{' } else { b'[' });
        if self.depth >= DEEPEST {
            self.broken = true;
            return;
        }
        self.objects = self.objects << 1 | u128::from(object);
        self.depth = self.depth.saturating_add(1);
        self.expects = if object { Expects::NameOrEnd } else { Expects::ValueOrEnd };
    }

    fn close(&mut self) {
        self.objects >>= 1;
        self.depth = self.depth.saturating_sub(1);
        self.in_choices &= self.depth > 1;
        self.end_value();
    }

    /// A value begins with this byte.
    fn begin_value(&mut self, byte: u8) {
        match (self.depth, self.member) {
            (1, Member::Error) => self.error |= byte != b'n',
            (1, Member::Choices) => self.in_choices = byte == b'[',
            (3, Member::Message) if self.in_choices => {
                self.choices |= byte == b'{' && self.says_in == Says::Message
            }
            (3, Member::Text) if self.in_choices => {
                self.choices |= byte == b'"' && self.says_in == Says::Text
            }
            (3, Member::Error) if self.in_choices => self.error |= byte != b'n',
            (3, Member::Reason) => self.text.length = 0,
            _ => {}
        }
    }

    fn end_value(&mut self) {
        self.within = Within::Nothing;
        self.expects = if self.depth == 0 { Expects::Nothing } else { Expects::CommaOrEnd };
    }

    const fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    /// Whether the string that is read says why a choice ended.
    fn says_reason(&self) -> bool {
        self.depth == 3 && self.in_choices && self.member == Member::Reason && self.expects == Expects::Value
    }

    const fn names_member(&self) -> bool {
        (self.depth == 1 || self.depth == 3 && self.in_choices)
            && matches!(self.expects, Expects::Name | Expects::NameOrEnd)
    }
}

impl Text {
    /// Enough for `choices` with every letter escaped, and for any number of an answer.
    const LONGEST: usize = 64;

    fn add(&mut self, text: &[u8]) {
        let room = self.bytes.get_mut(self.length.min(Self::LONGEST)..).unwrap_or_default();
        let fits = room.len().min(text.len());
        if let (Some(room), Some(text)) = (room.get_mut(..fits), text.get(..fits)) {
            room.copy_from_slice(text);
        }
        self.length = self.length.saturating_add(text.len());
    }

    /// What was read; of a longer text, nothing.
    fn read(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Whether it is a number or a literal.
    fn is_value(&self) -> bool {
        match self.read() {
            b"null" | b"true" | b"false" | b"0" => true,
            [b'1'..=b'9', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => true,
            read => serde_json::from_slice::<IgnoredAny>(read).is_ok(),
        }
    }

    /// Whether it is the word for the end of an answer that was given up.
    fn is_aborted(&self) -> bool {
        std::str::from_utf8(self.read()).is_ok_and(is_aborted)
    }

    /// The member that it names, however that is spelled.
    fn member(&self) -> Member {
        let of = |name: &[u8]| match name {
            b"choices" => Member::Choices,
            b"error" => Member::Error,
            b"message" => Member::Message,
            b"text" => Member::Text,
            b"finish_reason" | b"native_finish_reason" => Member::Reason,
            _ => Member::Other,
        };
        match self.read() {
            written if !written.contains(&b'\\') => of(written),
            written => {
                let quoted = [b"\"", written, b"\""].concat();
                serde_json::from_slice::<Str<'_>>(&quoted).map_or(Member::Other, |name| of(name.as_bytes()))
            }
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self { bytes: [0; Self::LONGEST], length: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> (Sight, bool) {
        let mut outline = Outline::default();
        for piece in pieces {
            outline.push(piece.as_bytes());
        }
        (outline.sight(), outline.is_whole())
    }

    #[test]
    fn what_an_answer_is_does_not_depend_on_its_pieces() {
        let deep = |levels| {
            format!(r#"{{"a":{}1{},"choices":[{{"message":{{}}}}]}}"#, "[".repeat(levels), "]".repeat(levels))
        };
        for (text, want) in [
            (
                r#"{"id":"x","choices":[{"message":{"content":"a\"}]"}}],"usage":{"n":-1.5e+3}}"#,
                (Sight::Answer, true),
            ),
            (
                " \n{ \"choices\" : [ { \"message\" : { } } , 7 ] , \"error\" : null } \n",
                (Sight::Answer, true),
            ),
            (r#"{"choices":[{"message":{},"a":[{"#, (Sight::Answer, false)),
            (r#"{"choices":[{"message":{}}]"#, (Sight::Answer, false)),
            (r#"{"choices":[{"message":{}}],"error":{"message":"late"}}"#, (Sight::Error, true)),
            (r#"{"id":"x","error":{"message":"m"}}"#, (Sight::Error, true)),
            (r#"{"error":"m"}"#, (Sight::Error, true)),
            (r#"{"error":null}"#, (Sight::Unclear, true)),
            (
                r#"{"x":{"error":{},"choices":[{"message":{}}]},"y":["choices",[{"message":{}}]]}"#,
                (Sight::Unclear, true),
            ),
            (r#"{"choices":[]}"#, (Sight::Unclear, true)),
            (r#"{"choices":null}"#, (Sight::Unclear, true)),
            (r#"{"choices":[null]}"#, (Sight::Unclear, true)),
            (r#"{"choices":[],"more":[{"message":{}}]}"#, (Sight::Unclear, true)),
            (r#"{"choiceses":[{"message":{}}],"errors":1,"an error":1}"#, (Sight::Unclear, true)),
            (
                r#"{"choices":[{"finish_reason":"error","message":{"content":"error"}}]}"#,
                (Sight::Unclear, true),
            ),
            (
                r#"{"choices":[{"message":{"finish_reason":"error"},"finish_reason":"stop","native_finish_reason":null}]}"#,
                (Sight::Answer, true),
            ),
            (r#"{"choices":[{"message":{},"finish_reason":{"a":"error"}}]}"#, (Sight::Answer, true)),
            (r#"{"choices":[{"message":{},"error":{"code":502}}]}"#, (Sight::Error, true)),
            (r#"{"choices":[{"message":{"error":1},"error":null}]}"#, (Sight::Answer, true)),
            (r#"{"choices":[{}]}"#, (Sight::Unclear, true)),
            (r#"{"choices":[{"message":null},{"x":{"message":{}}}],"message":{}}"#, (Sight::Unclear, true)),
            (r#"{"choices":[{"index":0},{"message":{}}]}"#, (Sight::Answer, true)),
            ("{}", (Sight::Unclear, true)),
            ("", (Sight::Unclear, false)),
            ("  ", (Sight::Unclear, false)),
            ("[]", (Sight::Foreign, false)),
            ("null", (Sight::Foreign, false)),
            ("\"choices\"", (Sight::Foreign, false)),
            ("<html>", (Sight::Foreign, false)),
            (r#"{"choices":[{"message":{}}]}}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"message":{}}]} {}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{]}}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"message":{}}}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"a":}]}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"a"}]}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"message":{}},]}"#, (Sight::Foreign, false)),
            (r#"{"choices" [{"message":{}}]}"#, (Sight::Foreign, false)),
            (r#"{choices:[{"message":{}}]}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"message":{}}],"\u0065rror":{"message":"m"}}"#, (Sight::Error, true)),
            (r#"{"\u0063\u0068\u006f\u0069\u0063\u0065\u0073":[{"message":{}}]}"#, (Sight::Answer, true)),
            (r#"{"choices":[{"message":{"a":"\"\\\/\b\u00e9"}}]}"#, (Sight::Answer, true)),
            (r#"{"choices":[{"message":{}}],"x":tru}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"message":{}}],"x":nulls}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"a":1e}]}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"a":01}]}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"a":"\x"}]}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"a":"\u00g0"}]}"#, (Sight::Foreign, false)),
            ("{\"choices\":[{\"a\":\"line\nbreak\"}]}", (Sight::Foreign, false)),
            (&deep(127), (Sight::Answer, true)),
            (&deep(128), (Sight::Foreign, false)),
        ] {
            assert_eq!(read(&[text]), want, "{text}");
            for cut in 0..=text.len() {
                let (first, second) = text.split_at(cut);
                assert_eq!(read(&[first, second]), want, "{text} cut at {cut}");
            }
        }
    }
}
