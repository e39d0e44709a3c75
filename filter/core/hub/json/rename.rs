//! The members of all objects in a text of JSON that need not be whole, and other names for them.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// A member of some object.
#[derive(Debug)]
pub struct Member<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value, and whatever follows that.
    pub rest: &'a str,
    /// Where its name is written.
    place: (usize, usize),
}

/// Shows every member, in the order of their names.
pub fn each_member<'a>(text: &'a str, see: &mut dyn FnMut(Member<'a>)) {
    let mut at = 0;
    while let Some((start, end)) = next_string(text, at) {
        at = end;
        let rest = text.get(end..).unwrap_or_default().trim_start();
        if let (Some(rest), Some(literal)) = (rest.strip_prefix(':'), text.get(start..end)) {
            see(Member { name: name(literal), rest: rest.trim_start(), place: (start, end) });
        }
    }
}

/// The text with other names for its members, at any depth, where `change` has one; `None` if it has none for any.
pub fn rename_members<'n>(text: &str, change: &dyn Fn(&str) -> Option<&'n str>) -> Option<String> {
    let (mut renamed, mut copied) = (String::new(), 0);
    each_member(text, &mut |Member { name, place: (start, end), .. }| {
        if let Some(other) = change(&name) {
            renamed.push_str(text.get(copied..start).unwrap_or_default());
            // A string is always JSON.
            renamed.push_str(&serde_json::to_string(other).unwrap_or_default());
            copied = end;
        }
    });
    (copied > 0).then(|| renamed + text.get(copied..).unwrap_or_default())
}

/// Where the next string lies, its quotation marks included.
fn next_string(text: &str, from: usize) -> Option<(usize, usize)> {
    let start = from.checked_add(memchr(b'"', text.as_bytes().get(from..)?)?)?;
    let mut at = start.checked_add(1)?;
    loop {
        let rest = text.as_bytes().get(at..)?;
        let special = memchr2(b'"', b'\\', rest)?;
        let escapes = rest.get(special) == Some(&b'\\');
        at = at.checked_add(special)?.checked_add(if escapes { 2 } else { 1 })?;
        if !escapes {
            return Some((start, at));
        }
    }
}

/// The name that a literal writes.
fn name(literal: &str) -> Cow<'_, str> {
    match literal.contains('\\') {
        true => serde_json::from_str(literal).unwrap_or_default(),
        false => Cow::Borrowed(literal.trim_matches('"')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_renamed() {
        let change = |name: &str| match name {
            "a" => Some("b"),
            "é \"" => Some("quoted"),
            "quoted" => Some("é \""),
            _ => None,
        };
        for (text, want) in [
            (r#"{"a":"a","c":{"a" : ["a",{"a":1.50}]}}"#, Some(r#"{"b":"a","c":{"b" : ["a",{"b":1.50}]}}"#)),
            (r#"{"\u00e9 \"":1}"#, Some(r#"{"quoted":1}"#)),
            (r#"{"quoted":1}"#, Some(r#"{"é \"":1}"#)),
            (r#"{"a":"cut \"#, Some(r#"{"b":"cut \"#)),
            (r#"{"a":{"a":1,"a"#, Some(r#"{"b":{"b":1,"a"#)),
            (r#"{"x":"\"a\":"}"#, None),
            (r#"{"a""#, None),
            ("", None),
        ] {
            assert_eq!(rename_members(text, &change).as_deref(), want, "{text}");
        }
    }
}
