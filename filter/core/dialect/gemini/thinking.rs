//! How much to think, in the words of the model at hand:
//! <https://ai.google.dev/gemini-api/docs/generate-content/thinking>. What an effort is in tokens is Google's own
//! table: <https://ai.google.dev/gemini-api/docs/openai>.

use serde::Serialize;

use super::models::{Level, Model, Thinking};
use crate::hub::json::{Number, Str};
use crate::hub::{Chat, Dropped, Effort, Field, Param};
use crate::json_object;

/// `generationConfig.thinkingConfig`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThinkingConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    include_thoughts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<i64>,
}

/// Writes what the client wants of the model's thinking; `None` leaves it to the model.
pub fn write(chat: &Chat<'_>, model: &Model, dropped: &mut Dropped) -> Option<ThinkingConfig> {
    let wish = Wish::of(chat, dropped)?;
    let mut config = match model.thinking {
        Thinking::Never | Thinking::Fixed => {
            let granted = matches!((model.thinking, &wish.amount), (Thinking::Never, Amount::None));
            dropped.add_if(!granted, wish.name);
            return None;
        }
        Thinking::Budget { least, most, off } => {
            let (budget, exact) = wish.amount.tokens(least, most, off);
            dropped.add_if(!exact, wish.name);
            ThinkingConfig { thinking_budget: Some(budget), ..ThinkingConfig::default() }
        }
        Thinking::Levels(levels) => {
            let (level, exact) = wish.amount.level(levels);
            dropped.add_if(!exact, wish.name);
            ThinkingConfig { thinking_level: level, ..ThinkingConfig::default() }
        }
    };
    config.include_thoughts = wish.thoughts.then_some(true);
    Some(config)
}

impl ThinkingConfig {
    /// The tokens that thinking may take, where they are counted.
    pub fn budget(&self) -> Option<u64> {
        self.thinking_budget.and_then(|budget| budget.try_into().ok())
    }
}

/// What the client wants, and the parameter that says so.
struct Wish {
    name: Field,
    amount: Amount,
    /// Whether to tell the thoughts.
    thoughts: bool,
}

enum Amount {
    None,
    Effort(Effort),
    Tokens(u64),
    /// As the model likes.
    Dynamic,
}

json_object! { struct WireThinking<'a> { kind as "type": Str<'a>, budget_tokens: Number<'a>, display: Str<'a> } }

impl Wish {
    fn of(chat: &Chat<'_>, dropped: &mut Dropped) -> Option<Self> {
        let by_effort = chat.effort.map(|effort| match effort {
            Effort::None => Self { name: Field::Effort, amount: Amount::None, thoughts: false },
            effort => Self { name: Field::Effort, amount: Amount::Effort(effort), thoughts: true },
        });
        let Some(thinking) = &chat.thinking else { return by_effort };
        let wire = serde_json::from_str::<WireThinking<'_>>(thinking.raw.get()).unwrap_or_default();
        dropped.add_members(|name| Param::Member(Field::Thinking, name), &wire.extra);
        let tokens = thinking.budget_tokens.and_then(Number::as_u64);
        let mut wish = match (thinking.kind.as_str(), tokens, by_effort) {
            ("disabled", ..) => {
                dropped.add_if(chat.effort.is_some_and(|effort| effort != Effort::None), Field::Effort);
                return Some(Self { name: Field::Thinking, amount: Amount::None, thoughts: false });
            }
            ("enabled", Some(tokens), _) => {
                dropped.add_if(chat.effort.is_some(), Field::Effort);
                Self { name: Field::ThinkingBudget, amount: Amount::Tokens(tokens), thoughts: true }
            }
            (_, _, Some(by_effort)) => by_effort,
            (_, _, None) => Self { name: Field::Thinking, amount: Amount::Dynamic, thoughts: true },
        };
        if wire.display.as_deref() == Some("omitted") {
            wish.thoughts = false;
        }
        Some(wish)
    }
}

impl Amount {
    /// The budget, and whether it is what was asked for.
    fn tokens(&self, least: u64, most: u64, off: bool) -> (i64, bool) {
        let (asked, budget) = match *self {
            Self::None | Self::Tokens(0) if off => return (0, true),
            Self::Dynamic => return (-1, true),
            Self::None => (0, least),
            Self::Tokens(tokens) => (tokens, tokens.clamp(least, most)),
            Self::Effort(effort) => {
                let tokens = match effort {
                    Effort::None | Effort::Minimal | Effort::Low => 1024,
                    Effort::Medium => 8192,
                    Effort::High => 24_576,
                    Effort::XHigh | Effort::Max => most,
                };
                (tokens, tokens.clamp(least, most))
            }
        };
        (budget.try_into().unwrap_or(i64::MAX), asked == budget)
    }

    /// The level, and whether it is what was asked for: else the next one above, or the greatest.
    fn level(&self, levels: &[Level]) -> (Option<Level>, bool) {
        let (wanted, exact) = match *self {
            Self::Dynamic => return (None, true),
            Self::None => return (levels.first().copied(), false),
            Self::Tokens(..=1024) => (Level::Low, false),
            Self::Tokens(..=8192) => (Level::Medium, false),
            Self::Tokens(_) => (Level::High, false),
            Self::Effort(Effort::None | Effort::Minimal) => (Level::Minimal, true),
            Self::Effort(Effort::Low) => (Level::Low, true),
            Self::Effort(Effort::Medium) => (Level::Medium, true),
            Self::Effort(Effort::High) => (Level::High, true),
            Self::Effort(Effort::XHigh | Effort::Max) => (Level::High, false),
        };
        let level = levels.iter().find(|level| **level >= wanted).or(levels.last()).copied();
        (level, exact && level == Some(wanted))
    }
}
