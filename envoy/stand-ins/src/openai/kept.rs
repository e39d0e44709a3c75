//! What the stand-in keeps until it ends: files and responses, in memory. There is room for a few of each; where a new one
//! comes, the oldest is forgotten.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde_json::Value;

/// All of it, which every handler shares.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Shelves>>);

/// Files and responses, the oldest first.
#[derive(Default)]
pub(super) struct Shelves {
    /// Files.
    pub(super) files: Shelf<Bytes>,
    /// Responses, and what each was asked after: the items of its input.
    pub(super) responses: Shelf<Vec<Value>>,
}

/// Objects of one kind, each with what belongs to it.
pub(super) struct Shelf<T>(VecDeque<(Value, T)>);

impl Kept {
    /// Locks it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Shelf<T> {
    /// Keeps an object.
    pub(super) fn keep(&mut self, object: Value, with: T) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((object, with));
    }

    /// The object of this id.
    pub(super) fn find(&self, id: &str) -> Option<&(Value, T)> {
        self.0.iter().find(|(object, _)| object.get("id").is_some_and(|known| known == id))
    }

    /// Takes it away, and says whether it was there.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(object, _)| object.get("id").is_none_or(|known| known != id));
        self.0.len() < before
    }

    /// All objects, the newest first.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().rev().map(|(object, _)| object)
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

/// How many objects of a kind are kept.
pub(super) const MOST: usize = 32;
