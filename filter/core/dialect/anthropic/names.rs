//! Names that Claude takes: of an alphabet, no longer than it says, and no two the same.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::hub::json::beginning;

/// Of what names are made.
#[derive(Debug)]
pub struct Alphabet {
    /// The vendor's own words for it.
    pub pattern: &'static str,
    /// What may stand in a name beside ASCII letters and digits.
    pub marks: &'static str,
    /// The most characters.
    pub longest: usize,
    /// A name for what has none.
    pub blank: &'static str,
}

/// Names that were given, so that none is given twice. Every step of it takes about the same time.
#[derive(Default)]
pub struct Given {
    taken: BTreeSet<String>,
    /// What names that were wanted again get as their next number.
    numbers: BTreeMap<String, usize>,
}

/// The names of one sort of things, as far as they had to be others. Things of one name have one name.
#[derive(Default)]
pub struct Names(BTreeMap<String, String>);

impl Alphabet {
    /// Whether a name is one of it.
    pub fn has(&self, name: &str) -> bool {
        !name.is_empty() && name.len() <= self.longest && name.chars().all(|c| self.takes(c))
    }

    /// The nearest name of it.
    pub fn nearest<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match name {
            "" => Cow::Borrowed(self.blank),
            _ if self.has(name) => Cow::Borrowed(name),
            _ => {
                let plain = name.chars().map(|c| if self.takes(c) { c } else { '_' });
                Cow::Owned(plain.take(self.longest).collect())
            }
        }
    }

    fn takes(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || self.marks.contains(c)
    }
}

impl Given {
    /// A name of the alphabet that was not given before: this one, if it can be.
    pub fn give<'n>(&mut self, alphabet: &Alphabet, name: &'n str) -> Cow<'n, str> {
        let wanted = alphabet.nearest(name);
        if self.taken.insert(wanted.clone().into_owned()) {
            return wanted;
        }
        // Where to go on is remembered: else the next one of this name would try all before it again.
        let number = self.numbers.entry(wanted.clone().into_owned()).or_insert(2);
        loop {
            let ending = format!("_{number}");
            let most = alphabet.longest.saturating_sub(ending.len());
            let given = format!("{}{ending}", beginning(&wanted, most));
            *number = number.saturating_add(1);
            if self.taken.insert(given.clone()) {
                return Cow::Owned(given);
            }
        }
    }
}

impl Names {
    /// Finds other names for those that the alphabet does not have. Those that it has stay as they are.
    pub fn new<'n>(alphabet: &Alphabet, wanted: impl Iterator<Item = &'n str>) -> Self {
        let (good, strange): (Vec<_>, Vec<_>) = wanted.partition(|name| alphabet.has(name));
        let mut names = Self::default();
        if strange.is_empty() {
            return names;
        }
        let taken = good.into_iter().map(str::to_owned).collect();
        let mut given = Given { taken, ..Given::default() };
        for name in strange {
            names.0.entry(name.to_owned()).or_insert_with(|| given.give(alphabet, name).into_owned());
        }
        names
    }

    /// The name of a thing, if it had to be another.
    pub fn other(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Those that had to be others: as they were wanted, and as they are.
    pub fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(wanted, given)| (wanted.as_str(), given.as_str()))
    }

    /// Whether none had to be another.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Alphabet =
        Alphabet { pattern: "^[a-zA-Z0-9_]{1,8}$", marks: "_", longest: 8, blank: "blank" };

    #[test]
    fn no_two_names_become_one() {
        let wanted = ["a.b", "a_b", "a b", "", "a.b", "a_much_longer", "a_much.longer", "é"];
        let names = Names::new(&SHORT, wanted.into_iter());
        let given = wanted.map(|name| names.other(name).unwrap_or(name));
        assert_eq!(given, ["a_b_2", "a_b", "a_b_3", "blank", "a_b_2", "a_much_l", "a_much_2", "_"]);
        assert!(given.iter().all(|name| SHORT.has(name)));
        assert!(Names::new(&SHORT, ["a", "b"].into_iter()).is_empty() && !names.is_empty());
        assert!(names.others().any(|other| other == ("é", "_")));
        let mut given = Given::default();
        assert_eq!(["x", "x", "x_2", "x"].map(|id| given.give(&SHORT, id)), ["x", "x_2", "x_2_2", "x_3"]);
    }
}
