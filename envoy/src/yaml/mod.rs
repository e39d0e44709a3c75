//! YAML to JSON, with the place of every value: what an operator wrote, and where.
//!
//! YAML 1.2 with its core schema: `on`, `no` and `y` are strings. Anchors and aliases work. What a configuration has
//! no use for is refused, with line and column: keys twice, keys that are not strings, merge keys, tags, a second
//! document, and input without bounds.

mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Map, Number, Value};

use places::{Places, Spot};

/// A document.
#[derive(Debug, Default)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// What is wrong with it, although the rest can be read: the first [`MOST_MISTAKES`].
    pub mistakes: Vec<Mistake>,
    /// How many more mistakes there are.
    pub more: usize,
    places: Places,
}

/// A place in the text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// Something wrong in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where in the text.
    pub place: Place,
    /// Where in the document; empty if the text could not be read that far.
    pub path: String,
    /// What.
    pub message: String,
    /// The same where the text is secret: without a word of it.
    pub discreet: &'static str,
}

/// The longest text, in bytes.
pub const LONGEST: usize = 4 << 20;
/// The most mistakes that are kept.
pub const MOST_MISTAKES: usize = 100;
/// The most values, those that anchors keep and aliases repeat included.
const MOST_VALUES: usize = 100_000;
/// The most bytes of values, those that anchors keep and aliases repeat included.
const MOST_BYTES: usize = 4 * LONGEST;
/// The longest path of a value, in bytes: every value has one.
const LONGEST_PATH: usize = 1 << 10;
/// The deepest nesting.
const DEEPEST: usize = 64;

/// Reads a document.
///
/// # Errors
/// The first thing that keeps the rest from being read.
pub fn parse(text: &str) -> Result<Document, Mistake> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        document: Document::default(),
        path: String::new(),
        values: 0,
        bytes: 0,
    };
    if text.len() > LONGEST {
        return Err(reader.mistake(Span::default(), format!("longer than {LONGEST} bytes")));
    }
    let mut documents = 0_usize;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(_) => {
                documents = documents.saturating_add(1);
                if documents > 1 {
                    return Err(reader.mistake(span, "a second document; a configuration is one"));
                }
                let (event, span) = reader.expect(span)?;
                (reader.document.value, reader.document.places) = reader.value(event, span, 0)?;
            }
            Event::StreamEnd => break,
            _ => {}
        }
    }
    Ok(reader.document)
}

