//! Pages that are written from tables of the code: what stands between `<!-- NAME -->` and `<!-- /NAME -->` in them.
//!
//! `UPDATE_DOCS=1 cargo test --test tidy` writes it; a page that is stale fails.

use ferro::config::{Absent, Key, Keys, SECTIONS};
use ferro::dialect::constraint::{CONSTRAINTS, Constraint, Then};
use ferro::dialect::{FORMATS, Format, openai};
use ferro::hub::json::FOREIGN;
use ferro::provider::{Auth, CATALOGUE, Row, TITLES, Variable, Vendors};
use serde_json::Value;

use super::sources::root;
use crate::cases::{self, Case};
use crate::parameters::{BASE, PARAMETERS};

/// What is written into a page.
struct Part {
    page: &'static str,
    name: &'static str,
    text: fn() -> String,
}

const PARTS: &[Part] = &[
    Part { page: "docs/configuration.md", name: "keys", text: keys },
    Part { page: "docs/providers.md", name: "providers", text: providers },
    Part { page: "docs/translation.md", name: "parameters", text: parameters },
    Part { page: "docs/translation.md", name: "constraints", text: constraints },
    Part { page: "docs/providers.md", name: "takers", text: takers },
];

/// Every page says what its table says.
pub fn are_up_to_date() {
    for Part { page, name, text: part } in PARTS {
        let path = root().join(page);
        let text = std::fs::read_to_string(&path).expect(page);
        let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("{page} lacks {start}"));
        let (have, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{page} lacks {end}"));
        let want = part();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, [before, &start, &want, &end, after].concat()).unwrap();
        } else {
            assert!(have == want, "{page} is stale; UPDATE_DOCS=1 cargo test --test tidy writes it:\n{want}");
        }
    }
}

// === the configuration ===

fn keys() -> String {
    let sections = SECTIONS.iter().map(|section| {
        let title =
            if section.path.is_empty() { "The file".to_owned() } else { format!("`{}`", section.path) };
        let mut text = format!("## {title}\n\n{}\n\n", section.doc);
        text.push_str("| key | what | absent | example |\n|---|---|---|---|\n");
        section.keys.iter().for_each(|key| text.push_str(&line(section, key)));
        text
    });
    sections.collect::<Vec<_>>().join("\n")
}

fn line(section: &Keys, key: &Key) -> String {
    let absent = match key.default {
        Absent::Is(value) => format!("`{}`", cell(value)),
        Absent::Means(words) => cell(words),
        Absent::Wrong => "**needed**".to_owned(),
    };
    let below = below(section, key);
    let example = match &below {
        Some(section) => format!("[below](#{})", anchor(section.path)),
        None if key.example.is_empty() => String::new(),
        None => format!("`{}`", cell(key.example)),
    };
    format!("| `{}` | {} | {absent} | {example} |\n", key.name, cell(key.doc))
}

/// The section of a key's own keys.
fn below(section: &Keys, key: &Key) -> Option<&'static Keys> {
    let path =
        if section.path.is_empty() { key.name.to_owned() } else { format!("{}.{}", section.path, key.name) };
    SECTIONS.iter().copied().find(|other| {
        let rest = other.path.strip_prefix(&path);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest == "[]" || rest.strip_prefix('.').is_some_and(is_chosen)
        })
    })
}

/// A name that the operator chooses.
fn is_chosen(step: &str) -> bool {
    step.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'/')
}

