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
    texts: Vec<Vec<u8>>,
    longest: usize,
    /// From one place that is looked at to the next.
    step: usize,
    table: Vec<u64>,
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
        let texts: Vec<_> = texts.into_iter().filter(|text| text.len() >= GRAM).collect();
        let Some(shortest) = texts.iter().map(Vec::len).min() else { return Self::default() };
        let step = shortest.saturating_sub(GRAM).saturating_add(1);
        let longest = texts.iter().map(Vec::len).max().unwrap_or_default();
        let words = texts.len().saturating_mul(step).saturating_mul(BITS) / 64;
        let table = vec![0; words.next_power_of_two().min(1 << 10)];
        let mut finder = Self { texts, longest, step, table, grams: Vec::new() };
        for (index, text) in finder.texts.iter().enumerate() {
            for offset in 0..step {
                let Some(gram) = gram(text, offset) else { continue };
                finder.grams.push((gram, index, offset));
                let (word, bit) = place(gram, finder.table.len());
                if let Some(word) = finder.table.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        finder.grams.sort_unstable();
        finder
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
            if self.may_hold(gram) {
                found.extend(self.texts_with(gram).filter_map(|(text, offset)| {
                    let start = at.checked_sub(offset)?;
                    let span = start..start.checked_add(text.len())?;
                    (bytes.get(span.clone()) == Some(text)).then_some(span)
                }));
            }
            at = at.saturating_add(self.step);
        }
        apart(found)
    }

    /// Where the beginning of a text stands that would end after `bytes`, if it is four bytes at least.
    pub fn begins_at_end(&self, bytes: &[u8]) -> Option<usize> {
        let first = bytes.len().saturating_sub(self.longest.saturating_sub(1));
        (first..bytes.len()).find(|at| {
            let rest = bytes.get(*at..).unwrap_or_default();
            gram(rest, 0).is_some_and(|gram| {
                self.may_hold(gram)
                    && self.texts_with(gram).any(|(text, offset)| offset == 0 && text.starts_with(rest))
            })
        })
    }

    fn may_hold(&self, gram: u32) -> bool {
        let (word, bit) = place(gram, self.table.len());
        self.table.get(word).is_some_and(|word| word & bit != 0)
    }

    fn texts_with(&self, gram: u32) -> impl Iterator<Item = (&[u8], usize)> {
        let first = self.grams.partition_point(|(known, ..)| *known < gram);
        let same =
            self.grams.get(first..).unwrap_or_default().iter().take_while(move |(known, ..)| *known == gram);
        same.filter_map(|(_, index, offset)| Some((self.texts.get(*index)?.as_slice(), *offset)))
    }
}

/// Ranges in order, those that touch each other made one.
pub(super) fn apart(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
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

/// The word and the bit in it for four bytes, in a table of so many words: a power of two, of 2^10 at most.
fn place(gram: u32, words: usize) -> (usize, u64) {
    // Knuth's multiplicative hash; its high bits are the good ones.
    let hash = gram.wrapping_mul(2_654_435_761) >> 16;
    let word = usize::try_from(hash / u64::BITS).unwrap_or_default() & words.saturating_sub(1);
    (word, 1 << (hash % u64::BITS))
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
    fn a_beginning_is_seen_at_the_end() {
        let finder = Finder::new([b"secret-key".to_vec()]);
        for (bytes, want) in
            [("xx secr", Some(3)), ("secret-ke", Some(0)), ("secret-key", None), ("xx sec", None), ("", None)]
        {
            assert_eq!(finder.begins_at_end(bytes.as_bytes()), want, "{bytes}");
        }
    }
}
