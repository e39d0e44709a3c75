//! One look through a text: whether it is JSON, and where its long values lie, so that nobody need look through those
//! again.
//!
//! What is taken for JSON here is so for `serde_json` too, and a law holds it to that. The other way round it need not
//! be: a text that nests deep, or has half a surrogate pair, is for `serde_json` to judge.

use super::scan::Specials;
use super::watched::Names;

/// A value that is long enough to be worth remembering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where its first byte is.
    pub start: usize,
    /// Where the byte after its last one is.
    pub end: usize,
}

/// What a survey finds.
#[derive(Debug)]
pub struct Surveyed {
    /// The long values of the text in the order of their beginnings: its strings, and its lists and objects as far as a
    /// message's parts are nested.
    pub long: Vec<Span>,
    /// The watched names that members have, and the watched word.
    pub names: Names,
}

/// Looks through a text. `None` if it is no JSON, or none that is certain.
pub fn survey(text: &str) -> Option<Surveyed> {
    let mut survey = Survey::new(text.as_bytes());
    survey.values().ok()?;
    Some(Surveyed { long: survey.long, names: survey.names })
}

/// Values of fewer bytes are not remembered: reading them again is as quick as finding them, and in each level a text has
/// as many others at most as it is times as long.
const LONG: usize = 64;
/// Lists and objects are remembered down to here: a body, its messages, one of them, its content, a part, an image.
const REMEMBERED: usize = 6;
/// The most levels, which is what `serde_json` reads.
const DEEPEST: u32 = 127;

struct Survey<'a> {
    bytes: &'a [u8],
    specials: Specials<'a>,
    at: usize,
    depth: u32,
    /// A bit a level: whether it is an object.
    objects: u128,
    /// Where in `long` the lists and objects stand that are open.
    opened: [usize; REMEMBERED],
    long: Vec<Span>,
    names: Names,
}

/// The text is no JSON, or none that is certain.
struct Uncertain;

type Step<T = ()> = Result<T, Uncertain>;

