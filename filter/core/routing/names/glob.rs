//! Patterns of names: `*` stands for any text, everything else for itself.

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// A pattern; without a `*` it matches itself only.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names exactly one thing.
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// What every name that matches begins with: all before the first star.
    pub fn start(&self) -> &str {
        self.0.split_once('*').map_or(&self.0, |(start, _)| start)
    }

    /// How much of a name it fixes: the longer, the more specific.
    pub fn weight(&self) -> usize {
        self.0.bytes().filter(|byte| *byte != b'*').count()
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let mut pieces = self.0.split('*');
        let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
        let Some(last) = pieces.next_back() else { return rest.is_empty() };
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
        self.matches(&other.0)
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
