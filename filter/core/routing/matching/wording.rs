//! What a prompt must say for a route to take it: words, and regular expressions.

use super::miss::Miss;
use crate::hub::{Facts, folded};
use crate::routing::Budget;

/// What a prompt must say. Each piece of the user's text is looked at by itself: words are found in the first MiB of it
/// all ([`Prompt::LONGEST`](crate::hub::Prompt::LONGEST)), regular expressions in the first [`Pattern::FARTHEST`] bytes.
#[derive(Clone, Debug, Default)]
pub struct Wording {
    /// One of these at least; empty for anything.
    pub contains: Vec<Word>,
    /// None of these.
    pub not_contains: Vec<Word>,
    /// One of these at least; empty for anything.
    pub regex: Vec<Pattern>,
}

/// A text to be found whatever its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(String);

/// A regular expression. Its time is linear in the text, and both it and what it becomes are of limited size, since
/// that is the other factor.
///
/// The engine is `regex-lite`: classes such as `\w` and the flag `(?i)` know ASCII only. On WebAssembly it takes 3 ms
/// for 100 KB of text and adds 80 KB to the module. `regex` with a lazy DFA takes 0.2 ms (8 where `\b` meets other
/// scripts) and adds 450 KB.
#[derive(Clone, Debug)]
pub struct Pattern(regex_lite::Regex);

impl Wording {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.contains.is_empty() && self.not_contains.is_empty() && self.regex.is_empty()
    }

    /// What of this a prompt does not hold to.
    pub(super) fn miss<'a>(&'a self, facts: &Facts<'_>) -> Option<Miss<'a>> {
        let says = |word: &&Word| facts.prompt.folded().iter().any(|piece| word.is_in(piece));
        let fits =
            |pattern: &Pattern| facts.prompt.beginning(Pattern::FARTHEST).any(|piece| pattern.is_in(piece));
        if !self.contains.is_empty() && !self.contains.iter().any(|word| says(&word)) {
            return Some(Miss::Contains(&self.contains));
        }
        if let Some(word) = self.not_contains.iter().find(says) {
            return Some(Miss::NotContains(word));
        }
        (!self.regex.is_empty() && !self.regex.iter().any(fits)).then_some(Miss::Regex(&self.regex))
    }

    /// Whether every prompt that holds to `other` certainly holds to this.
    pub(super) fn covers(&self, other: &Self, budget: &Budget) -> bool {
        let found = |word: &Word| word.holds_any(&self.contains, budget);
        let excluded = |word: &Word| word.holds_any(&other.not_contains, budget);
        let fits = |pattern: &Pattern| {
            budget.take(self.regex.len()) && self.regex.iter().any(|known| known.as_str() == pattern.as_str())
        };
        (self.contains.is_empty() || !other.contains.is_empty() && other.contains.iter().all(found))
            && self.not_contains.iter().all(excluded)
            && (self.regex.is_empty() || !other.regex.is_empty() && other.regex.iter().all(fits))
    }
}

impl Word {
    /// A word, or several.
    pub fn new(text: &str) -> Self {
        Self(folded(text))
    }

    /// The word, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first of some words that every text with this one holds, too. Not found where it is not among as many as the
    /// budget lets be looked for.
    pub fn first_within<'a>(&self, words: &'a [Self], budget: &Budget) -> Option<&'a Self> {
        // So many bytes are looked through as quickly as two names are compared.
        const LONG: usize = 64;
        let each = (self.0.len() / LONG).saturating_add(1);
        words.iter().find(|word| !budget.take(each) || word.is_in(&self.0)).filter(|word| word.is_in(&self.0))
    }

    fn holds_any(&self, words: &[Self], budget: &Budget) -> bool {
        self.first_within(words, budget).is_some()
    }

    fn is_in(&self, folded: &str) -> bool {
        folded.contains(&self.0)
    }
}

impl Pattern {
    /// The longest that is read, in bytes.
    pub const LONGEST: usize = 1 << 10;
    /// How much of a prompt is looked at, in bytes.
    pub const FARTHEST: usize = 64 << 10;
    /// The most memory that one may take once it is compiled, in bytes.
    pub const LARGEST: usize = 64 << 10;

    /// Reads a regular expression.
    ///
    /// # Errors
    /// It is too long, too large once compiled, or none: why, in one line.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > Self::LONGEST {
            return Err(format!("longer than {} bytes", Self::LONGEST));
        }
        let built = regex_lite::RegexBuilder::new(text).size_limit(Self::LARGEST).build();
        built.map(Self).map_err(|error| error.to_string())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Prompt;

    #[test]
    fn patterns_are_bounded() {
        assert!(Pattern::new("(?i)^translate\\b.{0,80}$").is_ok());
        for (pattern, why) in [
            ("(".to_owned(), "without closing"),
            ("a(?=b)".to_owned(), "look-around"),
            (r"(a)\1".to_owned(), "backreferences"),
            ("(a{1000}){1000}".to_owned(), "size limit"),
            ("a".repeat(1025), "longer than 1024 bytes"),
        ] {
            let error = Pattern::new(&pattern).unwrap_err();
            assert!(error.contains(why) && !error.contains('\n'), "{pattern:.30}: {error}");
        }
    }

    #[test]
    fn a_prompt_is_looked_at_only_so_far() {
        let said = |before: usize| Facts {
            prompt: Prompt::new(vec!["a".repeat(before).into(), "The end".into()]),
            ..Facts::default()
        };
        let regex = Wording { regex: vec![Pattern::new("end$").unwrap()], ..Wording::default() };
        let words = Wording { contains: vec![Word::new("END")], ..Wording::default() };
        let far = Pattern::FARTHEST;
        for (wording, before, found) in [
            (&regex, far - 7, true),
            (&regex, far - 6, false),
            (&regex, far, false),
            (&words, far, true),
            (&words, Prompt::LONGEST - 39, true),
            (&words, Prompt::LONGEST - 38, false),
        ] {
            assert_eq!(wording.miss(&said(before)).is_none(), found, "{before}");
        }
    }

    #[test]
    fn what_takes_others_exponential_time_is_only_slow() {
        let pattern = Pattern::new("^(a|a)*(a|aa)+b$").unwrap();
        assert!(!pattern.is_in(&"a".repeat(20_000)));
    }
}
