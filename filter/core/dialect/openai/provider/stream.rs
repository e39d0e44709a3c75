//! A streamed answer, chunk by chunk: <https://platform.openai.com/docs/api-reference/chat-streaming>.

use super::answer::{Call, Completion, ExtraContent, Message, UsageBody, arguments, finish};
use crate::dialect::ids::Ids;
use crate::dialect::openai::utterance::{aborted, speaks};
use crate::dialect::openai::watch::{error_within, refuses};
use crate::dialect::{Progress, ReadStream, Stamp};
use crate::frame::Frame;
use crate::hub::json::{self, Number, Str};
use crate::hub::{Answer, Delta, Malformed, ProviderError};

/// How many calls an alternative may make, and how many blocks of thoughts it may have.
const MOST: usize = 1024;

/// Reads one stream.
#[derive(Debug)]
pub struct Reader {
    ids: Ids,
    started: bool,
    done: bool,
    /// Something was said.
    said: bool,
    choices: Vec<Choice>,
}

/// What is known of one alternative.
#[derive(Debug, Default)]
struct Choice {
    index: usize,
    calls: Vec<Known>,
    /// The numbers of its blocks of thoughts, as the provider gives them.
    blocks: Vec<u64>,
    /// How many blocks of thoughts without a number have ended, and whether one is open.
    thoughts: usize,
    thinking: bool,
    finished: bool,
}

/// A call that has begun.
#[derive(Debug)]
struct Known {
    number: Option<u64>,
    id: String,
    /// It has arguments.
    filled: bool,
}

impl Reader {
    /// A reader for one stream.
    pub const fn new(stamp: Stamp) -> Self {
        Self { ids: Ids::new(stamp), started: false, done: false, said: false, choices: Vec::new() }
    }
}

impl ReadStream for Reader {
    fn read<'a>(&mut self, frame: &'a Frame<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed> {
        let Some(data) = frame.data.as_deref().map(str::trim) else { return Ok(()) };
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let chunk: Completion<'a> = json::read(data)?;
        if chunk.error.is_some() || refuses(chunk.base_resp) {
            deltas.push(Delta::Error(error_within(data)));
            return Ok(());
        }
        let ends = chunk.choices.iter().flatten().any(|choice| choice.finish_reason.is_some());
        if ends && let Some(error) = aborted(data, self.said) {
            deltas.push(Delta::Error(error));
            return Ok(());
        }
        self.said = self.said || speaks(data);
        if !self.started && (chunk.id.is_some() || chunk.model.is_some()) {
            self.started = true;
            deltas.push(Delta::Start { id: chunk.id, model: chunk.model });
        }
        for (at, piece) in chunk.choices.unwrap_or_default().into_iter().enumerate() {
            let index = piece.number(at);
            if index >= Answer::MOST_CHOICES {
                let why = format!("the provider answers with more than {} choices", Answer::MOST_CHOICES);
                deltas.push(Delta::Error(ProviderError::new(502, why)));
                return Ok(());
            }
            let choice = choice(&mut self.choices, index);
            if choice.finished {
                continue;
            }
            if let Some(message) = piece.delta.or(piece.message) {
                choice.read(message, &mut self.ids, deltas)?;
            }
            if let Some(logprobs) = piece.logprobs {
                deltas.push(Delta::Logprobs { choice: index, logprobs: logprobs.get().to_owned() });
            }
            if let Some(word) = piece.finish_reason.filter(|word| !word.is_empty()) {
                choice.finish(&word, deltas);
            }
        }
        deltas.extend(chunk.usage.map(UsageBody::count).map(Delta::Usage));
        Ok(())
    }

    /// An alternative that was not told why it ends has broken off.
    fn finish(&mut self, _: &mut Vec<Delta<'static>>) {}

    fn progress(&self) -> Progress {
        let ending = !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finished);
        match (self.done, ending) {
            (true, _) => Progress::Over,
            (false, true) => Progress::Ending,
            (false, false) => Progress::Open,
        }
    }
}

