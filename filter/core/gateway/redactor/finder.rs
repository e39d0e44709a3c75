//! Looks for many texts at once in bytes that hold none of them, nearly always.
//!
//! All that is looked for has some length at least, so whatever stands in the text, one of every few of its places
//! lies in the first bytes of it. Only those places are looked at: four bytes each, in a table of bits. What that does
//! not rule out is compared. A library's automaton looks at every byte, which for an answer's text costs ten times as
//! much (see the benchmark's `--core`).

use std::ops::Range;

/// How many bytes are looked at.
pub(super) const GRAM: usize = 4;
/// How many bits the table has for each four bytes in it: so few that it stays small, which in a processor's cache counts
/// for more than a rare look in vain.
const BITS: usize = 16;

/// Finds any of some texts.
#[derive(Default)]
pub(super) struct Finder {
    /// In order.
    texts: Vec<Vec<u8>>,
    longest: usize,
    /// Which bytes are in any of them, a bit each.
    bytes: [u64; 4],
    /// From one place that is looked at to the next.
    step: usize,
    table: Table,
    /// The first four bytes of the texts alone.
    beginnings: Table,
    /// Four bytes, the text that has them and where in it they are; in order.
    grams: Vec<(u32, usize, usize)>,
}

/// Shows nothing of what it looks for.
impl std::fmt::Debug for Finder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} texts", self.texts.len())
    }
}

impl Finder {
    /// A finder of these texts, of four bytes at least.
    pub fn new(texts: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut texts: Vec<_> = texts.into_iter().filter(|text| text.len() >= GRAM).collect();
        texts.sort_unstable();
        let Some(shortest) = texts.iter().map(Vec::len).min() else { return Self::default() };
        let step = shortest.saturating_sub(GRAM).saturating_add(1);
        let longest = texts.iter().map(Vec::len).max().unwrap_or_default();
        let mut table = Table::new(texts.len().saturating_mul(step));
        let mut beginnings = Table::new(texts.len());
        let mut grams = Vec::new();
        let mut bytes = [0; 4];
        for (word, bit) in texts.iter().flatten().map(|byte| bit_of(*byte)) {
            if let Some(word) = bytes.get_mut(word) {
                *word |= bit;
            }
        }
        for (index, text) in texts.iter().enumerate() {
            for (offset, gram) in (0..step).filter_map(|offset| Some((offset, gram(text, offset)?))) {
                grams.push((gram, index, offset));
                table.add(gram);
                if offset == 0 {
                    beginnings.add(gram);
                }
            }
        }
        grams.sort_unstable();
        Self { texts, longest, bytes, step, table, beginnings, grams }
    }

    /// How long the longest of them is.
    pub const fn longest(&self) -> usize {
        self.longest
    }

    /// Where the texts are, in order and apart from each other.
    pub fn spans(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        while let (false, Some(gram)) = (self.texts.is_empty(), gram(bytes, at)) {
            if self.table.may_hold(gram) {
                found.extend(self.with(gram).filter_map(|(index, offset)| {
                    let text = self.text(index);
                    let start = at.checked_sub(offset)?;
                    let span = start..start.checked_add(text.len())?;
                    (bytes.get(span.clone()) == Some(text)).then_some(span)
                }));
            }
            at = at.saturating_add(self.step);
        }
        apart(found)
    }

    /// A text by its number; nothing for none.
    pub fn text(&self, index: usize) -> &[u8] {
        self.texts.get(index).map(Vec::as_slice).unwrap_or_default()
    }

    /// The numbers of the texts that begin with these four bytes, the first one lowest.
    pub fn texts_that_begin_with(&self, gram: u32) -> impl Iterator<Item = usize> {
        let may = self.beginnings.may_hold(gram);
        let with = may.then(|| self.with(gram)).into_iter().flatten();
        with.filter(|(_, offset)| *offset == 0).map(|(index, _)| index)
    }

    /// Whether a text begins with these bytes.
    pub fn begins(&self, bytes: &[u8]) -> bool {
        let first = self.texts.partition_point(|text| text.as_slice() < bytes);
        self.texts.get(first).is_some_and(|text| text.starts_with(bytes))
    }

    /// Whether the byte is in any text.
    pub fn has(&self, byte: u8) -> bool {
        let (word, bit) = bit_of(byte);
        self.bytes.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The texts that have these four bytes in their first ones, and where.
    fn with(&self, gram: u32) -> impl Iterator<Item = (usize, usize)> {
        let first = self.grams.partition_point(|(known, ..)| *known < gram);
        let same =
            self.grams.get(first..).unwrap_or_default().iter().take_while(move |(known, ..)| *known == gram);
        same.map(|(_, index, offset)| (*index, *offset))
    }
}

/// Ranges in order, those that touch each other made one.
pub(super) fn apart<Place: Ord + Copy>(mut ranges: Vec<Range<Place>>) -> Vec<Range<Place>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<Place>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

fn gram(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<GRAM>().map(|gram| u32::from_le_bytes(*gram))
}

/// Which four bytes there are, a bit each, which others may share.
#[derive(Default)]
struct Table(Vec<u64>);

impl Table {
    /// Room for so many.
    fn new(grams: usize) -> Self {
        let words = grams.saturating_mul(BITS) / 64;
        Self(vec![0; words.next_power_of_two().min(1 << 10)])
    }

    fn add(&mut self, gram: u32) {
        let (word, bit) = self.place(gram);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    fn may_hold(&self, gram: u32) -> bool {
        let (word, bit) = self.place(gram);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The word and the bit in it for four bytes, where there are a power of two of words, 2^10 at most.
    fn place(&self, gram: u32) -> (usize, u64) {
        // Knuth's multiplicative hash; its high bits are the good ones.
        let hash = gram.wrapping_mul(2_654_435_761) >> 16;
        let word = usize::try_from(hash / u64::BITS).unwrap_or_default() & self.0.len().saturating_sub(1);
        (word, 1 << (hash % u64::BITS))
    }
}

/// The word and the bit in it for a byte.
fn bit_of(byte: u8) -> (usize, u64) {
    (usize::from(byte >> 6), 1 << (byte & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_stands() {
        let finder = Finder::new([b"secret-key".to_vec(), b"another-longer-key".to_vec(), b"no".to_vec()]);
        for before in 0..40 {
            for (text, after) in [("secret-key", 0), ("secret-key", 9), ("another-longer-key", 3)] {
                let bytes = [&vec![b'x'; before][..], text.as_bytes(), &vec![b'y'; after]].concat();
                assert_eq!(
                    finder.spans(&bytes),
                    vec![before..before + text.len()],
                    "{before} {text} {after}"
                );
            }
        }
        assert_eq!(finder.spans(b"secret-kez no another-longer-ke"), []);
        assert_eq!(finder.spans(b"secret-keysecret-key").first(), Some(&(0..20)));
        assert_eq!(Finder::default().spans(b"anything at all"), []);
    }

    #[test]
    fn a_beginning_is_known() {
        let finder = Finder::new([b"secret-key".to_vec(), b"other".to_vec()]);
        for (bytes, want) in [("se", true), ("secret-key", true), ("ecr", false), ("secret-keys", false)] {
            assert_eq!(finder.begins(bytes.as_bytes()), want, "{bytes}");
        }
        assert_eq!(finder.texts_that_begin_with(u32::from_le_bytes(*b"secr")).count(), 1);
        assert_eq!(finder.texts_that_begin_with(u32::from_le_bytes(*b"ecre")).count(), 0);
        assert!(finder.has(b'-') && finder.has(b'h') && !finder.has(b' ') && !finder.has(b'z'));
    }
}
