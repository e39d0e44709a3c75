//! Finds golden cases, runs the core on them, and compares or rewrites what comes out.
#![allow(dead_code, reason = "not every test that runs cases finds them in files")]

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ferro::dialect::{Arrival, FORMATS, Format, Head, Memo, Stamp, openai};
use ferro::exchange::{Failure, Passage, Source, Stream, StreamTerms, Translation};
use ferro::frame::Framing;
use ferro::gateway::Redactor;
use ferro::hub::Dropped;
use ferro::hub::json::Document;
use ferro::provider::RowOperation;

/// The formats that are translated to and from the client's.
pub fn translated() -> impl Iterator<Item = &'static Format> {
    translated_for(&openai::FORMAT).into_iter()
}

/// The same for clients of this format.
fn translated_for(client: &Format) -> Formats {
    FORMATS.iter().copied().filter(|format| format.translator(client).is_some()).collect()
}

/// Some of the formats.
type Formats = Vec<&'static Format>;

/// The formats of clients, as far as golden cases come from them.
fn clients() -> Formats {
    FORMATS.iter().copied().filter(|format| format.client.is_some()).collect()
}

/// The formats of clients who are served by a provider of this one.
fn served_by(provider: &Format) -> Formats {
    let served = |client: &&Format| **client == *provider || provider.translator(client).is_some();
    clients().into_iter().filter(served).collect()
}

/// The formats of providers.
fn providers() -> Formats {
    FORMATS.to_vec()
}

/// What is put into which format, and what comes out.
pub struct Kind {
    /// Its folder.
    pub name: &'static str,
    /// The ending of what goes in, and of what comes out.
    pub endings: (&'static str, &'static str),
    /// The formats of what goes in.
    pub from: fn() -> Formats,
    /// Those that it is put into.
    pub to: fn(&Format) -> Formats,
    /// How many cases there are at least.
    pub minimum: usize,
    /// What comes out of a case, given both formats.
    pub run: fn(&Case, &'static Format, &'static Format) -> String,
}

pub const REQUEST: Kind = Kind {
    name: "request",
    endings: ("json", "http"),
    from: clients,
    to: translated_for,
    minimum: 60,
    run: request,
};

pub const ANSWER: Kind = Kind {
    name: "answer",
    endings: ("json", "json"),
    from: providers,
    to: served_by,
    minimum: 40,
    run: answer,
};

pub const STREAM: Kind = Kind {
    name: "stream",
    endings: ("sse", "sse"),
    from: providers,
    to: served_by,
    minimum: 30,
    run: |case, from, to| stream(case, from, to, &[]),
};

pub const ERROR: Kind = Kind {
    name: "error",
    endings: ("json", "http"),
    from: providers,
    to: served_by,
    minimum: 20,
    run: error,
};

pub const KINDS: [&Kind; 4] = [&REQUEST, &ANSWER, &STREAM, &ERROR];

/// The folder of cases that are put into every format; those of one format are in a folder of its name.
const ANY: &str = "any";

impl Kind {
    /// The folders of cases: path, format of what goes in, and the formats it is put into.
    pub fn folders(&self) -> Vec<(String, &'static Format, Formats)> {
        let mut folders = Vec::new();
        for from in (self.from)() {
            let to = (self.to)(from);
            let mut folder = |concerned: &str, to: Formats| {
                folders.push((format!("{}/{}/{concerned}", self.name, from.name), from, to));
            };
            // Clients that know no chats hear less, and have cases of their own.
            let hears_all = |to: &&Format| to.client.is_none() || !to.chat_path.is_empty();
            folder(ANY, to.iter().copied().filter(hears_all).collect());
            for to in &to {
                folder(to.name, vec![*to]);
            }
        }
        folders
    }

    /// The file of what goes in, in this format.
    pub fn input(&self, from: &Format) -> String {
        let ending = match (self.endings.0, from.framing) {
            ("sse", Framing::Ndjson) => "ndjson",
            (ending, _) => ending,
        };
        format!("in.{ending}")
    }

