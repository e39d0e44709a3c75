//! Headers as bytes: nothing a peer sends is assumed to be text.

/// Headers to write: name and value.
pub type HeaderList = Vec<(String, Vec<u8>)>;

/// Headers that were read. Names are lower-case, as Envoy has them.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a>(pub &'a [(&'a [u8], &'a [u8])]);

impl<'a> Headers<'a> {
    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| *value)
    }

    /// The first value of this name, if it is text.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The first value of this name, as a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.trim().parse().ok()
    }
}

/// Takes headers apart as the host encodes them
/// (<https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1>): a count, the lengths of all names and values, then each followed by a
/// zero byte. What does not add up ends the list.
pub fn decode_headers(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    const WORD: usize = size_of::<u32>();
    let word = |at: usize| -> Option<usize> {
        let bytes = bytes.get(at..at.checked_add(WORD)?)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let count = word(0).unwrap_or_default();
    let mut lengths = WORD;
    let mut at = count.saturating_mul(2).saturating_add(1).saturating_mul(WORD);
    let mut pairs = Vec::new();
    for _ in 0..count {
        let mut text = || {
            let length = word(lengths)?;
            lengths = lengths.saturating_add(WORD);
            let text = bytes.get(at..at.checked_add(length)?)?;
            at = at.saturating_add(length).saturating_add(1);
            Some(text)
        };
        match (text(), text()) {
            (Some(name), Some(value)) => pairs.push((name, value)),
            _ => break,
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_taken_apart_as_far_as_they_add_up() {
        let bytes = b"\x02\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0a\0bc\0def\0\0";
        let whole: [(&[u8], &[u8]); 2] = [(b"a", b"bc"), (b"def", b"")];
        assert_eq!(decode_headers(bytes), whole);
        for length in 0..bytes.len() {
            assert!(whole.starts_with(&decode_headers(&bytes[..length])), "{length}");
        }
        assert_eq!(decode_headers(&[0xff; 64]), []);
    }
}
