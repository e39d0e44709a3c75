//! A chat request, as every wire format can read and write it.

use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;

use super::dropped::Dropped;
use super::error::RequestError;
use super::json::{Members, Number, Str, TooLong, is_null, write_within};
use super::param::{Field, OfPart, OfTool, Param};

/// One request. Members that only some formats know are `Option`s; what no format models is in `extra`.
#[derive(Debug, Default)]
pub struct Chat<'a> {
    /// How long the text is that it was read from, in bytes.
    pub length: usize,
    /// The conversation, in the client's order and number, so that an index here is an index there.
    pub messages: Vec<Message<'a>>,
    /// The functions the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Which of them it may or must call.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether it may call several at once.
    pub parallel_tool_calls: Option<bool>,
    /// The client can be told of one call only.
    pub one_call: bool,
    /// The most tokens the answer may have, thinking included.
    pub max_tokens: Option<Number<'a>>,
    /// The name the client gave [`Self::max_tokens`], for messages about it.
    pub max_tokens_name: &'static str,
    /// Sampling temperature, 0 to 2 in OpenAI's scale.
    pub temperature: Option<Number<'a>>,
    /// Nucleus sampling, 0 to 1.
    pub top_p: Option<Number<'a>>,
    /// Sampling from the `k` likeliest tokens.
    pub top_k: Option<Number<'a>>,
    /// How many alternative answers.
    pub n: Option<Number<'a>>,
    /// Seed of the sampling.
    pub seed: Option<Number<'a>>,
    /// Penalty for tokens by how often they occurred.
    pub frequency_penalty: Option<Number<'a>>,
    /// Penalty for tokens that occurred at all.
    pub presence_penalty: Option<Number<'a>>,
    /// Whether the answer carries log probabilities.
    pub logprobs: Option<bool>,
    /// How many alternatives each log probability carries.
    pub top_logprobs: Option<Number<'a>>,
    /// Texts that end the answer.
    pub stop: Vec<Str<'a>>,
    /// The form of the answer.
    pub response_format: Option<ResponseFormat<'a>>,
    /// How much to think.
    pub effort: Option<Effort>,
    /// How to think, in Anthropic's spelling.
    pub thinking: Option<Thinking<'a>>,
    /// Who the caller's own user is.
    pub user: Option<Str<'a>>,
    /// The caller's labels for the request: an object, raw.
    pub metadata: Option<&'a RawValue>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// What every answer is to begin with, before the model's own words.
    pub echo: Option<Str<'a>>,
    /// What no chat can say, whoever is asked: reported.
    pub unsaid: Vec<Param>,
    /// Top-level members that the hub does not model.
    pub extra: Members<'a>,
}

/// One message. `extra` holds members of the message that the hub does not model (`name`, say).
#[derive(Debug)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order: thinking first, then content, then calls.
    pub parts: Vec<Part<'a>>,
    /// Members that the hub does not model.
    pub extra: Members<'a>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The operator of the application (`system` and `developer`).
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The application's answer to a call: exactly one [`Kind::ToolResult`].
    Tool,
}

/// A piece of a message.
#[derive(Debug)]
pub struct Part<'a> {
    /// Where the client wrote it, relative to its message.
    pub place: Place,
    /// What it is.
    pub kind: Kind<'a>,
    /// Anthropic's cache mark on this piece, raw.
    pub cache_control: Option<&'a RawValue>,
    /// Members that the hub does not model.
    pub extra: Members<'a>,
}

impl Part<'_> {
    /// Reports what stands beside it, for who has no counterpart of that.
    pub fn report_rest(&self, dropped: &mut Dropped) {
        dropped.add_if(self.cache_control.is_some(), Field::CacheControl);
        let place = match self.place.member {
            "tool_calls" | "thinking_blocks" | "function_call" => self.place,
            _ => Place::of("content", 0),
        };
        dropped.add_members(|name| Param::any_part(place, OfPart::Member(name)), &self.extra);
    }
}