impl Choice {
    fn read<'a>(
        &mut self,
        mut message: Message<'a>,
        ids: &mut Ids,
        deltas: &mut Vec<Delta<'a>>,
    ) -> Result<(), Malformed> {
        let choice = self.index;
        self.think(&mut message, deltas);
        let content = message.content.take().unwrap_or_default();
        let signature = message.extra_content.take().and_then(ExtraContent::signature);
        let mut texts: Vec<_> = content.texts.into_iter().filter(|text| !text.is_empty()).collect();
        if signature.is_some() && texts.is_empty() {
            texts.push(Str::default());
        }
        let refusals = content.refusals.into_iter().chain(message.refusal);
        let refusals = refusals.filter(|text| !text.is_empty());
        let calls = message.tool_calls.unwrap_or_default();
        if self.thinking && !(texts.is_empty() && calls.is_empty()) {
            self.thinking = false;
            self.thoughts = self.thoughts.saturating_add(1);
        }
        deltas.extend(texts.into_iter().map(|text| Delta::Text { choice, text, signature: None }));
        if let (Some(Delta::Text { signature: mark, .. }), Some(_)) = (deltas.last_mut(), &signature) {
            *mark = signature;
        }
        deltas.extend(refusals.map(|text| Delta::Refusal { choice, text }));
        for url in message.images.into_iter().flatten().filter_map(|image| image.image_url?.url) {
            deltas.push(Delta::Image { choice, url });
        }
        calls.into_iter().try_for_each(|call| self.call(call, ids, deltas))
    }

    /// Thoughts: blocks, where there are any; what is told beside them is the same.
    fn think<'a>(&mut self, message: &mut Message<'a>, deltas: &mut Vec<Delta<'a>>) {
        let choice = self.index;
        let thoughts = message.thoughts();
        let blocks = message.thinking_blocks.take().unwrap_or_default();
        if blocks.is_empty()
            && let Some(text) = thoughts
        {
            self.thinking = true;
            let block = self.blocks.len().saturating_add(self.thoughts);
            deltas.push(Delta::Thinking { choice, block, text });
        }
        for piece in blocks {
            let number = piece.index.and_then(Number::as_u64).unwrap_or_default();
            let known = self.blocks.iter().rposition(|known| *known == number);
            if known.is_none() && self.blocks.len() >= MOST {
                return deltas.push(too_many());
            }
            let block = known.unwrap_or_else(|| {
                self.blocks.push(number);
                self.blocks.len().saturating_sub(1)
            });
            if let Some(data) = piece.data {
                deltas.push(Delta::RedactedThinking { choice, block, data });
            }
            if let Some(text) = piece.thinking.filter(|text| !text.is_empty()) {
                deltas.push(Delta::Thinking { choice, block, text });
            }
            if let Some(signature) = piece.signature.filter(|signature| !signature.is_empty()) {
                deltas.push(Delta::Signature { choice, block, signature });
            }
        }
    }

    /// A call's beginning, or more of it. Without a number, a new id begins a new call; so does one that comes with a name
    /// under a number that is taken, as some vendors number all their calls 0.
    fn call<'a>(
        &mut self,
        call: Call<'a>,
        ids: &mut Ids,
        deltas: &mut Vec<Delta<'a>>,
    ) -> Result<(), Malformed> {
        let choice = self.index;
        let number = call.index.and_then(Number::as_u64);
        let function = call.function.unwrap_or_default();
        let id = call.id.filter(|id| !id.is_empty());
        let name = function.name.filter(|name| !name.is_empty());
        let begins = |known: &Known| {
            let other = id.as_deref().is_some_and(|id| id != known.id);
            other && (number.is_none() || name.is_some())
        };
        let known = match number {
            Some(_) => self.calls.iter().rposition(|known| known.number == number),
            None => self.calls.len().checked_sub(1),
        };
        let known = known.filter(|at| self.calls.get(*at).is_some_and(|known| !begins(known)));
        let index = match known {
            Some(index) => index,
            None => {
                let name = name.ok_or_else(|| Malformed("a call begins without a name".to_owned()))?;
                if self.calls.len() >= MOST {
                    deltas.push(too_many());
                    return Ok(());
                }
                let index = self.calls.len();
                let id = ids.id(id);
                self.calls.push(Known { number, id: id.as_str().to_owned(), filled: false });
                let signature = call.extra_content.and_then(ExtraContent::signature);
                deltas.push(Delta::ToolCall { choice, index, id, name, signature });
                index
            }
        };
        let fragment = function.arguments.map(arguments).filter(|fragment| !fragment.is_empty());
        if let (Some(fragment), Some(known)) = (fragment, self.calls.get_mut(index)) {
            known.filled = true;
            deltas.push(Delta::ToolArguments { choice, index, fragment });
        }
        Ok(())
    }

    fn finish(&mut self, word: &str, deltas: &mut Vec<Delta<'_>>) {
        let choice = self.index;
        self.finished = true;
        for (index, _) in self.calls.iter().enumerate().filter(|(_, call)| !call.filled) {
            deltas.push(Delta::ToolArguments { choice, index, fragment: Str::borrowed("{}") });
        }
        deltas.push(Delta::Finish { choice, reason: finish(word) });
    }
}

