//! Takes credentials out of a text that comes in pieces, none of which need hold a whole one.

use std::collections::VecDeque;
use std::rc::Rc;

use super::reader::Reader;
use super::{Known, place};

/// A text on its way. Nearly always every piece passes as it is.
///
/// What leaves is what [`super::Redactor::mask`] makes of the whole text, wherever it is cut, but that up to three bytes of a
/// credential may have left before there was anything to recognise.
#[derive(Debug)]
pub struct Screen {
    /// What is looked for. The reader's state is about these, so they stay the same to the end.
    known: Rc<Known>,
    reader: Reader,
    /// The beginning of what may be a credential: it waits for the next piece.
    held: VecDeque<u8>,
}

impl Screen {
    /// A text of which nothing has come.
    pub(super) fn new(known: Rc<Known>) -> Self {
        Self { known, reader: Reader::default(), held: VecDeque::new() }
    }

    /// Takes the next piece, the last at the `end`. What leaves in its place; `None` for the piece itself.
    pub fn pass(&mut self, piece: &[u8], end: bool) -> Option<Vec<u8>> {
        let finder = &self.known.unlikely;
        let found = self.reader.next(finder, piece, end);
        let now = self.reader.at();
        let begins = if end { now } else { self.reader.begins(finder) };
        if found.is_empty() && self.held.is_empty() && begins >= now {
            return None;
        }
        self.held.extend(piece);
        let length = self.held.len();
        // Where in what is held a place in the text is. What has left is before all of it.
        let held = |at: u64| length.saturating_sub(place(now.saturating_sub(at)));
        for span in found {
            self.held.range_mut(held(span.start)..held(span.end)).for_each(|byte| *byte = b'*');
        }
        Some(self.held.drain(..held(begins)).collect())
    }
}
