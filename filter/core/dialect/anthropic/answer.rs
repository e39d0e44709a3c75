//! Claude's whole answer, read into the hub: <https://platform.claude.com/docs/en/api/messages/create>.

use super::error::ErrorBody;
use crate::dialect::Memo;
use crate::hub::json::{self, Str};
use crate::hub::{Answer, Choice, Finish, Kind, Malformed, Usage};
use crate::json_object;

use serde_json::value::RawValue;

/// Reads an answer's body.
///
/// # Errors
/// It is not a message, or none that has ended: without the reason why, it is only a beginning.
pub fn read<'a>(body: &'a str, memo: &Memo) -> Result<Answer<'a>, Malformed> {
    let wire: Message<'a> = json::read(body)?;
    let lacks = |member: &str| Malformed(format!("a message without `{member}`"));
    if let Some(error) = wire.error {
        return Err(Malformed(error.read(None).message));
    }
    if wire.kind.is_some_and(|kind| kind.as_str() != "message") {
        return Err(Malformed("not a `message`".to_owned()));
    }
    let content = wire.content.ok_or_else(|| lacks("content"))?;
    let reason = wire.stop_reason.ok_or_else(|| lacks("stop_reason"))?;
    let mut parts = Vec::with_capacity(content.len());
    for block in content {
        parts.extend(part(block, memo)?);
    }
    let calls = parts.iter().any(|part| matches!(part, Kind::ToolCall { .. }));
    parts.extend(wire.stop_details.and_then(|details| details.explanation).map(Kind::Refusal));
    Ok(Answer {
        id: wire.id,
        model: wire.model,
        choices: vec![Choice { index: 0, parts, finish: finish(&reason, calls), logprobs: None }],
        usage: wire.usage.as_ref().map(|usage| Tokens::default().and(usage).count()),
    })
}

fn part<'a>(block: Block<'a>, memo: &Memo) -> Result<Option<Kind<'a>>, Malformed> {
    let part = match block.kind.as_deref().unwrap_or_default() {
        "text" => Kind::Text { text: block.text.unwrap_or_default(), signature: None },
        "thinking" => Kind::Thinking { text: block.thinking.unwrap_or_default(), signature: block.signature },
        "redacted_thinking" => Kind::RedactedThinking(block.data.unwrap_or_default()),
        "tool_use" => {
            let (Some(id), Some(name)) = (block.id, block.name) else {
                return Err(Malformed("a `tool_use` without `id` or `name`".to_owned()));
            };
            let arguments = block.input.map_or("{}", RawValue::get);
            let arguments =
                memo.client_arguments(&name, arguments).map_or_else(|| Str::borrowed(arguments), Str::from);
            Kind::ToolCall { id, name: client_name(name, memo), arguments, signature: None }
        }
        other => {
            let kind = json::beginning(other, json::IN_A_LOG);
            log::warn!("left out a block of type {kind:?}, which OpenAI's format has no place for");
            return Ok(None);
        }
    };
    Ok(Some(part))
}

/// The client's name of a tool.
pub fn client_name<'a>(sent: Str<'a>, memo: &Memo) -> Str<'a> {
    match memo.client_name(&sent) {
        Some(client) => Str::from(client.to_owned()),
        None => sent,
    }
}

/// OpenAI's word for a `stop_reason`
/// (<https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons>). What cut the answer short counts
/// for more than calls, since the last of them may be cut as well.
pub fn finish(stop_reason: &str, calls: bool) -> Finish {
    match stop_reason {
        "refusal" => Finish::ContentFilter,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        _ if calls => Finish::ToolCalls,
        _ => Finish::Stop,
    }
}

json_object! {
    /// A message, whole or as a stream begins with it.
    pub struct Message<'a> {
        kind as "type": Str<'a>,
        error: ErrorBody<'a>,
        id: Str<'a>,
        model: Str<'a>,
        content: Vec<Block<'a>>,
        stop_reason: Str<'a>,
        stop_details: StopDetails<'a>,
        usage: TokensBody<'a>,
        ..
    }
}

json_object! {
    /// A content block.
    pub struct Block<'a> {
        kind as "type": Str<'a>,
        text: Str<'a>,
        thinking: Str<'a>,
        signature: Str<'a>,
        data: Str<'a>,
        id: Str<'a>,
        name: Str<'a>,
        input: &'a RawValue,
        ..
    }
}

json_object! {
    /// Why Claude refused.
    pub struct StopDetails<'a> { explanation: Str<'a>, .. }
}

json_object! {
    /// `usage`, as it is sent.
    pub struct TokensBody<'a> {
        input_tokens: u64,
        cache_creation_input_tokens: u64,
        cache_read_input_tokens: u64,
        output_tokens: u64,
        output_tokens_details: OutputDetails<'a>,
        ..
    }
}

json_object! {
    /// Of which the output consists.
    pub struct OutputDetails<'a> { thinking_tokens: u64, .. }
}

/// Tokens, as far as they are known. Every figure is cumulative, and may come early, late or twice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tokens {
    input: Option<u64>,
    cache_creation: Option<u64>,
    cache_read: Option<u64>,
    output: Option<u64>,
    thinking: Option<u64>,
}

impl Tokens {
    /// These, replaced by those that `body` has.
    #[must_use]
    pub fn and(self, body: &TokensBody<'_>) -> Self {
        let thinking = body.output_tokens_details.as_ref().and_then(|details| details.thinking_tokens);
        Self {
            input: body.input_tokens.or(self.input),
            cache_creation: body.cache_creation_input_tokens.or(self.cache_creation),
            cache_read: body.cache_read_input_tokens.or(self.cache_read),
            output: body.output_tokens.or(self.output),
            thinking: thinking.or(self.thinking),
        }
    }

    /// Counted as OpenAI counts: Claude's `input_tokens` leaves the cache out.
    pub fn count(self) -> Usage {
        let cache =
            self.cache_read.unwrap_or_default().saturating_add(self.cache_creation.unwrap_or_default());
        Usage {
            prompt: self.input.unwrap_or_default().saturating_add(cache),
            completion: self.output.unwrap_or_default(),
            cached: self.cache_read,
            cache_creation: self.cache_creation,
            reasoning: self.thinking,
        }
    }
}
