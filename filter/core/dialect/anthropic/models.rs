//! What is known of each Claude model, one row a version.
//!
//! Read in the vendor's documentation in November 2026: the models' overview
//! (<https://platform.claude.com/docs/en/about-claude/models/overview>), thinking
//! (<https://platform.claude.com/docs/en/build-with-claude/thinking>), effort
//! (<https://platform.claude.com/docs/en/build-with-claude/effort>), structured outputs
//! (<https://platform.claude.com/docs/en/build-with-claude/structured-outputs>), system messages within a conversation
//! (<https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages>) and the migration guides of
//! the single models. A version newer than its family's last row is taken to be like that row. A name that is no Claude
//! name, an inference profile say, gets [`UNKNOWN`]: what every Claude takes.

use crate::hub::Effort;

/// What one model takes.
#[derive(Debug)]
pub struct Model {
    /// `max_tokens` where the client names no limit. Less than the maximum for models that refuse a request whose
    /// prompt and limit together exceed the context window; those since 4.5 stop instead.
    pub default_max_tokens: u64,
    /// The most that `max_tokens` may be.
    pub max_tokens: u64,
    /// The levels of `output_config.effort`, least first; empty where there is none.
    pub efforts: &'static [Effort],
    /// How it is told to think.
    pub thinking: Mode,
    /// How it is told not to.
    pub off: Off,
    /// Whether it takes `output_config.format` and `strict` tools.
    pub schemas: bool,
    /// Which sampling parameters it takes.
    pub sampling: Sampling,
    /// Whether it continues an assistant message that ends the conversation.
    pub prefill: bool,
    /// Whether `tool_choice` may be `any` or `tool`.
    pub forced_tools: bool,
    /// Whether it takes `system` messages within the conversation. Those that do hold thoughts that are given back to
    /// the `system`, `tools` and messages that stood before them.
    pub late_system: bool,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nobody knows.
    Unknown,
    /// It cannot.
    Never,
    /// `enabled` with a budget.
    Budget,
    /// `adaptive`, and still `enabled`.
    Either,
    /// `adaptive` only. Thoughts come back empty unless `display` asks for them.
    Adaptive,
}

/// How a model is told not to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// By not asking for it.
    Default,
    /// By `disabled`; it thinks otherwise. Refused beside an effort above `high`.
    Disabled,
    /// By `between_tools`, its lowest setting. Refused beside an effort above `high`.
    BetweenTools,
    /// Not at all.
    Never,
}

/// Which sampling parameters a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// All of them.
    Any,
    /// All, but not `temperature` and `top_p` together.
    NotBoth,
    /// None.
    Fixed,
}

/// The facts about `model`, whatever stands around its name: `us.anthropic.claude-opus-4-5-20251101-v1:0`.
pub fn of(model: &str) -> &'static Model {
    let Some((_, name)) = model.rsplit_once("claude-") else { return &UNKNOWN };
    let number = |word: &&str| if word.len() <= 2 { word.parse::<u8>().ok() } else { None };
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric()).peekable();
    let (mut family, mut version) = ("", None);
    while let Some(word) = words.next() {
        if family.is_empty() && FAMILIES.contains(&word) {
            family = word;
        }
        if let (None, Some(major)) = (version, number(&word)) {
            version = Some((major, words.peek().and_then(number).unwrap_or_default()));
        }
    }
    let version = version.unwrap_or_default();
    let row = ROWS.iter().find(|row| row.family == family && version >= row.since);
    row.map_or(&UNKNOWN, |row| &row.model)
}

struct Row {
    family: &'static str,
    /// The first version it holds for.
    since: (u8, u8),
    model: Model,
}

const fn row(family: &'static str, since: (u8, u8), model: Model) -> Row {
    Row { family, since, model }
}

const FAMILIES: [&str; 5] = ["fable", "mythos", "opus", "sonnet", "haiku"];

/// Of each family, the newest first.
static ROWS: [Row; 25] = [
    row("fable", (5, 1), ALWAYS_ON),
    row("fable", (5, 0), Model { forced_tools: true, ..ALWAYS_ON }),
    row("mythos", (5, 1), ALWAYS_ON),
    row("mythos", (5, 0), Model { forced_tools: true, ..ALWAYS_ON }),
    // claude-mythos-preview
    row(
        "mythos",
        (0, 0),
        Model { efforts: UP_TO_MAX_WITHOUT_XHIGH, forced_tools: true, late_system: false, ..ALWAYS_ON },
    ),
    row("opus", (5, 5), ALWAYS_ON),
    row("opus", (5, 0), Model { off: Off::Disabled, forced_tools: true, ..ALWAYS_ON }),
    row("opus", (4, 8), Model { off: Off::Default, forced_tools: true, ..ALWAYS_ON }),
    row("opus", (4, 7), Model { off: Off::Default, forced_tools: true, late_system: false, ..ALWAYS_ON }),
    row("opus", (4, 6), Model { default_max_tokens: 128_000, max_tokens: 128_000, ..CLAUDE_4_6 }),
    row("opus", (4, 5), Model { efforts: UP_TO_HIGH, ..CLAUDE_4_5 }),
    row("opus", (4, 1), Model { sampling: Sampling::NotBoth, max_tokens: 32_000, ..CLAUDE_4 }),
    row("opus", (4, 0), Model { max_tokens: 32_000, ..CLAUDE_4 }),
    row("sonnet", (5, 5), Model { off: Off::BetweenTools, ..ALWAYS_ON }),
    row("sonnet", (5, 0), Model { off: Off::Disabled, forced_tools: true, late_system: false, ..ALWAYS_ON }),
    row("sonnet", (4, 6), CLAUDE_4_6),
    row("sonnet", (4, 5), CLAUDE_4_5),
    row("sonnet", (3, 7), CLAUDE_4),
    row("haiku", (5, 5), Model { off: Off::Disabled, forced_tools: true, ..ALWAYS_ON }),
    row("haiku", (4, 5), CLAUDE_4_5),
    row("sonnet", (3, 5), Model { default_max_tokens: 8_192, max_tokens: 8_192, ..CLAUDE_3 }),
    row("haiku", (3, 5), Model { default_max_tokens: 8_192, max_tokens: 8_192, ..CLAUDE_3 }),
    row("opus", (3, 0), CLAUDE_3),
    row("sonnet", (3, 0), CLAUDE_3),
    row("haiku", (3, 0), CLAUDE_3),
];