/// A heading's anchor, as GitHub makes it.
fn anchor(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        .collect::<String>()
        .to_lowercase()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

// === the providers ===

/// A table for each kind of vendor.
fn providers() -> String {
    const HEAD: &str = "| name | vendor | speaks | serves | credential | variables | models it owns | compared |\n\
                        |---|---|---|---|---|---|---|---|\n";
    let tables = CATALOGUE.iter().zip(TITLES).map(|(rows, title)| {
        let rows: String = rows.iter().map(vendor).collect();
        format!("## {title}\n\n{HEAD}{rows}")
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn vendor(row: &Row) -> String {
    let list = |words: Vec<&str>| words.join(", ");
    let codes = |words: &[&str], lacking: &str| match words {
        [] => lacking.to_owned(),
        words => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
    };
    let title = row.docs.first().map_or(row.title.to_owned(), |page| format!("[{}]({page})", row.title));
    let formats = list(row.formats().iter().map(|format| format.title).collect());
    let surfaces = list(row.operations.iter().map(|operation| operation.surface).collect());
    let credential = match row.auth {
        Auth::Aws { .. } => "Envoy's own of AWS".to_owned(),
        _ => codes(row.credentials, "optional"),
    };
    let variables: Vec<_> = row.variables.iter().map(variable).collect();
    let variables = variables.join(", ");
    let owns = codes(row.owns, "those in `models`");
    let compared = row.read.unwrap_or("unverified");
    let (kind, title) = (row.kind, cell(&title));
    let line = format!(
        "| `{kind}` | {title} | {formats} | {surfaces} | {credential} | {variables} | {owns} | {compared} |\n"
    );
    line.replace("|  |", "| |")
}

/// A variable, where it usually comes from, and what it is else.
fn variable(variable: &Variable) -> String {
    let Variable { name, environment, default } = variable;
    let environment = environment.map(|usual| format!(" (`{usual}`)")).unwrap_or_default();
    let default = default.map(|value| format!(" = `{value}`")).unwrap_or_default();
    format!("`{name}`{environment}{default}")
}

/// Who takes the members that not everybody takes who speaks OpenAI's format.
fn takers() -> String {
    let mut table = String::from("| member | who takes it |\n|---|---|\n");
    for name in FOREIGN {
        let kinds = Vendors::BUILT_IN.rows().filter(|row| row.quirks.takes.contains(name));
        let kinds: Vec<_> = kinds.map(|row| format!("`{}`", row.kind)).collect();
        let kinds = if kinds.is_empty() { "nobody".to_owned() } else { kinds.join(", ") };
        table.push_str(&format!("| `{name}` | {kinds} |\n"));
    }
    table
}

// === the translation ===

/// The rules of each format's vendor.
fn constraints() -> String {
    let tables = CONSTRAINTS.iter().map(|(format, rules)| {
        let title = FORMATS.iter().find(|known| known.name == *format).expect(format).title;
        let rules: String = rules.iter().map(constraint).collect();
        format!("### {title}\n\n| what | which models | the vendor's rule | what becomes of it |\n|---|---|---|---|\n{rules}")
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn constraint(rule: &Constraint) -> String {
    let kind = if rule.case.ends_with(".script") { "exchange" } else { "golden/request/openai" };
    let case = root().join("tests").join(kind).join(rule.case);
    assert!(case.exists(), "{:?}: there is no case {}", rule.part, rule.case);
    let models = if rule.models.is_empty() { "all" } else { rule.models };
    let then = match rule.then {
        Then::Reshaped(how) => how.to_owned(),
        Then::Reported(how) => format!("{how}; *reported*"),
        Then::Refused => "the next target, or *refused*".to_owned(),
    };
    let source = match rule.source.starts_with("https://") {
        true => format!("[page]({})", rule.source),
        false => format!("“{}”", cell(rule.source)),
    };
    format!("| `{}` | {models} | {} ({source}) | {} |\n", rule.part, cell(rule.rule), cell(&then))
}

/// What a parameter becomes in each format: the members of the body that it adds or changes.
fn parameters() -> String {
    let titles: Vec<_> = cases::translated().map(|format| format.title).collect();
    let rule = "---|".repeat(titles.len());
    let mut table = format!("| OpenAI | {} |\n|---|{rule}\n", titles.join(" | "));
    for (name, value) in PARAMETERS.iter().filter(|(name, _)| *name != "nobody_knows_it") {
        let cells: Vec<_> = cases::translated().map(|format| becomes(name, value, format)).collect();
        table.push_str(&format!("| `{name}` | {} |\n", cells.join(" | ")));
    }
    table.push_str(&format!("| what is unknown |{}\n", " – |".repeat(titles.len())));
    table
}

fn becomes(name: &str, value: &str, format: &'static Format) -> String {
    let with = |more: Option<&str>| {
        let mut body: Value = serde_json::from_str(BASE).unwrap();
        let members = body.as_object_mut().unwrap();
        more.map(|value| members.insert(name.to_owned(), serde_json::from_str(value).unwrap()));
        Written::of(&cases::request(&Case::new(name, &body.to_string()), &openai::FORMAT, format))
    };
    let (before, after) = (with(None), with(Some(value)));
    if after.body.is_null() {
        return "refused".to_owned();
    }
    let mut places = Vec::new();
    if name == "stream" && format.polled.is_some() {
        places.push("nothing: all comes at once".to_owned());
    }
    if after.path != before.path {
        places.push("the path".to_owned());
    }
    let (before, after) = (leaves(&before.body), leaves(&after.body));
    let changed = |from: &[(String, Value)], to: &[(String, Value)]| -> Vec<String> {
        to.iter().filter(|leaf| !from.contains(leaf)).map(|(path, _)| format!("`{path}`")).collect()
    };
    let added = changed(&before, &after);
    places.extend(if added.is_empty() { changed(&after, &before) } else { added });
    places.dedup();
    if places.is_empty() { "–".to_owned() } else { places.join(", ") }
}

/// What a golden case shows of a request.
struct Written {
    path: String,
    /// `null` where it was refused.
    body: Value,
}

impl Written {
    fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap();
        let line = head.lines().next().unwrap();
        let body = if line.starts_with("POST ") { serde_json::from_str(body).unwrap() } else { Value::Null };
        Self { path: line.to_owned(), body }
    }
}

/// The values of a body and where they stand; elements of lists stand at the same place.
fn leaves(body: &Value) -> Vec<(String, Value)> {
    fn visit(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(members) if !members.is_empty() => members.iter().for_each(|(name, value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                visit(&path, value, found);
            }),
            Value::Array(elements) if !elements.is_empty() => {
                elements.iter().for_each(|value| visit(&format!("{path}[]"), value, found));
            }
            value => found.push((path.to_owned(), value.clone())),
        }
    }
    let mut found = Vec::new();
    visit("", body, &mut found);
    found
}
