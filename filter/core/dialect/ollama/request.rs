//! The hub's request as a body of Ollama's: <https://docs.ollama.com/api/chat>.

use serde::Serialize;
use serde_json::value::RawValue;

use super::messages::{self, Message};
use super::options::{self, Options};
use super::thinking::{self, Think};
use super::tools::{self, Declared};
use crate::dialect::Written;
use crate::hub::json::{Number, is_null};
use crate::hub::{Chat, Dropped, Field, RequestError, ResponseFormat};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    /// Ollama streams unless it is told not to.
    stream: bool,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Declared<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Form<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_alive: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncate: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shift: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Options::is_empty")]
    options: Options<'a>,
}

/// The form of the answer: `json`, or a schema.
#[derive(Serialize)]
#[serde(untagged)]
enum Form<'a> {
    Word(&'static str),
    Raw(&'a RawValue),
}

/// Members of Ollama's own that a client may give beside OpenAI's. The last two say what becomes of a conversation that
/// is longer than the context: `truncate` of the prompt, `shift` while the answer is made
/// (<https://github.com/ollama/ollama/blob/main/api/types.go>).
const OWN: [&str; 6] = ["options", "think", "format", "keep_alive", "truncate", "shift"];

/// Writes the body.
///
/// # Errors
/// What Ollama cannot be told without a loss of meaning: the field's path.
pub fn write(chat: &Chat<'_>, model: &str, dropped: &mut Dropped) -> Result<Written, RequestError> {
    let messages = messages::write(chat, dropped)?;
    let tools = tools::write(chat, dropped)?;
    let [options, think, format, keep_alive, truncate, shift] = OWN.map(|name| extra(chat, name));
    let format = form(chat, format, dropped);
    let think = thinking::plan(chat, think, dropped);
    let options = options::write(chat, options, dropped)?;
    unknown(chat, dropped);
    let body = Body {
        model,
        stream: chat.stream,
        messages,
        tools,
        format,
        think,
        logprobs: chat.logprobs.filter(|wanted| *wanted),
        top_logprobs: chat.top_logprobs,
        keep_alive,
        truncate,
        shift,
        options,
    };
    Ok(Written::of(chat.write(&body)?))
}

/// The form of the answer; Ollama's own word for it counts for more.
fn form<'a>(chat: &'a Chat<'a>, own: Option<&'a RawValue>, dropped: &mut Dropped) -> Option<Form<'a>> {
    let format = chat.response_format.as_ref().filter(|format| !matches!(format, ResponseFormat::Text));
    if let Some(own) = own {
        dropped.add_if(format.is_some(), Field::ResponseFormat);
        return Some(Form::Raw(own));
    }
    match format? {
        ResponseFormat::JsonSchema { schema: Some(schema), description, .. } => {
            dropped.add_if(description.is_some(), Field::SchemaDescription);
            Some(Form::Raw(schema))
        }
        ResponseFormat::Text | ResponseFormat::JsonObject | ResponseFormat::JsonSchema { .. } => {
            Some(Form::Word("json"))
        }
    }
}

/// Reports what Ollama has no word for. What is its own default (`n: 1`) needs none.
fn unknown(chat: &Chat<'_>, dropped: &mut Dropped) {
    dropped.add_if(chat.n.is_some_and(|number| number.as_f64() != Some(1.0)), Field::N);
    dropped.add_if(chat.user.is_some(), Field::User);
    dropped.add_if(chat.metadata.is_some(), Field::Metadata);
    chat.report_unknown(&[&OWN[..], options::BESIDE].concat(), dropped);
}

/// A member that the hub does not model.
fn extra<'a>(chat: &Chat<'a>, name: &str) -> Option<&'a RawValue> {
    let found = chat.extra.iter().find(|(known, _)| known.as_str() == name);
    found.map(|(_, value)| *value).filter(|value| !is_null(value))
}
