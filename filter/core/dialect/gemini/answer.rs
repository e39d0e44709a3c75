//! A whole answer: <https://ai.google.dev/api/generate-content#generatecontentresponse>. Its pieces are also those of
//! a stream's events.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::error::ErrorWords;
use crate::dialect::ids::Ids;
use crate::dialect::{Arrival, Memo};
use crate::hub::json::{self, Number, Str};
use crate::hub::{Answer, Choice, Finish, Kind, Malformed, Source, Usage};
use crate::json_object;

/// Reads an answer.
///
/// # Errors
/// The body is not what the format promises.
pub fn read<'a>(body: &'a str, arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed> {
    let response: Response<'a> = json::read(body)?;
    if let Some(error) = response.error {
        return Err(Malformed(json::beginning(&ErrorWords::of(error).message, 2048).to_owned()));
    }
    let usage = response.usage.as_ref().map(UsageMetadata::count);
    let mut ids = Ids::new(arrival.stamp);
    let candidates = response.candidates.unwrap_or_default();
    if candidates.len() > Answer::MOST_CHOICES {
        return Err(Malformed(format!("more than {} candidates", Answer::MOST_CHOICES)));
    }
    let blocked = response.feedback.as_ref().is_some_and(|feedback| feedback.block_reason.is_some());
    let aborted = candidates.iter().find_map(Candidate::aborted);
    let candidates = candidates.into_iter().enumerate();
    let choices = candidates.map(|(at, candidate)| candidate.choice(at, blocked, &mut ids, arrival.memo));
    let mut choices = choices.collect::<Result<Vec<_>, _>>()?;
    if choices.is_empty() {
        // A blocked prompt has no candidate. Without a word on that, nothing was answered, be its tokens counted or not.
        if response.feedback.is_none() {
            return Err(Malformed("neither candidates nor the reason for none".to_owned()));
        }
        let finish = Finish::ContentFilter;
        choices.push(Choice { index: 0, parts: Vec::new(), finish, logprobs: None });
    }
    match aborted {
        Some(why) if !choices.iter().any(|choice| choice.parts.iter().any(is_said)) => Err(Malformed(why)),
        _ => Ok(Answer { id: response.id, model: response.model, choices, usage }),
    }
}

/// Whether a part is something that was said, and no thought or mark.
pub fn is_said(part: &Kind<'_>) -> bool {
    match part {
        Kind::Text { text, .. } => !text.is_empty(),
        Kind::Thinking { .. } | Kind::RedactedThinking(_) => false,
        _ => true,
    }
}

/// Why Gemini gives up on an answer, other than that it is done, that it has no room left, or that a filter ends it. With
/// nothing in it, such an answer is a failure: <https://ai.google.dev/api/generate-content#FinishReason>.
const ABORTED: &[&str] = &[
    "LANGUAGE",
    "OTHER",
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
    "NO_IMAGE",
    "TOO_MANY_TOOL_CALLS",
    "UNEXPECTED_TOOL_CALL",
];

json_object! {
    /// An answer, or one event of a streamed one.
    pub struct Response<'a> {
        candidates: Vec<Candidate<'a>>,
        feedback as "promptFeedback": Feedback<'a>,
        usage as "usageMetadata": UsageMetadata<'a>,
        id as "responseId": Str<'a>,
        model as "modelVersion": Str<'a>,
        error: &'a RawValue,
        ..
    }
}

json_object! {
    /// One alternative.
    pub struct Candidate<'a> {
        index: Number<'a>,
        content: Content<'a>,
        finish_reason as "finishReason": Str<'a>,
        finish_message as "finishMessage": Str<'a>,
        logprobs as "logprobsResult": LogprobsResult<'a>,
        ..
    }
}

json_object! { pub struct Content<'a> { role: Str<'a>, parts: Vec<Part<'a>>, .. } }
json_object! { pub struct Feedback<'a> { block_reason as "blockReason": Str<'a>, .. } }

json_object! {
    /// A piece of an alternative.
    pub struct Part<'a> {
        text: Str<'a>,
        thought: bool,
        signature as "thoughtSignature": Str<'a>,
        call as "functionCall": FunctionCall<'a>,
        inline as "inlineData": Blob<'a>,
        file as "fileData": FileData<'a>,
        ..
    }
}