    /// The file of what comes out.
    pub fn output(&self, to: &Format) -> String {
        format!("to-{}.{}", to.name, self.endings.1)
    }
}

/// Ids and dates of golden answers.
const STAMP: Stamp = Stamp { seed: 0xfe110, created: 1_700_000_000 };

/// What comes with a golden answer.
static ARRIVAL: Arrival<'_> = Arrival { head: Head::of(200), stamp: STAMP, memo: &NO_MEMO };
static NO_MEMO: Memo = Memo::NONE;

/// A secret that cases may leak, so that its removal shows.
const SECRET: &str = "sk-golden-secret";

/// A folder with what goes in and what comes out.
pub struct Case {
    folder: PathBuf,
    input: PathBuf,
    pub text: String,
}

/// A file that a case gave or should have given, and what is wrong with it.
pub struct Output {
    path: PathBuf,
    problem: Option<String>,
}

/// The cases of a folder, in order of their names.
pub fn inputs(folder: &str, input: &str) -> Vec<Case> {
    let mut cases: Vec<_> = entries(&golden(folder))
        .into_iter()
        .filter_map(|folder| {
            let input = folder.join(input);
            Some(Case { text: std::fs::read_to_string(&input).ok()?, folder, input })
        })
        .collect();
    cases.sort_by(|a, b| a.folder.cmp(&b.folder));
    cases
}

impl Case {
    /// A case that was not found in a file.
    pub fn new(name: &str, text: &str) -> Self {
        Self { folder: name.into(), input: PathBuf::new(), text: text.to_owned() }
    }

    pub fn name(&self) -> &str {
        self.folder.file_name().and_then(|name| name.to_str()).unwrap()
    }

