//! Reads a configuration with the path of every value in hand, and collects all that is wrong with it.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::errors::Errors;
use super::meant::Meant;
use super::units::{parse_bytes, parse_duration};
use crate::routing::{did_you_mean, nearest};

/// A value and its path.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    pub path: Path<'a>,
    pub value: &'a Value,
}

/// Where a value is. It is written out only where something is wrong: every value has one, and each holds those around
/// it.
#[derive(Clone, Debug, Default)]
pub struct Path<'a>(Option<Rc<(Path<'a>, Step<'a>)>>);

#[derive(Debug)]
enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

/// An object whose members are read by name.
#[derive(Debug)]
pub struct Section<'a> {
    path: Path<'a>,
    value: &'a Value,
    members: &'a Map<String, Value>,
}

impl<'a> Path<'a> {
    /// Of a member.
    pub fn member(&self, name: &'a str) -> Self {
        Self(Some(Rc::new((self.clone(), Step::Member(name)))))
    }

    /// Of an element.
    fn element(&self, index: usize) -> Self {
        Self(Some(Rc::new((self.clone(), Step::Element(index)))))
    }
}

/// As messages write it: `routes[2].targets[0]`.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((around, step)) = self.0.as_deref() else { return Ok(()) };
        around.fmt(f)?;
        match step {
            Step::Element(index) => write!(f, "[{index}]"),
            Step::Member(name) if around.0.is_none() => f.write_str(name),
            Step::Member(name) => write!(f, ".{name}"),
        }
    }
}

impl<'a> Node<'a> {
    /// The whole configuration.
    pub const fn root(value: &'a Value) -> Self {
        Self { path: Path(None), value }
    }

    /// Reports this value.
    pub fn error(&self, message: impl fmt::Display, errors: &mut Errors<'_>) {
        errors.add(&self.path, message);
    }

    /// Reports this value as something else than what is expected.
    pub fn expected(&self, what: &str, errors: &mut Errors<'_>) {
        self.error(format_args!("expected {what}, found {}", describe(self.value)), errors);
    }

    /// The same, with what was probably `meant`.
    pub fn expected_or(&self, what: &str, meant: Meant, errors: &mut Errors<'_>) {
        self.error_or(&format!("expected {what}, found {}", describe(self.value)), meant, errors);
    }

    /// Reports this value, with what was probably `meant`.
    pub fn error_or(&self, message: &str, meant: Meant, errors: &mut Errors<'_>) {
        let meant = errors.guess.and_then(|guess| guess(meant, self.value));
        let meant = meant.map(|meant| format!(", did you mean {meant}?")).unwrap_or_default();
        self.error(format_args!("{message}{meant}"), errors);
    }

    /// A string that is not empty.
    pub fn string(&self, what: &str, errors: &mut Errors<'_>) -> Option<&'a str> {
        let text = self.value.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            self.expected(what, errors);
        }
        text
    }

    /// A name, around which there is no white space.
    pub fn name(&self, what: &str, errors: &mut Errors<'_>) -> Option<&'a str> {
        let text = self.string(what, errors)?;
        if text.trim() != text {
            self.expected_or(what, Meant::Trimmed, errors);
        }
        Some(text)
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, words: &[(&str, T)], errors: &mut Errors<'_>) -> Option<T> {
        let known = || words.iter().map(|(word, _)| *word);
        let text = self.string(&format!("one of {}", list(known())), errors)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let message = fmt::from_fn(|f| {
                let hint = did_you_mean(',', nearest(text, known()));
                write!(f, "unknown value {text:?}, expected one of {}{hint}", list(known()))
            });
            self.error(message, errors);
        }
        found
    }