json_object! { pub struct FunctionCall<'a> { id: Str<'a>, name: Str<'a>, args: &'a RawValue, .. } }
json_object! { pub struct Blob<'a> { mime_type as "mimeType": Str<'a>, data: Str<'a>, .. } }
json_object! { pub struct FileData<'a> { mime_type as "mimeType": Str<'a>, uri as "fileUri": Str<'a>, .. } }

json_object! {
    /// Tokens so far.
    pub struct UsageMetadata<'a> {
        prompt as "promptTokenCount": Number<'a>,
        tool_prompt as "toolUsePromptTokenCount": Number<'a>,
        candidates as "candidatesTokenCount": Number<'a>,
        thoughts as "thoughtsTokenCount": Number<'a>,
        cached as "cachedContentTokenCount": Number<'a>,
        ..
    }
}

json_object! {
    /// Log probabilities.
    pub struct LogprobsResult<'a> {
        chosen as "chosenCandidates": Vec<TokenLogprob<'a>>,
        top as "topCandidates": Vec<TopCandidates<'a>>,
        ..
    }
}

json_object! { pub struct TopCandidates<'a> { candidates: Vec<TokenLogprob<'a>>, .. } }
json_object! { pub struct TokenLogprob<'a> { token: Str<'a>, logprob as "logProbability": Number<'a>, .. } }

impl<'a> Candidate<'a> {
    /// Without a reason why it ended, it is only a beginning; a blocked prompt is reason enough.
    fn choice(self, at: usize, blocked: bool, ids: &mut Ids, memo: &Memo) -> Result<Choice<'a>, Malformed> {
        let index = self.number(at);
        let finish = self.finish().or(blocked.then_some(Finish::ContentFilter));
        let finish = finish.ok_or_else(|| Malformed("a candidate without `finishReason`".to_owned()))?;
        let mut parts = Vec::new();
        for part in self.content.and_then(|content| content.parts).unwrap_or_default() {
            part.read(ids, memo, |kind| parts.push(kind));
        }
        let calls = parts.iter().any(|part| matches!(part, Kind::ToolCall { .. }));
        let finish = if calls { Finish::ToolCalls } else { finish };
        Ok(Choice { index, parts, finish, logprobs: self.logprobs.as_ref().and_then(LogprobsResult::write) })
    }

    /// The number of the alternative; Google leaves it out where it is 0.
    pub fn number(&self, at: usize) -> usize {
        self.index.and_then(Number::as_u64).and_then(|index| index.try_into().ok()).unwrap_or(at)
    }

    /// Why it was given up, if it was, in words.
    pub fn aborted(&self) -> Option<String> {
        let reason = self.finish_reason.as_deref().filter(|reason| ABORTED.contains(reason))?;
        Some(match self.finish_message.as_ref().map(|message| message.beginning(json::IN_A_LOG)) {
            Some(message) => format!("the model gave up with {reason}: {message}"),
            None => format!("the model gave up with {reason}"),
        })
    }

    /// Why it ended, if it has: <https://ai.google.dev/api/generate-content#FinishReason>.
    pub fn finish(&self) -> Option<Finish> {
        let reason = self.finish_reason.as_deref()?;
        if let Some(message) = &self.finish_message {
            let (reason, message) =
                (json::beginning(reason, json::IN_A_LOG), message.beginning(json::IN_A_LOG));
            log::warn!("an answer of Gemini's ended with {reason:?}: {message:?}");
        }
        match reason {
            "FINISH_REASON_UNSPECIFIED" => None,
            "MAX_TOKENS" => Some(Finish::Length),
            "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "MODEL_ARMOR" => {
                Some(Finish::ContentFilter)
            }
            image if image.starts_with("IMAGE_") => Some(Finish::ContentFilter),
            _ => Some(Finish::Stop),
        }
    }
}

