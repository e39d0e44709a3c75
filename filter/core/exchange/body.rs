//! The client's body, as much of it as is still needed: to write the request of a target that may yet be asked.

/// A client's body: JSON, checked; or the head of a form.
#[derive(Debug, Default)]
pub(super) struct ClientBody {
    text: String,
    length: usize,
}

impl ClientBody {
    /// All of it.
    pub fn new(text: String) -> Self {
        Self { length: text.len(), text }
    }

    /// What is left of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How long it was when it came.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Keeps only its first bytes. They are copied: a large piece of memory that was given back whole fits the next
    /// body, and what is left of a shrunk one does not.
    pub fn keep(&mut self, length: usize) {
        if let Some(kept) = self.text.get(..length).filter(|kept| kept.len() < self.text.len()) {
            self.text = kept.to_owned();
        }
    }

    /// Keeps nothing.
    pub fn let_go(&mut self) {
        self.text = String::new();
    }
}
