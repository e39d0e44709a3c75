//! A whole answer, read into the hub: <https://platform.openai.com/docs/api-reference/chat/object>. Its pieces are also
//! those of a stream's chunks.
//!
//! The vendors that imitate the format differ in the details: thoughts are `reasoning_content` or `reasoning`, arguments
//! are at times an object, content at times a list of parts, and an id may be missing.

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::dialect::Stamp;
use crate::dialect::ids::Ids;
use crate::dialect::openai::utterance::aborted;
use crate::dialect::openai::watch::{error_within, refuses};
use crate::dialect::openai::wire::{Either, either};
use crate::hub::json::{self, Number, Str, is_null};
use crate::hub::{Answer, Choice, Finish, Kind, Malformed, Source, Usage};
use crate::json_object;

/// Reads an answer's body.
///
/// # Errors
/// It is an error, or nothing that the format knows.
pub fn read(body: &str, stamp: Stamp) -> Result<Answer<'_>, Malformed> {
    let wire: Completion<'_> = json::read(body)?;
    if wire.error.is_some() || refuses(wire.base_resp) {
        return Err(Malformed(json::beginning(&error_within(body).message, 2048).to_owned()));
    }
    if let Some(error) = aborted(body, false) {
        return Err(Malformed(json::beginning(&error.message, 2048).to_owned()));
    }
    let choices = wire.choices.unwrap_or_default();
    if choices.len() > Answer::MOST_CHOICES {
        return Err(Malformed(format!("more than {} choices", Answer::MOST_CHOICES)));
    }
    let mut ids = Ids::new(stamp);
    let mut read = Vec::with_capacity(choices.len());
    for (at, choice) in choices.into_iter().enumerate() {
        let index = choice.number(at);
        let finish = choice.finish_reason.as_deref().filter(|word| !word.is_empty()).map(finish);
        let Some(message) = choice.message else { continue };
        let parts = message.parts(&mut ids)?;
        let calls = parts.iter().any(|part| matches!(part, Kind::ToolCall { .. }));
        let finish = finish.unwrap_or(if calls { Finish::ToolCalls } else { Finish::Stop });
        let logprobs = choice.logprobs.map(|raw| raw.get().to_owned());
        read.push(Choice { index, parts, finish, logprobs });
    }
    if read.is_empty() {
        return Err(Malformed("it has no choice with a message".to_owned()));
    }
    let usage = wire.usage.map(UsageBody::count);
    Ok(Answer { id: wire.id, model: wire.model, choices: read, usage })
}

/// What a `finish_reason` means.
pub fn finish(word: &str) -> Finish {
    match word {
        "length" | "max_tokens" => Finish::Length,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        _ => Finish::Stop,
    }
}

json_object! {
    /// An answer, or a chunk of one.
    pub struct Completion<'a> {
        id: Str<'a>,
        model: Str<'a>,
        choices: Vec<WireChoice<'a>>,
        usage: UsageBody<'a>,
        error: &'a RawValue,
        base_resp: &'a RawValue,
        ..
    }
}

json_object! {
    /// An alternative.
    pub struct WireChoice<'a> {
        index: Number<'a>,
        message: Message<'a>,
        delta: Message<'a>,
        finish_reason: Str<'a>,
        logprobs: &'a RawValue,
        ..
    }
}

json_object! {
    /// What is said, or a piece of it.
    pub struct Message<'a> {
        content: Content<'a>,
        refusal: Str<'a>,
        reasoning_content: Str<'a>,
        reasoning: &'a RawValue,
        thinking_blocks: Vec<Block<'a>>,
        images: Vec<Image<'a>>,
        tool_calls: Vec<Call<'a>>,
        extra_content: ExtraContent<'a>,
        ..
    }
}

json_object! {
    /// One of Anthropic's thinking blocks; in a stream, a piece of the one at `index`.
    pub struct Block<'a> {
        kind as "type": Str<'a>,
        thinking: Str<'a>,
        signature: Str<'a>,
        data: Str<'a>,
        index: Number<'a>,
        ..
    }
}

json_object! {
    /// An image.
    pub struct Image<'a> { image_url: ImageUrl<'a>, .. }
}

json_object! {
    /// Where it is.
    pub struct ImageUrl<'a> { url: Str<'a>, .. }
}

json_object! {
    /// A call; in a stream, a piece of the one at `index`.
    pub struct Call<'a> {
        index: Number<'a>,
        id: Str<'a>,
        function: Function<'a>,
        extra_content: ExtraContent<'a>,
        ..
    }
}

json_object! {
    /// What is called.
    pub struct Function<'a> { name: Str<'a>, arguments: &'a RawValue, .. }
}

json_object! {
    /// Where Google's own endpoint puts its mark.
    pub struct ExtraContent<'a> { google: Google<'a>, .. }
}

json_object! {
    /// The mark.
    pub struct Google<'a> { thought_signature: Str<'a>, .. }
}

