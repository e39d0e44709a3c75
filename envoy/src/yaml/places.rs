//! Where values are written: a tree that mirrors the document, so that it takes memory by the text's length.
//!
//! A map from paths would not: every value of a long key has a path as long.

use std::collections::BTreeMap;

use super::Place;

/// The places of what is inside a value.
#[derive(Debug, Default)]
pub enum Places {
    /// Nothing that has a place of its own.
    #[default]
    Nothing,
    /// Those of a list's elements.
    Elements(Vec<Spot>),
    /// Those of an object's members, by their keys.
    Members(BTreeMap<String, Spot>),
}

/// A value's place, and those inside it.
#[derive(Debug)]
pub struct Spot {
    /// Where it begins; a member, where its key does.
    pub place: Place,
    /// What is inside.
    pub inside: Places,
}

impl Places {
    /// The place of the value of this path (`routes[2].name`), or the nearest one around it.
    pub fn find(&self, path: &str) -> Option<Place> {
        let mut next = match self {
            Self::Members(_) if path.is_empty() => None,
            Self::Members(spots) => member(spots, path),
            _ => self.step(path),
        };
        let mut found = None;
        while let Some((spot, rest)) = next {
            found = Some(spot.place);
            next = spot.inside.step(rest);
        }
        found
    }

    /// The value that a path goes to next, and the rest of the path.
    fn step<'a>(&self, path: &'a str) -> Option<(&Spot, &'a str)> {
        match self {
            Self::Nothing => None,
            Self::Elements(spots) => {
                let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                Some((spots.get(index.parse::<usize>().ok()?)?, rest))
            }
            Self::Members(spots) => member(spots, path.strip_prefix('.')?),
        }
    }
}

/// The member that a path begins with. A key may hold what separates keys: the longest that there is counts.
fn member<'a, 'b>(spots: &'a BTreeMap<String, Spot>, path: &'b str) -> Option<(&'a Spot, &'b str)> {
    let ends = path.rmatch_indices(['.', '[']).map(|(end, _)| end);
    std::iter::once(path.len()).chain(ends).find_map(|end| {
        let (key, rest) = path.split_at_checked(end)?;
        Some((spots.get(key)?, rest))
    })
}
