//! Finds golden cases, runs the core on them, and compares or rewrites what comes out.
#![allow(dead_code, reason = "not every test that runs cases finds them in files")]

use std::path::{Path, PathBuf};

use ferro::chat::Dropped;
use ferro::config::Redactor;
use ferro::dialect::{Dialect, Stamp, openai};
use ferro::exchange::{Failure, Passage, Source, Stream, Translation, Wanted};
use ferro::provider::RowOperation;

pub const ALL: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini];
pub const TRANSLATED: [Dialect; 2] = [Dialect::Anthropic, Dialect::Gemini];

/// How many cases of each sort there must be at least.
pub const MINIMUM: Minimum = Minimum { requests: 60, answers: 40, streams: 30, errors: 20 };

pub struct Minimum {
    pub requests: usize,
    pub answers: usize,
    pub streams: usize,
    pub errors: usize,
}

/// Ids and dates of golden answers.
const STAMP: Stamp = Stamp { seed: 0xfe110, created: 1_700_000_000 };

/// A secret that cases may leak, so that its removal shows.
const SECRET: &str = "sk-golden-secret";

pub struct Case {
    /// The file without its ending.
    stem: PathBuf,
    pub text: String,
}

/// A file that a case gave or should have given, and what is wrong with it.
pub struct Output {
    path: PathBuf,
    problem: Option<String>,
}

pub fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "openai",
        Dialect::Anthropic => "anthropic",
        Dialect::Gemini => "gemini",
    }
}

/// The cases of a folder, in order of their names.
pub fn inputs(folder: &str, ending: &str) -> Vec<Case> {
    let mut cases: Vec<_> = files(folder)
        .into_iter()
        .filter(|path| {
            let name = file_name(path);
            name.ends_with(&format!(".{ending}")) && !name.contains(".to-")
        })
        .map(|path| Case { text: std::fs::read_to_string(&path).unwrap(), stem: path.with_extension("") })
        .collect();
    cases.sort_by(|a, b| a.stem.cmp(&b.stem));
    cases
}

impl Case {
    /// A case that was not found in a file.
    pub fn new(name: &str, text: &str) -> Self {
        Self { stem: name.into(), text: text.to_owned() }
    }

    pub fn name(&self) -> &str {
        self.stem.file_name().and_then(|name| name.to_str()).unwrap()
    }

    /// Compares an output with its file, or writes it under `UPDATE_GOLDEN`.
    pub fn check(&self, ending: &str, output: &str) -> Output {
        let path = PathBuf::from(format!("{}.{ending}", self.stem.display()));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, output).unwrap();
        }
        let problem = match std::fs::read_to_string(&path) {
            Err(_) => Some("is missing".to_owned()),
            Ok(want) if want != output => Some(format!("differs\n--- want\n{want}\n--- have\n{output}\n")),
            Ok(_) => None,
        };
        Output { path, problem }
    }
}

/// Fails with everything that is wrong in a folder, files that no case gave included.
pub fn settle(folder: &str, cases: &[Case], outputs: Vec<Output>) {
    let mut problems: Vec<_> = outputs
        .iter()
        .filter_map(|output| Some(format!("{} {}", output.path.display(), output.problem.as_ref()?)))
        .collect();
    for path in files(folder) {
        let known = outputs.iter().any(|output| output.path == path)
            || cases.iter().any(|case| path.with_extension("") == case.stem);
        if !known {
            problems.push(format!("{} belongs to no case", path.display()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

// === running ===

/// The request for `dialect`, readable: path, what was dropped, body; or the error.
pub fn request(case: &Case, dialect: Dialect) -> String {
    let text = case.text.trim_end();
    let model = model(text, dialect);
    let mut dropped = Dropped::default();
    let written = openai::read_request(text).and_then(|chat| {
        let body = dialect.translate().unwrap().write_request(&chat, &model, &mut dropped)?;
        Ok((chat_path(dialect).write(&model, chat.stream)?, body))
    });
    match written {
        Ok((path, body)) => {
            let dropped = match dropped.is_empty() {
                true => String::new(),
                false => format!("dropped: {}\n", dropped.header()),
            };
            format!("POST {path}\n{dropped}\n{}\n", String::from_utf8(body).unwrap())
        }
        Err(error) => told(Failure::of_request(error)),
    }
}

/// Where a vendor of this format has its chat completions.
fn chat_path(dialect: Dialect) -> ferro::provider::Path {
    ferro::provider::Path::parse(RowOperation::chat(dialect).path).unwrap()
}

pub fn answer(case: &Case, dialect: Dialect) -> String {
    let body = match dialect.translate() {
        None => case.text.clone().into_bytes(),
        Some(translate) => match translate.read_answer(&case.text, STAMP) {
            Ok(answer) => openai::write_answer(&answer, &model("", dialect), STAMP),
            Err(malformed) => {
                let failure = Failure::of_malformed(name(dialect), &malformed);
                openai::write_error(&failure.into_error(&redactor()))
            }
        },
    };
    format!("{}\n", String::from_utf8(body).unwrap().trim_end())
}

/// The stream as the client gets it when the provider's bytes are cut at `cuts`. Cases whose name ends in
/// `-without-usage` are of a client that did not ask for it; `-two-choices` of one that asked for two.
pub fn stream(case: &Case, dialect: Dialect, cuts: &[usize]) -> String {
    let wanted = Wanted {
        include_usage: !case.name().ends_with("-without-usage"),
        choices: if case.name().contains("two-choices") { 2 } else { 1 },
        spoken: false,
    };
    let mut stream = match dialect.translate() {
        None => Stream::Passage(Box::new(Passage::new(wanted))),
        Some(translate) => {
            Stream::Translation(Box::new(Translation::new(translate, &model("", dialect), wanted, STAMP)))
        }
    };
    let bytes = case.text.as_bytes();
    let redactor = redactor();
    let source = Source { provider: name(dialect), redactor: &redactor };
    let mut out = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([bytes.len()]) {
        stream.push(bytes[start..end].to_vec(), source, &mut out);
        start = end;
    }
    stream.finish(source, &mut out);
    String::from_utf8(out).unwrap()
}

pub fn error(case: &Case, dialect: Dialect) -> String {
    let status = case.name().split('-').next().unwrap().parse().expect("<status>-<case>.json");
    told(Failure::of_provider(name(dialect), &dialect.read_error(status, case.text.as_bytes())))
}

/// What the client is told of a failure: status and body.
fn told(failure: Failure) -> String {
    let status = failure.status();
    let body = openai::write_error(&failure.into_error(&redactor()));
    format!("{status}\n\n{}\n", String::from_utf8(body).unwrap())
}

/// The target's model: the case's own where it is of the dialect's family.
fn model(body: &str, dialect: Dialect) -> String {
    let (family, model) = match dialect {
        Dialect::OpenAi => ("gpt-", "gpt-4o-mini"),
        Dialect::Anthropic => ("claude-", "claude-sonnet-4-5"),
        Dialect::Gemini => ("gemini-", "gemini-2.5-pro"),
    };
    let named = serde_json::from_str::<serde_json::Value>(body).ok();
    let named = named.as_ref().and_then(|body| body.get("model")?.as_str());
    named.filter(|named| named.starts_with(family)).unwrap_or(model).to_owned()
}

fn redactor() -> Redactor {
    Redactor::new(ferro::config::Secret::new(SECRET))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}
