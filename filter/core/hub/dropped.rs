//! What a target could not express: reported, never silent.

use super::json::{Members, beginning, is_null};
use super::param::Param;
use super::percent::in_header;

/// The parameters of a request that the target which served it could not express or had to clamp. In the order found,
/// each once.
///
/// A client may make up any number of names, of any length: the first [`Dropped::MOST`] are kept, as far as
/// [`Dropped::LONGEST`] characters. That there were others is remembered, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    params: Vec<Param>,
    others: bool,
}

impl Dropped {
    /// How many parameters are kept.
    pub const MOST: usize = 128;
    /// How many characters of a name are told.
    pub const LONGEST: usize = 128;

    /// Reports one parameter.
    pub fn add(&mut self, param: impl Into<Param>) {
        let param = param.into();
        if self.others && self.params.len() >= Self::MOST || self.params.contains(&param) {
            return;
        }
        match self.params.len() < Self::MOST {
            true => self.params.push(param),
            false => self.others = true,
        }
    }

    /// Reports a parameter if the client gave it.
    pub fn add_if(&mut self, given: bool, param: impl Into<Param>) {
        if given {
            self.add(param);
        }
    }

    /// Reports a member by the name that the client gave it, of which no more is kept than is told.
    pub fn add_member(&mut self, of: impl Fn(String) -> Param, name: &str) {
        let end = name.char_indices().nth(Self::LONGEST).map_or(name.len(), |(end, _)| end);
        self.add(of(beginning(name, end).to_owned()));
    }

    /// Reports members that nobody modelled. `null` counts as absent. `of` says whose members they are.
    pub fn add_members(&mut self, of: impl Fn(String) -> Param, members: &Members<'_>) {
        for (name, _) in members.iter().filter(|(_, value)| !is_null(value)) {
            self.add_member(&of, name);
        }
    }

    /// The parameters, in the order found.
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// Their names as `spell` has them, each once.
    pub fn names(&self, spell: impl Fn(&Param) -> String) -> Vec<String> {
        let mut names: Vec<String> = Vec::with_capacity(self.params.len());
        for param in &self.params {
            let mut name = spell(param);
            if let Some((end, _)) = name.char_indices().nth(Self::LONGEST) {
                name.truncate(end);
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether everything could be expressed.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// The value of the `x-ferro-dropped` header: the names, comma-separated, with anything that a header may not
    /// hold percent-encoded; `...` stands for others.
    pub fn header(&self, spell: impl Fn(&Param) -> String) -> String {
        const LONGEST: usize = 2048;
        let mut header = String::new();
        for name in self.names(spell) {
            let name = in_header(&name);
            if header.len().saturating_add(name.len()) > LONGEST {
                return header + ", ...";
            }
            header.extend([if header.is_empty() { "" } else { ", " }, &name]);
        }
        if self.others { header + ", ..." } else { header }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(param: &Param) -> String {
        match param {
            Param::Own(name) => name.clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn names_are_few_and_short() {
        let mut dropped = Dropped::default();
        dropped.add_member(Param::from, &"é".repeat(Dropped::LONGEST + 1));
        dropped.add_member(Param::from, &"é".repeat(Dropped::LONGEST + 2));
        assert_eq!(dropped.params(), [Param::from("é".repeat(Dropped::LONGEST))]);
        for number in 1..Dropped::MOST {
            dropped.add(number.to_string());
            dropped.add("1");
        }
        let told = |dropped: &Dropped, end| {
            (dropped.names(spell).len(), dropped.header(spell).ends_with(end)) == (Dropped::MOST, true)
        };
        assert!(told(&dropped, "126, 127"));
        dropped.add("2");
        assert!(told(&dropped, "126, 127"));
        dropped.add("more");
        dropped.add("3");
        assert!(told(&dropped, "127, ..."));
    }

    #[test]
    fn what_is_spelled_alike_is_told_once() {
        let mut dropped = Dropped::default();
        for name in ["a".to_owned(), "a".repeat(200), "a".repeat(300)] {
            dropped.add(name.clone());
            dropped.add(name);
        }
        assert_eq!(dropped.params().len(), 3);
        assert_eq!(dropped.names(spell), ["a".to_owned(), "a".repeat(Dropped::LONGEST)]);
    }

    #[test]
    fn a_header_is_short_and_plain() {
        let mut dropped = Dropped::default();
        dropped.add("a\r\nb€ c");
        assert_eq!(dropped.header(spell), "a%0D%0Ab%E2%82%AC c");
        (0..100).for_each(|number| dropped.add(format!("a-rather-long-name-{number}")));
        let header = dropped.header(spell);
        assert!((2000..2060).contains(&header.len()) && header.ends_with(", ..."), "{header}");
    }
}
