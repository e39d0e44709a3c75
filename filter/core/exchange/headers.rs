//! Headers as bytes: nothing a peer sends is assumed to be text.

use std::fmt;

/// Headers that are kept: name and value. Mostly there are none.
pub type HeaderList = Vec<(String, Vec<u8>)>;

/// Headers to write, in as few pieces of memory as can be: the lengths of all names and values, and all of these, as the
/// host wants them (see [`decode_headers`]).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderBlock {
    lengths: Vec<u8>,
    /// Each followed by a zero byte.
    text: Vec<u8>,
}

/// How many bytes of lengths a header has.
const LENGTHS: usize = 2 * size_of::<u32>();

impl HeaderBlock {
    /// A block with room for as many headers as a request or an answer mostly has.
    pub fn new() -> Self {
        const HEADERS: usize = 24;
        const BYTES: usize = 1024;
        Self { lengths: Vec::with_capacity(HEADERS.saturating_mul(LENGTHS)), text: Vec::with_capacity(BYTES) }
    }

    /// Adds a header.
    pub fn push(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.push_parts(name, &[value.as_ref()]);
    }

    /// Adds a header whose value is a number.
    pub fn push_number(&mut self, name: &str, value: impl itoa::Integer) {
        self.push(name, itoa::Buffer::new().format(value));
    }

    /// Adds a header whose value is made of these parts.
    pub fn push_parts(&mut self, name: impl AsRef<[u8]>, value: &[&[u8]]) {
        let name = name.as_ref();
        let length = value.iter().map(|part| part.len()).fold(0, usize::saturating_add);
        for length in [name.len(), length] {
            self.lengths.extend_from_slice(&u32::try_from(length).unwrap_or_default().to_le_bytes());
        }
        self.text.extend_from_slice(name);
        self.text.push(0);
        for part in value {
            self.text.extend_from_slice(part);
        }
        self.text.push(0);
    }

    /// The same with this element in the list that the header of this name is, or the headers.
    #[must_use]
    pub fn with_element(self, name: &str, element: &str) -> Self {
        let is_list = |known: &[u8]| known == name.as_bytes();
        let has = |value: &[u8]| {
            value.split(|byte| *byte == b',').any(|part| part.trim_ascii() == element.as_bytes())
        };
        if self.iter().any(|(known, value)| is_list(known) && has(value)) {
            return self;
        }
        let lists: Vec<_> = self.iter().filter(|(known, _)| is_list(known)).map(|(_, value)| value).collect();
        let list = lists.into_iter().chain([element.as_bytes()]).collect::<Vec<_>>().join(&b", "[..]);
        let mut headers: Self = self.iter().filter(|(known, _)| !is_list(known)).collect();
        headers.push(name, list);
        headers
    }

    /// The headers: name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = self.text.as_slice();
        let (lengths, _) = self.lengths.as_chunks();
        let (words, _) = lengths.as_chunks::<2>();
        words.iter().filter_map(move |[name, value]| {
            let mut text = |length: [u8; 4]| {
                let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
                let (text, after) = rest.split_at_checked(length)?;
                rest = after.get(1..)?;
                Some(text)
            };
            Some((text(*name)?, text(*value)?))
        })
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| value)
    }

    /// As the host wants them.
    pub fn encoded(&self) -> Vec<u8> {
        let count = u32::try_from(self.lengths.len() / LENGTHS).unwrap_or_default().to_le_bytes();
        [count.as_slice(), &self.lengths, &self.text].concat()
    }
}

/// Shows no value: any may be a credential.
impl fmt::Debug for HeaderBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name))).finish()
    }
}

impl<Name: AsRef<[u8]>, Value: AsRef<[u8]>> Extend<(Name, Value)> for HeaderBlock {
    fn extend<T: IntoIterator<Item = (Name, Value)>>(&mut self, headers: T) {
        headers.into_iter().for_each(|(name, value)| self.push(name, value));
    }
}

impl<Name: AsRef<[u8]>, Value: AsRef<[u8]>> FromIterator<(Name, Value)> for HeaderBlock {
    fn from_iter<T: IntoIterator<Item = (Name, Value)>>(headers: T) -> Self {
        let mut block = Self::new();
        block.extend(headers);
        block
    }
}

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
    fn a_block_is_what_the_host_takes_apart() {
        let mut block = HeaderBlock::new();
        block.push(":status", "200");
        block.push_parts("authorization", &[b"Bearer", b" ", b"sk-1"]);
        block.push("x", "");
        block.push_number("content-length", 1024);
        let all: [(&[u8], &[u8]); 4] = [
            (b":status", b"200"),
            (b"authorization", b"Bearer sk-1"),
            (b"x", b""),
            (b"content-length", b"1024"),
        ];
        assert_eq!(decode_headers(&block.encoded()), all);
        assert_eq!(block.iter().collect::<Vec<_>>(), all);
        assert_eq!(all.iter().copied().collect::<HeaderBlock>(), block);
        assert_eq!((block.get("x"), block.get("y")), (Some(&b""[..]), None));
        assert_eq!(decode_headers(&HeaderBlock::default().encoded()), []);
        assert!(!format!("{block:?}").contains("sk-1"));
    }

    #[test]
    fn an_element_is_added_to_a_list_once() {
        let with = |values: &[&str]| {
            let block: HeaderBlock = values.iter().map(|value| ("beta", value)).collect();
            let block = block.with_element("beta", "new");
            let values = block.iter().map(|(_, value)| String::from_utf8_lossy(value).into_owned());
            values.collect::<Vec<_>>()
        };
        assert_eq!(with(&[]), ["new"]);
        assert_eq!(with(&["a", "b,c"]), ["a, b,c, new"]);
        assert_eq!(with(&["a", "b, new"]), ["a", "b, new"]);
        assert_eq!(with(&["newer"]), ["newer, new"]);
    }

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
