//! Reads a text that comes in pieces, as it is and with its escapes undone, up to three layers deep, and says the same
//! wherever it is cut.
//!
//! # How most of it is not read
//!
//! Reading byte by byte, layer by layer, costs twenty times what [`Finder::spans`] does. So a text is skimmed for
//! texts as they are and for odd escapes, and read only where it matters: around an odd escape, and at the end of a
//! piece, where something may have begun. That gives the same, since
//!
//! - what has usual escapes alone is not looked for: whoever writes JSON makes no more of a credential than its
//!   spellings are;
//! - nothing crosses a border, which is a byte that is in no text and in no escape, a space say. Where there is none, all
//!   layers are the text itself after as many bytes without an escape as a text and three cut escapes have.

use std::ops::Range;

use super::escapes::{Escape, Oddity, Sign};
use super::finder::{Finder, apart};
use super::layer::{Hit, Layer};

/// How many layers of escapes are undone.
const LAYERS: usize = 3;
/// How many bytes of a text may belong to escapes that are cut: five in each layer.
const CUT: usize = 5 * LAYERS;
/// How many bytes are read at a time.
const READ: usize = 64;

/// How far a text has been read. What it keeps grows with the credentials, not with the text.
#[derive(Debug, Default)]
pub(super) struct Reader {
    at: u64,
    oddity: Oddity,
    plain: Layer,
    layers: [(Escape, Layer); LAYERS],
    /// What a layer says, and what the next one does: room that is used again.
    room: [Vec<Sign>; 2],
}

impl Reader {
    /// Where the finder's texts are in a text, in order and apart from each other, whatever escapes they are written
    /// with.
    pub fn all(finder: &Finder, text: &[u8]) -> Vec<Range<u64>> {
        let mut reader = Self::default();
        let mut found = reader.plain_in(finder, text);
        if finder.longest() > 0 && memchr::memchr2(b'\\', b'%', text).is_some() {
            let mut hits = Vec::new();
            reader.read_all(finder, text, &mut hits);
            reader.word(finder, &[], true, &mut hits);
            found.extend(hits.into_iter().map(|hit| hit.span));
        }
        apart(found)
    }

    /// Reads the next piece, the last at the `end`. Where those texts are that end in it and are written as they are or
    /// with an odd escape, in order and apart from each other.
    pub fn next(&mut self, finder: &Finder, piece: &[u8], end: bool) -> Vec<Range<u64>> {
        let first = self.at;
        if finder.longest() == 0 {
            self.forget(first.saturating_add(length(piece.len())));
            return Vec::new();
        }
        let mut found = self.plain_in(finder, piece);
        let mut hits = Vec::new();
        let mut read = 0;
        while let Some(rest) = piece.get(read..).filter(|rest| !rest.is_empty()) {
            // What a text may begin in is skimmed again.
            let Some(from) = read.checked_sub(self.plain.recent().len()).filter(|_| self.is_idle()) else {
                read = read.saturating_add(self.read(finder, rest, &mut hits));
                continue;
            };
            let rest = piece.get(from..).unwrap_or_default();
            let odd = Oddity::first_in(rest);
            let skimmed = rest.get(..odd.unwrap_or(rest.len())).unwrap_or_default();
            let start = if odd.is_none() && end { skimmed.len() } else { start_of_reading(finder, skimmed) };
            self.forget(first.saturating_add(length(from)).saturating_add(length(start)));
            self.read_all(finder, skimmed.get(start..).unwrap_or_default(), &mut hits);
            read = from.saturating_add(skimmed.len());
        }
        if end {
            self.word(finder, &[], true, &mut hits);
        }
        found.extend(hits.into_iter().filter(|hit| hit.odd).map(|hit| hit.span));
        apart(found)
    }

    /// How much has been read, in bytes.
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// Where what may be the beginning of a text stands, in whatever layer; where the reader is, if nowhere. A
    /// beginning of [`Layer::FEW`] bytes counts for none.
    pub fn begins(&self, finder: &Finder) -> u64 {
        let layers = self.layers.iter().map(|(_, layer)| layer).chain([&self.plain]);
        layers.map(|layer| layer.begins(finder, self.at)).min().unwrap_or(self.at)
    }

