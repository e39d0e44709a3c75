//! How much to think: <https://docs.ollama.com/capabilities/thinking>.
//!
//! | `reasoning_effort` | `think` |
//! |---|---|
//! | `none` | `false` |
//! | `minimal`, `low` | `low` |
//! | `medium` | `medium` |
//! | `high`, `xhigh` | `high` |
//! | `max` | `max`, which older servers refuse |
//!
//! A model that knows no such words thinks as it usually does; one that does not think at all is for Ollama to refuse, as
//! nobody here knows which does. The extension `thinking` wins over the effort, and Ollama's own `think` over both.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::hub::json::{Number, Str};
use crate::hub::{Chat, Dropped, Effort, Field, Param, Thinking};
use crate::json_object;

/// The member `think`.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Think<'a> {
    /// As the client wrote it.
    Own(&'a RawValue),
    /// Whether to think.
    Switch(bool),
    /// How much.
    Level(&'static str),
}

json_object! {
    struct Wire<'a> { kind as "type": Str<'a>, budget_tokens: Number<'a>, display: Str<'a> }
}

/// Decides about thinking. `own` is the client's word for Ollama.
pub fn plan<'a>(chat: &Chat<'a>, own: Option<&'a RawValue>, dropped: &mut Dropped) -> Option<Think<'a>> {
    if let Some(own) = own {
        dropped.add_if(chat.thinking.is_some(), Field::Thinking);
        dropped.add_if(chat.effort.is_some(), Field::Effort);
        return Some(Think::Own(own));
    }
    match &chat.thinking {
        Some(extension) => Some(by_extension(extension, chat.effort, dropped)),
        None => chat.effort.map(by_effort),
    }
}

/// By Anthropic's spelling, with the effort beside it where there is one.
fn by_extension(thinking: &Thinking<'_>, effort: Option<Effort>, dropped: &mut Dropped) -> Think<'static> {
    let wire: Wire<'_> = serde_json::from_str(thinking.raw.get()).unwrap_or_default();
    dropped.add_members(|name| Param::Member(Field::Thinking, name), &wire.extra);
    // Thoughts always come as they were thought.
    let display = Param::Member(Field::Thinking, "display".to_owned());
    dropped.add_if(wire.display.as_deref() == Some("omitted"), display);
    let budget = thinking.budget_tokens.map(Number::as_u64);
    let is_off = matches!(thinking.kind.as_str(), "disabled" | "between_tools") || budget == Some(Some(0));
    if is_off {
        dropped.add_if(effort.is_some_and(|effort| effort != Effort::None), Field::Effort);
        return Think::Switch(false);
    }
    dropped.add_if(budget.is_some(), Field::ThinkingBudget);
    effort.map_or(Think::Switch(true), by_effort)
}

const fn by_effort(effort: Effort) -> Think<'static> {
    match effort {
        Effort::None => Think::Switch(false),
        Effort::Minimal | Effort::Low => Think::Level("low"),
        Effort::Medium => Think::Level("medium"),
        Effort::High | Effort::XHigh => Think::Level("high"),
        Effort::Max => Think::Level("max"),
    }
}
