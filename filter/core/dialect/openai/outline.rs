//! A whole answer that passes as it is: what must be known of it before any of it leaves, and what its end must be.
//!
//! An answer is released as soon as it is seen to be one, and from then on cannot be taken back. So its JSON is
//! followed as it comes, from piece to piece, byte by byte and with no copy: what its first level holds, and whether
//! its brackets close. Whatever stands inside a string is passed over, and whatever nests deeper than an answer does is
//! none.

/// The most levels of an answer.
const DEEPEST: u32 = 128;

/// What is known of a whole answer so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Not enough to tell.
    Unclear,
    /// It has choices.
    Answer,
    /// It has an error, which some providers send with a status of 200.
    Error,
    /// It is not JSON, or not an object.
    Foreign,
}

/// Follows a whole answer.
#[derive(Debug, Default)]
pub struct Outline {
    depth: u32,
    /// A bit a level: whether it is an object.
    objects: u128,
    expects: Expects,
    within: Within,
    /// The name being read, or read last, of a member of the first level.
    name: Name,
    /// The list of choices has begun, and nothing in it.
    opens_choices: bool,
    choices: bool,
    error: bool,
    broken: bool,
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
    /// Whether the next byte is escaped.
    String { escaped: bool },
    /// A number or a literal.
    Scalar,
}

/// The beginning of a member's name: enough to know it by.
#[derive(Debug, Default)]
struct Name {
    bytes: [u8; 8],
    length: usize,
}

impl Outline {
    /// The next piece.
    pub fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let (Some((byte, after)), false) = (rest.split_first(), self.broken) {
            rest = match self.within {
                Within::String { escaped: true } => {
                    self.within = Within::String { escaped: false };
                    after
                }
                Within::String { escaped: false } => self.string(rest),
                Within::Scalar if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') => after,
                Within::Scalar => {
                    self.end_value();
                    rest
                }
                Within::Nothing => {
                    self.structure(*byte);
                    after
                }
            };
        }
    }

    /// What is known so far. An error counts for more than choices.
    pub const fn sight(&self) -> Sight {
        match (self.broken, self.error, self.choices) {
            (true, ..) => Sight::Foreign,
            (_, true, _) => Sight::Error,
            (.., true) => Sight::Answer,
            _ => Sight::Unclear,
        }
    }

    /// Whether all that was opened is closed.
    pub fn is_whole(&self) -> bool {
        !self.broken && self.expects == Expects::Nothing && self.within == Within::Nothing
    }

    /// Passes over a string, as far as it goes. Gives what follows.
    fn string<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
        let (text, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
        if self.names_member() {
            self.name.add(text);
        }
        match after.split_first() {
            Some((b'"', after)) => {
                match self.expects {
                    Expects::Name | Expects::NameOrEnd => {
                        self.within = Within::Nothing;
                        self.expects = Expects::Colon;
                    }
                    _ => self.end_value(),
                }
                after
            }
            Some((_, after)) => {
                self.within = Within::String { escaped: true };
                after
            }
            None => &[],
        }
    }

    fn structure(&mut self, byte: u8) {
        use Expects::{Colon, CommaOrEnd, Name, NameOrEnd, Value, ValueOrEnd};
        match (self.expects, byte) {
            (_, b' ' | b'\t' | b'\n' | b'\r') => {}
            (Value | ValueOrEnd, b'{') => self.open(true),
            (Value | ValueOrEnd, b'[') if self.depth > 0 => self.open(false),
            (Value | ValueOrEnd, b'"') if self.depth > 0 => {
                self.begin_value(byte);
                self.within = Within::String { escaped: false };
            }
            (Value | ValueOrEnd, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') if self.depth > 0 => {
                self.begin_value(byte);
                self.within = Within::Scalar;
            }
            (Name | NameOrEnd, b'"') => {
                self.name.length = 0;
                self.within = Within::String { escaped: false };
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
        self.opens_choices = false;
        self.end_value();
    }

    /// A value begins with this byte.
    fn begin_value(&mut self, byte: u8) {
        match (self.depth, self.name.text()) {
            (1, b"error") => self.error |= byte != b'n',
            (1, b"choices") => self.opens_choices = byte == b'[',
            (2, _) if self.opens_choices => {
                self.choices |= byte == b'{';
                self.opens_choices = false;
            }
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

    const fn names_member(&self) -> bool {
        self.depth == 1 && matches!(self.expects, Expects::Name | Expects::NameOrEnd)
    }
}

impl Name {
    fn add(&mut self, text: &[u8]) {
        let room = self.bytes.get_mut(self.length.min(8)..).unwrap_or_default();
        for (place, byte) in room.iter_mut().zip(text) {
            *place = *byte;
        }
        self.length = self.length.saturating_add(text.len());
    }

    /// The name; of a longer one, nothing.
    fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
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
        let deep =
            |levels| format!(r#"{{"a":{}1{},"choices":[{{}}]}}"#, "[".repeat(levels), "]".repeat(levels));
        for (text, want) in [
            (
                r#"{"id":"x","choices":[{"message":{"content":"a\"}]"}}],"usage":{"n":-1.5e+3}}"#,
                (Sight::Answer, true),
            ),
            (" \n{ \"choices\" : [ { } , 7 ] , \"error\" : null } \n", (Sight::Answer, true)),
            (r#"{"choices":[{"a":[{"#, (Sight::Answer, false)),
            (r#"{"choices":[{}]"#, (Sight::Answer, false)),
            (r#"{"choices":[{}],"error":{"message":"late"}}"#, (Sight::Error, true)),
            (r#"{"id":"x","error":{"message":"m"}}"#, (Sight::Error, true)),
            (r#"{"error":"m"}"#, (Sight::Error, true)),
            (r#"{"error":null}"#, (Sight::Unclear, true)),
            (r#"{"x":{"error":{},"choices":[{}]},"y":["choices",[{}]]}"#, (Sight::Unclear, true)),
            (r#"{"choices":[]}"#, (Sight::Unclear, true)),
            (r#"{"choices":null}"#, (Sight::Unclear, true)),
            (r#"{"choices":[null]}"#, (Sight::Unclear, true)),
            (r#"{"choices":[],"more":[{}]}"#, (Sight::Unclear, true)),
            (r#"{"choiceses":[{}],"errors":1,"an error":1}"#, (Sight::Unclear, true)),
            ("{}", (Sight::Unclear, true)),
            ("", (Sight::Unclear, false)),
            ("  ", (Sight::Unclear, false)),
            ("[]", (Sight::Foreign, false)),
            ("null", (Sight::Foreign, false)),
            ("\"choices\"", (Sight::Foreign, false)),
            ("<html>", (Sight::Foreign, false)),
            (r#"{"choices":[{}]}}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{}]} {}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{]}}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{}}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"a":}]}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{"a"}]}"#, (Sight::Foreign, false)),
            (r#"{"choices":[{},]}"#, (Sight::Foreign, false)),
            (r#"{"choices" [{}]}"#, (Sight::Foreign, false)),
            (r#"{choices:[{}]}"#, (Sight::Foreign, false)),
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