json_object! { struct Said<'a> { text: Str<'a>, refusal: Str<'a>, .. } }

json_object! {
    /// Tokens.
    pub struct UsageBody<'a> {
        prompt_tokens: u64,
        completion_tokens: u64,
        prompt_tokens_details: PromptDetails<'a>,
        completion_tokens_details: CompletionDetails<'a>,
        ..
    }
}

json_object! {
    /// Of which the input consists.
    pub struct PromptDetails<'a> { cached_tokens: u64, cache_creation_tokens: u64, .. }
}

json_object! {
    /// Of which the output consists.
    pub struct CompletionDetails<'a> { reasoning_tokens: u64, .. }
}

/// What is said: text, and refusals.
#[derive(Debug, Default)]
pub struct Content<'a> {
    /// The texts, in their order.
    pub texts: Vec<Str<'a>>,
    /// The refusals among them.
    pub refusals: Vec<Str<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match either::<D, Vec<Said<'a>>>(deserializer)? {
            Either::Text(text) => Self { texts: vec![text], refusals: Vec::new() },
            Either::Other(parts) => {
                let mut content = Self::default();
                for part in parts {
                    content.texts.extend(part.text);
                    content.refusals.extend(part.refusal);
                }
                content
            }
        })
    }
}

impl WireChoice<'_> {
    /// Its number; `at` where it gives none.
    pub fn number(&self, at: usize) -> usize {
        let given = self.index.and_then(Number::as_u64);
        given.and_then(|index| index.try_into().ok()).unwrap_or(at)
    }
}

impl<'a> Message<'a> {
    /// Thoughts without blocks, whatever they are called.
    pub fn thoughts(&mut self) -> Option<Str<'a>> {
        let named = self.reasoning.take().and_then(|raw| serde_json::from_str::<Str<'a>>(raw.get()).ok());
        self.reasoning_content.take().or(named).filter(|text| !text.is_empty())
    }

    fn parts(mut self, ids: &mut Ids) -> Result<Vec<Kind<'a>>, Malformed> {
        let mut parts = Vec::new();
        let thoughts = self.thoughts();
        let blocks = self.thinking_blocks.unwrap_or_default();
        if blocks.is_empty() {
            parts.extend(thoughts.map(|text| Kind::Thinking { text, signature: None }));
        }
        parts.extend(blocks.into_iter().map(|block| match block.data {
            Some(data) => Kind::RedactedThinking(data),
            None => Kind::Thinking { text: block.thinking.unwrap_or_default(), signature: block.signature },
        }));
        let mut content = self.content.unwrap_or_default();
        let mark = self.extra_content.and_then(ExtraContent::signature);
        if mark.is_some() && content.texts.is_empty() {
            content.texts.push(Str::default());
        }
        parts.extend(content.texts.into_iter().map(|text| Kind::Text { text, signature: None }));
        // A message carries one mark for its text: it belongs to the last of it.
        if let Some(Kind::Text { signature, .. }) = parts.last_mut() {
            *signature = mark;
        }
        parts.extend(
            content
                .refusals
                .into_iter()
                .chain(self.refusal)
                .filter(|text| !text.is_empty())
                .map(Kind::Refusal),
        );
        for url in self.images.into_iter().flatten().filter_map(|image| image.image_url?.url) {
            parts.push(Kind::Image { source: Source::Url(url), detail: None });
        }
        for call in self.tool_calls.unwrap_or_default() {
            let function = call.function.unwrap_or_default();
            let name = function.name.ok_or_else(|| Malformed("a call without a name".to_owned()))?;
            let arguments = function.arguments.map(arguments).unwrap_or_default();
            let signature = call.extra_content.and_then(ExtraContent::signature);
            parts.push(Kind::ToolCall { id: ids.id(call.id), name, arguments, signature });
        }
        Ok(parts)
    }
}

impl<'a> ExtraContent<'a> {
    /// The mark.
    pub fn signature(self) -> Option<Str<'a>> {
        self.google?.thought_signature
    }
}

impl UsageBody<'_> {
    /// The hub's count.
    pub fn count(self) -> Usage {
        let prompt = self.prompt_tokens_details.unwrap_or_default();
        Usage {
            prompt: self.prompt_tokens.unwrap_or_default(),
            completion: self.completion_tokens.unwrap_or_default(),
            cached: prompt.cached_tokens,
            cache_creation: prompt.cache_creation_tokens,
            reasoning: self.completion_tokens_details.and_then(|details| details.reasoning_tokens),
        }
    }
}

/// The text of a call's arguments: of a string what it says, of an object itself.
pub fn arguments(raw: &RawValue) -> Str<'_> {
    match serde_json::from_str::<Str<'_>>(raw.get()) {
        Ok(text) => text,
        Err(_) if is_null(raw) => Str::default(),
        Err(_) => Str::borrowed(raw.get()),
    }
}
