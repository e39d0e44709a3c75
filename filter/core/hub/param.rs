//! What a request's parameters are, whatever a client's format calls them.
//!
//! Who writes a chat for a provider names what it cannot express by its meaning; the client's format has the word for
//! it ([`ChatClient::spell`](crate::dialect::ChatClient::spell)).

use super::request::Place;

/// A parameter of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    /// A value of the request itself.
    Of(Field),
    /// A member of such a value that the hub does not model: of the metadata, of a schema.
    Member(Field, String),
    /// Something of the message at this index; of any, without one.
    Message(Option<usize>, OfMessage),
    /// Something of a part, in the message at this index; of any, without one.
    Part(Option<usize>, Place, OfPart),
    /// Something of the tool at this index; of any, without one.
    Tool(Option<usize>, OfTool),
    /// What only the client's format has, in its own words.
    Own(String),
}

/// A value of the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The model's name.
    Model,
    /// All messages.
    Messages,
    /// Sampling temperature.
    Temperature,
    /// Nucleus sampling.
    TopP,
    /// Sampling from the likeliest tokens.
    TopK,
    /// How many alternative answers.
    N,
    /// Seed of the sampling.
    Seed,
    /// Penalty for tokens by how often they occurred.
    FrequencyPenalty,
    /// Penalty for tokens that occurred at all.
    PresencePenalty,
    /// Whether the answer carries log probabilities.
    Logprobs,
    /// How many alternatives each log probability carries.
    TopLogprobs,
    /// Texts that end the answer.
    Stop,
    /// The form of the answer.
    ResponseFormat,
    /// The schema of the answer.
    Schema,
    /// What the answer of this schema is for.
    SchemaDescription,
    /// How much to think.
    Effort,
    /// How to think.
    Thinking,
    /// Which way of thinking.
    ThinkingKind,
    /// Tokens for thoughts.
    ThinkingBudget,
    /// Who the caller's own user is.
    User,
    /// The caller's labels for the request.
    Metadata,
    /// The caller's own user, among them.
    MetadataUser,
    /// Whether several tools may be called at once.
    ParallelToolCalls,
    /// Which tools may or must be called.
    ToolChoice,
    /// The one tool that must be called.
    ToolChoiceName,
    /// The only tools that may be called.
    ToolChoiceAllowed,
    /// A mark for a cache, wherever it stands.
    CacheControl,
    /// How closely to look at an image, whichever it is.
    ImageDetail,
    /// The name of a file, whichever it is.
    Filename,
}

/// Something of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfMessage {
    /// All of it.
    Whole,
    /// Who speaks.
    Role,
    /// What is said.
    Content,
    /// The call that it answers.
    CallId,
    /// The thoughts of an earlier answer.
    Thoughts,
    /// The provider's mark on them.
    ThoughtSignature,
    /// A member that the hub does not model.
    Member(String),
}

/// Something of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfPart {
    /// All of it.
    Whole,
    /// The mark for a cache on it.
    CacheControl,
    /// The arguments of a call.
    Arguments,
    /// Where an image is.
    ImageUrl,
    /// The format of a sound.
    AudioFormat,
    /// Where a file is.
    FileId,
    /// A member that the hub does not model.
    Member(String),
}

/// Something of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfTool {
    /// All of it.
    Whole,
    /// Whether arguments must match the schema exactly.
    Strict,
    /// The schema of its arguments.
    Schema,
    /// What that schema is of.
    SchemaKind,
    /// A member of that schema.
    SchemaMember(String),
    /// A member of the function that the hub does not model.
    Member(String),
    /// A member beside the function that the hub does not model.
    Beside(String),
}

impl Param {
    /// Something of a part that stands like this, in whichever message and whatever its number.
    pub fn any_part(place: Place, of: OfPart) -> Self {
        Self::Part(None, Place { index: place.index.map(|_| 0), ..place }, of)
    }

    /// The same with every text in it that a client wrote replaced by what `change` makes of it.
    #[must_use]
    pub fn map_texts(self, change: impl Fn(String) -> String) -> Self {
        match self {
            Self::Member(field, name) => Self::Member(field, change(name)),
            Self::Message(at, OfMessage::Member(name)) => Self::Message(at, OfMessage::Member(change(name))),
            Self::Part(at, place, OfPart::Member(name)) => {
                Self::Part(at, place, OfPart::Member(change(name)))
            }
            Self::Tool(at, OfTool::SchemaMember(name)) => Self::Tool(at, OfTool::SchemaMember(change(name))),
            Self::Tool(at, OfTool::Member(name)) => Self::Tool(at, OfTool::Member(change(name))),
            Self::Tool(at, OfTool::Beside(name)) => Self::Tool(at, OfTool::Beside(change(name))),
            Self::Own(name) => Self::Own(change(name)),
            Self::Of(_) | Self::Message(..) | Self::Part(..) | Self::Tool(..) => self,
        }
    }
}

impl From<Field> for Param {
    fn from(field: Field) -> Self {
        Self::Of(field)
    }
}

/// A client's format names its own members as it spells them.
impl From<&str> for Param {
    fn from(name: &str) -> Self {
        Self::Own(name.to_owned())
    }
}

impl From<String> for Param {
    fn from(name: String) -> Self {
        Self::Own(name)
    }
}
