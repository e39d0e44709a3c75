//! What a target could not express: reported, never silent.

use super::json::{Members, is_null};

/// The parameters of a request that the target which served it could not express or had to clamp, by the names the
/// client used: `seed`, `messages[].name`, `tools[].function.strict`. In the order found, each once.
///
/// A client may make up any number of names, of any length: the first [`Dropped::MOST`] are kept, as far as
/// [`Dropped::LONGEST`] characters. That there were others is remembered, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    names: Vec<String>,
    others: bool,
}

impl Dropped {
    /// How many names are kept.
    pub const MOST: usize = 128;
    /// How many characters of a name are kept.
    pub const LONGEST: usize = 128;

    /// Reports one parameter.
    pub fn add(&mut self, parameter: impl AsRef<str>) {
        let parameter = parameter.as_ref();
        let end = parameter.char_indices().nth(Self::LONGEST).map_or(parameter.len(), |(end, _)| end);
        let parameter = parameter.get(..end).unwrap_or_default();
        if self.others && self.names.len() >= Self::MOST || self.names.iter().any(|known| known == parameter)
        {
            return;
        }
        match self.names.len() < Self::MOST {
            true => self.names.push(parameter.to_owned()),
            false => self.others = true,
        }
    }

    /// Reports a parameter if the client gave it.
    pub fn add_if(&mut self, given: bool, parameter: &str) {
        if given {
            self.add(parameter);
        }
    }

    /// Reports members that nobody modelled. `null` counts as absent. `within` names the object (`messages[]`); empty
    /// for the top level.
    pub fn add_members(&mut self, within: &str, members: &Members<'_>) {
        for (name, value) in members {
            match within {
                _ if is_null(value) => {}
                "" => self.add(name.as_str()),
                _ => self.add(format!("{within}.{}", name.beginning(Self::LONGEST.saturating_mul(4)))),
            }
        }
    }

    /// The names, in the order found.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether everything could be expressed.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The value of the `x-ferro-dropped` header: the names, comma-separated, with anything that a header may not
    /// hold left out; `...` stands for others.
    pub fn header(&self) -> String {
        const LONGEST: usize = 1024;
        let joined = self.names.join(", ");
        let mut plain = joined.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
        let mut header: String = plain.by_ref().take(LONGEST).collect();
        if self.others || plain.next().is_some() {
            header.push_str(", ...");
        }
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_few_and_short() {
        let mut dropped = Dropped::default();
        dropped.add("é".repeat(Dropped::LONGEST + 1));
        dropped.add("é".repeat(Dropped::LONGEST + 2));
        assert_eq!(dropped.names(), ["é".repeat(Dropped::LONGEST)]);
        for number in 1..Dropped::MOST {
            dropped.add(number.to_string());
            dropped.add("1");
        }
        assert_eq!((dropped.names().len(), dropped.header().ends_with("126, 127")), (Dropped::MOST, true));
        dropped.add("2");
        assert!(dropped.header().ends_with("126, 127"));
        dropped.add("more");
        dropped.add("3");
        assert_eq!((dropped.names().len(), dropped.header().ends_with("127, ...")), (Dropped::MOST, true));
    }

    #[test]
    fn a_header_is_short_and_plain() {
        let mut dropped = Dropped::default();
        dropped.add("a\r\nb€ c");
        assert_eq!(dropped.header(), "ab c");
        (0..100).for_each(|number| dropped.add(format!("a-rather-long-name-{number}")));
        let header = dropped.header();
        assert!(header.len() == 1029 && header.ends_with(", ..."), "{header}");
    }
}
