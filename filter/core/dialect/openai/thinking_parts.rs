//! Thoughts that are parts of a message's content, as Mistral has them
//! (<https://docs.mistral.ai/capabilities/reasoning/>, <https://docs.mistral.ai/api/endpoint/chat>), where clients of the
//! format know a string and `reasoning_content`.
//!
//! | of an answer, whole or a chunk | as clients get it |
//! |---|---|
//! | `content`: a string | the same bytes |
//! | parts `{"type": "text", "text": …}` | one string |
//! | parts `{"type": "thinking", "thinking": […]}` | `reasoning_content` |
//! | any other, such as `{"type": "reference", "reference_ids": […]}` | `content_parts`, as they are |
//!
//! In a request, the thoughts of an earlier answer become such a part again, the first of their message's content: Mistral
//! says that its models do worse without them. Whether a part is `closed` is of use for a beginning that the model is to go
//! on with, and is not told to clients.
//!
//! Who reads thoughts by the one of two names, `reasoning_content` or `reasoning`, gets those that another vendor gave by
//! the other as well: DeepSeek (<https://api-docs.deepseek.com/guides/thinking_mode>) and Moonshot
//! (<https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model>) answer 400 where a turn with calls comes back without.
//! None are made up: models repeat what stands in place of thoughts (seen in reports on DeepSeek's since 2026-05).

use std::ops::Range;

use serde_json::value::RawValue;

use super::facts::{each, text};
use super::foreign::members;
use crate::dialect::{History, quoted};
use crate::hub::json::{is_null, is_object, span};
use crate::json_object;

json_object! { struct Outer<'a> { choices: Vec<Choice<'a>>, .. } }
json_object! { struct Choice<'a> { message: &'a RawValue, delta: &'a RawValue, .. } }

/// The places of an answer, or of a chunk, that are written anew: contents that are lists.
pub(super) fn joined(body: &str) -> Vec<(Range<usize>, String)> {
    let Ok(Outer { choices: Some(choices), .. }) = serde_json::from_str::<Outer<'_>>(body) else {
        return Vec::new();
    };
    let mut edits = Vec::new();
    for message in choices.iter().flat_map(|choice| [choice.message, choice.delta]).flatten() {
        let (mut content, mut said) = (None, None);
        members(message, &mut |name, value| match name {
            "content" => content = Some(value),
            REASONING => said = Some(value),
            _ => {}
        });
        let Some(list) = content.filter(|content| content.get().starts_with('[')) else { continue };
        let parts = Parts::of(list);
        let mut written = parts.text.as_deref().map_or_else(|| "null".to_owned(), quoted);
        if !parts.thoughts.is_empty() {
            match said {
                None => written.push_str(&format!(",\"{REASONING}\":{}", quoted(&parts.thoughts))),
                Some(said) if is_null(said) => {
                    edits.push((span(body, said.get()), quoted(&parts.thoughts)));
                }
                Some(_) => {}
            }
        }
        if !parts.others.is_empty() {
            written.push_str(&format!(",\"content_parts\":[{}]", parts.others.join(",")));
        }
        edits.push((span(body, list.get()), written));
    }
    edits
}

const REASONING: &str = "reasoning_content";

/// Where clients of the format know Claude's thoughts, which are signed.
pub(super) const BLOCKS: &str = "thinking_blocks";

/// What a list of parts says.
#[derive(Default)]
struct Parts<'a> {
    text: Option<String>,
    thoughts: String,
    others: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(list: &'a RawValue) -> Self {
        let mut parts = Self::default();
        each(list, &mut |part| {
            let read = Part::of(part);
            match (read.kind.as_deref(), read.text, read.thinking) {
                (Some("text"), Some(said), _) => parts.text.get_or_insert_default().push_str(&said),
                (Some("thinking"), _, Some(thinking)) => parts.think(thinking),
                _ => parts.others.push(part.get()),
            }
        });
        if parts.others.is_empty() && parts.thoughts.is_empty() {
            parts.text.get_or_insert_default();
        }
        parts
    }

    /// Thoughts: a string, or parts again.
    fn think(&mut self, thinking: &'a RawValue) {
        match text(thinking) {
            Some(thought) => self.thoughts.push_str(&thought),
            None => each(thinking, &mut |part| match Part::of(part) {
                Part { kind, text: Some(thought), .. } if kind.as_deref() == Some("text") => {
                    self.thoughts.push_str(&thought);
                }
                _ => self.others.push(part.get()),
            }),
        }
    }
}

/// What is looked at of a part.
#[derive(Default)]
struct Part<'a> {
    kind: Option<String>,
    text: Option<String>,
    thinking: Option<&'a RawValue>,
}

