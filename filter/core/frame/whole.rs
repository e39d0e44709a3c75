//! A stream that is none: all of it is one frame.

use std::borrow::Cow;

use super::Frame;

/// The bytes of the one frame, as far as they have come.
#[derive(Debug, Default)]
pub struct Whole(Vec<u8>);

impl Whole {
    /// Takes the next piece.
    pub fn push(&mut self, piece: Vec<u8>) {
        if self.0.is_empty() {
            self.0 = piece;
        } else {
            self.0.extend_from_slice(&piece);
        }
    }

    /// The frame, once all of it is there: what is no text carries nothing.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        let text = std::str::from_utf8(&self.0).ok().filter(|text| !text.trim().is_empty());
        (!self.0.is_empty()).then_some(Frame {
            raw: &self.0,
            name: None,
            data: text.map(Cow::Borrowed),
            has_more: false,
        })
    }

    /// How many bytes there are.
    pub const fn waiting(&self) -> usize {
        self.0.len()
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_one_frame() {
        let mut whole = Whole::default();
        assert!(whole.finish().is_none());
        whole.push(b"{\n\n".to_vec());
        whole.push(b"}".to_vec());
        assert_eq!((whole.waiting(), whole.finish().unwrap().data.as_deref()), (4, Some("{\n\n}")));
        whole.clear();
        whole.push(b"\xff".to_vec());
        assert!(whole.finish().unwrap().is_blank());
    }
}
