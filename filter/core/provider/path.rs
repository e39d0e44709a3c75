//! Where a provider's operation is, below its root: a path with variables, written once and filled for every request.
//!
//! ```text
//! /openai/deployments/{model}/chat/completions?api-version={api_version}
//! /models/{model}:{stream?streamGenerateContent?alt=sse:generateContent}
//! ```
//!
//! | written | filled with |
//! |---|---|
//! | `{name}` | a value, which is one segment or one value of the query, whatever it holds |
//! | `{name+}` | the same, and it may hold slashes, which are escaped |
//! | `{name*}` | several segments: its slashes stay |
//! | `{stream?A:B}` | `A` for a stream, `B` for a whole answer; the first colon parts them |
//!
//! `{model}` comes from a client; all others are the provider's variables, known when the configuration is loaded. A
//! value that could walk (`..`, a slash where none may be, `%`, `\`) is refused. So is whatever is not plain where a
//! value shares its segment with other text: there the vendor has a grammar of its own, as Gemini has with its colon.

use std::borrow::Cow;

use crate::hub::{Field, RequestError, escaped};

/// The variable that holds the model's name.
const MODEL: &str = "model";
/// The word of a choice.
const STREAM: &str = "stream";

/// A path, or the template of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String, Place),
    Choice { stream: String, whole: String },
}

/// What a value is where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A segment of its own.
    Segment(Slashes),
    /// A part of a segment.
    Beside,
    /// A value of the query.
    Query,
}

/// What becomes of a value's slashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slashes {
    Refused,
    Escaped,
    Kept,
}

impl Path {
    /// Reads a template.
    ///
    /// # Errors
    /// In words for the operator: what is wrong, and what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inner, after) = after.split_once('}').ok_or("a { without its }")?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(variable(inner)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let mut path = Self(parts);
        path.check()?;
        path.place();
        Ok(path)
    }

    /// Whether it is a path in either of its forms.
    fn check(&self) -> Result<(), String> {
        const EXPECTED: &str = "expected a path such as /models/{model}/chat";
        for stream in [true, false] {
            let shown = self.0.iter().map(|part| match part {
                Part::Text(text) => text,
                Part::Variable(..) => "x",
                Part::Choice { stream: chosen, whole } => {
                    if stream {
                        chosen
                    } else {
                        whole
                    }
                }
            });
            let shown: String = shown.collect();
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%?".contains(&byte);
            if !shown.bytes().all(legal) {
                return Err(format!("a character that no path may hold, {EXPECTED}"));
            }
            let (path, query) = shown.split_once('?').unwrap_or((&shown, ""));
            let segments = path.strip_prefix('/').map(|path| path.split('/'));
            if segments.is_none_or(|mut segments| segments.any(|segment| matches!(segment, "" | "." | "..")))
            {
                return Err(format!("an empty segment, or one of dots, {EXPECTED}"));
            }
            if query.contains('?') {
                return Err(format!("two queries, {EXPECTED}"));
            }
        }
        Ok(())
    }

    /// Finds out what each variable is where it stands.
    fn place(&mut self) {
        let texts: Vec<_> = self.0.iter().map(Part::text).collect();
        let ends = |text: &Option<Option<String>>, at_end: bool| match text {
            None => true,
            Some(Some(text)) if at_end => text.ends_with('/'),
            Some(Some(text)) => text.starts_with(['/', '?']),
            Some(None) => false,
        };
        let mut query = false;
        for (index, part) in self.0.iter_mut().enumerate() {
            let before = index.checked_sub(1).and_then(|before| texts.get(before).cloned());
            let after = texts.get(index.saturating_add(1)).cloned();
            match part {
                Part::Variable(_, place) if query => *place = Place::Query,
                Part::Variable(_, place) if !(ends(&before, true) && ends(&after, false)) => {
                    *place = Place::Beside
                }
                Part::Variable(..) => {}
                Part::Text(text) => query |= text.contains('?'),
                Part::Choice { stream, whole } => query |= stream.contains('?') || whole.contains('?'),
            }
        }
    }

    /// The names of its variables, but for the model's.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let names = self.0.iter().filter_map(|part| match part {
            Part::Variable(name, _) => Some(name.as_str()),
            Part::Text(_) | Part::Choice { .. } => None,
        });
        names.filter(|name| *name != MODEL)
    }

    /// The path below a root, with all variables filled but the model's.
    ///
    /// # Errors
    /// A variable and what is wrong with it.
    pub fn below<'a>(
        self,
        root: &str,
        value: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, (String, String)> {
        let mut parts = vec![Part::Text(root.to_owned())];
        for part in self.0 {
            let part = match part {
                Part::Variable(name, place) if name != MODEL => {
                    let Some(value) = value(&name) else {
                        return Err((name, "this variable has no value".to_owned()));
                    };
                    match place.fill(value) {
                        Ok(filled) => Part::Text(filled),
                        Err(why) => return Err((name, format!("a value of this variable {why}"))),
                    }
                }
                part => part,
            };
            match (parts.last_mut(), part) {
                (Some(Part::Text(text)), Part::Text(more)) => text.push_str(&more),
                (_, part) => parts.push(part),
            }
        }
        Ok(Self(parts))
    }

    /// The path of one request.
    ///
    /// # Errors
    /// The model's name, which comes from a client, may not stand in it.
    pub fn write(&self, model: &str, stream: bool) -> Result<Cow<'_, str>, RequestError> {
        if let [Part::Text(text)] = self.0.as_slice() {
            return Ok(Cow::Borrowed(text));
        }
        let mut path = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => path.push_str(text),
                Part::Choice { stream: chosen, .. } if stream => path.push_str(chosen),
                Part::Choice { whole, .. } => path.push_str(whole),
                Part::Variable(_, place) => {
                    let why = |why| {
                        let why =
                            format_args!("the name of a model that stands in this provider's path {why}");
                        RequestError::invalid(Field::Model, why)
                    };
                    path.push_str(&place.fill(model).map_err(why)?);
                }
            }
        }
        Ok(Cow::Owned(path))
    }
}