impl<'a> Part<'a> {
    fn of(part: &'a RawValue) -> Self {
        let mut read = Self::default();
        members(part, &mut |name, value| match name {
            "type" => read.kind = text(value).map(|kind| kind.as_str().to_owned()),
            "text" => read.text = text(value).map(|said| said.as_str().to_owned()),
            "thinking" => read.thinking = Some(value),
            _ => {}
        });
        read
    }
}

/// What the model thought in an earlier turn, in a member that its vendor does not take.
#[derive(Debug)]
pub(super) struct Thoughts {
    /// The member that says it.
    pub member: &'static str,
    text: String,
    goes_to: Goal,
}

/// Where a vendor has thoughts.
#[derive(Debug)]
enum Goal {
    /// The first part of what is said.
    Part,
    /// A member of the message.
    Member(&'static str),
}

/// Members that say thoughts, in this order: what is said in one need not be said by the next.
const MEMBERS: [&str; 3] = [REASONING, "reasoning", BLOCKS];

impl Thoughts {
    /// The thoughts of a message; `None` of one that has none which go elsewhere, or is not the model's.
    pub(super) fn of(message: &RawValue, history: &History<'_>) -> Option<Self> {
        let History { refused, takes, thinking_parts, .. } = history;
        let taken = MEMBERS.iter().copied().find(|member| takes.has(member) && *member != BLOCKS);
        let goes_to = if *thinking_parts { Goal::Part } else { Goal::Member(taken?) };
        if !is_object(message) || !MEMBERS.iter().any(|member| refused.has(member)) {
            return None;
        }
        let mut found = [None; MEMBERS.len()];
        let (mut is_assistant, mut is_said) = (false, false);
        members(message, &mut |name, value| {
            let place = MEMBERS.iter().position(|member| *member == name && refused.has(name));
            if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
                *slot = Some(value);
            }
            is_said |= taken == Some(name) && !is_null(value);
            is_assistant |= name == "role" && text(value).is_some_and(|role| role.as_str() == "assistant");
        });
        let said = MEMBERS.into_iter().zip(found).filter(|_| is_assistant && !is_said);
        let (member, text) = said.filter_map(|(member, value)| Some((member, thought(value?)?))).next()?;
        Some(Self { member, text, goes_to })
    }

    /// Writes them where they go, unless the content has such a part.
    pub(super) fn write(&self, body: &str, message: &RawValue, edits: &mut Vec<(Range<usize>, String)>) {
        let goal = match self.goes_to {
            Goal::Part => "content",
            Goal::Member(member) => member,
        };
        let mut there = None;
        members(message, &mut |name, value| {
            if name == goal {
                there = Some(value);
            }
        });
        let said = quoted(&self.text);
        let (value, part) = match self.goes_to {
            Goal::Member(_) => (said, None),
            Goal::Part => {
                let thinking = format!("[{{\"type\":\"text\",\"text\":{said}}}]");
                let part = format!("{{\"type\":\"thinking\",\"thinking\":{thinking},\"closed\":true}}");
                (format!("[{part}]"), Some(part))
            }
        };
        let Some(there) = there else {
            // The message has a role, which stays.
            let opening = span(body, message.get()).start.saturating_add(1);
            edits.push((opening..opening, format!("\"{goal}\":{value},")));
            return;
        };
        match part {
            Some(part) if !matches!(there.get(), "null" | "\"\"") => before(&part, body, there, edits),
            _ => edits.push((span(body, there.get()), value)),
        }
    }
}

/// Puts a part before what a content says.
fn before(part: &str, body: &str, content: &RawValue, edits: &mut Vec<(Range<usize>, String)>) {
    let Range { start, end } = span(body, content.get());
    if content.get().starts_with('"') {
        edits.push((start..start, format!("[{part},{{\"type\":\"text\",\"text\":")));
        edits.push((end..end, "}]".to_owned()));
    } else if content.get().starts_with('[') {
        let (mut thinks, mut alone) = (false, true);
        each(content, &mut |part| {
            thinks |= Part::of(part).kind.as_deref() == Some("thinking");
            alone = false;
        });
        let opening = start.saturating_add(1);
        if !thinks {
            edits.push((opening..opening, format!("{part}{}", if alone { "" } else { "," })));
        }
    }
}

/// What a member says of thoughts: a text, or blocks with texts.
fn thought(value: &RawValue) -> Option<String> {
    let said = text(value).map(|said| said.as_str().to_owned()).unwrap_or_else(|| {
        let mut said = String::new();
        each(value, &mut |block| {
            if let Some(more) = Part::of(block).thinking.and_then(text) {
                said.push_str(&more);
            }
        });
        said
    });
    Some(said).filter(|said| !said.is_empty())
}
