//! Several patterns, found by what they begin with: of thousands, a name is compared with the few that may match it.

use std::collections::BTreeSet;
use std::ops::Deref;

use super::glob::Glob;

/// Patterns, in the order they were written.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    all: Vec<Glob>,
    /// Those without a star, in the order of their texts.
    exact: Vec<usize>,
    /// The others, in the order of what they begin with.
    open: Vec<usize>,
    /// How long what they begin with is, each length once.
    lengths: Vec<usize>,
}

impl Globs {
    /// These patterns.
    pub fn new(all: Vec<Glob>) -> Self {
        let (mut exact, mut open): (Vec<_>, Vec<_>) =
            (0..all.len()).partition(|index| all.get(*index).is_some_and(Glob::is_exact));
        let start = |index: &usize| all.get(*index).map(Glob::start);
        exact.sort_by_key(start);
        open.sort_by_key(start);
        let lengths: BTreeSet<_> = open.iter().filter_map(start).map(str::len).collect();
        let lengths = lengths.into_iter().collect();
        Self { all, exact, open, lengths }
    }

    /// The patterns that match a name, by their places: those without a star first.
    pub fn matching<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + use<'a> {
        let matches = |index: &usize| self.all.get(*index).is_some_and(|glob| glob.matches(name));
        self.likely(name).flatten().copied().filter(matches)
    }

    /// Whether a pattern matches a name.
    pub fn any_matches(&self, name: &str) -> bool {
        self.matching(name).next().is_some()
    }

    /// Whether a pattern certainly matches all that `other` matches.
    pub fn cover(&self, other: &Glob) -> bool {
        self.any_matches(other.as_str())
    }

    /// How many comparisons a name takes at the most.
    pub fn comparisons(&self, name: &str) -> usize {
        let each = (name.len() / LONG).saturating_add(1);
        let looked_at = |group: &[usize]| group.len().saturating_add(1);
        self.likely(name).map(looked_at).fold(0, usize::saturating_add).saturating_mul(each)
    }

    /// The groups of patterns that begin as a name does.
    fn likely<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [usize]> + use<'a> {
        let starts =
            self.lengths.iter().map_while(|length| (*length <= name.len()).then(|| name.get(..*length)));
        let open = starts.flatten().map(|start| self.group(&self.open, start));
        std::iter::once(self.group(&self.exact, name)).chain(open)
    }

    /// The patterns of a list that begin with this, and then end or have a star.
    fn group<'a>(&self, list: &'a [usize], start: &str) -> &'a [usize] {
        let of = |index: &usize| self.all.get(*index).map(Glob::start);
        let first = list.partition_point(|index| of(index) < Some(start));
        let rest = list.get(first..).unwrap_or_default();
        let length = rest.partition_point(|index| of(index) == Some(start));
        rest.get(..length).unwrap_or_default()
    }
}

impl From<Vec<Glob>> for Globs {
    fn from(all: Vec<Glob>) -> Self {
        Self::new(all)
    }
}

impl FromIterator<Glob> for Globs {
    fn from_iter<T: IntoIterator<Item = Glob>>(globs: T) -> Self {
        Self::new(globs.into_iter().collect())
    }
}

impl Deref for Globs {
    type Target = [Glob];

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

/// Comparing so many bytes takes about as long as finding out what to compare.
const LONG: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_what_matches() {
        const PIECES: [&str; 7] = ["", "a", "b", "ab", "ä", "*", "**"];
        let texts: Vec<_> = PIECES
            .iter()
            .flat_map(|one| PIECES.iter().map(move |two| format!("{one}{two}")))
            .flat_map(|start| PIECES.iter().map(move |end| format!("{start}{end}")))
            .collect();
        let globs: Globs = texts.iter().map(|text| Glob::new(text)).collect();
        for name in &texts {
            let mut found: Vec<_> = globs.matching(name).collect();
            found.sort_unstable();
            let matches = |index: &usize| globs[*index].matches(name);
            assert_eq!(found, (0..globs.len()).filter(matches).collect::<Vec<_>>(), "{name}");
            assert!(globs.comparisons(name) >= found.len());
        }
        assert!(!Globs::default().any_matches(""));
    }

    #[test]
    fn of_many_patterns_few_are_compared() {
        let globs: Globs = (0..8000)
            .flat_map(|at| [format!("m{at}"), format!("p{at}*")])
            .map(|text| Glob::new(&text))
            .collect();
        for (name, found, most) in [("m77", 1, 8), ("p77", 2, 8), ("other", 0, 8)] {
            assert_eq!(globs.matching(name).count(), found, "{name}");
            assert!(globs.comparisons(name) <= most, "{name}: {}", globs.comparisons(name));
        }
    }
}
