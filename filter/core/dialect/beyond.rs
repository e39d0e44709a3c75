//! Members of a task's request that the client's format has not: its provider may have them, and says which.

use serde_json::value::RawValue;

use super::object::Object;
use crate::hub::json::{Members, Str, is_null};
use crate::hub::{Dropped, Param};

/// Those that a client gave. `null` counts as absent.
#[derive(Debug)]
pub(super) struct Beyond<'a>(Members<'a>);

impl<'a> Beyond<'a> {
    /// What was read of a body beside the format's own members.
    pub const fn new(members: Members<'a>) -> Self {
        Self(members)
    }

    /// One of them, if it was given.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.given().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
    }

    /// Adds those that the provider knows to its request, and reports all others but those that are `expressed` otherwise.
    pub fn add_to(
        &self,
        object: Object,
        known: &[&str],
        expressed: &[&str],
        dropped: &mut Dropped,
    ) -> Object {
        self.report(&[known, expressed].concat(), dropped);
        let known = self.given().filter(|(name, _)| known.contains(&name.as_str()));
        known.fold(object, |object, (name, value)| object.raw(name, value.get()))
    }

    /// Reports all that nobody has `taken`.
    pub fn report(&self, taken: &[&str], dropped: &mut Dropped) {
        for (name, _) in self.given().filter(|(name, _)| !taken.contains(&name.as_str())) {
            dropped.add_member(Param::from, name);
        }
    }

    fn given(&self) -> impl Iterator<Item = (&Str<'a>, &'a RawValue)> {
        self.0.iter().filter(|(_, value)| !is_null(value)).map(|(name, value)| (name, *value))
    }
}
