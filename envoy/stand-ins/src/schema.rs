//! A value that matches a JSON schema, with its words and numbers taken from a text.
//!
//! Knows the part of JSON Schema that providers accept for tools and structured answers, and Gemini's upper-case
//! type names. `pattern` and numeric steps are not honoured.

use serde_json::{Map, Value, json};

/// Makes such a value. Where the text has several names, `first` says which one is used first.
pub(super) fn example(schema: &Value, text: &str, first: usize) -> Value {
    Filler { root: schema, text, names: names(text), next: first }.value(schema, 0)
}

/// The names in a text: capitalised words but for the first one, joined where they follow each other.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut joins = false;
    for word in text.split_whitespace().skip(1) {
        let name = word.trim_matches(|c: char| !c.is_alphanumeric());
        if name.chars().count() < 2 || !name.starts_with(char::is_uppercase) {
            joins = false;
            continue;
        }
        match names.last_mut() {
            Some(last) if joins => {
                last.push(' ');
                last.push_str(name);
            }
            _ => names.push(name.to_owned()),
        }
        joins = word.ends_with(char::is_alphanumeric);
    }
    names
}

struct Filler<'a> {
    root: &'a Value,
    text: &'a str,
    names: Vec<String>,
    /// Which of the names the next string takes.
    next: usize,
}

impl Filler<'_> {
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        let deeper = depth.saturating_add(1);
        if deeper > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(target) = self.referred(schema) {
            return self.value(&target, deeper);
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.one_of(values);
        }
        for variants in ["anyOf", "oneOf"] {
            if let Some(variant) = schema.get(variants).and_then(Value::as_array).and_then(|v| not_null(v)) {
                return self.value(variant, deeper);
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.all_of(parts, deeper);
        }
        match kind(schema).as_str() {
            "object" => self.object(schema, deeper),
            "array" => self.array(schema, deeper),
            "integer" => json!(self.number(schema).round() as i64),
            "number" => json!(self.number(schema)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(self.string(schema)),
        }
    }

    fn referred(&self, schema: &Value) -> Option<Value> {
        let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(pointer).cloned()
    }

    /// The value that the text mentions, else the first.
    fn one_of(&self, values: &[Value]) -> Value {
        let text = self.text.to_lowercase();
        let mentioned = values.iter().find(|value| {
            value.as_str().is_some_and(|word| !word.is_empty() && text.contains(&word.to_lowercase()))
        });
        mentioned.or(values.first()).cloned().unwrap_or_default()
    }

    fn all_of(&mut self, parts: &[Value], depth: usize) -> Value {
        let mut merged = Map::new();
        for part in parts {
            match self.value(part, depth) {
                Value::Object(members) => merged.extend(members),
                other => return other,
            }
        }
        Value::Object(merged)
    }

    /// The required members; all of them if none is.
    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let required: Vec<&str> = match schema.get("required").and_then(Value::as_array) {
            Some(names) if !names.is_empty() => names.iter().filter_map(Value::as_str).collect(),
            _ => properties.keys().map(String::as_str).collect(),
        };
        let member = |name: &str| {
            let schema = properties.get(name).unwrap_or(&Value::Null);
            (name.to_owned(), self.value(schema, depth))
        };
        Value::Object(required.into_iter().map(member).collect())
    }

    fn array(&mut self, schema: &Value, depth: usize) -> Value {
        let least = schema.get("minItems").and_then(whole_number).unwrap_or(1);
        let most = schema.get("maxItems").and_then(whole_number).unwrap_or(MAX_ITEMS);
        let items = schema.get("items").unwrap_or(&Value::Null);
        (0..least.max(1).min(most).min(MAX_ITEMS)).map(|_| self.value(items, depth)).collect()
    }

    /// The first number of the text, within the limits.
    fn number(&self, schema: &Value) -> f64 {
        let words = self.text.split(|c: char| !c.is_ascii_digit() && c != '.' && c != '-');
        let mut numbers = words.filter_map(|word| word.trim_end_matches('.').parse::<f64>().ok());
        let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
        let low = limit("minimum").or(limit("exclusiveMinimum").map(|limit| limit + 1.0));
        let high = limit("maximum").or(limit("exclusiveMaximum").map(|limit| limit - 1.0));
        let number = numbers.find(|number| number.is_finite()).unwrap_or(1.0);
        number.max(low.unwrap_or(f64::MIN)).min(high.unwrap_or(f64::MAX))
    }

    fn string(&mut self, schema: &Value) -> String {
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        if let Some((_, sample)) = FORMATS.iter().find(|(name, _)| *name == format) {
            return (*sample).to_owned();
        }
        let name = self.names.iter().cycle().nth(self.next);
        let mut words = name.cloned().unwrap_or_else(|| self.text.to_owned());
        self.next = self.next.saturating_add(1);
        if let Some(most) = schema.get("maxLength").and_then(whole_number) {
            words = words.chars().take(most).collect();
        }
        let least = schema.get("minLength").and_then(whole_number).unwrap_or(0).min(MAX_PADDING);
        let missing = least.saturating_sub(words.chars().count());
        words.push_str(&".".repeat(missing));
        words
    }
}

fn not_null(variants: &[Value]) -> Option<&Value> {
    variants.iter().find(|variant| kind(variant) != "null").or(variants.first())
}

/// The type, in lower case; the first but `null` where there are several.
fn kind(schema: &Value) -> String {
    let named = match schema.get("type") {
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    };
    match named {
        Some(name) => name.to_lowercase(),
        None if schema.get("properties").is_some() => "object".to_owned(),
        None if schema.get("items").is_some() => "array".to_owned(),
        None => "string".to_owned(),
    }
}

/// Gemini writes int64 as strings.
fn whole_number(value: &Value) -> Option<usize> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    usize::try_from(number).ok()
}

/// A string of each format.
const FORMATS: &[(&str, &str)] = &[
    ("date", "2026-01-31"),
    ("date-time", "2026-01-31T12:00:00Z"),
    ("time", "12:00:00Z"),
    ("duration", "PT1H"),
    ("email", "demo@example.com"),
    ("hostname", "example.com"),
    ("ipv4", "127.0.0.1"),
    ("ipv6", "::1"),
    ("uri", "https://example.com/"),
    ("uuid", "00000000-0000-4000-8000-000000000001"),
];

/// A schema may refer to itself.
const MAX_DEPTH: usize = 12;
/// A schema may ask for a million.
const MAX_ITEMS: usize = 8;
/// A schema may ask for a million.
const MAX_PADDING: usize = 1000;
