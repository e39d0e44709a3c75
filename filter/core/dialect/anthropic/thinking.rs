//! How much to think: `reasoning_effort` and the `thinking` extension, in the words that the model knows.
//!
//! | the model takes | `reasoning_effort` | its `none` |
//! |---|---|---|
//! | `adaptive` | `output_config.effort` and `thinking: adaptive` | the model's lowest setting; reported where it still thinks |
//! | budgets | `thinking: enabled` and a budget, beside `output_config.effort` where it has that | nothing |
//! | neither | reported | nothing |
//!
//! `thinking` goes through as it is where the model takes it, and wins over `reasoning_effort`. Both give way to what
//! Claude refuses beside thinking: a prefill, and, with a budget, a forced call or calls whose thoughts are missing
//! (<https://platform.claude.com/docs/en/build-with-claude/thinking-tool-workflows>).

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::models::{Mode, Model, Off};
use crate::hub::json::Str;
use crate::hub::{Chat, Dropped, Effort, Field, Param, RequestError, Thinking as Extension};
use crate::json_object;

/// What a request says about thinking.
pub struct Plan<'a> {
    pub thinking: Option<Thinking<'a>>,
    pub effort: Option<&'static str>,
    pub max_tokens: u64,
}

/// What else in a request bears on thinking.
#[derive(Clone, Copy, Default)]
pub struct Setting {
    /// A call is forced.
    pub forced: bool,
    /// The conversation ends in an assistant message, to be continued.
    pub prefill: bool,
    /// Calls are being answered whose message lacks its thoughts.
    pub thoughtless: bool,
}

impl Setting {
    /// The same with a forced call or without.
    pub fn with_forced(self, forced: bool) -> Self {
        Self { forced, ..self }
    }
}

/// The member `thinking`.
#[derive(Clone)]
pub enum Thinking<'a> {
    /// The client's own object, told to think or not, with its budget.
    Raw { raw: &'a RawValue, thinks: bool, budget: Option<u64> },
    /// A budget.
    Enabled { budget: u64 },
    /// As much as the model likes.
    Adaptive { display: Option<Str<'a>> },
    /// A word that turns it off.
    Off(&'static str),
}

/// The smallest budget there is.
const LEAST_BUDGET: u64 = 1024;

/// What is left for the answer beside a budget, at least.
const LEAST_ANSWER: u64 = 1024;

/// Decides about thinking.
///
/// # Errors
/// A `thinking` that says to think on a budget and names none.
pub fn plan<'a>(
    chat: &'a Chat<'a>,
    model: &Model,
    setting: Setting,
    dropped: &mut Dropped,
) -> Result<Plan<'a>, RequestError> {
    let (source, mut thinking) = match &chat.thinking {
        Some(extension) => (Field::Thinking, of_extension(extension, chat.effort, model, dropped)?),
        None => (Field::Effort, chat.effort.and_then(|effort| of_effort(effort, model))),
    };
    if thinking.as_ref().is_some_and(|thinking| thinking.is_refused_in(setting)) {
        dropped.add(source);
        thinking = None;
    }
    let effort = level(chat, model, thinking.as_ref(), dropped);
    let (thinking, max_tokens) = make_room(chat, model, thinking, dropped);
    if let (
        Some(extension),
        None | Some(Thinking::Enabled { .. } | Thinking::Adaptive { .. } | Thinking::Off(_)),
    ) = (&chat.thinking, &thinking)
    {
        dropped.add_members(|name| Param::Member(Field::Thinking, name), &Wire::of(extension.raw).extra);
    }
    Ok(Plan { thinking, effort, max_tokens })
}

impl Plan<'_> {
    /// Whether the model is told to think.
    pub fn thinks(&self) -> bool {
        self.thinking.as_ref().is_some_and(Thinking::thinks)
    }
}

impl Thinking<'_> {
    fn thinks(&self) -> bool {
        match self {
            Self::Raw { thinks, .. } => *thinks,
            Self::Enabled { .. } | Self::Adaptive { .. } => true,
            Self::Off(_) => false,
        }
    }

    fn budget(&self) -> Option<u64> {
        match self {
            Self::Raw { budget, .. } => *budget,
            Self::Enabled { budget } => Some(*budget),
            Self::Adaptive { .. } | Self::Off(_) => None,
        }
    }

    fn is_refused_in(&self, setting: Setting) -> bool {
        self.thinks()
            && (setting.prefill || self.budget().is_some() && (setting.forced || setting.thoughtless))
    }
}

fn of_effort<'a>(effort: Effort, model: &Model) -> Option<Thinking<'a>> {
    match (effort, model.thinking) {
        (Effort::None, _) => off(model),
        (_, Mode::Unknown | Mode::Never) => None,
        (_, Mode::Budget) => Some(Thinking::Enabled { budget: budget_of(effort) }),
        (_, Mode::Either) => Some(Thinking::Adaptive { display: None }),
        // Without `display` the thoughts come back empty.
        (_, Mode::Adaptive) => Some(Thinking::Adaptive { display: Some(Str::borrowed("summarized")) }),
    }
}