/// What every Claude takes.
static UNKNOWN: Model =
    Model { default_max_tokens: 4_096, max_tokens: u64::MAX, thinking: Mode::Unknown, ..CLAUDE_3 };

const ALWAYS_ON: Model = Model {
    default_max_tokens: 128_000,
    max_tokens: 128_000,
    efforts: UP_TO_MAX,
    thinking: Mode::Adaptive,
    off: Off::Never,
    schemas: true,
    sampling: Sampling::Fixed,
    prefill: false,
    forced_tools: false,
    late_system: true,
};

const CLAUDE_4_6: Model = Model {
    default_max_tokens: 64_000,
    max_tokens: 64_000,
    efforts: UP_TO_MAX_WITHOUT_XHIGH,
    thinking: Mode::Either,
    off: Off::Default,
    schemas: true,
    sampling: Sampling::NotBoth,
    prefill: false,
    forced_tools: true,
    late_system: false,
};

const CLAUDE_4_5: Model =
    Model { default_max_tokens: 64_000, schemas: true, sampling: Sampling::NotBoth, ..CLAUDE_4 };

const CLAUDE_4: Model =
    Model { default_max_tokens: 32_000, max_tokens: 64_000, thinking: Mode::Budget, ..CLAUDE_3 };

const CLAUDE_3: Model = Model {
    default_max_tokens: 4_096,
    max_tokens: 4_096,
    efforts: &[],
    thinking: Mode::Never,
    off: Off::Default,
    schemas: false,
    sampling: Sampling::Any,
    prefill: true,
    forced_tools: true,
    late_system: false,
};

const UP_TO_HIGH: &[Effort] = &[Effort::Low, Effort::Medium, Effort::High];
const UP_TO_MAX: &[Effort] = &[Effort::Low, Effort::Medium, Effort::High, Effort::XHigh, Effort::Max];
const UP_TO_MAX_WITHOUT_XHIGH: &[Effort] = &[Effort::Low, Effort::Medium, Effort::High, Effort::Max];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_its_row() {
        let same = |name: &str, of_name: &str| std::ptr::eq(of(name), of(of_name));
        for (name, like) in [
            ("claude-opus-4-5-20251101", "claude-opus-4-5"),
            ("claude-opus-4-20250514", "claude-opus-4-0"),
            ("us.anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5"),
            ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
            ("claude-sonnet-4@20250514", "claude-3-7-sonnet-20250219"),
            ("claude-3-5-haiku-20241022", "claude-3-5-haiku-latest"),
            ("claude-opus-4-9", "claude-opus-4-8"),
            ("claude-opus-9", "claude-opus-5-5"),
            ("claude-2.1", "my-deployment"),
            ("claude-opus-latest", "my-deployment"),
        ] {
            assert!(same(name, like), "{name} is not read like {like}");
        }
        assert!(!same("claude-opus-4-5", "claude-opus-4-1"));
        let late =
            ["opus-4-8", "opus-5", "opus-5-5", "sonnet-5-5", "haiku-5-5", "fable-5", "fable-5-1", "mythos-5"];
        assert!(late.iter().all(|name| of(&format!("claude-{name}")).late_system));
        let not = ["opus-4-7", "sonnet-5", "sonnet-4-6", "mythos-preview", "my-deployment"];
        assert!(not.iter().all(|name| !of(&format!("claude-{name}")).late_system));
        assert!(!same("claude-3-5-sonnet-20241022", "claude-3-7-sonnet-20250219"));
        assert!(!same("claude-mythos-preview", "claude-mythos-5"));
        assert_eq!(of("claude-3-opus-20240229").max_tokens, 4_096);
    }

    #[test]
    fn the_newest_of_a_family_comes_first() {
        for (above, below) in ROWS.iter().zip(ROWS.iter().skip(1)) {
            assert!(above.family != below.family || above.since > below.since, "{}", below.family);
        }
    }
}