    fn plain_in(&self, finder: &Finder, piece: &[u8]) -> Vec<Range<u64>> {
        let place = |at: usize| self.at.saturating_add(length(at));
        finder.spans(piece).into_iter().map(|span| place(span.start)..place(span.end)).collect()
    }

    fn read_all(&mut self, finder: &Finder, text: &[u8], hits: &mut Vec<Hit>) {
        let mut read = 0;
        while let Some(rest) = text.get(read..).filter(|rest| !rest.is_empty()) {
            read = read.saturating_add(self.read(finder, rest, hits));
        }
    }

    /// Reads a text's first bytes. How many.
    fn read(&mut self, finder: &Finder, text: &[u8], hits: &mut Vec<Hit>) -> usize {
        let text = text.get(..READ).unwrap_or(text);
        let border = text.iter().position(|byte| is_border(finder, *byte));
        self.word(
            finder,
            text.get(..border.unwrap_or(text.len())).unwrap_or_default(),
            border.is_some(),
            hits,
        );
        match border {
            Some(border) => {
                self.forget(self.at.saturating_add(1));
                border.saturating_add(1)
            }
            None => text.len(),
        }
    }

    /// Reads what is between borders, or a part of it, and perhaps its end.
    fn word(&mut self, finder: &Finder, word: &[u8], end: bool, hits: &mut Vec<Hit>) {
        let [mut signs, mut undone] = std::mem::take(&mut self.room);
        signs.clear();
        for byte in word {
            let start = self.at;
            self.at = start.saturating_add(1);
            signs.push(Sign { byte: *byte, start, end: self.at, odd: self.oddity.ends_in(*byte) });
        }
        let before = hits.len();
        for sign in &signs {
            self.plain.read(finder, *sign, hits);
        }
        // As it is, a text needs no odd escape.
        hits.iter_mut().skip(before).for_each(|hit| hit.odd = true);
        for (escape, layer) in &mut self.layers {
            undone.clear();
            for sign in &signs {
                escape.undo(*sign, &mut undone);
            }
            if end {
                escape.give_up(&mut undone);
            }
            for sign in &undone {
                layer.read(finder, *sign, hits);
            }
            std::mem::swap(&mut signs, &mut undone);
        }
        self.room = [signs, undone];
    }

    /// Whether nothing has begun, in whatever layer, and all of them last said the same.
    fn is_idle(&self) -> bool {
        self.oddity == Oddity::No
            && self.plain.is_idle()
            && self.layers.iter().all(|(escape, layer)| {
                escape.is_idle() && layer.is_idle() && layer.recent() == self.plain.recent()
            })
    }

    /// Begins anew at a place in the text.
    fn forget(&mut self, at: u64) {
        self.at = at;
        self.oddity = Oddity::No;
        self.plain.forget(at);
        for (escape, layer) in &mut self.layers {
            escape.forget();
            layer.forget(at);
        }
    }
}

/// Where to begin to read, so that at the end of `skimmed` all is known that has begun there. No odd escape ends before.
fn start_of_reading(finder: &Finder, skimmed: &[u8]) -> usize {
    let after_border = |text: &[u8]| {
        text.iter().rposition(|byte| is_border(finder, *byte)).map(|border| border.saturating_add(1))
    };
    let (before, near) = skimmed.split_at(skimmed.len().saturating_sub(finder.longest().saturating_add(CUT)));
    if let Some(start) = after_border(near) {
        return before.len().saturating_add(start);
    }
    match memchr::memchr2(b'\\', b'%', near) {
        None => skimmed.len().saturating_sub(finder.longest()),
        Some(_) => after_border(before).unwrap_or_default(),
    }
}

/// Whether no text and no escape, in whatever layer, goes on after this byte.
fn is_border(finder: &Finder, byte: u8) -> bool {
    !finder.has(byte) && !matches!(byte, b'\\' | b'%' | b'u' | b'U') && !byte.is_ascii_hexdigit()
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
