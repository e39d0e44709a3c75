//! A whole answer, written for the client:
//! <https://platform.openai.com/docs/api-reference/chat/object>.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::dialect::Stamp;
use crate::hub::json::Str;
use crate::hub::{Answer, Choice, Finish, Kind, Source, Usage};

/// Writes `answer` as OpenAI does. `model` stands in where the provider named none.
pub fn write_answer(answer: &Answer<'_>, model: &str, stamp: Stamp) -> Vec<u8> {
    write(answer, model, stamp, false)
}

/// The same; `of_old` for a client that knows `function_call` and no `tool_calls`.
pub(super) fn write(answer: &Answer<'_>, model: &str, stamp: Stamp, of_old: bool) -> Vec<u8> {
    let short = |name: &'_ Str<'_>| name.beginning(Answer::LONGEST_NAME).to_owned();
    let body = Body {
        id: answer.id.as_ref().map_or_else(|| completion_id(stamp), short),
        object: "chat.completion",
        created: stamp.created,
        model: &answer.model.as_ref().map_or_else(|| model.to_owned(), short),
        choices: answer.choices.iter().map(|choice| Alternative::of(choice, of_old)).collect(),
        usage: answer.usage.map(UsageBody::of),
        system_fingerprint: None,
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The id of an answer whose provider gave none.
pub fn completion_id(stamp: Stamp) -> String {
    format!("chatcmpl-{:016x}", stamp.seed)
}

/// The `finish_reason` of an answer that ended so; `of_old` as for [`write`].
pub const fn finish_word(finish: Finish, of_old: bool) -> &'static str {
    match finish {
        Finish::ToolCalls if of_old => "function_call",
        finish => finish.word(),
    }
}

/// `usage` as OpenAI spells it; details only where the provider counted.
#[derive(Serialize)]
pub struct UsageBody {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_creation_tokens: Option<u64>,
}

#[derive(Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
}

impl UsageBody {
    /// The hub's count in OpenAI's words.
    pub fn of(usage: Usage) -> Self {
        let cache = usage.cached.or(usage.cache_creation);
        Self {
            prompt_tokens: usage.prompt,
            completion_tokens: usage.completion,
            total_tokens: usage.total(),
            prompt_tokens_details: cache.map(|_| PromptDetails {
                cached_tokens: usage.cached.unwrap_or_default(),
                cache_creation_tokens: usage.cache_creation,
            }),
            completion_tokens_details: usage
                .reasoning
                .map(|tokens| CompletionDetails { reasoning_tokens: tokens }),
        }
    }
}

/// `{"google": {"thought_signature": …}}`, as Google's own OpenAI-compatible endpoint spells it.
#[derive(Clone, Copy, Serialize)]
pub struct ExtraContent<'a> {
    google: Google<'a>,
}

#[derive(Clone, Copy, Serialize)]
struct Google<'a> {
    thought_signature: &'a str,
}

impl<'a> ExtraContent<'a> {
    /// Carries a provider's mark to the client.
    pub const fn of(signature: &'a str) -> Self {
        Self { google: Google { thought_signature: signature } }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Alternative<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageBody>,
    system_fingerprint: Option<&'a str>,
}

#[derive(Serialize)]
struct Alternative<'a> {
    index: usize,
    message: Message<'a>,
    logprobs: Option<&'a RawValue>,
    finish_reason: &'static str,
}

impl<'a> Alternative<'a> {
    fn of(choice: &'a Choice<'a>, of_old: bool) -> Self {
        Self {
            index: choice.index,
            message: Message { of_old, ..Message::of(&choice.parts) },
            logprobs: choice.logprobs.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            finish_reason: finish_word(choice.finish, of_old),
        }
    }
}

#[derive(Default)]
struct Message<'a> {
    content: Option<String>,
    refusal: Option<String>,
    reasoning: Option<String>,
    thinking_blocks: Vec<ThinkingBlock<'a>>,
    images: Vec<&'a str>,
    tool_calls: Vec<ToolCall<'a>>,
    signature: Option<&'a str>,
    /// See [`write`].
    of_old: bool,
}

