//! An answer, whole or as the deltas of a stream.

use super::error::ProviderError;
use super::json::Str;
use super::request::Kind;

/// A whole answer.
#[derive(Debug, Default)]
pub struct Answer<'a> {
    /// The provider's id of it.
    pub id: Option<Str<'a>>,
    /// The model that answered, as the provider names it.
    pub model: Option<Str<'a>>,
    /// The alternatives; at least one, also for a blocked prompt.
    pub choices: Vec<Choice<'a>>,
    /// What it cost in tokens.
    pub usage: Option<Usage>,
}

/// One alternative of an answer.
#[derive(Debug)]
pub struct Choice<'a> {
    /// Its number, from 0.
    pub index: usize,
    /// Thinking, text, refusals, images and calls, in the provider's order.
    pub parts: Vec<Kind<'a>>,
    /// Why it ended.
    pub finish: Finish,
    /// Log probabilities in OpenAI's shape, as JSON.
    pub logprobs: Option<String>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    /// It was done, or for a reason that nothing here stands for.
    #[default]
    Stop,
    /// No room was left.
    Length,
    /// It calls functions.
    ToolCalls,
    /// A filter, a block or a refusal of any kind.
    ContentFilter,
}

/// Tokens of one answer, counted as OpenAI counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All input, read from and written to a cache included.
    pub prompt: u64,
    /// All output, thinking included.
    pub completion: u64,
    /// Input read from a cache.
    pub cached: Option<u64>,
    /// Input written to a cache.
    pub cache_creation: Option<u64>,
    /// Output that was thinking.
    pub reasoning: Option<u64>,
}

/// What an answer says of itself, beside what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its tokens.
    pub usage: Option<Usage>,
    /// Why it ended: the first alternative, where there are several.
    pub finish: Option<Finish>,
}

/// One step of a streamed answer. `choice` is the alternative it belongs to.
#[derive(Debug, PartialEq)]
pub enum Delta<'a> {
    /// The stream has begun: the provider's id and model.
    Start {
        /// The provider's id of the answer.
        id: Option<Str<'a>>,
        /// The model that answers.
        model: Option<Str<'a>>,
    },
    /// More text. The signature is the provider's mark on it (Gemini).
    Text {
        /// The alternative.
        choice: usize,
        /// The text.
        text: Str<'a>,
        /// The provider's mark.
        signature: Option<Str<'a>>,
    },
    /// More of a refusal.
    Refusal {
        /// The alternative.
        choice: usize,
        /// The words.
        text: Str<'a>,
    },
    /// More thoughts of thinking block `block` (dense from 0 within its alternative).
    Thinking {
        /// The alternative.
        choice: usize,
        /// The block.
        block: usize,
        /// The thoughts.
        text: Str<'a>,
    },
    /// The signature of a thinking block.
    Signature {
        /// The alternative.
        choice: usize,
        /// The block.
        block: usize,
        /// The signature.
        signature: Str<'a>,
    },
    /// A thinking block that the provider encrypted.
    RedactedThinking {
        /// The alternative.
        choice: usize,
        /// The block.
        block: usize,
        /// The encrypted thoughts.
        data: Str<'a>,
    },
    /// An image.
    Image {
        /// The alternative.
        choice: usize,
        /// A URL, a data URI mostly.
        url: Str<'a>,
    },
    /// A call begins. `index` is dense from 0 within its alternative.
    ToolCall {
        /// The alternative.
        choice: usize,
        /// The call.
        index: usize,
        /// Its id.
        id: Str<'a>,
        /// The function's name.
        name: Str<'a>,
        /// The provider's mark on the call.
        signature: Option<Str<'a>>,
    },
    /// More of a call's arguments. A call without any gets one delta of `{}`, which the reader sends.
    ToolArguments {
        /// The alternative.
        choice: usize,
        /// The call.
        index: usize,
        /// A piece of a JSON object's text.
        fragment: Str<'a>,
    },
    /// Log probabilities in OpenAI's shape, as JSON.
    Logprobs {
        /// The alternative.
        choice: usize,
        /// The object.
        logprobs: String,
    },
    /// The alternative is complete: exactly one, the last of its alternative.
    Finish {
        /// The alternative.
        choice: usize,
        /// Why.
        reason: Finish,
    },
    /// Tokens so far; the last one counts.
    Usage(Usage),
    /// Nothing but a sign of life.
    Ping,
    /// The provider failed.
    Error(ProviderError),
}

impl<'a> Answer<'a> {
    /// Puts a text before what every alternative says.
    pub fn begin_with(&mut self, text: &'a str) {
        for choice in &mut self.choices {
            choice.parts.insert(0, Kind::Text { text: Str::borrowed(text), signature: None });
        }
    }

    /// The most alternatives that an answer may have: as many as OpenAI lets a client ask for.
    pub const MOST_CHOICES: usize = 128;

    /// How many bytes of a provider's id of an answer, and of its name of a model, are passed on. Every chunk of a stream
    /// repeats both.
    pub const LONGEST_NAME: usize = 256;

    /// What it says of itself.
    pub fn told(&self) -> Told {
        Told { usage: self.usage, finish: self.choices.first().map(|choice| choice.finish) }
    }

    /// Whether nothing is in it, and the provider counted nothing either.
    pub fn is_empty(&self) -> bool {
        let blank = |part: &Kind<'_>| matches!(part, Kind::Text { text, .. } if text.is_empty());
        let empty =
            |choice: &Choice<'_>| choice.finish != Finish::ContentFilter && choice.parts.iter().all(blank);
        self.usage.is_none_or(Usage::says_nothing) && self.choices.iter().all(empty)
    }

    /// Whether the provider's filter ended every choice before it said anything.
    pub fn is_refusal(&self) -> bool {
        let silent = |choice: &Choice<'_>| {
            let unsaid = |part: &Kind<'_>| matches!(part, Kind::Refusal(_));
            choice.finish == Finish::ContentFilter && choice.parts.iter().all(unsaid)
        };
        !self.choices.is_empty() && self.choices.iter().all(silent)
    }
}

impl Finish {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
        }
    }

    /// What a word stands for. One that nobody knows stands for [`Finish::Stop`].
    pub fn of_word(word: &str) -> Self {
        let known = [Self::Length, Self::ToolCalls, Self::ContentFilter];
        known.into_iter().find(|known| known.word() == word).unwrap_or_default()
    }
}

impl Usage {
    /// Whether no output was counted.
    pub const fn says_nothing(self) -> bool {
        self.completion == 0
    }

    /// Input and output together.
    pub const fn total(self) -> u64 {
        self.prompt.saturating_add(self.completion)
    }
}
