//! What a stand-in answers, by rules that a reader can foresee:
//!
//! 1. Tools that may be called are called, unless they just answered or the user asks not to ("without tools",
//!    "don't use"): the first one. If the text has "both" or "parallel", the first two, or the only one twice when
//!    the text names two places. Arguments follow the tool's schema and take their values from the text.
//! 2. A JSON format is answered with JSON that matches it.
//! 3. Everything else: `Hello from the Claude stand-in. You said: …`, with the number of images and files, and with
//!    what tools answered.
//! 4. A stop sequence and the limit of tokens cut the text. Four characters are a token.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::conversation::{Format, Prompt, Tool, ToolChoice};
use super::schema;

/// An answer, whatever its wire format.
#[derive(Debug)]
pub(super) struct Answer {
    /// What the model thought first.
    pub(super) thinking: Option<String>,
    /// What it says. Empty beside calls.
    pub(super) text: String,
    /// The tools it calls.
    pub(super) calls: Vec<Call>,
    /// Why it ends.
    pub(super) end: End,
}

/// A call of a tool.
#[derive(Debug)]
pub(super) struct Call {
    /// Differs from that of every other call.
    pub(super) serial: u64,
    /// The tool's name.
    pub(super) name: String,
    /// An object.
    pub(super) arguments: Value,
}

/// Why an answer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// All was said.
    Done,
    /// Tools are called.
    Calls,
    /// The limit was reached.
    Limit,
    /// This stop sequence came up.
    Stop(String),
}

/// Tokens of an exchange. Four characters are one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Of the request.
    pub(super) prompt: usize,
    /// Of the thoughts.
    pub(super) thinking: usize,
    /// Of text and calls.
    pub(super) answer: usize,
}

/// A number that was never given out before.
pub(super) fn serial() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(1);
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// Makes the answer. `alternative` is 0, or more where several answers to one request are wanted.
pub(super) fn answer(prompt: &Prompt, alternative: usize) -> Answer {
    let thinking = prompt.thinks.then(|| format!("The user wants an answer to: {}", prompt.text));
    let calls = calls(prompt);
    if !calls.is_empty() {
        return Answer { thinking, text: String::new(), calls, end: End::Calls };
    }
    let room = prompt.limit.map(|limit| limit.saturating_sub(thinking.as_deref().map_or(0, tokens)));
    let mut text = say(prompt);
    if alternative > 0 && prompt.format == Format::Text {
        text.push_str(&format!(" (alternative {alternative})"));
    }
    let (text, end) = shorten(text, &prompt.stops, room);
    Answer { thinking, text, calls, end }
}

/// Counts the tokens of an exchange with these answers.
pub(super) fn usage(prompt: &Prompt, answers: &[Answer]) -> Usage {
    let said = |answer: &Answer| {
        let calls = answer.calls.iter().map(|call| tokens(&call.name).saturating_add(tokens(&call.text())));
        calls.fold(tokens(&answer.text), usize::saturating_add)
    };
    Usage {
        prompt: prompt.characters.div_ceil(CHARACTERS_OF_A_TOKEN),
        thinking: answers.iter().filter_map(|a| a.thinking.as_deref()).map(tokens).sum(),
        answer: answers.iter().map(said).sum(),
    }
}

impl Usage {
    /// Of this exchange and another.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.saturating_add(other.prompt),
            thinking: self.thinking.saturating_add(other.thinking),
            answer: self.answer.saturating_add(other.answer),
        }
    }

    /// Of thoughts and answer.
    pub(super) fn output(&self) -> usize {
        self.thinking.saturating_add(self.answer)
    }

    /// Of everything.
    pub(super) fn total(&self) -> usize {
        self.prompt.saturating_add(self.output())
    }

    /// Of the request, read from the provider's cache: of long requests, half.
    pub(super) fn cached(&self) -> usize {
        if self.prompt < CACHED_FROM { 0 } else { self.prompt / 2 }
    }
}