    /// Compares an output with its file, or writes it under `UPDATE_GOLDEN`.
    pub fn check(&self, file: &str, output: &str) -> Output {
        let path = self.folder.join(file);
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

/// Fails with everything that is wrong with a kind's cases, files that no case gave included.
pub fn settle(kind: &Kind, cases: &[Case], outputs: &[Output]) {
    let mut problems: Vec<_> = outputs
        .iter()
        .filter_map(|output| Some(format!("{} {}", output.path.display(), output.problem.as_ref()?)))
        .collect();
    let inputs = cases.iter().map(|case| case.input.clone());
    let known: HashSet<_> = inputs.chain(outputs.iter().map(|output| output.path.clone())).collect();
    let mut folders = vec![golden(kind.name)];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            match path.is_dir() {
                true => folders.push(path),
                false if known.contains(&path) => {}
                false => problems.push(format!("{} belongs to no case", path.display())),
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let (name, count, minimum) = (kind.name, cases.len(), kind.minimum);
    assert!(count >= minimum, "only {count} cases of {name}, at least {minimum} are kept");
}

// === running ===

/// The request for `dialect`, readable: path, what was dropped, body; or the error.
pub fn request(case: &Case, from: &'static Format, dialect: &'static Format) -> String {
    let text = case.text.trim_end();
    let model = model(text, dialect);
    let mut dropped = Dropped::default();
    let (client, document) = (from.client.unwrap(), Document::new(text));
    let written = client.read_request(&document).and_then(|chat| {
        let written = dialect.provider.unwrap().write_request(&chat, &model, &mut dropped)?;
        chat.unsaid.iter().for_each(|param| dropped.add(param.clone()));
        Ok((chat_path(dialect).write(&model, chat.stream)?.into_owned(), written.body))
    });
    match written {
        Ok((path, body)) => {
            let dropped = match dropped.is_empty() {
                true => String::new(),
                false => format!("dropped: {}\n", dropped.header(|param| client.spell(param))),
            };
            format!("POST {path}\n{dropped}\n{}\n", String::from_utf8(body).unwrap())
        }
        Err(error) => told(Failure::of_request(error), from),
    }
}

/// Where a vendor of this format has its chat completions.
fn chat_path(format: &'static Format) -> ferro::provider::Path {
    ferro::provider::Path::parse(RowOperation::chat(format).path).unwrap()
}

pub fn answer(case: &Case, dialect: &'static Format, to: &'static Format) -> String {
    let client = to.client.unwrap();
    let body = match dialect.translator(to) {
        None => case.text.clone().into_bytes(),
        Some(translate) => match translate.read_answer(&case.text, &ARRIVAL) {
            Ok(answer) => client.write_answer(&answer, &model("", dialect), STAMP),
            Err(malformed) => {
                let failure = Failure::of_malformed(dialect.name, &malformed);
                client.write_error(&failure.into_error(&redactor()))
            }
        },
    };
    format!("{}\n", String::from_utf8(body).unwrap().trim_end())
}

/// The stream as the client gets it when the provider's bytes are cut at `cuts`. Cases whose name ends in
/// `-without-usage` are of a client that did not ask for it; `-two-choices` of one that asked for two.
pub fn stream(case: &Case, dialect: &'static Format, to: &'static Format, cuts: &[usize]) -> String {
    let client = to.client.unwrap();
    let wanted = StreamTerms {
        include_usage: !case.name().ends_with("-without-usage"),
        choices: if case.name().contains("two-choices") { 2 } else { 1 },
        awaits_words: false,
        hides_count: false,
    };
    let mut stream = match dialect.translator(to) {
        None => Stream::Passage(Box::new(Passage::new(dialect.framing, client, wanted))),
        Some(translate) => {
            let model = model("", dialect);
            let stream = Translation::new(dialect.framing, translate, client, &model, wanted, &ARRIVAL);
            Stream::Translation(Box::new(stream))
        }
    };
    let bytes = case.text.as_bytes();
    let redactor = redactor();
    let source = Source { provider: dialect.name, redactor: &redactor, judge: None };
    let mut out = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([bytes.len()]) {
        stream.push(bytes[start..end].to_vec(), source, &mut out);
        start = end;
    }
    stream.finish(source, &mut out);
    String::from_utf8(out).unwrap()
}

pub fn error(case: &Case, dialect: &'static Format, to: &'static Format) -> String {
    let status = case.name().split('-').next().unwrap().parse().expect("<status>-<case>.json");
    let error = dialect.read_error(Head::of(status), case.text.as_bytes());
    told(Failure::of_provider(dialect.name, &error), to)
}

/// What the client is told of a failure: status and body.
fn told(failure: Failure, client: &'static Format) -> String {
    let status = failure.status();
    let body = client.client.unwrap().write_error(&failure.into_error(&redactor()));
    format!("{status}\n\n{}\n", String::from_utf8(body).unwrap())
}

/// The target's model: the case's own where it is of the dialect's family.
fn model(body: &str, dialect: &'static Format) -> String {
    let (family, model) = match dialect.name {
        "anthropic" => ("claude-", "claude-sonnet-4-5"),
        "gemini" => ("gemini-", "gemini-2.5-pro"),
        "cohere" => ("command-", "command-a-plus-05-2026"),
        "replicate" => ("replicate/", "meta/meta-llama-3-70b-instruct"),
        "ollama" => ("qwen", "qwen3:8b"),
        _ => ("gpt-", "gpt-4o-mini"),
    };
    let named = serde_json::from_str::<serde_json::Value>(body).ok();
    let named = named.as_ref().and_then(|body| body.get("model")?.as_str());
    let named = named.filter(|named| named.starts_with(family)).unwrap_or(model);
    // A prefix that pins a provider is none of a model's name.
    named.strip_prefix("replicate/").unwrap_or(named).to_owned()
}

fn redactor() -> Redactor {
    Redactor::new(ferro::gateway::Secret::new(SECRET))
}

fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}
