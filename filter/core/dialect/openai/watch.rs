//! A streamed answer that passes as it is: what must be known of it, read without touching it.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::outline::Says;
use super::utterance::{aborted, speaks, utterance};
use crate::dialect::{NoAnswer, Seen, Utterance, WatchStream, plain_error};
use crate::frame::Frame;
use crate::hub::json::{Str, first_special};
use crate::hub::{Finish, Malformed, ProviderError, Told, Usage};

/// Follows a stream of chunks and remembers what its end depends on.
#[derive(Debug, Default)]
pub struct Watch {
    /// The choices that have begun, by their numbers, and those that have ended.
    begun: Vec<u64>,
    ended: Vec<u64>,
    /// Something was said.
    said: bool,
    /// The last chunk was one of no choice: it counts tokens, or keeps the stream alive.
    aside: bool,
    /// It counts tokens.
    counts: bool,
    done: bool,
    told: Told,
    /// The last chunk that was read and only said something, without escapes.
    last: Option<Template>,
}

/// A chunk but for what it says. Most chunks of a stream differ in nothing else, and need not be read to be known.
#[derive(Debug, PartialEq, Eq)]
struct Template {
    before: String,
    after: String,
}

impl WatchStream for Watch {
    fn see(&mut self, frame: &Frame<'_>) -> Seen {
        let data = frame.data.as_deref().map(str::trim);
        // A frame of this name is one whatever it holds.
        if frame.is_error() {
            return Seen::Error(Box::new(error_within(data.unwrap_or_default())));
        }
        let Some(data) = data else { return Seen::Nothing };
        if data == "[DONE]" {
            self.done = true;
            return Seen::Done;
        }
        if !data.starts_with('{') {
            return Seen::Malformed;
        }
        if self.last.as_ref().is_some_and(|last| last.fits(data)) {
            self.said = self.said || speaks(data);
            return Seen::Chunk;
        }
        let last = self.last.take();
        let Ok(chunk) = serde_json::from_str::<Chunk<'_>>(data) else { return unusual(data) };
        if chunk.error.is_some() || refuses(chunk.base_resp) {
            return Seen::Error(Box::new(error_within(data)));
        }
        let ends = |choice: &Choice<'_>| choice.finish_reason.is_some() || choice.error.is_some();
        if chunk.choices.iter().flatten().any(ends)
            && let Some(error) = aborted(data, self.said)
        {
            return Seen::Error(Box::new(error));
        }
        self.aside = chunk.choices.as_ref().is_none_or(Vec::is_empty);
        self.said = self.said || !self.aside && speaks(data);
        for choice in chunk.choices.iter().flatten() {
            let number = choice.index.unwrap_or_default();
            note(&mut self.begun, number);
            if let Some(finish) = choice.finish() {
                note(&mut self.ended, number);
                self.told.finish.get_or_insert(finish);
            }
        }
        let says = !self.aside && chunk.usage.is_none();
        let ends = chunk.choices.iter().flatten().any(|choice| choice.finish_reason.is_some());
        // One with an escape is no template, and no reason to forget the one before.
        self.last = (says && !ends).then(|| Template::of(data).or(last)).flatten();
        self.counts = chunk.usage.is_some();
        self.told.usage = chunk.usage.map(UsageBody::count).or(self.told.usage);
        Seen::Chunk
    }

    fn is_finished(&self, choices: usize) -> bool {
        let all = self.begun.len() == self.ended.len() && self.begun.len() <= MOST_CHOICES;
        all && !self.ended.is_empty() && (self.done || self.ended.len() >= choices)
    }

    fn is_aside(&self) -> bool {
        self.aside
    }

    fn is_count(&self) -> bool {
        self.aside && self.counts
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn told(&self) -> Told {
        self.told
    }

    fn utterance(&self, frame: &Frame<'_>) -> Utterance {
        utterance(frame)
    }
}

impl Template {
    /// A longer chunk is read as often as it comes, in bytes.
    const LONGEST: usize = 4096;

