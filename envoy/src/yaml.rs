//! YAML to JSON, with the place of every value: what an operator wrote, and where.
//!
//! YAML 1.2 with its core schema: `on`, `no` and `y` are strings. Anchors and aliases work. What a configuration has
//! no use for is refused, with line and column: keys twice, keys that are not strings, merge keys, tags, a second
//! document, and input without bounds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Map, Number, Value};

/// A document.
#[derive(Debug, Default)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// What is wrong with it, although the rest can be read.
    pub mistakes: Vec<Mistake>,
    places: BTreeMap<String, Place>,
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
/// The most values, those that aliases repeat included.
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
        values: 0,
        bytes: 0,
    };
    if text.len() > LONGEST {
        return Err(reader.mistake(Span::default(), "", format!("longer than {LONGEST} bytes")));
    }
    let mut documents = 0_usize;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(_) => {
                documents = documents.saturating_add(1);
                if documents > 1 {
                    return Err(reader.mistake(span, "", "a second document; a configuration is one"));
                }
                let (event, span) = reader.expect(span)?;
                reader.document.value = reader.value(event, span, "", 0)?;
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
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return Some(*place);
            }
            path = path.get(..path.rfind(['.', '['])?)?;
        }
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
        next.ok_or_else(|| self.mistake(after, "", "the text ends too early"))
    }

    fn mistake(&self, span: Span, path: &str, message: impl Into<String>) -> Mistake {
        Mistake {
            place: place(span.start),
            path: path.to_owned(),
            message: message.into(),
            discreet: UNREADABLE,
        }
    }

    /// Counts values against the limits.
    fn count(&mut self, size: &Size, depth: usize, span: Span, path: &str) -> Result<(), Mistake> {
        self.values = self.values.saturating_add(size.values);
        self.bytes = self.bytes.saturating_add(size.bytes);
        if self.values > MOST_VALUES {
            return Err(self.mistake(span, path, format!("more than {MOST_VALUES} values")));
        }
        if self.bytes > MOST_BYTES {
            return Err(self.mistake(span, path, format!("more than {MOST_BYTES} bytes of values")));
        }
        if path.len() > LONGEST_PATH {
            return Err(self.mistake(span, "", format!("keys longer than {LONGEST_PATH} bytes in all")));
        }
        let depth = depth.saturating_add(size.depth);
        if depth > DEEPEST {
            return Err(self.mistake(span, "", format!("nested more than {DEEPEST} deep")));
        }
        Ok(())
    }

    fn value(&mut self, event: Event<'a>, span: Span, path: &str, depth: usize) -> Result<Value, Mistake> {
        self.count(&Size { values: 1, bytes: 0, depth: 0 }, depth, span, path)?;
        let (value, anchor) = match event {
            Event::Alias(anchor) => (self.alias(anchor, span, path, depth)?, 0),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(&Size { values: 0, bytes: text.len(), depth: 0 }, depth, span, path)?;
                let value = scalar(&text, style, tag.as_deref());
                (value.map_err(|message| self.mistake(span, path, message))?, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.no_tag(tag.as_deref(), span, path)?;
                (Value::Array(self.sequence(span, path, depth)?), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.no_tag(tag.as_deref(), span, path)?;
                (Value::Object(self.mapping(span, path, depth)?), anchor)
            }
            _ => return Err(self.mistake(span, path, "expected a value")),
        };
        if anchor > 0 {
            self.count(&Size { values: 0, ..measure(&value) }, 0, span, path)?;
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn alias(&mut self, anchor: usize, span: Span, path: &str, depth: usize) -> Result<Value, Mistake> {
        let Some(size) = self.anchors.get(&anchor).map(measure) else {
            return Err(self.mistake(span, path, "an alias of what it is itself part of"));
        };
        self.count(&size, depth, span, path)?;
        Ok(self.anchors.get(&anchor).cloned().unwrap_or_default())
    }

    fn sequence(&mut self, start: Span, path: &str, depth: usize) -> Result<Vec<Value>, Mistake> {
        let mut elements = Vec::new();
        loop {
            let (event, span) = self.expect(start)?;
            if event == Event::SequenceEnd {
                return Ok(elements);
            }
            let path = format!("{path}[{}]", elements.len());
            self.document.places.insert(path.clone(), place(span.start));
            elements.push(self.value(event, span, &path, depth.saturating_add(1))?);
        }
    }

    fn mapping(&mut self, start: Span, path: &str, depth: usize) -> Result<Map<String, Value>, Mistake> {
        let mut members = Map::new();
        let mut twice = BTreeSet::new();
        loop {
            let (event, span) = self.expect(start)?;
            if event == Event::MappingEnd {
                return Ok(members);
            }
            let key = self.key(event, span, path)?;
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let known = members.contains_key(&key);
            if known && twice.insert(key.clone()) {
                let first = self.document.place(&path).unwrap_or(place(span.start));
                let message = format!("the key {key:?} is here twice, first on line {}", first.line);
                let mistake = self.mistake(span, &path, message);
                self.document.mistakes.push(Mistake { discreet: "a key is here twice", ..mistake });
            }
            if !known {
                self.document.places.insert(path.clone(), place(span.start));
            }
            let (event, span) = self.expect(span)?;
            let value = self.value(event, span, &path, depth.saturating_add(1))?;
            if !known {
                members.insert(key, value);
            }
        }
    }

    fn key(&mut self, event: Event<'a>, span: Span, path: &str) -> Result<String, Mistake> {
        let Event::Scalar(text, style, _, tag) = event else {
            return Err(self.mistake(span, path, "a key must be a string"));
        };
        if text == "<<" && style == ScalarStyle::Plain {
            let message = "merge keys (<<) are not part of YAML 1.2; write the keys out, or use an alias for the whole value";
            return Err(self.mistake(span, path, message));
        }
        match scalar(&text, style, tag.as_deref()) {
            Ok(Value::String(key)) => Ok(key),
            Ok(_) => Err(self.mistake(span, path, format!("a key must be a string; quote it: \"{text}\""))),
            Err(message) => Err(self.mistake(span, path, message)),
        }
    }

    fn no_tag(&self, tag: Option<&Tag>, span: Span, path: &str) -> Result<(), Mistake> {
        tag.map_or(Ok(()), |tag| Err(self.mistake(span, path, refused(tag))))
    }
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
mod tests {
    use super::*;
    use serde_json::json;

    fn mistake(text: &str) -> String {
        let mistakes = match parse(text) {
            Ok(document) => document.mistakes,
            Err(mistake) => vec![mistake],
        };
        let line = |mistake: &Mistake| format!("{} {} {}", mistake.place, mistake.path, mistake.message);
        mistakes.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn scalars_are_those_of_the_core_schema() {
        let text = "[on, no, y, ~, , true, 0x1F, 0o17, 017, 1.5, -3, +4, 1e3, .5, 1.2.3, 5s, '5', 18446744073709551615, 1_000, !!str 7]";
        let want = json!([
            "on",
            "no",
            "y",
            null,
            null,
            true,
            31,
            15,
            17,
            1.5,
            -3,
            4,
            1000.0,
            0.5,
            "1.2.3",
            "5s",
            "5",
            18_446_744_073_709_551_615_u64,
            "1_000",
            "7"
        ]);
        assert_eq!(parse(text.replace(", ,", ", ~,").as_str()).unwrap().value, want);
        assert_eq!(parse("").unwrap().value, Value::Null);
        assert_eq!(parse("# nothing\n").unwrap().value, Value::Null);
    }

    #[test]
    fn every_value_has_its_place() {
        let document =
            parse("a: 1\nroutes:\n  - name: x\n    targets:\n      - {provider: openai, weight: 3}\n")
                .unwrap();
        let place = |path| document.place(path).unwrap().to_string();
        assert_eq!(place("a"), "1:1");
        assert_eq!(place("routes[0]"), "3:5");
        assert_eq!(place("routes[0].name"), "3:5");
        assert_eq!(place("routes[0].targets[0].weight"), "5:28");
        assert_eq!(place("routes[0].targets[0].gone.deeper[3]"), "5:9");
        assert_eq!(document.place(""), None);
    }

    #[test]
    fn anchors_are_repeated_and_bounded() {
        assert_eq!(parse("a: &x {b: [1]}\nc: *x").unwrap().value, json!({"a": {"b": [1]}, "c": {"b": [1]}}));
        assert!(mistake("a: *gone").starts_with("1:4"), "{}", mistake("a: *gone"));
        assert!(mistake("a: &x [*x]").contains("itself"));
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = level - 1;
            laughs
                .push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", ")));
        }
        assert!(mistake(&laughs).contains("more than 100000 values"));
    }

    #[test]
    fn what_is_repeated_is_counted_in_bytes_too() {
        let long = "x".repeat(1 << 20);
        let aliases = vec!["*x"; 40].join(", ");
        let text = format!("a: &x {long}\nb: [{aliases}]\n");
        assert!(mistake(&text).contains("bytes of values"), "{}", mistake(&text));
        let anchors: String = (0..60).map(|level| format!("&a{level} [")).collect();
        let text = format!("a: {anchors}{long}{}\n", "]".repeat(60));
        assert!(mistake(&text).contains("bytes of values"), "{}", mistake(&text));
        let text = format!("? {}\n: [1, 2]\n", "k".repeat(1 << 11));
        assert!(mistake(&text).contains("longer than 1024 bytes"), "{}", mistake(&text));
    }

    #[test]
    fn depth_is_bounded_however_it_is_written() {
        for open in ["[", "{a: ", "- ", "? ", "[{a: "] {
            let text = open.repeat(LONGEST / open.len());
            assert!(parse(&text).is_err(), "{open}");
        }
    }

    #[test]
    fn what_is_wrong_can_be_said_without_a_word_of_the_text() {
        for text in ["a: 1\na: 2", "a: {1: sk-1}", "a: !sk-1 b", "a: .inf", "a: [sk-1", "a: b: sk-1"] {
            let found = parse(text).map_or_else(|mistake| mistake, |document| document.mistakes[0].clone());
            assert!(!found.discreet.is_empty() && !found.discreet.contains("sk-1"), "{text}");
        }
    }

    #[test]
    fn what_a_configuration_has_no_use_for_is_refused() {
        for (text, want) in [
            ("a: 1\nb: 2\na: 3\n", "3:1 a the key \"a\" is here twice, first on line 1"),
            ("x:\n  401: y\n", "2:3 x a key must be a string; quote it: \"401\""),
            ("? [a]\n: b\n", "1:3  a key must be a string"),
            ("a: !secret b", "1:4 a the tag !secret has no meaning here"),
            ("a: .inf", "1:4 a the number .inf is of no use here"),
            ("a: 1\n---\nb: 2\n", "2:1  a second document; a configuration is one"),
        ] {
            assert_eq!(mistake(text), want, "{text}");
        }
        assert!(mistake("b: &b {c: 1}\na:\n  <<: *b\n").starts_with("3:3 a merge keys"));
        assert!(mistake("a: [1").contains("2:1  not YAML"));
        assert!(mistake("a: b: c").contains("not YAML"));
        assert!(mistake(&format!("{}{}", "[".repeat(66), "]".repeat(66))).contains("deep"));
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(mistake(&"a".repeat(LONGEST + 1)).contains("longer"));
    }
}
