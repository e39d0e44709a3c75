//! Escapes, byte by byte: what they stand for, and which are odd.
//!
//! A text may end anywhere and go on in the next piece, so both are small machines that keep what they have seen of an
//! escape.

/// A byte that a text says, and where in the text it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    pub byte: u8,
    pub start: u64,
    pub end: u64,
    /// Whether an odd escape ends in it.
    pub odd: bool,
}

/// Undoes one layer of escapes: `\u002B`, `\/`, `%2B`.
#[derive(Debug, Default)]
pub(super) struct Escape {
    /// What may be the beginning of one.
    begun: Vec<Sign>,
}

impl Escape {
    /// Takes the next sign, and gives what is certain by now.
    pub fn undo(&mut self, sign: Sign, undone: &mut Vec<Sign>) {
        if !self.takes(sign.byte) {
            self.give_up(undone);
        }
        if self.begun.is_empty() && !matches!(sign.byte, b'\\' | b'%') {
            return undone.push(sign);
        }
        self.begun.push(sign);
        if let Some(byte) = self.meaning() {
            undone.extend(joined(&self.begun, byte));
            self.begun.clear();
        }
    }

    /// Gives what was no escape after all: as it is, but that `\u` is a `u`, as `\x` is an `x`.
    pub fn give_up(&mut self, undone: &mut Vec<Sign>) {
        match self.begun.as_slice() {
            [Sign { byte: b'\\', .. }, rest @ ..] => {
                undone.extend(self.begun.get(..2).and_then(|signs| joined(signs, signs.last()?.byte)));
                undone.extend(rest.iter().skip(1));
            }
            signs => undone.extend(signs),
        }
        self.begun.clear();
    }

    /// Whether nothing has begun.
    pub const fn is_idle(&self) -> bool {
        self.begun.is_empty()
    }

    /// Forgets what has begun.
    pub fn forget(&mut self) {
        self.begun.clear();
    }

    fn takes(&self, byte: u8) -> bool {
        match self.begun.as_slice() {
            [] | [Sign { byte: b'\\', .. }] => true,
            _ => byte.is_ascii_hexdigit(),
        }
    }

    /// What the escape stands for, if it is whole. Credentials are ASCII, as headers are, so all else is 0.
    fn meaning(&self) -> Option<u8> {
        let number = |digits: &[Sign]| {
            digits
                .iter()
                .try_fold(0_u32, |number, digit| Some(number << 4 | char::from(digit.byte).to_digit(16)?))
        };
        let code = match self.begun.as_slice() {
            [Sign { byte: b'\\', .. }, Sign { byte: b'u' | b'U', .. }, digits @ ..] if digits.len() == 4 => {
                number(digits)?
            }
            [Sign { byte: b'%', .. }, digits @ ..] if digits.len() == 2 => number(digits)?,
            [Sign { byte: b'\\', .. }, Sign { byte, .. }] if !matches!(byte, b'u' | b'U') => u32::from(*byte),
            _ => return None,
        };
        Some(u8::try_from(code).unwrap_or_default())
    }
}

fn joined(signs: &[Sign], byte: u8) -> Option<Sign> {
    let (first, last) = (signs.first()?, signs.last()?);
    Some(Sign { byte, start: first.start, end: last.end, odd: signs.iter().any(|sign| sign.odd) })
}

/// Knows escapes that no writer makes of an answer's words: of letters, digits and plain signs, or escapes of escapes.
/// Line breaks and quotation marks are escaped everywhere, and other scripts at times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Oddity {
    /// In no escape.
    #[default]
    No,
    /// After one backslash.
    Backslash,
    /// After several.
    Backslashes,
    /// After these, and `u`.
    Letter,
    /// After `u0`.
    Zero,
    /// After `u00`.
    Zeros,
    /// After a per cent sign.
    Percent,
    /// After this and a digit.
    Digit,
}

impl Oddity {
    /// Takes the next byte. Whether an odd escape ends in it.
    pub const fn ends_in(&mut self, byte: u8) -> bool {
        let odd = matches!(
            (*self, byte),
            (Self::Backslashes, b'/')
                | (Self::Zeros, b'2'..=b'7')
                | (Self::Digit, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F')
        );
        *self = match (*self, byte) {
            _ if odd => Self::No,
            (Self::Backslash | Self::Backslashes, b'\\') => Self::Backslashes,
            (Self::Backslash | Self::Backslashes, b'u' | b'U') => Self::Letter,
            (Self::Letter, b'0') => Self::Zero,
            (Self::Zero, b'0') => Self::Zeros,
            (Self::Percent, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => Self::Digit,
            (_, b'\\') => Self::Backslash,
            (_, b'%') => Self::Percent,
            _ => Self::No,
        };
        odd
    }

    /// Where the first odd escape of a text ends: the place after it.
    pub fn first_in(text: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(before) = memchr::memchr2(b'\\', b'%', text.get(at..)?) {
            at = at.saturating_add(before);
            // Nearly all are these.
            if let [b'\\', b'n' | b'"' | b't' | b'r' | b'/', ..] | [b'\\', b'u', b'1'..=b'9' | b'd', ..] =
                text.get(at..)?
            {
                at = at.saturating_add(2);
                continue;
            }
            let mut oddity = Self::No;
            for byte in text.get(at..)? {
                at = at.saturating_add(1);
                if oddity.ends_in(*byte) {
                    return Some(at);
                }
                if oddity == Self::No {
                    break;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_words_are_not_odd() {
        for (text, want) in [
            (r#"{"content":"it said \"no\"\n\u00e9 \/ 100% of \u4e2d"}"#, None),
            (r"a \u0041 b", Some(7)),
            (r"\\u002F", Some(6)),
            (r"\u0\u0041", Some(8)),
            (r"\\/", Some(3)),
            ("100%25", Some(6)),
            ("100%2%25", Some(8)),
            (r"\\n \", None),
            ("", None),
        ] {
            assert_eq!(Oddity::first_in(text.as_bytes()), want, "{text}");
            let mut oddity = Oddity::default();
            let first = text.bytes().position(|byte| oddity.ends_in(byte));
            assert_eq!(first.map(|at| at + 1), want, "{text}");
        }
    }

    #[test]
    fn escapes_are_undone_and_remember_their_places() {
        let (mut escape, mut undone) = (Escape::default(), Vec::new());
        for (byte, start) in b"a\\u0062\\/%63%zz\\u00".iter().zip(0..) {
            escape.undo(Sign { byte: *byte, start, end: start + 1, odd: start == 5 }, &mut undone);
        }
        assert!(!escape.is_idle());
        escape.give_up(&mut undone);
        let bytes: Vec<_> = undone.iter().map(|sign| sign.byte).collect();
        assert_eq!(bytes, b"ab/c%zzu00");
        let starts: Vec<_> = undone.iter().map(|sign| sign.start).collect();
        assert_eq!(starts, [0, 1, 7, 9, 12, 13, 14, 15, 17, 18]);
        assert!(undone.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(undone.iter().position(|sign| sign.odd), Some(1));
    }
}