impl Document {
    /// Where the value of this path is written, or the nearest one around it.
    pub fn place(&self, path: &str) -> Option<Place> {
        self.places.find(path)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: BTreeMap<usize, Value>,
    document: Document,
    /// Where it is.
    path: String,
    values: usize,
    bytes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Mistake> {
        self.parser.next().transpose().map_err(|error: ScanError| Mistake {
            place: place(*error.marker()),
            path: String::new(),
            message: format!("not YAML: {}", error.info()),
            discreet: UNREADABLE,
        })
    }

    fn expect(&mut self, after: Span) -> Result<(Event<'a>, Span), Mistake> {
        let next = self.next()?;
        next.ok_or_else(|| nowhere(after, "the text ends too early"))
    }

    /// Something wrong where the reader is.
    fn mistake(&self, span: Span, message: impl Into<String>) -> Mistake {
        Mistake { path: self.path.clone(), ..nowhere(span, message) }
    }

    /// Counts values against the limits.
    fn count(&mut self, size: &Size, depth: usize, span: Span) -> Result<(), Mistake> {
        self.values = self.values.saturating_add(size.values);
        self.bytes = self.bytes.saturating_add(size.bytes);
        if self.path.len() > LONGEST_PATH {
            return Err(nowhere(span, format!("keys longer than {LONGEST_PATH} bytes in all")));
        }
        if self.values > MOST_VALUES {
            return Err(self.mistake(span, format!("more than {MOST_VALUES} values")));
        }
        if self.bytes > MOST_BYTES {
            return Err(self.mistake(span, format!("more than {MOST_BYTES} bytes of values")));
        }
        let depth = depth.saturating_add(size.depth);
        if depth > DEEPEST {
            return Err(nowhere(span, format!("nested more than {DEEPEST} deep")));
        }
        Ok(())
    }

    fn value(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<(Value, Places), Mistake> {
        self.count(&Size { values: 1, bytes: 0, depth: 0 }, depth, span)?;
        let (value, places, anchor) = match event {
            Event::Alias(anchor) => (self.alias(anchor, span, depth)?, Places::Nothing, 0),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(&Size { values: 0, bytes: text.len(), depth: 0 }, depth, span)?;
                let value = scalar(&text, style, tag.as_deref());
                (value.map_err(|message| self.mistake(span, message))?, Places::Nothing, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.no_tag(tag.as_deref(), span)?;
                let (elements, places) = self.sequence(span, depth)?;
                (Value::Array(elements), Places::Elements(places), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.no_tag(tag.as_deref(), span)?;
                let (members, places) = self.mapping(span, depth)?;
                (Value::Object(members), Places::Members(places), anchor)
            }
            _ => return Err(self.mistake(span, "expected a value")),
        };
        if anchor > 0 {
            self.count(&measure(&value), 0, span)?;
            self.anchors.insert(anchor, value.clone());
        }
        Ok((value, places))
    }

    fn alias(&mut self, anchor: usize, span: Span, depth: usize) -> Result<Value, Mistake> {
        let Some(size) = self.anchors.get(&anchor).map(measure) else {
            return Err(self.mistake(span, "an alias of what it is itself part of"));
        };
        self.count(&size, depth, span)?;
        Ok(self.anchors.get(&anchor).cloned().unwrap_or_default())
    }

    fn sequence(&mut self, start: Span, depth: usize) -> Result<(Vec<Value>, Vec<Spot>), Mistake> {
        let (mut elements, mut places) = (Vec::new(), Vec::new());
        let around = self.path.len();
        loop {
            let (event, span) = self.expect(start)?;
            if event == Event::SequenceEnd {
                return Ok((elements, places));
            }
            self.path.push_str(&format!("[{}]", elements.len()));
            let (value, inside) = self.value(event, span, depth.saturating_add(1))?;
            elements.push(value);
            places.push(Spot { place: place(span.start), inside });
            self.path.truncate(around);
        }
    }

    fn mapping(&mut self, start: Span, depth: usize) -> Result<(Map<String, Value>, Spots), Mistake> {
        let (mut members, mut places) = (Map::new(), Spots::new());
        let mut twice = BTreeSet::new();
        let around = self.path.len();
        loop {
            let (event, span) = self.expect(start)?;
            if event == Event::MappingEnd {
                return Ok((members, places));
            }
            let key = self.key(event, span)?;
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(&key);
            let first = places.get(&key).map(|spot| spot.place);
            if let Some(first) = first.filter(|_| twice.insert(key.clone())) {
                self.twice(&key, first, span);
            }
            let (event, value_span) = self.expect(span)?;
            let (value, inside) = self.value(event, value_span, depth.saturating_add(1))?;
            if first.is_none() {
                places.insert(key.clone(), Spot { place: place(span.start), inside });
                members.insert(key, value);
            }
            self.path.truncate(around);
        }
    }

    /// Notes a key that is there twice.
    fn twice(&mut self, key: &str, first: Place, span: Span) {
        if self.document.mistakes.len() >= MOST_MISTAKES {
            self.document.more = self.document.more.saturating_add(1);
            return;
        }
        let message = format!("the key {key:?} is here twice, first on line {}", first.line);
        let mistake = self.mistake(span, message);
        self.document.mistakes.push(Mistake { discreet: "a key is here twice", ..mistake });
    }

    fn key(&mut self, event: Event<'a>, span: Span) -> Result<String, Mistake> {
        let Event::Scalar(text, style, _, tag) = event else {
            return Err(self.mistake(span, "a key must be a string"));
        };
        if text == "<<" && style == ScalarStyle::Plain {
            let message = "merge keys (<<) are not part of YAML 1.2; write the keys out, or use an alias for the whole value";
            return Err(self.mistake(span, message));
        }
        match scalar(&text, style, tag.as_deref()) {
            Ok(Value::String(key)) => Ok(key),
            Ok(_) => Err(self.mistake(span, format!("a key must be a string; quote it: \"{text}\""))),
            Err(message) => Err(self.mistake(span, message)),
        }
    }

    fn no_tag(&self, tag: Option<&Tag>, span: Span) -> Result<(), Mistake> {
        tag.map_or(Ok(()), |tag| Err(self.mistake(span, refused(tag))))
    }
}

/// Where the members of an object are.
type Spots = BTreeMap<String, Spot>;

/// Something wrong, of which nobody can say where in the document it is.
fn nowhere(span: Span, message: impl Into<String>) -> Mistake {
    Mistake { place: place(span.start), path: String::new(), message: message.into(), discreet: UNREADABLE }
}

fn place(marker: Marker) -> Place {
    Place { line: marker.line().max(1), column: marker.col().saturating_add(1) }
}

fn refused(tag: &Tag) -> String {
    format!("the tag {tag} has no meaning here")
}

/// What is said of a mistake below a secret key.
const UNREADABLE: &str = "cannot be read; what is written here is not shown";

/// How much there is of a value.
#[derive(Default)]
struct Size {
    values: usize,
    bytes: usize,
    depth: usize,
}

fn measure(value: &Value) -> Size {
    let (inside, keys): (Vec<_>, usize) = match value {
        Value::Array(elements) => (elements.iter().map(measure).collect(), 0),
        Value::Object(members) => (
            members.values().map(measure).collect(),
            members.keys().map(String::len).fold(0, usize::saturating_add),
        ),
        Value::String(text) => return Size { values: 1, bytes: text.len(), depth: 0 },
        _ => return Size { values: 1, bytes: 0, depth: 0 },
    };
    let start = Size { values: 1, bytes: keys, depth: 0 };
    inside.iter().fold(start, |sum, size| Size {
        values: sum.values.saturating_add(size.values),
        bytes: sum.bytes.saturating_add(size.bytes),
        depth: sum.depth.max(size.depth.saturating_add(1)),
    })
}

/// A scalar of the core schema, <https://yaml.org/spec/1.2.2/#103-core-schema>.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let string = || Ok(Value::String(text.to_owned()));
    match tag {
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => return string(),
        Some(tag) => return Err(refused(tag)),
        None if style != ScalarStyle::Plain => return string(),
        None => {}
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(format!("the number {text} is of no use here"));
    }
    match number(text, unsigned) {
        Some(number) => number.map(Value::Number).ok_or_else(|| format!("the number {text} is too large")),
        None => string(),
    }
}

/// `None`: not a number. `Some(None)`: one that is too large.
fn number(text: &str, unsigned: &str) -> Option<Option<Number>> {
    let digits = |text: &str, radix: u32| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(rest) = text.strip_prefix(prefix).filter(|rest| digits(rest, radix)) {
            return Some(u64::from_str_radix(rest, radix).ok().map(Number::from));
        }
    }
    if digits(unsigned, 10) {
        let text = text.trim_start_matches('+');
        let whole = text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from));
        return Some(whole.ok().or_else(|| Number::from_f64(text.parse().ok()?)));
    }
    let starts = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let plain = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if !starts || !plain {
        return None;
    }
    text.parse().ok().map(Number::from_f64)
}

#[cfg(test)]
mod tests;