    /// Of a chunk that is JSON. In JSON these bytes are a member and the beginning of its value, wherever they stand:
    /// inside a string there would be a backslash before each quotation mark.
    fn of(chunk: &str) -> Option<Self> {
        const MEMBERS: [&str; 2] = ["\"content\":\"", "\"text\":\""];
        let found = MEMBERS.iter().find_map(|member| chunk.find(member)?.checked_add(member.len()));
        let start = found.filter(|_| chunk.len() <= Self::LONGEST)?;
        let (before, rest) = chunk.split_at_checked(start)?;
        let end = first_special(rest.as_bytes())?;
        let after = rest.get(end..).filter(|after| after.starts_with('"'))?;
        Some(Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// Whether a chunk is this one but for what it says, and says it without escapes.
    fn fits(&self, chunk: &str) -> bool {
        let said = chunk.strip_prefix(&*self.before).and_then(|rest| rest.strip_suffix(&*self.after));
        said.is_some_and(|said| first_special(said.as_bytes()).is_none())
    }
}

/// Remembers a choice by its number. One of too many never ends.
fn note(numbers: &mut Vec<u64>, number: u64) {
    if numbers.len() <= MOST_CHOICES && !numbers.contains(&number) {
        numbers.push(number);
    }
}

/// The most choices that a request may ask for (<https://platform.openai.com/docs/api-reference/chat/create>).
const MOST_CHOICES: usize = 128;

/// Reads a whole answer that was held: what it says of itself.
///
/// # Errors
/// It is the provider's error, or nothing that the format knows.
pub fn read_whole(body: &str) -> Result<Told, NoAnswer> {
    read_saying(body, Says::Message)
}

/// The same of an answer whose choices say what they say in this.
///
/// # Errors
/// As for [`read_whole`].
pub(super) fn read_saying(body: &str, says: Says) -> Result<Told, NoAnswer> {
    let says_something = |choice: &Choice<'_>| match says {
        Says::Message => choice.message.is_some(),
        Says::Text => choice.text.is_some(),
    };
    let chunk: Chunk<'_> =
        serde_json::from_str(body).map_err(|error| NoAnswer::Malformed(Malformed::json(&error)))?;
    match chunk.choices {
        _ if chunk.error.is_some() => Err(NoAnswer::Error(Box::new(error_within(body)))),
        Some(choices) if choices.iter().any(says_something) => match aborted(body, false) {
            Some(error) => Err(NoAnswer::Error(Box::new(error))),
            None => {
                let finish = choices.iter().find_map(Choice::finish);
                Ok(Told { usage: chunk.usage.map(UsageBody::count), finish })
            }
        },
        _ if names_error(body) || refuses(chunk.base_resp) => {
            Err(NoAnswer::Error(Box::new(error_within(body))))
        }
        _ => {
            let what = if says == Says::Message { "message" } else { "text" };
            Err(NoAnswer::Malformed(Malformed(format!("it has no choice with a {what}"))))
        }
    }
}

/// Whether an object without choices says in another way than by `error` that it is one.
fn names_error(body: &str) -> bool {
    #[derive(Deserialize)]
    struct Words<'a> {
        #[serde(borrow)]
        object: Option<Str<'a>>,
        message: Option<IgnoredAny>,
        detail: Option<IgnoredAny>,
    }
    serde_json::from_str::<Words<'_>>(body).is_ok_and(|words| {
        words.object.as_deref() == Some("error") || words.message.is_some() || words.detail.is_some()
    })
}

/// Whether a `base_resp` says that what it stands in is an error: MiniMax's come in a 200
/// (<https://platform.minimax.io/docs/api-reference/errorcode>).
pub(super) fn refuses(base_resp: Option<&RawValue>) -> bool {
    #[derive(Deserialize)]
    struct Words {
        status_code: i64,
    }
    base_resp
        .and_then(|raw| serde_json::from_str::<Words>(raw.get()).ok())
        .is_some_and(|words| words.status_code != 0)
}