    /// A whole number within bounds.
    pub fn number(&self, least: u64, most: u64, errors: &mut Errors<'_>) -> Option<u64> {
        let number = self.value.as_u64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let what = format!("a whole number from {least} to {most}");
            self.expected_or(&what, Meant::Number(least, most), errors);
        }
        number
    }

    /// A number that `fits`; `what` says which do.
    pub fn decimal(
        &self,
        what: &str,
        fits: impl FnOnce(f64) -> bool,
        errors: &mut Errors<'_>,
    ) -> Option<f64> {
        let number = self.value.as_f64().filter(|number| number.is_finite());
        let number = number.filter(|number| fits(*number));
        if number.is_none() {
            self.expected(what, errors);
        }
        number
    }

    /// `true` or `false`.
    pub fn flag(&self, errors: &mut Errors<'_>) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.expected_or("true or false", Meant::Flag, errors);
        }
        flag
    }

    /// A duration such as `250ms`, `20s`, `5m`.
    pub fn duration(&self, errors: &mut Errors<'_>) -> Option<Duration> {
        let duration = self.value.as_str().and_then(parse_duration);
        if duration.is_none() {
            let what = "a duration such as 250ms, 20s or 5m";
            self.expected_or(what, Meant::Duration, errors);
        }
        duration
    }

    /// A duration of more than nothing.
    pub fn positive_duration(&self, errors: &mut Errors<'_>) -> Option<Duration> {
        let duration = self.duration(errors)?;
        if duration.is_zero() {
            self.error("must be more than nothing", errors);
        }
        Some(duration)
    }

    /// A size such as `512KiB`, `32MiB`, or a number of bytes.
    pub fn bytes(&self, least: u64, most: u64, errors: &mut Errors<'_>) -> Option<u64> {
        let bytes = self.value.as_u64().or_else(|| self.value.as_str().and_then(parse_bytes));
        let bytes = bytes.filter(|bytes| (least..=most).contains(bytes));
        if bytes.is_none() {
            let what = format!("a size such as 32MiB, from {least} to {most} bytes");
            self.expected_or(&what, Meant::Bytes(least, most), errors);
        }
        bytes
    }

    /// A member, where this is an object that has it; `null` counts as absent.
    pub fn below(&self, name: &str) -> Option<Self> {
        let (name, value) =
            self.value.as_object()?.get_key_value(name).filter(|(_, value)| !value.is_null())?;
        Some(Self { path: self.path.member(name), value })
    }

    /// The elements of a list.
    pub fn list(&self, what: &str, errors: &mut Errors<'_>) -> Option<Vec<Self>> {
        let Some(elements) = self.value.as_array() else {
            self.expected_or(what, Meant::List, errors);
            return None;
        };
        let element = |(index, value)| Self { path: self.path.element(index), value };
        Some(elements.iter().enumerate().map(element).collect())
    }

    /// The members of an object, whatever their names.
    pub fn members(&self, what: &str, errors: &mut Errors<'_>) -> Option<Vec<(&'a str, Self)>> {
        let Some(members) = self.value.as_object() else {
            self.expected(what, errors);
            return None;
        };
        let member = |(name, value): (&'a String, &'a Value)| {
            (name.as_str(), Self { path: self.path.member(name), value })
        };
        Some(members.iter().map(member).collect())
    }

    /// An object with known members. Members of features that this version lacks are refused by name; unknown ones
    /// with the nearest known name.
    pub fn section(&self, known: &[&str], lacking: &[&str], errors: &mut Errors<'_>) -> Option<Section<'a>> {
        let members = self.members("an object", errors)?;
        for (name, member) in &members {
            if lacking.contains(name) {
                member.error("not supported by this version", errors);
            } else if !known.contains(name) {
                let message = fmt::from_fn(|f| match nearest(name, known.iter().chain(lacking).copied()) {
                    None => write!(f, "unknown key, expected one of {}", list(known.iter().copied())),
                    near => write!(f, "unknown key{}", did_you_mean(',', near)),
                });
                member.error(message, errors);
            }
        }
        Some(Section { path: self.path.clone(), value: self.value, members: self.value.as_object()? })
    }
}

impl<'a> Section<'a> {
    /// The object itself.
    pub fn node(&self) -> Node<'a> {
        Node { path: self.path.clone(), value: self.value }
    }

    /// A member; `null` counts as absent.
    pub fn get(&self, name: &str) -> Option<Node<'a>> {
        let (name, value) = self.members.get_key_value(name).filter(|(_, value)| !value.is_null())?;
        Some(Node { path: self.path.member(name), value })
    }

    /// A member that must be there.
    pub fn require(&self, name: &str, errors: &mut Errors<'_>) -> Option<Node<'a>> {
        let node = self.get(name);
        if node.is_none() {
            errors.add(&self.path, format_args!("missing key {name:?}"));
        }
        node
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// A value as an error message shows it. Strings are cut, and may be secrets only where no string is expected.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
