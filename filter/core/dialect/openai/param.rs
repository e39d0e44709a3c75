//! How OpenAI's format spells a request's parameters: <https://platform.openai.com/docs/api-reference/chat/create>.

use crate::hub::{Field, OfMessage, OfPart, OfTool, Param};

/// The name of a parameter: `seed`, `messages[2].content[0].image_url.url`, `tools[].function.strict`.
pub fn spell(param: &Param) -> String {
    match param {
        Param::Of(of) => field(*of).to_owned(),
        Param::Member(of, name) => format!("{}.{name}", field(*of)),
        Param::Message(at, of) => {
            let message = element("messages", *at);
            match of {
                OfMessage::Whole => message,
                OfMessage::Role => format!("{message}.role"),
                OfMessage::Content => format!("{message}.content"),
                OfMessage::CallId => format!("{message}.tool_call_id"),
                OfMessage::Thoughts => format!("{message}.thinking_blocks[]"),
                OfMessage::ThoughtSignature => format!("{message}.thinking_blocks[].signature"),
                OfMessage::Member(name) => format!("{message}.{name}"),
            }
        }
        Param::Part(at, place, of) => {
            let part = match (at, place.index) {
                (Some(message), _) => place.path(*message),
                (None, Some(_)) => format!("messages[].{}[]", place.member),
                (None, None) => format!("messages[].{}", place.member),
            };
            match of {
                OfPart::Whole => part,
                OfPart::CacheControl => format!("{part}.cache_control"),
                OfPart::Arguments => format!("{part}.function.arguments"),
                OfPart::ImageUrl => format!("{part}.image_url.url"),
                OfPart::AudioFormat => format!("{part}.input_audio.format"),
                OfPart::FileId => format!("{part}.file.file_id"),
                OfPart::Member(name) => format!("{part}.{name}"),
            }
        }
        Param::Tool(at, of) => {
            let tool = element("tools", *at);
            let function = format!("{tool}.function");
            match of {
                OfTool::Whole => tool,
                OfTool::Strict => format!("{function}.strict"),
                OfTool::Schema => format!("{function}.parameters"),
                OfTool::SchemaKind => format!("{function}.parameters.type"),
                OfTool::SchemaMember(name) => format!("{function}.parameters.{name}"),
                OfTool::Member(name) => format!("{function}.{name}"),
                OfTool::Beside(name) => format!("{tool}.{name}"),
            }
        }
        Param::Own(name) => name.clone(),
    }
}

const fn field(field: Field) -> &'static str {
    match field {
        Field::Model => "model",
        Field::Messages => "messages",
        Field::Temperature => "temperature",
        Field::TopP => "top_p",
        Field::TopK => "top_k",
        Field::N => "n",
        Field::Seed => "seed",
        Field::FrequencyPenalty => "frequency_penalty",
        Field::PresencePenalty => "presence_penalty",
        Field::Logprobs => "logprobs",
        Field::TopLogprobs => "top_logprobs",
        Field::Stop => "stop",
        Field::ResponseFormat => "response_format",
        Field::Schema => "response_format.json_schema.schema",
        Field::SchemaDescription => "response_format.json_schema.description",
        Field::Effort => "reasoning_effort",
        Field::Thinking => "thinking",
        Field::ThinkingKind => "thinking.type",
        Field::ThinkingBudget => "thinking.budget_tokens",
        Field::User => "user",
        Field::Metadata => "metadata",
        Field::MetadataUser => "metadata.user_id",
        Field::ParallelToolCalls => "parallel_tool_calls",
        Field::ToolChoice => "tool_choice",
        Field::ToolChoiceName => "tool_choice.function.name",
        Field::ToolChoiceAllowed => "tool_choice.allowed_tools.tools",
        Field::CacheControl => "cache_control",
        Field::ImageDetail => "image_url.detail",
        Field::Filename => "file.filename",
    }
}

fn element(list: &str, at: Option<usize>) -> String {
    match at {
        Some(at) => format!("{list}[{at}]"),
        None => format!("{list}[]"),
    }
}