/// Where in its message a part was written: `content`, `content[1]`, `tool_calls[0]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The message's member.
    pub member: &'static str,
    /// The element of that member, if it is a list.
    pub index: Option<usize>,
}

/// What a part is.
#[derive(Debug)]
pub enum Kind<'a> {
    /// Text. The signature is a provider's mark on it, to be given back to the same provider (Gemini).
    Text {
        /// The text.
        text: Str<'a>,
        /// The provider's mark on it.
        signature: Option<Str<'a>>,
    },
    /// The model's refusal, in words.
    Refusal(Str<'a>),
    /// An image.
    Image {
        /// Where its bytes are.
        source: Source<'a>,
        /// `low`, `high`, `auto`.
        detail: Option<Str<'a>>,
    },
    /// Sound, as base64.
    Audio {
        /// The bytes, as base64.
        data: Str<'a>,
        /// `wav` or `mp3`.
        format: Str<'a>,
    },
    /// A file, a PDF mostly.
    File {
        /// Where its bytes are.
        source: Source<'a>,
        /// Its name.
        filename: Option<Str<'a>>,
    },
    /// The model's thoughts, with the provider's signature on them.
    Thinking {
        /// The thoughts.
        text: Str<'a>,
        /// The provider's signature, needed to give the thoughts back.
        signature: Option<Str<'a>>,
    },
    /// Thoughts the provider encrypted.
    RedactedThinking(Str<'a>),
    /// A function the model calls.
    ToolCall {
        /// Names the call; its result names it again.
        id: Str<'a>,
        /// The function.
        name: Str<'a>,
        /// The text of a JSON object, its digits untouched; or what came of one, see
        /// [`Arguments`](super::Arguments). Empty for no arguments.
        arguments: Str<'a>,
        /// The provider's mark on the call (Gemini's thought signature).
        signature: Option<Str<'a>>,
    },
    /// What a call gave.
    ToolResult {
        /// The call.
        id: Str<'a>,
        /// What it gave.
        parts: Vec<Part<'a>>,
    },
}

/// Where the bytes of an image or file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// In the request, as base64.
    Data {
        /// `image/png`, in lower case, without parameters.
        media_type: Str<'a>,
        /// The bytes, as base64.
        data: Str<'a>,
    },
    /// Behind a URL.
    Url(Str<'a>),
    /// Uploaded to the provider before.
    Id(Str<'a>),
}

/// A function the model may call.
#[derive(Debug)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Str<'a>,
    /// What it does.
    pub description: Option<Str<'a>>,
    /// JSON Schema of its arguments, raw; an object.
    pub parameters: Option<&'a RawValue>,
    /// Whether arguments must match the schema exactly.
    pub strict: Option<bool>,
    /// Anthropic's cache mark, raw.
    pub cache_control: Option<&'a RawValue>,
    /// Members of the function that the hub does not model.
    pub extra: Members<'a>,
    /// Members that stand beside the function, and that the hub does not model.
    pub beside: Members<'a>,
}

/// Which functions the model may or must call.
#[derive(Debug, PartialEq, Eq)]
pub enum ToolChoice<'a> {
    /// Whichever it likes, or none.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(Str<'a>),
    /// Some of these only.
    Allowed {
        /// At least one.
        required: bool,
        /// The functions' names.
        names: Vec<Str<'a>>,
    },
}

/// The form of the answer.
#[derive(Debug)]
pub enum ResponseFormat<'a> {
    /// Free text.
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON that matches a schema.
    JsonSchema {
        /// The schema's name.
        name: Option<Str<'a>>,
        /// What the answer is for.
        description: Option<Str<'a>>,
        /// The schema, raw; an object.
        schema: Option<&'a RawValue>,
        /// Whether to match exactly.
        strict: Option<bool>,
    },
}

/// How much to think, in OpenAI's words and Anthropic's `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as possible.
    Minimal,
    /// Little.
    Low,
    /// The usual.
    Medium,
    /// Much.
    High,
    /// Very much.
    XHigh,
    /// All there is.
    Max,
}