impl Part {
    /// Its text, if it is always the same.
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Variable(..) | Self::Choice { .. } => None,
        }
    }
}

impl Place {
    /// A value as it stands here.
    ///
    /// # Errors
    /// What values hold here, in words that follow `a value`.
    fn fill(self, value: &str) -> Result<String, &'static str> {
        let walks = value.contains("..") || value.split('/').any(|piece| matches!(piece, "" | "."));
        match self {
            Self::Beside if value.is_empty() || walks || !value.bytes().all(is_plain) => {
                Err("holds letters, digits, `-`, `_`, `~`, `@` and single dots only")
            }
            Self::Beside => Ok(value.to_owned()),
            Self::Query if value.is_empty() => Err("is not empty"),
            Self::Query => Ok(escaped(value, |byte| is_plain(byte) && byte != b'@').into_owned()),
            Self::Segment(_) if walks || value.contains(['%', '\\']) || value.contains(char::is_control) => {
                Err("holds no `..`, `%`, `\\`, control character nor empty segment")
            }
            Self::Segment(Slashes::Refused) if value.contains('/') => Err("holds no `/`"),
            Self::Segment(Slashes::Kept) => {
                Ok(escaped(value, |byte| is_plain(byte) || byte == b'/').into_owned())
            }
            Self::Segment(Slashes::Refused | Slashes::Escaped) => Ok(escaped(value, is_plain).into_owned()),
        }
    }
}

/// What stands in braces.
fn variable(inner: &str) -> Result<Part, String> {
    if let Some((word, choice)) = inner.split_once('?') {
        let (stream, whole) = choice.split_once(':').ok_or("expected a choice such as {stream?a:b}")?;
        return match word {
            STREAM => Ok(Part::Choice { stream: stream.to_owned(), whole: whole.to_owned() }),
            _ => Err(format!("unknown choice {word:?}, expected one such as {{stream?a:b}}")),
        };
    }
    let (name, slashes) = match (inner.strip_suffix('*'), inner.strip_suffix('+')) {
        (Some(name), _) => (name, Slashes::Kept),
        (_, Some(name)) => (name, Slashes::Escaped),
        (None, None) => (inner, Slashes::Refused),
    };
    match is_variable(name) {
        true => Ok(Part::Variable(name.to_owned(), Place::Segment(slashes))),
        false => Err(format!("{name:?} is no name of a variable: letters in lower case, digits and '_'")),
    }
}

/// Whether a variable may be called this.
pub fn is_variable(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    name != STREAM && begins && name.bytes().all(is_of_name)
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

/// The variables of a text that is no path, a root or a region: what stands before each, and its name. `${NAME}` is none
/// of them.
fn pieces(text: &str) -> (Vec<(&str, &str)>, &str) {
    let (mut pieces, mut start, mut from) = (Vec::new(), 0_usize, 0_usize);
    while let Some(open) = text.get(from..).and_then(|rest| rest.find('{')) {
        let open = from.saturating_add(open);
        from = open.saturating_add(1);
        let before = text.get(start..open).unwrap_or_default();
        let rest = text.get(from..).unwrap_or_default();
        // Up to what no name holds: many braces are looked at once each.
        let end = rest.bytes().position(|byte| !is_of_name(byte)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if after.starts_with('}') && is_variable(name) && !before.ends_with('$') {
            pieces.push((before, name));
            start = from.saturating_add(name.len()).saturating_add(1);
            from = start;
        }
    }
    (pieces, text.get(start..).unwrap_or_default())
}

/// The names of the variables of a text that is no path: a root, a region.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).0.into_iter().map(|(_, name)| name)
}

/// A text that is no path with its variables filled. Each is a name or part of one: letters, digits, `-`, `_` and dots.
///
/// # Errors
/// A variable and what is wrong with it.
pub fn fill<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> Result<String, (String, String)> {
    let mut filled = String::with_capacity(text.len());
    let (pieces, rest) = pieces(text);
    for (before, name) in pieces {
        let value = value(name).ok_or_else(|| (name.to_owned(), "this variable has no value".to_owned()))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if value.is_empty() || value.contains("..") || !value.bytes().all(plain) {
            let why = "a value of this variable holds letters, digits, `-`, `_` and single dots only";
            return Err((name.to_owned(), why.to_owned()));
        }
        filled.push_str(before);
        filled.push_str(value);
    }
    filled.push_str(rest);
    Ok(filled)
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'@')
}

/// A value of a query.
pub fn query_value(text: &str) -> String {
    escaped(text, |byte| is_plain(byte) && byte != b'@').into_owned()
}

#[cfg(test)]
mod tests;