impl<'a> Part<'a> {
    /// What the part means, piece by piece. A signature that has no place of its own comes with an empty text.
    pub fn read(self, ids: &mut Ids, memo: &Memo, mut give: impl FnMut(Kind<'a>)) {
        let Self { text, thought, mut signature, call, inline, file, extra } = self;
        if thought == Some(true) {
            if let Some(text) = text {
                let signature = signature.take();
                if !text.is_empty() || signature.is_some() {
                    give(Kind::Thinking { text, signature });
                }
            }
        } else if let Some(text) = text {
            let signature = signature.take();
            if !text.is_empty() || signature.is_some() {
                give(Kind::Text { text, signature });
            }
        } else if let Some(call) = call {
            let arguments = match call.args.map(RawValue::get) {
                None | Some("null") => Str::borrowed("{}"),
                Some(arguments) => Str::from(compact(arguments)),
            };
            let (id, name) = (ids.id(call.id), call.name.unwrap_or_default());
            let name = memo.client_name(&name).map_or(name.clone(), |name| Str::from(name.to_owned()));
            give(Kind::ToolCall { id, name, arguments, signature: signature.take() });
        } else if let Some(image) = inline.as_ref().and_then(Blob::image).or(file.and_then(FileData::image)) {
            give(Kind::Image { source: Source::Url(image), detail: None });
        } else if let Some(kind) = extra.first.or(inline.and_then(|blob| blob.mime_type)) {
            let kind = kind.beginning(json::IN_A_LOG);
            log::warn!("left out a part of Gemini's answer that has no counterpart: {kind:?}");
        }
        if let Some(signature) = signature {
            give(Kind::Text { text: Str::default(), signature: Some(signature) });
        }
    }
}

impl Blob<'_> {
    fn image(&self) -> Option<Str<'static>> {
        let mime_type = self.mime_type.as_deref().filter(|kind| kind.starts_with("image/"))?;
        Some(Str::from(format!("data:{mime_type};base64,{}", self.data.as_deref()?)))
    }
}

impl<'a> FileData<'a> {
    fn image(self) -> Option<Str<'a>> {
        self.mime_type.filter(|kind| kind.starts_with("image/"))?;
        self.uri
    }
}

impl UsageMetadata<'_> {
    /// The count in the hub's sense.
    pub fn count(&self) -> Usage {
        let number = |count: Option<Number<'_>>| count.and_then(Number::as_u64);
        let sum = |a, b| number(a).unwrap_or_default().saturating_add(number(b).unwrap_or_default());
        Usage {
            prompt: sum(self.prompt, self.tool_prompt),
            completion: sum(self.candidates, self.thoughts),
            cached: number(self.cached),
            cache_creation: None,
            reasoning: number(self.thoughts),
        }
    }
}

impl LogprobsResult<'_> {
    /// In OpenAI's shape: <https://platform.openai.com/docs/api-reference/chat/object>.
    pub fn write(&self) -> Option<String> {
        let tops = self.top.iter().flatten().map(|top| top.candidates.as_deref().unwrap_or_default());
        let tops = tops.chain(std::iter::repeat(&[][..]));
        let content = self.chosen.as_deref()?.iter().zip(tops).map(|(chosen, top)| ChosenToken {
            token: Token::of(chosen),
            top_logprobs: top.iter().map(Token::of).collect(),
        });
        serde_json::to_string(&Logprobs { content: content.collect(), refusal: None }).ok()
    }
}

#[derive(Serialize)]
struct Logprobs<'a> {
    content: Vec<ChosenToken<'a>>,
    refusal: Option<()>,
}

#[derive(Serialize)]
struct ChosenToken<'a> {
    #[serde(flatten)]
    token: Token<'a>,
    top_logprobs: Vec<Token<'a>>,
}

#[derive(Serialize)]
struct Token<'a> {
    token: &'a str,
    logprob: Option<Number<'a>>,
    bytes: &'a [u8],
}

impl<'a> Token<'a> {
    fn of(token: &'a TokenLogprob<'a>) -> Self {
        let text = token.token.as_deref().unwrap_or_default();
        Self { token: text, logprob: token.logprob, bytes: text.as_bytes() }
    }
}

/// JSON without the line breaks and indentation that Google puts into whole answers.
fn compact(json: &str) -> Cow<'_, str> {
    if !json.contains('\n') {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for character in json.chars() {
        if quoted || !matches!(character, ' ' | '\n' | '\r' | '\t') {
            text.push(character);
        }
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_space_outside_of_strings_is_left_out() {
        for (json, want) in [
            ("{\"a\": 1}", "{\"a\": 1}"),
            (
                "{\n \"a\": \"x \\\" y\\\\\",\r\n\t\"b\": [1, 2.50]\n}",
                "{\"a\":\"x \\\" y\\\\\",\"b\":[1,2.50]}",
            ),
        ] {
            assert_eq!(compact(json), want);
        }
    }
}
