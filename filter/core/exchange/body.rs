//! The client's body, as much of it as is still needed: to write the request of a target that may yet be asked.

use crate::hub::json::Document;

/// A client's body: JSON, checked; or the head of a form.
#[derive(Debug, Default)]
pub(super) struct ClientBody {
    document: Document,
    form: Vec<u8>,
    length: usize,
}

impl ClientBody {
    /// All of JSON, or what was read of a form.
    pub const fn new(document: Document, form: Vec<u8>) -> Self {
        Self { length: document.text().len(), document, form }
    }

    /// What is left of a form's head.
    pub const fn form(&self) -> &[u8] {
        self.form.as_slice()
    }

    /// What is left of it.
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// The text of that.
    pub const fn text(&self) -> &str {
        self.document.text()
    }

    /// How long it was when it came.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Keeps only its first bytes, which are not to be read any more. They are copied: a large piece of memory that was
    /// given back whole fits the next body, and what is left of a shrunk one does not.
    pub fn keep(&mut self, length: usize) {
        if let Some(kept) = self.text().get(..length).filter(|kept| kept.len() < self.text().len()) {
            self.document = Document::unread(kept.to_owned());
        }
    }

    /// Keeps nothing.
    pub fn let_go(&mut self) {
        self.document = Document::default();
        self.form = Vec::new();
    }
}