/// An error that came without a status of its own.
pub(super) fn error_within(data: &str) -> ProviderError {
    let error = plain_error::read(500, data.as_bytes());
    let status = error.code.as_deref().and_then(|code| code.parse().ok());
    let status = status.filter(|status| (400..600).contains(status)).unwrap_or(match error.kind.as_deref() {
        Some("rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota") => 429,
        Some("invalid_request_error") => 400,
        _ => 500,
    });
    plain_error::read(status, data.as_bytes())
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
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    usage: Option<UsageBody>,
    error: Option<IgnoredAny>,
    #[serde(borrow)]
    base_resp: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: Option<u64>,
    /// Of whole answers.
    message: Option<Object>,
    /// Of completions of a prompt.
    text: Option<IgnoredAny>,
    #[serde(borrow)]
    finish_reason: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
}

/// An object, whatever is in it.
#[derive(Deserialize)]
struct Object {}

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

impl Choice<'_> {
    /// Why it ended, if it has.
    fn finish(&self) -> Option<Finish> {
        self.finish_reason.map(|reason| Finish::of_word(reason.get().trim_matches('"')))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn see(watch: &mut Watch, data: &str) -> Seen {
        watch.see(&Frame { raw: data.as_bytes(), name: None, data: Some(data.into()), has_more: false })
    }

    /// Whatever comes after a chunk is seen as it would be if every chunk were read.
    #[test]
    fn a_chunk_that_is_like_the_last_is_seen_as_if_it_were_read() {
        let chunk = |said: &str, more: &str| {
            format!(r#"{{"id":"a","choices":[{{"index":0,"delta":{{"content":"{said}"}}{more}}}]}}"#)
        };
        let usual = chunk("hi", r#","finish_reason":null"#);
        for after in [
            chunk("", r#","finish_reason":null"#),
            chunk("there, é", r#","finish_reason":null"#),
            chunk("a\\n\\\"b", r#","finish_reason":null"#),
            chunk("a\\x", r#","finish_reason":null"#),
            chunk("a\nb", r#","finish_reason":null"#),
            chunk("hi", r#","finish_reason":"stop""#),
            chunk(r#"x"},"finish_reason":"stop"},{"delta":{"content":"y"#, r#","finish_reason":null"#),
            chunk(r#"x"}}],"error":{"message":"m"},"z":[{"delta":{"content":"y"#, r#","finish_reason":null"#),
            chunk(
                r#"x"}}],"usage":{"prompt_tokens":1},"z":[{"delta":{"content":"y"#,
                r#","finish_reason":null"#,
            ),
            usual.replace("\"index\":0", "\"index\":1"),
            usual.replace("hi\"", "hi\" "),
            usual.strip_suffix("}").unwrap().to_owned(),
            r#"{"id":"a","choices":[],"usage":{"prompt_tokens":7}}"#.to_owned(),
            "[DONE]".to_owned(),
        ] {
            let (mut watch, mut reader) = (Watch::default(), Watch::default());
            for data in [&usual, &usual, &after, &usual] {
                reader.last = None;
                assert_eq!(see(&mut watch, data), see(&mut reader, data), "{after}");
                let state = |watch: &Watch| {
                    (watch.begun.clone(), watch.ended.clone(), watch.aside, watch.done, watch.told)
                };
                assert_eq!(state(&watch), state(&reader), "{after}");
            }
        }
        let mut watch = Watch::default();
        see(&mut watch, &usual);
        assert!(
            watch.last.as_ref().is_some_and(|last| last.fits(&chunk("more", r#","finish_reason":null"#)))
        );
    }

    #[test]
    fn an_error_in_a_200_has_a_number_and_words() {
        let refused = r#"{"id":"a","choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#;
        let Seen::Error(error) = see(&mut Watch::default(), refused) else { panic!("no error") };
        let said = |error: &ProviderError| (error.status, error.code.clone(), error.message.clone());
        let want = (500, Some("1008".to_owned()), "insufficient balance".to_owned());
        assert_eq!(said(&error), want);
        let Err(NoAnswer::Error(error)) = read_whole(refused) else { panic!("no error") };
        assert_eq!(said(&error), want);
        let fine = refused.replace("1008", "0").replace("null", r#"[{"message":{"content":"hi"}}]"#);
        assert!(read_whole(&fine).is_ok());
        assert!(matches!(see(&mut Watch::default(), &fine), Seen::Chunk));
    }
}
