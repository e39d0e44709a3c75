//! Names as a vendor takes them: of an alphabet, no longer than it says, and no two the same.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Memo;
use crate::hub::json::beginning;
use crate::hub::{Chat, Field, Kind, OfPart, OfTool, Param, RequestError, ToolChoice};

/// The longest name of a client's that is written otherwise, in bytes: any call of an answer may have it.
const LONGEST_OF_A_CLIENT: usize = 1024;

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
    /// Whether it begins with a letter or an underscore.
    pub begins: bool,
}

/// Names that were given, so that none is given twice. Every step of it takes about the same time.
#[derive(Default)]
pub struct Given {
    taken: BTreeSet<String>,
    /// What names that were wanted again get as their next number.
    numbers: BTreeMap<String, usize>,
}

/// The names of one sort of things, as far as they had to be others. Things of one name have one name.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, String>);

impl Alphabet {
    /// Whether a name is one of it.
    pub fn has(&self, name: &str) -> bool {
        let takes = || name.len() <= self.longest && name.chars().all(|c| self.takes(c));
        !name.is_empty() && self.may_begin(name) && takes()
    }

    /// The nearest name of it.
    pub fn nearest<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match name {
            "" => Cow::Borrowed(self.blank),
            _ if self.has(name) => Cow::Borrowed(name),
            _ => {
                let mark = if self.may_begin(name) { "" } else { "_" };
                let plain = name.chars().map(|c| if self.takes(c) { c } else { '_' });
                Cow::Owned(mark.chars().chain(plain).take(self.longest).collect())
            }
        }
    }

    fn may_begin(&self, name: &str) -> bool {
        !self.begins || name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
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

    /// Finds other names for the functions that a chat speaks of: those that are declared, chosen, and were called.
    ///
    /// # Errors
    /// A name that is too long to be remembered for the way back.
    pub fn of_functions(alphabet: &Alphabet, chat: &Chat<'_>) -> Result<Self, RequestError> {
        let declared = chat.tools.iter().enumerate();
        let declared = declared.map(|(at, tool)| (tool.name.as_str(), Param::Tool(Some(at), OfTool::Name)));
        let (chosen, field) = match &chat.tool_choice {
            Some(ToolChoice::Named(name)) => (std::slice::from_ref(name), Field::ToolChoiceName),
            Some(ToolChoice::Allowed { names, .. }) => (names.as_slice(), Field::ToolChoiceAllowed),
            _ => (&[][..], Field::ToolChoice),
        };
        let chosen = chosen.iter().map(|name| (name.as_str(), field.into()));
        let messages = chat.messages.iter().enumerate();
        let parts = messages.flat_map(|(at, message)| message.parts.iter().map(move |part| (at, part)));
        let called = parts.filter_map(|(at, part)| match &part.kind {
            Kind::ToolCall { name, .. } => {
                Some((name.as_str(), Param::Part(Some(at), part.place, OfPart::Whole)))
            }
            _ => None,
        });
        let mut names = Vec::new();
        for (name, param) in declared.chain(chosen).chain(called) {
            if name.len() > LONGEST_OF_A_CLIENT {
                let why = format_args!("a function's name has at most {LONGEST_OF_A_CLIENT} bytes");
                return Err(RequestError::unsupported(param, why));
            }
            names.push(name);
        }
        Ok(Self::new(alphabet, names.into_iter()))
    }

    /// The name of a thing, which is another if it has to be.
    pub fn sent<'n>(&'n self, name: &'n str) -> &'n str {
        self.other(name).unwrap_or(name)
    }

    /// What the way back is to undo, where these are names of functions.
    pub fn memo(&self) -> Memo {
        let mut memo = Memo::default();
        self.others().for_each(|(client, sent)| memo.rename(sent, client));
        memo
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
        Alphabet { pattern: "^[a-zA-Z0-9_]{1,8}$", marks: "_", longest: 8, blank: "blank", begins: false };

    #[test]
    fn no_two_names_become_one() {
        let wanted = ["a.b", "a_b", "a b", "", "a.b", "a_much_longer", "a_much.longer", "é"];
        let names = Names::new(&SHORT, wanted.into_iter());
        let given = wanted.map(|name| names.other(name).unwrap_or(name));
        assert_eq!(given, ["a_b_2", "a_b", "a_b_3", "blank", "a_b_2", "a_much_l", "a_much_2", "_"]);
        assert!(given.iter().all(|name| SHORT.has(name)));
        assert!(Names::new(&SHORT, ["a", "b"].into_iter()).is_empty() && !names.is_empty());
        assert!(names.others().any(|other| other == ("é", "_")));
        let word = Alphabet { begins: true, ..SHORT };
        let names = Names::new(&word, ["21st", "_21st", "a1"].into_iter());
        assert_eq!(["21st", "_21st", "a1"].map(|name| names.sent(name)), ["_21st_2", "_21st", "a1"]);
        let mut given = Given::default();
        assert_eq!(["x", "x", "x_2", "x"].map(|id| given.give(&SHORT, id)), ["x", "x_2", "x_2_2", "x_3"]);
    }
}
