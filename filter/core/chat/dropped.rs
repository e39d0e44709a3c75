//! What a target could not express: reported, never silent.

use super::json::{Members, is_null};

/// The parameters of a request that the target which served it could not express or had to clamp, by the names the
/// client used: `seed`, `messages[].name`, `tools[].function.strict`. In the order found, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped(Vec<String>);

impl Dropped {
    /// Reports one parameter.
    pub fn add(&mut self, parameter: impl AsRef<str>) {
        let parameter = parameter.as_ref();
        if !self.0.iter().any(|known| known == parameter) {
            self.0.push(parameter.to_owned());
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
                _ => self.add(format!("{within}.{name}")),
            }
        }
    }

    /// The names, in the order found.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether everything could be expressed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the `x-ferro-dropped` header: the names, comma-separated, with anything that a header may not
    /// hold left out.
    pub fn header(&self) -> String {
        let joined = self.0.join(", ");
        joined.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(1024).collect()
    }
}
