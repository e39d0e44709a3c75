//! Finds what is special in a string's literal: eight bytes at a time, since most of a string is not.

/// Bytes that are compared at once.
const WORD: usize = size_of::<u64>();

/// Where the first byte is that is no plain content of a JSON string: a quotation mark, a backslash, or a control
/// character, which may not stand there (RFC 8259, 7).
pub fn first_special(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<WORD>();
    for (place, word) in words.iter().enumerate() {
        let found = special_in(u64::from_le_bytes(*word));
        if found != 0 {
            // Only the lowest mark is certain, since a borrow may have set those above it.
            let byte = usize::try_from(found.trailing_zeros() / u8::BITS).unwrap_or_default();
            return Some(place.saturating_mul(WORD).saturating_add(byte));
        }
    }
    let before = text.len().saturating_sub(rest.len());
    rest.iter().position(|byte| is_special(*byte)).map(|place| before.saturating_add(place))
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..b' ')
}

/// The highest bit of every byte that is special, and perhaps of some above the first of them.
const fn special_in(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; WORD]);
    const HIGH: u64 = u64::from_le_bytes([0x80; WORD]);
    const MARKS: u64 = u64::from_le_bytes([b'"'; WORD]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; WORD]);
    const SPACES: u64 = u64::from_le_bytes([b' '; WORD]);
    let (marks, backslashes) = (word ^ MARKS, word ^ BACKSLASHES);
    let zero = marks.wrapping_sub(ONES) & !marks | backslashes.wrapping_sub(ONES) & !backslashes;
    let control = word.wrapping_sub(SPACES) & !word;
    (zero | control) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place, behind bytes of every kind.
    #[test]
    fn the_first_special_byte_is_found() {
        for around in [b'a', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff, b' '] {
            for length in 0..20 {
                for place in 0..length {
                    for byte in 0..=u8::MAX {
                        let mut text = vec![around; length];
                        text[place] = byte;
                        // What comes after it changes nothing.
                        for after in text.iter_mut().skip(place + 3).step_by(2) {
                            *after = byte.wrapping_sub(1);
                        }
                        let want = text.iter().position(|byte| is_special(*byte));
                        assert_eq!(first_special(&text), want, "{byte} in {text:?}");
                    }
                }
            }
        }
    }
}
