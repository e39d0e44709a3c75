//! What texts are made of.

use crate::kind::Kind;

/// A text that is hostile in one way, of any size.
pub struct Shape {
    pub name: &'static str,
    /// How often its piece is repeated in the smallest text.
    pub count: usize,
    pub text: fn(usize) -> String,
    /// The kinds of readers that refuse it; the others read it.
    pub refused: &'static [Kind],
}

impl Shape {
    pub const fn new(name: &'static str, count: usize, text: fn(usize) -> String) -> Self {
        Self { name, count, text, refused: &[] }
    }

    /// The same for texts that these readers refuse.
    pub const fn refused(self, refused: &'static [Kind]) -> Self {
        Self { refused, ..self }
    }
}

/// So many pieces with commas between them.
pub fn pieces(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().join(",")
}

/// Lists within lists.
pub fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}
