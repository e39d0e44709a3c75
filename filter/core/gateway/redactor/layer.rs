//! Looks for texts in one layer of a text, byte by byte: what has begun goes on with the next.

use std::collections::VecDeque;
use std::ops::Range;

use super::escapes::Sign;
use super::finder::{Finder, GRAM};

/// A text that was found, and whether it is written with an odd escape.
pub(super) struct Hit {
    pub span: Range<u64>,
    pub odd: bool,
}

/// One layer.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The last signs: as many as the longest text that has begun, or too few for one to begin.
    recent: VecDeque<Sign>,
    /// The last four bytes.
    gram: u32,
    begun: Vec<Begun>,
    /// Where the last sign ended.
    end: u64,
}

/// The first bytes of a text, and whether there is an odd escape among them.
#[derive(Debug)]
struct Begun {
    text: usize,
    length: usize,
    odd: bool,
}

impl Layer {
    /// How many signs there may be of a text that has not begun.
    pub const FEW: usize = GRAM - 1;
    /// How many bytes a text may take. Three layers make one of a credential's forty bytes into 8,640, and nobody
    /// needs them.
    const MOST: u64 = 64 * 1024;

    /// Takes the next sign.
    pub fn read(&mut self, finder: &Finder, sign: Sign, hits: &mut Vec<Hit>) {
        self.end = sign.end;
        self.gram = self.gram >> 8 | u32::from(sign.byte) << 24;
        self.recent.push_back(sign);
        if !self.begun.is_empty() {
            self.begun.retain_mut(|begun| {
                let goes_on = finder.text(begun.text).get(begun.length) == Some(&sign.byte);
                begun.length = begun.length.saturating_add(1);
                begun.odd |= sign.odd;
                goes_on
            });
        }
        if self.recent.len() >= GRAM {
            let few = self.recent.len().saturating_sub(GRAM);
            self.begun.extend(finder.texts_that_begin_with(self.gram).map(|text| {
                let odd = self.recent.range(few..).any(|sign| sign.odd);
                Begun { text, length: GRAM, odd }
            }));
        }
        let mut longest = Self::FEW;
        if !self.begun.is_empty() {
            self.settle(finder, hits);
            longest = self.begun.iter().map(|begun| begun.length).max().unwrap_or(longest);
        }
        while self.recent.len() > longest {
            self.recent.pop_front();
        }
    }

    /// Reports what is whole, and drops what has become too long.
    fn settle(&mut self, finder: &Finder, hits: &mut Vec<Hit>) {
        let most = u64::try_from(finder.longest()).unwrap_or(u64::MAX).max(Self::MOST);
        let (recent, end) = (&self.recent, self.end);
        self.begun.retain(|begun| {
            let start = start(recent, begun.length).unwrap_or(end);
            let (whole, fits) =
                (finder.text(begun.text).len() <= begun.length, end.saturating_sub(start) <= most);
            if whole && fits {
                hits.push(Hit { span: start..end, odd: begun.odd });
            }
            fits && !whole
        });
    }

    /// Where what may be the beginning of a text stands, when the text itself has been read to `now`; `now` if
    /// nowhere. A beginning of [`Self::FEW`] bytes at most counts for none.
    pub fn begins(&self, finder: &Finder, now: u64) -> u64 {
        let is_few = |start: u64| now.saturating_sub(start) <= Self::FEW.try_into().unwrap_or(u64::MAX);
        if let Some(longest) = self.begun.iter().map(|begun| begun.length).max() {
            return start(&self.recent, longest).unwrap_or(now);
        }
        let bytes: Vec<_> = match self.recent.front() {
            Some(first) if !is_few(first.start) => self.recent.iter().map(|sign| sign.byte).collect(),
            _ => Vec::new(),
        };
        let tails = (0..bytes.len()).filter_map(|at| Some((bytes.get(at..)?, self.recent.get(at)?.start)));
        let begins = tails.filter(|(tail, _)| finder.begins(tail)).map(|(_, start)| start);
        // What has not been undone yet may be a text's first byte.
        begins.chain([self.end]).find(|start| !is_few(*start)).unwrap_or(now)
    }

    /// Whether nothing has begun.
    pub const fn is_idle(&self) -> bool {
        self.begun.is_empty()
    }

    /// The last signs, a few of them if nothing has begun.
    pub const fn recent(&self) -> &VecDeque<Sign> {
        &self.recent
    }

    /// Begins anew at a place in the text.
    pub fn forget(&mut self, at: u64) {
        self.recent.clear();
        self.begun.clear();
        self.end = at;
    }
}

/// Where the last few signs begin.
fn start(recent: &VecDeque<Sign>, length: usize) -> Option<u64> {
    recent.get(recent.len().checked_sub(length)?).map(|sign| sign.start)
}