fn of_extension<'a>(
    extension: &'a Extension<'a>,
    effort: Option<Effort>,
    model: &Model,
    dropped: &mut Dropped,
) -> Result<Option<Thinking<'a>>, RequestError> {
    let budget = extension.budget_tokens.and_then(|budget| budget.as_u64());
    let raw = |thinks, budget| Some(Thinking::Raw { raw: extension.raw, thinks, budget });
    let thinking = match (extension.kind.as_str(), model.thinking) {
        ("disabled" | "between_tools", Mode::Unknown) => raw(false, None),
        ("disabled" | "between_tools", _) => {
            dropped.add_if(model.off == Off::Never, Field::Thinking);
            off(model)
        }
        (kind, Mode::Unknown) => raw(true, budget.filter(|_| kind == "enabled")),
        (_, Mode::Never) => {
            dropped.add(Field::Thinking);
            None
        }
        ("adaptive", Mode::Either | Mode::Adaptive) => raw(true, None),
        ("adaptive", Mode::Budget) => {
            dropped.add(Field::ThinkingKind);
            Some(Thinking::Enabled { budget: budget_of(effort.unwrap_or(Effort::Medium)) })
        }
        (_, Mode::Adaptive) => {
            dropped.add(Field::ThinkingBudget);
            Some(Thinking::Adaptive { display: Wire::of(extension.raw).display })
        }
        (_, Mode::Budget | Mode::Either) => match budget {
            None => return Err(RequestError::missing(Field::ThinkingBudget)),
            Some(budget) if budget < LEAST_BUDGET => {
                dropped.add(Field::ThinkingBudget);
                Some(Thinking::Enabled { budget: LEAST_BUDGET })
            }
            budget => raw(true, budget),
        },
    };
    Ok(thinking)
}

json_object! { struct Wire<'a> { kind as "type": &'a RawValue, budget_tokens: &'a RawValue, display: Str<'a> } }

impl<'a> Wire<'a> {
    fn of(raw: &'a RawValue) -> Self {
        serde_json::from_str(raw.get()).unwrap_or_default()
    }
}

fn off<'a>(model: &Model) -> Option<Thinking<'a>> {
    match model.off {
        Off::Default | Off::Never => None,
        Off::Disabled => Some(Thinking::Off("disabled")),
        Off::BetweenTools => Some(Thinking::Off("between_tools")),
    }
}

/// Tokens for thoughts, where a model knows nothing finer: Google's documented numbers for the same words
/// (<https://ai.google.dev/gemini-api/docs/openai#thinking>), and the most that is sensible without streaming.
fn budget_of(effort: Effort) -> u64 {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => LEAST_BUDGET,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
        Effort::XHigh | Effort::Max => 32_000,
    }
}

/// The level of `output_config.effort` that comes nearest. Reports what it does not express.
fn level(
    chat: &Chat<'_>,
    model: &Model,
    thinking: Option<&Thinking<'_>>,
    dropped: &mut Dropped,
) -> Option<&'static str> {
    let effort = chat.effort?;
    if effort == Effort::None && model.off != Off::Never {
        dropped.add_if(chat.thinking.is_some(), Field::Effort);
        return None;
    }
    if model.efforts.is_empty() {
        let expressed = chat.thinking.is_none() && thinking.is_some();
        dropped.add_if(!expressed, Field::Effort);
        return None;
    }
    // Thinking can only be turned off at `high` or below.
    let most = if matches!(thinking, Some(Thinking::Off(_))) { Effort::High } else { Effort::Max };
    let known = model.efforts.iter().rev().find(|known| **known <= effort.min(most));
    let nearest = *known.or(model.efforts.first())?;
    dropped.add_if(nearest != effort, Field::Effort);
    Effort::WORDS.iter().find(|(_, effort)| *effort == nearest).map(|(word, _)| *word)
}

/// Makes `max_tokens`, which counts thoughts too, greater than the budget and no greater than the model's, and reports
/// if that is not the client's.
fn make_room<'a>(
    chat: &Chat<'_>,
    model: &Model,
    thinking: Option<Thinking<'a>>,
    dropped: &mut Dropped,
) -> (Option<Thinking<'a>>, u64) {
    let limit = chat.max_tokens.and_then(|limit| limit.as_u64());
    let wanted = limit.unwrap_or(model.default_max_tokens);
    dropped.add_if(wanted > model.max_tokens, chat.max_tokens_name);
    let wanted = wanted.min(model.max_tokens);
    let Some(budget) = thinking.as_ref().and_then(Thinking::budget) else { return (thinking, wanted) };
    let least = match &thinking {
        Some(Thinking::Raw { .. }) => budget.saturating_add(1),
        _ => budget.saturating_add(LEAST_ANSWER),
    };
    if wanted >= least {
        return (thinking, wanted);
    }
    dropped.add_if(limit.is_some(), chat.max_tokens_name);
    let max_tokens = budget.saturating_add(wanted).min(model.max_tokens).max(wanted);
    if budget < max_tokens {
        return (thinking, max_tokens);
    }
    // No model answers that much: a quarter of what it does is left for the answer.
    dropped.add_if(chat.thinking.is_some(), Field::ThinkingBudget);
    (Some(Thinking::Enabled { budget: max_tokens.saturating_sub(max_tokens / 4) }), max_tokens)
}

impl Serialize for Thinking<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Config<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            budget_tokens: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            display: Option<&'a Str<'a>>,
        }
        let (kind, display) = match self {
            Self::Raw { raw, .. } => return raw.serialize(serializer),
            Self::Enabled { .. } => ("enabled", None),
            Self::Adaptive { display } => ("adaptive", display.as_ref()),
            Self::Off(word) => (*word, None),
        };
        Config { kind, budget_tokens: self.budget(), display }.serialize(serializer)
    }
}