/// The alternative of this number; there are at most [`Answer::MOST_CHOICES`].
fn choice(choices: &mut Vec<Choice>, index: usize) -> &mut Choice {
    let at = choices.iter().position(|choice| choice.index == index);
    let known = at.map(|at| choices.swap_remove(at));
    choices.push_mut(known.unwrap_or_else(|| Choice { index, ..Choice::default() }))
}

fn too_many() -> Delta<'static> {
    let why = format!("the provider sends more than {MOST} calls or thoughts of an answer");
    Delta::Error(ProviderError::new(502, why))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    /// What a stream of these chunks comes to, in short.
    fn read(chunks: &[&str]) -> Vec<String> {
        let mut reader = Reader::new(Stamp { seed: 0xa, created: 0 });
        let mut said = Vec::new();
        for data in chunks {
            let frame = Frame { raw: b"", name: None, data: Some(Cow::Borrowed(*data)), has_more: false };
            let mut deltas = Vec::new();
            if reader.read(&frame, &mut deltas).is_err() {
                said.push("malformed".to_owned());
            }
            said.extend(deltas.into_iter().map(|delta| match delta {
                Delta::Text { text, .. } => format!("text {text}"),
                Delta::Thinking { block, text, .. } => format!("thinking {block} {text}"),
                Delta::ToolCall { index, id, name, .. } => format!("call {index} {id} {name}"),
                Delta::ToolArguments { index, fragment, .. } => format!("arguments {index} {fragment}"),
                Delta::Finish { reason, .. } => format!("{reason:?}"),
                other => format!("{other:?}"),
            }));
        }
        said
    }

    #[test]
    fn calls_are_told_apart_however_vendors_number_them() {
        let calls = |calls: &str| format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{calls}]}}}}]}}"#);
        let (a, b) = (
            calls(r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}"#),
            calls(r#"{"index":0,"id":"a","function":{"name":"f","arguments":"1}"}}"#),
        );
        assert_eq!(read(&[&a, &b]), ["call 0 a f", "arguments 0 {\"x\":", "arguments 0 1}"]);
        let b = calls(r#"{"index":0,"id":"b","function":{"name":"g","arguments":{"y":2}}}"#);
        assert_eq!(
            read(&[&a, &b]),
            ["call 0 a f", "arguments 0 {\"x\":", "call 1 b g", "arguments 1 {\"y\":2}"]
        );
        let bare = calls(r#"{"function":{"name":"f"}}"#);
        let end = r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#;
        assert_eq!(read(&[&bare, end, end]), ["call 0 call_a_0 f", "arguments 0 {}", "ToolCalls"]);
        let nameless = calls(r#"{"index":3,"function":{"arguments":"{}"}}"#);
        assert_eq!(read(&[&nameless]), ["malformed"]);
    }

    #[test]
    fn an_empty_reason_ends_nothing_and_thoughts_have_two_names() {
        let said = read(&[
            r#"{"choices":[{"delta":{"reasoning":"a"},"finish_reason":""}]}"#,
            r#"{"choices":[{"delta":{"reasoning_content":"b"}}]}"#,
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"c"}]}}]}"#,
            r#"{"choices":[{"delta":{"reasoning_content":"d"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"delta":{"content":"late"}}]}"#,
        ]);
        assert_eq!(said, ["thinking 0 a", "thinking 0 b", "text c", "thinking 1 d", "Stop"]);
    }

    #[test]
    fn calls_are_not_without_end() {
        let call = |number: usize| {
            format!(
                r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":{number},"function":{{"name":"f"}}}}]}}}}]}}"#
            )
        };
        let chunks: Vec<_> = (0..=MOST).map(call).collect();
        let said = read(&chunks.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(said.len(), MOST + 1);
        assert!(said.last().is_some_and(|last| last.starts_with("Error")), "{:?}", said.last());
    }
}
