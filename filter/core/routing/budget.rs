//! How much may be compared where everything would have to be compared with everything.
//!
//! What is found that way is a warning or a convenience. A configuration of a few hundred routes never notices.

use std::cell::Cell;

/// A number of comparisons.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Budget {
    /// As many as are made in about a second: each of two names, or of a name and a pattern.
    pub const COMPARISONS: usize = 10_000_000;

    /// So many.
    pub const fn new(comparisons: usize) -> Self {
        Self(Cell::new(comparisons))
    }

    /// Takes so many of those that are left. Once there are too few, there are none for anybody.
    pub fn take(&self, comparisons: usize) -> bool {
        let left = self.0.get().checked_sub(comparisons);
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Self::COMPARISONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone() {
        let budget = Budget::new(3);
        assert!(budget.take(0) && budget.take(2) && budget.take(1));
        assert!(!budget.take(1));
        let budget = Budget::new(3);
        assert!(!budget.take(4) && !budget.take(1) && budget.take(0));
    }
}
