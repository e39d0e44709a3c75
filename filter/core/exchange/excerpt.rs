//! What of a client's words is logged: cut, and without our secrets.

use crate::gateway::Redactor;

/// The most of a body that is logged, in bytes.
const MAX_LOGGED_BYTES: usize = 64 * 1024;
/// So much more is looked at, so that the cut leaves no half of a credential.
const MARGIN: usize = 8 * 1024;
/// The most of a path or of a model's name that is logged, in characters.
const MAX_LOGGED_NAME: usize = 256;

/// The beginning of a body, as it comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Excerpt(Vec<u8>);

impl Excerpt {
    /// The next piece.
    pub fn add(&mut self, piece: &[u8]) {
        let room = MAX_LOGGED_BYTES.saturating_add(MARGIN).saturating_sub(self.0.len());
        self.0.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
    }

    /// As it is logged.
    pub fn text(&self, redactor: &Redactor) -> String {
        let mut text = redactor.redact(&String::from_utf8_lossy(&self.0)).into_owned();
        text.truncate(text.floor_char_boundary(MAX_LOGGED_BYTES));
        text
    }
}

/// A name of the client's, as it is logged.
pub(super) fn logged_name(name: &str, redactor: &Redactor) -> String {
    let name: String = name.chars().take(MAX_LOGGED_NAME).collect();
    redactor.words(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_and_names_are_cut_between_characters() {
        let mut excerpt = Excerpt::default();
        for _ in 0..60 {
            excerpt.add("ä".repeat(1000).as_bytes());
        }
        assert_eq!(excerpt.text(&Redactor::default()).len(), MAX_LOGGED_BYTES);
        let mut excerpt = Excerpt::default();
        excerpt.add(b"x");
        excerpt.add("ä".repeat(MAX_LOGGED_BYTES).as_bytes());
        assert_eq!(excerpt.text(&Redactor::default()).len(), MAX_LOGGED_BYTES - 1);
        assert_eq!(logged_name(&"ä".repeat(300), &Redactor::default()).chars().count(), MAX_LOGGED_NAME);
    }
}
