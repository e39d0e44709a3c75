//! Takes credentials out of a text that comes in pieces, none of which need hold a whole one.

use super::Redactor;
use super::finder::{Finder, GRAM};
use super::spelling::is_odd;

/// A text on its way. Nearly always every piece passes as it is.
#[derive(Debug, Default)]
pub struct Screen {
    /// The last bytes that left: too few to tell whether they begin a credential.
    left: Vec<u8>,
    /// The beginning of what may be a credential: it waits for the next piece.
    held: Vec<u8>,
}

impl Screen {
    /// Takes the next piece, the last at the `end`. What leaves in its place; `None` for the piece itself.
    pub fn pass(&mut self, redactor: &Redactor, piece: &[u8], end: bool) -> Option<Vec<u8>> {
        if self.held.is_empty() && self.is_clean(redactor, piece, end) {
            self.leave(piece);
            return None;
        }
        let already = self.left.len();
        let mut text = [&self.left, &self.held, piece].concat();
        redactor.mask(&mut text);
        let begins = if end { None } else { begins_at_end(&redactor.unlikely, &text) };
        let mut text = text.split_off(already);
        self.held = begins.map(|at| text.split_off(at.saturating_sub(already))).unwrap_or_default();
        self.leave(&text);
        Some(text)
    }

    /// Whether no credential is in the piece, nor ends or begins in it.
    fn is_clean(&self, redactor: &Redactor, piece: &[u8], end: bool) -> bool {
        let finder = &redactor.unlikely;
        let start = piece.get(..finder.longest().min(piece.len())).unwrap_or_default();
        let seam = [&self.left, start].concat();
        !is_odd(piece)
            && finder.spans(piece).is_empty()
            && finder.spans(&seam).is_empty()
            && (end || begins_at_end(finder, piece).or_else(|| finder.begins_at_end(&seam)).is_none())
    }

    fn leave(&mut self, bytes: &[u8]) {
        self.left.extend_from_slice(bytes.get(bytes.len().saturating_sub(GRAM)..).unwrap_or_default());
        let surplus = self.left.len().saturating_sub(GRAM.saturating_sub(1));
        self.left.drain(..surplus);
    }
}

/// Where what may be the beginning of a credential stands at the end of a text: a beginning of one of its spellings, or
/// odd escapes, which may hide one, the last of them cut.
fn begins_at_end(finder: &Finder, text: &[u8]) -> Option<usize> {
    const ESCAPE: usize = 6;
    let last = |length: usize| text.get(text.len().saturating_sub(length)..).unwrap_or_default();
    let odd = is_odd(last(finder.longest())) || memchr::memchr2(b'\\', b'%', last(ESCAPE)).is_some();
    match odd {
        true => Some(text.len().saturating_sub(finder.longest())),
        false => finder.begins_at_end(text),
    }
}
