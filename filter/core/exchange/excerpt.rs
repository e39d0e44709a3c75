//! What of a client's words is logged: cut, and without our secrets.

use crate::access::PREFIX;
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
        let mut text = without_keys(redactor.redact(&String::from_utf8_lossy(&self.0)).into_owned());
        text.truncate(text.floor_char_boundary(MAX_LOGGED_BYTES));
        text
    }
}

/// A name of the client's, as it is logged.
pub(super) fn logged_name(name: &str, redactor: &Redactor) -> String {
    let name: String = name.chars().take(MAX_LOGGED_NAME).collect();
    without_keys(redactor.words(&name))
}

/// A text in which issued keys are not shown: who puts one where something else belongs is not to find it in the log.
fn without_keys(text: String) -> String {
    if !text.contains(PREFIX) {
        return text;
    }
    let mut parts = text.split(PREFIX);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        shown.extend([PREFIX, "***", part.trim_start_matches(of_key)]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_a_name() {
        let logged = |name| logged_name(name, &Redactor::default());
        assert_eq!(logged("/admin/keys/sk-ferro-Ab_9-c/x"), "/admin/keys/sk-ferro-***/x");
        assert_eq!(logged("sk-ferro-a,sk-ferro-b.c"), "sk-ferro-***,sk-ferro-***.c");
        assert_eq!(logged("gpt-4o"), "gpt-4o");
        let mut excerpt = Excerpt::default();
        excerpt.add(br#"{"user":"sk-ferro-Ab_9-c"}"#);
        assert_eq!(excerpt.text(&Redactor::default()), r#"{"user":"sk-ferro-***"}"#);
    }

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
