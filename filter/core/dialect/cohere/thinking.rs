//! How much to think: <https://docs.cohere.com/docs/reasoning>.
//!
//! | `reasoning_effort` | `thinking` |
//! |---|---|
//! | `none` | `disabled` |
//! | `minimal`, `low` | `enabled`, 1,024 tokens |
//! | `medium` | `enabled`, 8,192 tokens |
//! | `high` and above | `enabled`, without a bound, as Cohere recommends |
//!
//! Cohere's own translation knows `none` and `high` only, as `disabled` and `enabled`
//! (<https://docs.cohere.com/docs/compatibility-api>); the numbers are Google's for the same words
//! (<https://ai.google.dev/gemini-api/docs/openai#thinking>). The extension `thinking` wins over the effort; its budget
//! may be Cohere's own `token_budget`.

use serde::Serialize;

use super::constraints::LEAST_ANSWER;
use super::models::Model;
use crate::hub::json::{Number, Str};
use crate::hub::{Chat, Dropped, Effort, Field, Param};
use crate::json_object;

/// The member `thinking`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Thinking {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_budget: Option<u64>,
}

/// What is said of thinking, and of the most tokens.
pub struct Plan<'a> {
    /// The member `thinking`; `None` leaves it to the model.
    pub thinking: Option<Thinking>,
    /// The most tokens, thoughts included.
    pub max_tokens: Option<Limit<'a>>,
}

/// A number of tokens: the client's, or ours.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Limit<'a> {
    /// The client's.
    Given(Number<'a>),
    /// Ours.
    Ours(u64),
}

/// Decides about thinking, and makes room for it.
pub fn plan<'a>(chat: &Chat<'a>, model: &Model, dropped: &mut Dropped) -> Plan<'a> {
    let wish = Wish::of(chat, dropped);
    if let Some(wish) = wish.as_ref().filter(|_| !model.thinks) {
        dropped.add_if(wish.thinking != DISABLED, wish.name);
    }
    let Some(Wish { name, mut thinking }) = wish.filter(|_| model.thinks) else {
        return Plan { thinking: None, max_tokens: limited(chat, model, dropped) };
    };
    let most = model.output.map_or(u64::MAX, |output| output.saturating_sub(LEAST_ANSWER));
    if thinking.token_budget.is_some_and(|budget| budget > most) {
        dropped.add(name);
        thinking.token_budget = Some(most);
    }
    let budget = thinking.token_budget.unwrap_or_default();
    let limit = chat.max_tokens.and_then(Number::as_u64);
    let max_tokens = match limit.filter(|limit| budget > 0 && *limit <= budget) {
        Some(limit) => {
            dropped.add(chat.max_tokens_name);
            Some(Limit::Ours(limit.saturating_add(budget).min(model.output.unwrap_or(u64::MAX))))
        }
        None => limited(chat, model, dropped),
    };
    Plan { thinking: Some(thinking), max_tokens }
}

/// The most tokens, no more than the model gives.
fn limited<'a>(chat: &Chat<'a>, model: &Model, dropped: &mut Dropped) -> Option<Limit<'a>> {
    let given = chat.max_tokens?;
    let beyond = model.output.filter(|most| given.as_u64().is_none_or(|given| given > *most));
    dropped.add_if(beyond.is_some(), chat.max_tokens_name);
    Some(beyond.map_or(Limit::Given(given), Limit::Ours))
}

/// What the client wants, and the parameter that says so.
struct Wish {
    name: Field,
    thinking: Thinking,
}

const DISABLED: Thinking = Thinking { kind: "disabled", token_budget: None };
const ENABLED: Thinking = Thinking { kind: "enabled", token_budget: None };

json_object! {
    struct Wire<'a> {
        kind as "type": Str<'a>, budget_tokens: Number<'a>, token_budget: Number<'a>, display: Str<'a>
    }
}

impl Wish {
    fn of(chat: &Chat<'_>, dropped: &mut Dropped) -> Option<Self> {
        let by_effort = chat.effort.map(|effort| Self { name: Field::Effort, thinking: of_effort(effort) });
        let Some(extension) = &chat.thinking else { return by_effort };
        let wire: Wire<'_> = serde_json::from_str(extension.raw.get()).unwrap_or_default();
        dropped.add_members(|name| Param::Member(Field::Thinking, name), &wire.extra);
        // Thoughts always come as they were thought.
        let display = Param::Member(Field::Thinking, "display".to_owned());
        dropped.add_if(wire.display.as_deref() == Some("omitted"), display);
        let own = wire.token_budget.and_then(Number::as_u64);
        let unused = wire.token_budget.is_some() && (own.is_none() || extension.budget_tokens.is_some());
        dropped.add_if(unused, Param::Member(Field::Thinking, "token_budget".to_owned()));
        let tokens = extension.budget_tokens.map_or(own, Number::as_u64);
        match (extension.kind.as_str(), tokens, by_effort) {
            ("disabled" | "between_tools", ..) => {
                dropped.add_if(chat.effort.is_some_and(|effort| effort != Effort::None), Field::Effort);
                Some(Self { name: Field::Thinking, thinking: DISABLED })
            }
            (_, Some(tokens), _) => {
                dropped.add_if(chat.effort.is_some(), Field::Effort);
                let thinking = if tokens == 0 { DISABLED } else { within(tokens) };
                Some(Self { name: Field::ThinkingBudget, thinking })
            }
            (_, None, Some(by_effort)) => Some(by_effort),
            (_, None, None) => Some(Self { name: Field::Thinking, thinking: ENABLED }),
        }
    }
}

const fn of_effort(effort: Effort) -> Thinking {
    match effort {
        Effort::None => DISABLED,
        Effort::Minimal | Effort::Low => within(1_024),
        Effort::Medium => within(8_192),
        Effort::High | Effort::XHigh | Effort::Max => ENABLED,
    }
}

const fn within(tokens: u64) -> Thinking {
    Thinking { token_budget: Some(tokens), ..ENABLED }
}
