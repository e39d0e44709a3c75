//! A streamed answer that passes as it is: what must be known of it, read without touching it.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::read_error;
use crate::chat::{ProviderError, Usage};
use crate::frame::sse;

/// Follows a stream of chunks and remembers what its end depends on.
#[derive(Debug, Default)]
pub struct Watch {
    finished: usize,
    /// The last chunk was one of no choice: it counts tokens, or keeps the stream alive.
    aside: bool,
    done: bool,
    usage: Option<Usage>,
}

/// What one event is.
#[derive(Debug, PartialEq)]
pub enum Seen {
    /// A chunk.
    Chunk,
    /// A comment, or an event without data.
    Nothing,
    /// `[DONE]`.
    Done,
    /// The provider failed.
    Error(Box<ProviderError>),
    /// Not what the format promises: to be left out.
    Malformed,
}

impl Watch {
    /// Looks at one event: in one pass over its text, whatever it holds.
    pub fn see(&mut self, event: &sse::Event<'_>) -> Seen {
        let Some(data) = event.data.as_deref() else { return Seen::Nothing };
        let data = data.trim();
        if data == "[DONE]" {
            self.done = true;
            return Seen::Done;
        }
        if !data.starts_with('{') {
            return Seen::Malformed;
        }
        let Ok(chunk) = serde_json::from_str::<Chunk>(data) else { return unusual(data) };
        if chunk.error.is_some() {
            return Seen::Error(Box::new(error_within(data)));
        }
        self.aside = chunk.choices.as_ref().is_none_or(Vec::is_empty);
        let ends = chunk.choices.iter().flatten().filter(|choice| choice.finish_reason.is_some()).count();
        self.finished = self.finished.saturating_add(ends);
        self.usage = chunk.usage.map(UsageBody::count).or(self.usage);
        Seen::Chunk
    }

    /// Whether at least `choices` choices have ended.
    pub const fn is_finished(&self, choices: usize) -> bool {
        self.finished >= choices || self.done && self.finished > 0
    }

    /// Whether the last chunk said nothing for any choice.
    pub const fn is_aside(&self) -> bool {
        self.aside
    }

    /// Whether `[DONE]` was seen.
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Tokens, as last counted.
    pub const fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

/// How the body of a whole answer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Not enough of it is there to tell.
    Unclear,
    /// As an answer.
    Answer,
    /// As an error does, which some providers send with a status of 200.
    Error,
    /// Not as JSON does.
    Foreign,
}

/// Tells how the body of a whole answer begins. White space does not count: some providers send it while they think.
pub fn beginning(body: &[u8]) -> Beginning {
    const ERROR: &[u8] = b"\"error\"";
    let body = body.trim_ascii_start();
    match body.split_first() {
        None => Beginning::Unclear,
        Some((b'{', rest)) => match rest.trim_ascii_start() {
            rest if rest.starts_with(ERROR) => Beginning::Error,
            rest if ERROR.starts_with(rest) => Beginning::Unclear,
            _ => Beginning::Answer,
        },
        Some(_) => Beginning::Foreign,
    }
}

/// The error that a whole answer is in truth.
pub fn answer_error(body: &str) -> Option<ProviderError> {
    serde_json::from_str::<Chunk>(body).ok()?.error.map(|_| error_within(body))
}

/// An error that came without a status of its own.
fn error_within(data: &str) -> ProviderError {
    let error = read_error(500, data.as_bytes());
    let status = error.code.as_deref().and_then(|code| code.parse().ok());
    let status = status.filter(|status| (400..600).contains(status)).unwrap_or(match error.kind.as_deref() {
        Some("rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota") => 429,
        Some("invalid_request_error") => 400,
        _ => 500,
    });
    read_error(status, data.as_bytes())
}

/// Reads the token count of a whole answer.
pub fn answer_usage(body: &str) -> Option<Usage> {
    serde_json::from_str::<Chunk>(body).ok()?.usage.map(UsageBody::count)
}

/// An object that cannot be read as a chunk: it passes if it is JSON and says nothing of what is watched.
fn unusual(data: &str) -> Seen {
    let watched = ["choices", "finish_reason", "usage", "error"]
        .into_iter()
        .any(|member| holds(data, &format!("\"{member}\"")));
    match serde_json::from_str::<IgnoredAny>(data) {
        Ok(_) if !watched => Seen::Chunk,
        _ => Seen::Malformed,
    }
}

/// Whether `data` has this member with a value other than `null`, as far as a look at the text can tell.
fn holds(data: &str, member: &str) -> bool {
    data.match_indices(member).any(|(at, _)| {
        let after = data.get(at.saturating_add(member.len())..).unwrap_or_default();
        let value = after.trim_start().strip_prefix(':').map(str::trim_start);
        value.is_some_and(|value| !value.starts_with("null"))
    })
}

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<UsageBody>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    finish_reason: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct UsageBody {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

impl UsageBody {
    fn count(self) -> Usage {
        Usage {
            prompt: self.prompt_tokens.unwrap_or_default(),
            completion: self.completion_tokens.unwrap_or_default(),
            cached: self.prompt_tokens_details.and_then(|details| details.cached_tokens),
            cache_creation: None,
            reasoning: self.completion_tokens_details.and_then(|details| details.reasoning_tokens),
        }
    }
}