/// How to think, in Anthropic's spelling.
#[derive(Debug)]
pub struct Thinking<'a> {
    /// `enabled`, `adaptive`, `disabled`, `between_tools` (the lowest setting of models that can't be told not to).
    pub kind: Str<'a>,
    /// Tokens for thoughts.
    pub budget_tokens: Option<Number<'a>>,
    /// The whole object, raw.
    pub raw: &'a RawValue,
}

impl<'a> Chat<'a> {
    /// Bounds the tokens of an answer: what is wanted beyond that is reported.
    pub fn bound(&mut self, most: Number<'a>, dropped: &mut Dropped) {
        // What is no count, such as -1, means no bound to some.
        let fits = |wanted: Number<'_>| wanted.as_u64().is_some_and(|wanted| Some(wanted) <= most.as_u64());
        let is_beyond = self.max_tokens.is_some_and(|wanted| !fits(wanted));
        dropped.add_if(is_beyond, self.max_tokens_name);
        if is_beyond || self.max_tokens.is_none() {
            self.max_tokens = Some(most);
        }
    }
}

impl Chat<'_> {
    /// Reports all members that the hub does not model, of the request and beside its tools, but for those `expressed`.
    pub fn report_unknown(&self, expressed: &[&str], dropped: &mut Dropped) {
        for (name, value) in &self.extra {
            if !is_null(value) && !expressed.contains(&name.as_str()) {
                dropped.add_member(Param::from, name);
            }
        }
        for tool in &self.tools {
            dropped.add_members(|name| Param::Tool(None, OfTool::Beside(name)), &tool.beside);
        }
    }

    /// The most that a format may add to what the client wrote: names that are repeated, schemas in other words.
    const MOST_ADDED: usize = 4 << 20;

    /// Writes the body that a format makes of this chat.
    ///
    /// # Errors
    /// It is so much longer than the client's that something in it multiplies.
    pub fn write(&self, body: &impl Serialize) -> Result<Vec<u8>, RequestError> {
        let most = self.length.saturating_add(Self::MOST_ADDED);
        write_within(body, self.length, most).map_err(|TooLong| {
            let why = "in the format of its target, the request is more than 4 MiB longer than itself";
            RequestError::unsupported(Field::Messages, why)
        })
    }
}

impl Message<'_> {
    /// Whether what it says or a call of it bears a provider's mark. Google alone marks these: its thoughts are Google's.
    pub fn is_marked(&self) -> bool {
        self.parts.iter().any(|part| match &part.kind {
            Kind::Text { signature, .. } | Kind::ToolCall { signature, .. } => signature.is_some(),
            _ => false,
        })
    }
}

impl Place {
    /// The message's `content`, given as one string.
    pub const CONTENT: Self = Self { member: "content", index: None };

    /// One element of a member that is a list.
    pub const fn of(member: &'static str, index: usize) -> Self {
        Self { member, index: Some(index) }
    }

    /// The full path of a part in the message at `message`: `messages[2].content[1]`.
    pub fn path(self, message: usize) -> String {
        format!("messages[{message}].{self}")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "{}[{index}]", self.member),
            None => f.write_str(self.member),
        }
    }
}

impl<'a> Part<'a> {
    /// A part with nothing but its kind.
    pub const fn new(place: Place, kind: Kind<'a>) -> Self {
        Self { place, kind, cache_control: None, extra: Members::new() }
    }
}

impl Effort {
    /// The words of `reasoning_effort`, least first.
    pub const WORDS: [(&'static str, Self); 7] = [
        ("none", Self::None),
        ("minimal", Self::Minimal),
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
        ("xhigh", Self::XHigh),
        ("max", Self::Max),
    ];

    /// The word.
    pub fn word(self) -> Option<&'static str> {
        Self::WORDS.iter().find(|(_, effort)| *effort == self).map(|(word, _)| *word)
    }

    /// Reads a word of `reasoning_effort`.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, effort)| *effort)
    }
}
