//! Who may name a wire format: all others take the format of a row, of a surface or of a client, and ask what it has.

use ferro::dialect::FORMATS;

use super::sources::files;

/// Where formats are named as data, or for a reason of its own. One that names none any more must leave the list.
const NAMED: &[(&str, &str)] = &[
    ("filter/core/provider/catalogue/", "a vendor's row has the format that the vendor speaks"),
    ("filter/core/surface/table.rs", "a surface's row has the format that its clients speak"),
    ("envoy/stand-ins/", "stand-ins are what other people's servers say, and know nothing of the core"),
];

/// No source outside the formats' own folder names one.
pub fn names() {
    let mut problems = Vec::new();
    let mut used = Vec::new();
    let sources = ["filter", "envoy"].into_iter().flat_map(|folder| files(folder, "rs"));
    let others =
        sources.filter(|source| !source.is_test() && !source.path.starts_with("filter/core/dialect/"));
    for source in others {
        let named = named(&source.code());
        match NAMED.iter().find(|(place, _)| source.path.starts_with(place)) {
            Some((place, _)) if !named.is_empty() => used.push(*place),
            Some(_) => {}
            None => problems.extend(named.into_iter().map(|line| format!("{}: {line}", source.path))),
        }
    }
    assert!(problems.is_empty(), "a wire format is named:\n{}", problems.join("\n"));
    for (place, reason) in NAMED {
        assert!(used.contains(place), "{place} names no format: it needs no exception ({reason})");
    }
}

/// The lines that name the module of a format, or go by a format's name.
fn named<'a>(code: &[&'a str]) -> Vec<&'a str> {
    let bare = bare(&code.join("\n"));
    let names = |line: &str, bare: &str, name: &str| {
        let mut words = bare.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == name) || goes_by(line, name)
    };
    let lines = code.iter().copied().zip(bare.lines());
    let lines = lines.filter(|(line, _)| !line.trim_start().starts_with("//"));
    let named = lines.filter(|(line, bare)| FORMATS.iter().any(|format| names(line, bare, format.name)));
    named.map(|(line, _)| line).collect()
}

/// Whether a line compares something with a name, or has an arm for it.
fn goes_by(line: &str, name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    line.match_indices(&quoted).any(|(start, _)| {
        let (before, after) = (&line[..start], line[start + quoted.len()..].trim_start_matches([')', ' ']));
        ["==", "!=", "matches!", "if let", ".eq(", ".starts_with("].iter().any(|word| before.contains(word))
            || ["=>", "|", "==", "!=", "if "].iter().any(|word| after.starts_with(word))
    })
}

/// Code without what is in comments and in quotes, in as many lines.
fn bare(code: &str) -> String {
    let mut bare = String::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let hashes = rest.strip_prefix('r').map(|raw| raw.len() - raw.trim_start_matches('#').len());
        let raw = hashes.filter(|hashes| !bare.ends_with(is_part) && rest[1 + hashes..].starts_with('"'));
        let length = match (raw, c) {
            (Some(hashes), _) => past(rest, 2 + hashes, &format!("\"{}", "#".repeat(hashes))),
            (_, '"') => {
                let mut escaped = false;
                let end = rest[1..].find(|c| {
                    let closes = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    closes
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            _ if rest.starts_with("'\"'") => 3,
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ => {
                bare.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        let (hidden, after) = rest.split_at(length);
        bare.extend(hidden.chars().filter(|c| *c == '\n'));
        rest = after;
    }
    bare
}

/// Where `text` goes on after `end`, which is looked for from `from` on.
fn past(text: &str, from: usize, end: &str) -> usize {
    text[from..].find(end).map_or(text.len(), |found| from + found + end.len())
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn a_planted_name_is_found() {
    let planted = [
        "use crate::dialect::{Format, openai};",
        "    let format = format.unwrap_or(&openai::FORMAT);",
        "    anthropic,",
        r#"    if format.name == "gemini" {"#,
        r#"        "openai" | "anthropic" => true,"#,
        r#"    matches!(format.name, "gemini")"#,
        r#"        Some("openai") => true,"#,
    ];
    assert_eq!(named(&planted), planted);
    let innocent = [
        "//! of openai::FORMAT",
        r#"    optional("format", "the kind's own", "openai", "such as openai or gemini"),"#,
        r#"    log::warn!("not openai's \" openai");"#,
        r#"    kind: "gemini","#,
        "    openai_version(gemini_models);",
        "    let file = r#\"",
        "        provider: openai,",
        "        \"#;",
    ];
    assert_eq!(named(&innocent), [""; 0]);
}