impl<'a> Message<'a> {
    fn of(parts: &'a [Kind<'a>]) -> Self {
        let mut message = Self::default();
        let push = |slot: &mut Option<String>, text: &str| slot.get_or_insert_default().push_str(text);
        for part in parts {
            match part {
                Kind::Text { text, signature } => {
                    push(&mut message.content, text);
                    message.signature = signature.as_deref().or(message.signature);
                }
                Kind::Refusal(text) => push(&mut message.refusal, text),
                Kind::Thinking { text, signature } => {
                    push(&mut message.reasoning, text);
                    message
                        .thinking_blocks
                        .push(ThinkingBlock::Thinking { thinking: text, signature: signature.as_deref() });
                }
                Kind::RedactedThinking(data) => {
                    message.thinking_blocks.push(ThinkingBlock::RedactedThinking { data });
                }
                Kind::Image { source: Source::Url(url), .. } => message.images.push(url),
                Kind::ToolCall { id, name, arguments, signature } => message.tool_calls.push(ToolCall {
                    id,
                    kind: "function",
                    function: FunctionCall {
                        name,
                        arguments: if arguments.is_empty() { "{}" } else { arguments },
                    },
                    extra_content: signature.as_deref().map(ExtraContent::of),
                }),
                // No provider answers with these.
                Kind::Image { .. } | Kind::Audio { .. } | Kind::File { .. } | Kind::ToolResult { .. } => {}
            }
        }
        message
    }
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        map.serialize_entry("content", &self.content)?;
        map.serialize_entry("refusal", &self.refusal)?;
        if let Some(reasoning) = &self.reasoning {
            map.serialize_entry("reasoning_content", reasoning)?;
        }
        if !self.thinking_blocks.is_empty() {
            map.serialize_entry("thinking_blocks", &self.thinking_blocks)?;
        }
        if !self.images.is_empty() {
            let images: Vec<_> = self.images.iter().map(|url| Image::of(url)).collect();
            map.serialize_entry("images", &images)?;
        }
        let mut extra_content = self.signature.map(ExtraContent::of);
        match self.tool_calls.as_slice() {
            [] => {}
            // There is room for one, and one was asked for.
            [call, others @ ..] if self.of_old => {
                if !others.is_empty() {
                    log::warn!("left out {} calls of an answer: its client knows one", others.len());
                }
                map.serialize_entry("function_call", &call.function)?;
                extra_content = call.extra_content.or(extra_content);
            }
            calls => map.serialize_entry("tool_calls", calls)?,
        }
        if let Some(extra_content) = extra_content {
            map.serialize_entry("extra_content", &extra_content)?;
        }
        map.end()
    }
}

/// One of Anthropic's thinking blocks, as clients know them.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ThinkingBlock<'a> {
    /// Thoughts in words.
    Thinking {
        /// The words.
        thinking: &'a str,
        /// The provider's signature.
        #[serde(skip_serializing_if = "Option::is_none")]
        signature: Option<&'a str>,
    },
    /// Thoughts that the provider encrypted.
    RedactedThinking {
        /// The encrypted thoughts.
        data: &'a str,
    },
}

/// An image in an answer, as clients of image-making chat models know it: `{"type": "image_url", …}`.
#[derive(Serialize)]
pub struct Image<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    image_url: ImageUrl<'a>,
}

#[derive(Serialize)]
struct ImageUrl<'a> {
    url: &'a str,
}

impl<'a> Image<'a> {
    /// The image behind `url`.
    pub const fn of(url: &'a str) -> Self {
        Self { kind: "image_url", image_url: ImageUrl { url } }
    }
}

#[derive(Serialize)]
struct ToolCall<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: FunctionCall<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_content: Option<ExtraContent<'a>>,
}

#[derive(Serialize)]
struct FunctionCall<'a> {
    name: &'a str,
    arguments: &'a str,
}
