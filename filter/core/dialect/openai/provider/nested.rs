//! Members that the hub does not model, back in the objects that they were lifted from.
//!
//! A reader keeps a member `x` of `image_url` under the name `image_url.x` beside the object. What a client itself calls
//! `image_url.x` there goes into the object, too: no vendor's member has a dot in its name.

use serde::ser::SerializeMap;

use crate::hub::json::Members;

/// Writes the members that belong into the object `within`, of the objects `all`; into none of those, for `""`.
///
/// # Errors
/// The writer's own.
pub fn write<M: SerializeMap>(
    map: &mut M,
    members: &Members<'_>,
    all: &[&str],
    within: &str,
) -> Result<(), M::Error> {
    for (name, value) in members {
        let (object, name) = place(name, all);
        if object == within {
            map.serialize_entry(name, value)?;
        }
    }
    Ok(())
}

/// Whether any member belongs into the object `within`.
pub fn has(members: &Members<'_>, all: &[&str], within: &str) -> bool {
    members.iter().any(|(name, _)| place(name, all).0 == within)
}

/// The innermost of the objects that a name leads into, and the name there.
pub fn place<'n>(name: &'n str, all: &[&'n str]) -> (&'n str, &'n str) {
    let inner = |object: &&'n str| Some((*object, name.strip_prefix(*object)?.strip_prefix('.')?));
    all.iter().filter_map(inner).max_by_key(|(object, _)| object.len()).unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_name_leads_into_the_innermost_object() {
        let all = ["a", "a.b"];
        for (name, want) in [
            ("x", ("", "x")),
            ("a", ("", "a")),
            ("ab.x", ("", "ab.x")),
            ("a.x", ("a", "x")),
            ("a.b", ("a", "b")),
            ("a.b.x.y", ("a.b", "x.y")),
        ] {
            assert_eq!(place(name, &all), want);
        }
    }
}
