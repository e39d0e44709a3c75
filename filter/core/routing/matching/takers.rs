//! Which routes may take a name: of thousands, the few whose patterns match it, and those that have none.

use super::Match;
use crate::routing::Glob;
use crate::routing::Globs;
use crate::routing::Name;

/// Finds routes by the names they take.
#[derive(Debug)]
pub struct Takers {
    /// All patterns of all routes, and whose each is.
    globs: Globs,
    routes: Vec<usize>,
    /// The routes without patterns, and the first of them that looks at nothing but the name.
    open: Vec<usize>,
    first_plain: Option<usize>,
}

impl Takers {
    /// Of these routes.
    pub fn new<'a>(routes: impl IntoIterator<Item = &'a Match>) -> Self {
        let mut globs: Vec<Glob> = Vec::new();
        let mut takers =
            Self { globs: Globs::default(), routes: Vec::new(), open: Vec::new(), first_plain: None };
        for (index, route) in routes.into_iter().enumerate() {
            if route.models.is_empty() {
                takers.open.push(index);
                if takers.first_plain.is_none() && !route.looks_beyond_the_name() {
                    takers.first_plain = Some(index);
                }
            }
            globs.extend_from_slice(&route.models);
            takers.routes.resize(globs.len(), index);
        }
        takers.globs = Globs::new(globs);
        takers
    }

    /// The routes that may take a name, by their places and in order.
    pub fn of(&self, name: &Name<'_>) -> impl Iterator<Item = usize> {
        self.with_open(self.named(name.sent, name.resolved))
    }

    /// Likewise, without those that take requests of any name and look at something else.
    pub fn by_name(&self, name: &Name<'_>) -> Vec<usize> {
        let mut named = self.named(name.sent, name.resolved);
        named.extend(self.first_plain);
        named.sort_unstable();
        named
    }

    /// The routes one of whose patterns takes all that this one does, and those without patterns.
    pub(super) fn covering(&self, glob: &Glob) -> impl Iterator<Item = usize> {
        self.with_open(self.named(glob.as_str(), glob.as_str()))
    }

    /// How many comparisons a name takes at the most.
    pub fn comparisons(&self, name: &Name<'_>) -> usize {
        self.globs.comparisons(name.sent).saturating_add(self.globs.comparisons(name.resolved))
    }

    /// The routes one of whose patterns matches either name; mostly they are the same.
    fn named(&self, sent: &str, resolved: &str) -> Vec<usize> {
        let resolved = (resolved != sent).then_some(resolved);
        let places = std::iter::once(sent).chain(resolved).flat_map(|name| self.globs.matching(name));
        let mut routes: Vec<_> = places.filter_map(|place| self.routes.get(place).copied()).collect();
        routes.sort_unstable();
        routes.dedup();
        routes
    }

    /// Both in order. No route is in both.
    fn with_open(&self, named: Vec<usize>) -> impl Iterator<Item = usize> {
        let (mut named, mut open) = (named.into_iter().peekable(), self.open.iter().copied().peekable());
        std::iter::from_fn(move || match (named.peek(), open.peek()) {
            (Some(one), Some(other)) if other < one => open.next(),
            (Some(_), _) => named.next(),
            (None, _) => open.next(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_come_in_their_order_and_once() {
        let route = |models: &[&str]| Match {
            models: models.iter().map(|glob| Glob::new(glob)).collect(),
            ..Match::default()
        };
        let streams = Match { stream: Some(true), ..Match::default() };
        let routes =
            [route(&["a", "a*"]), streams, route(&["b"]), route(&[]), route(&["*"]), route(&["x/y"])];
        let takers = Takers::new(&routes);
        for (sent, resolved, all, by_name) in [
            ("a", "a", &[0, 1, 3, 4][..], &[0, 3, 4][..]),
            ("b", "a", &[0, 1, 2, 3, 4], &[0, 2, 3, 4]),
            ("c", "x/y", &[1, 3, 4, 5], &[3, 4, 5]),
        ] {
            let name = Name { sent, model: resolved, pinned: None, resolved };
            assert_eq!(takers.of(&name).collect::<Vec<_>>(), all, "{sent}");
            assert_eq!(takers.by_name(&name), by_name, "{sent}");
        }
        assert_eq!(takers.covering(&Glob::new("a*b")).collect::<Vec<_>>(), [0, 1, 3, 4]);
    }
}