impl<'a> Survey<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let specials = Specials::new(bytes);
        let (long, names) = (Vec::new(), Names::NONE);
        Self { bytes, specials, at: 0, depth: 0, objects: 0, opened: [0; REMEMBERED], long, names }
    }

    fn values(&mut self) -> Step {
        loop {
            if self.value()? {
                continue;
            }
            // What follows a value: others, or the end of what holds it.
            loop {
                self.space();
                if self.depth == 0 {
                    return if self.at == self.bytes.len() { Ok(()) } else { Err(Uncertain) };
                }
                match (self.take()?, self.in_object()) {
                    (b',', true) => {
                        self.space();
                        self.name()?;
                        break;
                    }
                    (b',', false) => break,
                    (b'}', true) | (b']', false) => self.close(),
                    _ => return Err(Uncertain),
                }
            }
        }
    }

    /// A value, or the beginning of a list or object that holds one: whether that comes next.
    fn value(&mut self) -> Step<bool> {
        self.space();
        let start = self.at;
        match self.take()? {
            b'"' => {
                self.string()?;
                if self.at.saturating_sub(start) >= LONG {
                    self.long.push(Span { start, end: self.at });
                } else {
                    let word = self.bytes.get(start.saturating_add(1)..self.at.saturating_sub(1));
                    word.into_iter().for_each(|word| self.names.note_word(word));
                }
            }
            b'{' => {
                self.open(start, true)?;
                self.space();
                if self.peek() != Some(b'}') {
                    self.name()?;
                    return Ok(true);
                }
                self.skip();
                self.close();
            }
            b'[' => {
                self.open(start, false)?;
                self.space();
                if self.peek() != Some(b']') {
                    return Ok(true);
                }
                self.skip();
                self.close();
            }
            b't' => self.word(b"rue")?,
            b'f' => self.word(b"alse")?,
            b'n' => self.word(b"ull")?,
            b'-' => self.number(None)?,
            first @ b'0'..=b'9' => self.number(Some(first))?,
            _ => return Err(Uncertain),
        }
        Ok(false)
    }

    fn open(&mut self, start: usize, object: bool) -> Step {
        let place = self.long.len();
        if let Some(slot) = self.slot() {
            *slot = place;
            self.long.push(Span { start, end: start });
        }
        self.depth = self.depth.saturating_add(1);
        self.objects = self.objects << 1 | u128::from(object);
        if self.depth > DEEPEST { Err(Uncertain) } else { Ok(()) }
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
        let Some(place) = self.slot().map(|slot| *slot) else { return };
        let Some(span) = self.long.get_mut(place) else { return };
        span.end = self.at;
        if span.end.saturating_sub(span.start) < LONG {
            // What it holds is not long either.
            self.long.truncate(place);
        }
    }

    /// Where the place of the list or object at this depth is kept.
    fn slot(&mut self) -> Option<&mut usize> {
        self.opened.get_mut(usize::try_from(self.depth).ok()?)
    }

    const fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    /// A member's name, and the colon after it.
    fn name(&mut self) -> Step {
        self.exactly(b'"')?;
        let start = self.at;
        self.string()?;
        let name = self.bytes.get(start..self.at.saturating_sub(1));
        name.into_iter().for_each(|name| self.names.note(name));
        self.space();
        self.exactly(b':')
    }

    /// The rest of a string.
    fn string(&mut self) -> Step {
        loop {
            self.at = self.specials.next_from(self.at).ok_or(Uncertain)?;
            match self.bytes.get(self.at..) {
                Some([b'"', ..]) => {
                    self.skip();
                    return Ok(());
                }
                Some([b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..]) => {
                    self.at = self.at.saturating_add(2);
                }
                Some([b'\\', b'u', ..]) => self.unicode()?,
                // Line breaks and their like are escaped in a string.
                _ => return Err(Uncertain),
            }
        }
    }

    /// A character by its number: one UTF-16 unit, or two halves of a pair.
    fn unicode(&mut self) -> Step {
        let second = match self.unit()? {
            0xDC00..0xE000 => return Err(Uncertain),
            0xD800..0xDC00 => self.unit()?,
            _ => return Ok(()),
        };
        if matches!(second, 0xDC00..0xE000) { Ok(()) } else { Err(Uncertain) }
    }

    /// A UTF-16 unit in four hexadecimal digits.
    fn unit(&mut self) -> Step<u32> {
        self.word(b"\\u")?;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.take()?).to_digit(16).ok_or(Uncertain)?;
            unit = unit << 4 | digit;
        }
        Ok(unit)
    }

    /// The rest of a number: RFC 8259, 6.
    fn number(&mut self, first: Option<u8>) -> Step {
        let first = first.map_or_else(|| self.take(), Ok)?;
        match first {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return Err(Uncertain),
        }
        if self.peek() == Some(b'.') {
            self.skip();
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.skip();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.skip();
            }
            self.some_digits()?;
        }
        Ok(())
    }

    fn some_digits(&mut self) -> Step {
        let before = self.at;
        self.digits();
        if self.at > before { Ok(()) } else { Err(Uncertain) }
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.skip();
        }
    }

    fn word(&mut self, rest: &[u8]) -> Step {
        rest.iter().try_for_each(|byte| self.exactly(*byte))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.skip();
        }
    }

    fn exactly(&mut self, byte: u8) -> Step {
        if self.take()? == byte { Ok(()) } else { Err(Uncertain) }
    }

    fn take(&mut self) -> Step<u8> {
        let byte = self.peek().ok_or(Uncertain)?;
        self.skip();
        Ok(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    const fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The long values of a text, as text.
    fn long(text: &str) -> Option<Vec<&str>> {
        Some(survey(text)?.long.iter().map(|span| text.get(span.start..span.end).unwrap()).collect())
    }

    #[test]
    fn long_values_are_found_in_their_order() {
        let words = "a\\\"b".repeat(20);
        let string = format!("\"{words}\"");
        assert_eq!(long(&string), Some(vec![string.as_str()]));
        assert_eq!(long(&format!("\"{}\"", "a".repeat(LONG - 2))).map(|found| found.len()), Some(1));
        assert_eq!(long(&format!("\"{}\"", "a".repeat(LONG - 3))), Some(vec![]));
        let message = format!(r#"{{"role": "user", "content": [{{"type":"text","text":{string}}}, {{}}]}}"#);
        let list = format!("[{message},{{}} , 7]");
        let text = format!(r#" {{"{words}" : true, "messages":{list}, "short":[[1,2],{{"a":null}}]}} "#);
        let part = format!(r#"{{"type":"text","text":{string}}}"#);
        let content = format!("[{part}, {{}}]");
        assert_eq!(long(&text), Some(vec![text.trim(), &list, &message, &content, &part, &string]));
    }

    #[test]
    fn lists_and_objects_are_forgotten_below_a_depth() {
        let string = format!("\"{}\"", "a".repeat(LONG));
        for depth in [0, 1, REMEMBERED, REMEMBERED + 1, 100, 127] {
            let text = format!("{}{string}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(long(&text).map(|found| found.len()), Some(1 + depth.min(REMEMBERED)), "{depth}");
        }
    }

    /// What reads as a tree is certain, and what does not read at all is not.
    #[test]
    fn what_is_json_is_what_serde_json_says() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let (deep, deeper) = (deep(127), deep(128));
        for text in [
            "",
            " ",
            "{",
            "}",
            "[",
            "]",
            "{}",
            "[]",
            " [ ] ",
            "{ }",
            "[}",
            "{]",
            "[[]",
            "[]]",
            "[],",
            "null",
            "nul",
            "nulls",
            "true",
            "truefalse",
            "false",
            "7",
            "-",
            "-0",
            "-7",
            "00",
            "01",
            "1.",
            "1.5",
            ".5",
            "1e",
            "1e+",
            "1e+5",
            "1E-5",
            "1e5.5",
            "+1",
            "--1",
            "\"",
            "\"a",
            "\"a\"",
            "\"a\"b",
            "\"\\\"",
            "\"\\\"\"",
            "\"\\x\"",
            "\"\n\"",
            "\"\u{7f}é\"",
            r#""\u""#,
            r#""\u12g4""#,
            r#""\u00e9""#,
            r#""\ud83d\ude00""#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ud83d\n""#,
            r#""\ud83da""#,
            r#""\ud83d\ud83d""#,
            "[1,2]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1,,2]",
            r#"{"a":1}"#,
            r#"{"a":1,}"#,
            r#"{"a" : 1 , "b":[]}"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{a:1}"#,
            r#"{1:1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":1,"a":2}"#,
            "{,}",
            "[1}",
            "\u{feff}1",
            "\u{a0}1",
            "1\u{0}",
            &deep,
            &deeper,
        ] {
            let read = serde_json::from_str::<Value>(text);
            assert_eq!(survey(text).is_some(), read.is_ok(), "{text:.40}: {read:?}");
        }
    }
}
