//! Patterns of names: `*` stands for any text, everything else for itself.

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    /// How long what stands before the first star is, in bytes; all of it where there is none.
    start: usize,
}

impl Glob {
    /// A pattern; without a `*` it matches itself only.
    pub fn new(pattern: &str) -> Self {
        Self { text: pattern.to_owned(), start: pattern.find('*').unwrap_or(pattern.len()) }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names exactly one thing.
    pub const fn is_exact(&self) -> bool {
        self.start == self.text.len()
    }

    /// What every name that matches begins with: all before the first star.
    pub fn start(&self) -> &str {
        self.text.get(..self.start).unwrap_or_default()
    }

    /// How much of a name it fixes: the longer, the more specific.
    pub fn weight(&self) -> usize {
        self.text.bytes().filter(|byte| *byte != b'*').count()
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let Some(mut rest) = name.strip_prefix(self.start()) else { return false };
        let Some(after) = self.text.get(self.start..).and_then(|text| text.strip_prefix('*')) else {
            return rest.is_empty();
        };
        let mut pieces = after.split('*');
        let last = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            match rest.split_once(piece) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last)
    }

    /// Whether every name that `other` matches certainly matches this, too: the stars of `other`, which stand for any
    /// text, can then only be matched by stars of this.
    pub fn covers(&self, other: &Self) -> bool {
        self.matches(&other.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, yes, no) in [
            ("gpt-4o", &["gpt-4o"][..], &["gpt-4o-mini", "x"][..]),
            ("gpt-*", &["gpt-", "gpt-5"], &["ogpt-5", "gp"]),
            ("*-mini", &["o4-mini"], &["mini", "o4-minis"]),
            ("a*b*c", &["abc", "axbxc", "abbcc"], &["ac", "abcd"]),
            ("*", &["", "x/y"], &[]),
            ("ab*ba", &["abba", "ab-ba"], &["aba"]),
        ] {
            let glob = Glob::new(pattern);
            assert!(yes.iter().all(|name| glob.matches(name)), "{pattern}");
            assert!(!no.iter().any(|name| glob.matches(name)), "{pattern}");
        }
    }

    #[test]
    fn wider_patterns_cover_narrower_ones() {
        for (wide, narrow, covers) in [
            ("*", "gpt-*", true),
            ("gpt-*", "gpt-4o", true),
            ("gpt-*", "gpt-*-mini", true),
            ("a*c", "a*b*c", true),
            ("gpt-*", "*", false),
            ("gpt-4*", "gpt-*", false),
            ("gpt-4o", "gpt-4o*", false),
            ("a*b", "a*", false),
        ] {
            assert_eq!(Glob::new(wide).covers(&Glob::new(narrow)), covers, "{wide} {narrow}");
        }
    }
}