impl Call {
    /// Its arguments as JSON.
    pub(super) fn text(&self) -> String {
        self.arguments.to_string()
    }
}

/// Counts the tokens of a text.
pub(super) fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(CHARACTERS_OF_A_TOKEN)
}

fn calls(prompt: &Prompt) -> Vec<Call> {
    let text = prompt.text.to_lowercase();
    let forbidden = FORBIDDING.iter().any(|words| text.contains(words));
    let chosen: Vec<&Tool> = match &prompt.tool_choice {
        _ if !prompt.results.is_empty() => return Vec::new(),
        ToolChoice::Never => return Vec::new(),
        ToolChoice::Auto if forbidden => return Vec::new(),
        ToolChoice::Auto | ToolChoice::Always => prompt.tools.iter().collect(),
        ToolChoice::Among(names) => prompt.tools.iter().filter(|tool| names.contains(&tool.name)).collect(),
    };
    let several = prompt.parallel && SEVERAL.iter().any(|word| text.contains(word));
    let twice = several && chosen.len() == 1 && schema::names(&prompt.text).len() > 1;
    let rounds = if twice { 2 } else { 1 };
    let at_most = if several { 2 } else { 1 };
    (0..rounds)
        .flat_map(|round| chosen.iter().map(move |tool| (round, tool)))
        .take(at_most)
        .map(|(round, tool)| call(tool, &prompt.text, round))
        .collect()
}

fn call(tool: &Tool, text: &str, round: usize) -> Call {
    let example = schema::example(&tool.schema, text, round);
    let arguments = if example.is_object() { example } else { json!({}) };
    Call { serial: serial(), name: tool.name.clone(), arguments }
}

fn say(prompt: &Prompt) -> String {
    match &prompt.format {
        Format::Text => greet(prompt),
        Format::Json => json!({ "stand_in": prompt.speaker, "you_said": prompt.text }).to_string(),
        Format::Schema(schema) => schema::example(schema, &prompt.text, 0).to_string(),
    }
}

fn greet(prompt: &Prompt) -> String {
    let mut said = format!("Hello from the {} stand-in.", prompt.speaker);
    for (count, one) in [(prompt.images, "image"), (prompt.files, "file")] {
        match count {
            0 => {}
            1 => said.push_str(&format!(" I see 1 {one}.")),
            _ => said.push_str(&format!(" I see {count} {one}s.")),
        }
    }
    if !prompt.results.is_empty() {
        said.push_str(&format!(" The tools answered: {}.", prompt.results.join("; ")));
    }
    if !prompt.text.is_empty() {
        said.push_str(&format!(" You said: {}", prompt.text));
    }
    said
}

/// Cuts at the earliest stop sequence, then at the limit.
fn shorten(text: String, stops: &[String], room: Option<usize>) -> (String, End) {
    let found = stops.iter().filter(|stop| !stop.is_empty());
    let found = found.filter_map(|stop| Some((text.find(stop.as_str())?, stop))).min();
    let (text, end) = match found {
        Some((at, stop)) => (text.get(..at).unwrap_or_default().to_owned(), End::Stop(stop.clone())),
        None => (text, End::Done),
    };
    match room {
        Some(room) if tokens(&text) > room => {
            let characters = room.saturating_mul(CHARACTERS_OF_A_TOKEN);
            (text.chars().take(characters).collect(), End::Limit)
        }
        _ => (text, end),
    }
}

/// Words of a user who wants no tool called.
const FORBIDDING: &[&str] = &["without tools", "without using", "no tools", "don't use", "do not use"];

/// Words of a user who wants several calls at once.
const SEVERAL: &[&str] = &["both", "parallel"];

/// Roughly what is true of English.
const CHARACTERS_OF_A_TOKEN: usize = 4;

/// Providers cache from about this many tokens on.
const CACHED_FROM: usize = 1024;
