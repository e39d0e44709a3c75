//! Whether a route takes everything that a later one would, so that the later one can never match.
//!
//! The answer is yes only where that is certain. A provider without a credential may be missing when the filter runs;
//! then fewer names pin, and whoever takes a name that pins takes the same name without its pin, too. Nor is it certain
//! once more would have to be compared than a [`Budget`] has.

use super::Match;
use super::takers::Takers;
use crate::routing::Budget;
use crate::routing::Glob;
use crate::routing::Globs;
use crate::routing::{Name, Names};

/// The routes that can never match, each with the first that takes everything before it: their indexes.
pub fn unreachable(routes: &[&Match], names: &Names, budget: &Budget) -> Vec<(usize, usize)> {
    let takers = Takers::new(routes.iter().copied());
    let pinned: Vec<_> = names.aliases().filter(|name| name.pinned.is_some()).collect();
    let any = Glob::new("*");
    let mut unreachable = Vec::new();
    for (index, later) in routes.iter().enumerate() {
        // Who takes everything takes the first of its names.
        let first = later.models.first().unwrap_or(&any);
        let name = names.resolve(first.as_str());
        if !budget.take(takers.comparisons(&name)) {
            break;
        }
        let before = |route: &usize| *route < index;
        let covers = |route: &usize| {
            routes.get(*route).is_some_and(|route| route.covers_with(later, names, &pinned, budget))
        };
        let covering = match first.is_exact() {
            true => takers.of(&name).take_while(before).find(covers),
            false => takers.covering(first).take_while(before).find(covers),
        };
        unreachable.extend(covering.map(|covering| (index, covering)));
    }
    unreachable
}

impl Match {
    /// Whether this certainly takes every request that `later` takes, under these aliases and providers.
    pub fn covers(&self, later: &Self, names: &Names, budget: &Budget) -> bool {
        let pinned: Vec<_> = names.aliases().filter(|name| name.pinned.is_some()).collect();
        self.covers_with(later, names, &pinned, budget)
    }

    /// Likewise, for who has the aliases that pin at hand.
    fn covers_with(&self, later: &Self, names: &Names, pinned: &[Name<'_>], budget: &Budget) -> bool {
        budget.take(1)
            && self.covers_all_but_names(later, budget)
            && self.covers_names(later, names, pinned, budget)
    }

    fn covers_names(&self, later: &Self, names: &Names, pinned: &[Name<'_>], budget: &Budget) -> bool {
        let any = Glob::new("*");
        match later.models.is_empty() {
            true => self.models.is_empty() || self.is_searched("*", budget) && self.models.cover(&any),
            false => later.models.iter().all(|glob| match glob.is_exact() {
                // Its aliases stand for the same.
                true => self.certainly_takes(&names.resolve(glob.as_str()), budget),
                false => self.covers_pattern(glob, names, pinned, budget),
            }),
        }
    }

    /// A pattern takes any number of names: those that pin nobody, aliases that pin, and those that pin by themselves.
    fn covers_pattern(&self, glob: &Glob, names: &Names, pinned: &[Name<'_>], budget: &Budget) -> bool {
        if !self.is_searched(glob.as_str(), budget) || !budget.take(pinned.len()) {
            return false;
        }
        let others = self.models.is_empty() || self.models.cover(glob);
        let pins = || !may_pin(glob, names) || any_with_slash(&self.models, glob);
        let aliases =
            || pinned.iter().all(|name| !name.is_taken_by(glob) || self.certainly_takes(name, budget));
        others && pins() && aliases()
    }

    fn certainly_takes(&self, name: &Name<'_>, budget: &Budget) -> bool {
        self.is_searched(name.sent, budget) && self.is_searched(name.resolved, budget) && self.takes(name)
    }

    /// Whether there is enough of the budget to look for a name among the patterns.
    fn is_searched(&self, name: &str, budget: &Budget) -> bool {
        budget.take(self.models.comparisons(name))
    }
}

fn any_with_slash(globs: &Globs, glob: &Glob) -> bool {
    let mut wider = globs.matching(glob.as_str()).filter_map(|place| globs.get(place));
    wider.any(|wide| wide.as_str().contains('/'))
}

/// Whether a pattern may take a name that begins with a provider's.
fn may_pin(glob: &Glob, names: &Names) -> bool {
    glob.as_str().contains('/') && names.begins_with_provider(glob.start())
}

#[cfg(test)]
mod tests {
    use super::super::HeaderMatch;
    use super::*;
    use crate::routing::Owner;

    struct Nobody;

    impl Owner for Nobody {
        fn name(&self) -> &str {
            "nobody"
        }
        fn models(&self) -> &[Glob] {
            &[]
        }
    }

    fn globs(texts: impl IntoIterator<Item = String>) -> Globs {
        texts.into_iter().map(|text| Glob::new(&text)).collect()
    }

    /// What is found, and whether something of the budget is left.
    fn found(routes: &[Match], comparisons: usize) -> (Vec<(usize, usize)>, bool) {
        let (names, budget) = (Names::new(&[], &[Nobody]), Budget::new(comparisons));
        let found = unreachable(&routes.iter().collect::<Vec<_>>(), &names, &budget);
        (found, budget.take(1))
    }

    #[test]
    fn many_names_are_few_comparisons() {
        let models = globs((0..2000).flat_map(|at| [format!("m{at}"), format!("p{at}*")]));
        let route = Match { models, ..Match::default() };
        let (found, left) = found(&[route.clone(), route], 100_000);
        assert_eq!(found, [(1, 0)]);
        assert!(left);
    }

    #[test]
    fn many_routes_are_few_comparisons() {
        let route = |at: usize| Match { models: globs([format!("m{at}")]), ..Match::default() };
        let routes: Vec<_> = (0..2000).chain([7]).map(route).collect();
        let (found, left) = found(&routes, 100_000);
        assert_eq!(found, [(2000, 7)]);
        assert!(left);
    }

    #[test]
    fn nothing_is_said_beyond_the_budget() {
        let route = |at: usize| {
            let headers = vec![HeaderMatch { name: "x".to_owned(), values: globs([format!("v{at}")]) }];
            Match { headers, ..Match::default() }
        };
        let routes: Vec<_> = (0..200).chain([7]).map(route).collect();
        assert_eq!(found(&routes, 1_000_000).0, [(200, 7)]);
        assert_eq!(found(&routes, 1_000), (vec![], false));
    }
}
