//! The conversation as messages, in the client's order: <https://docs.ollama.com/api/chat>.
//!
//! A message of Ollama's has one text. Several of one message are parted by an empty line, as Ollama itself puts
//! messages of one role together (<https://github.com/ollama/ollama/blob/main/template/template.go>). Its images stand
//! beside the text, and before it where the model's template does not say otherwise.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::constraints::IMAGES;
use crate::hub::json::Str;
use crate::hub::{
    Arguments, Chat, Dropped, Field, Kind, Message as HubMessage, OfMessage, OfPart, Param, Part, Place,
    RequestError, Role, Source, media_type,
};

/// A message.
#[derive(Default, Serialize)]
pub struct Message<'a> {
    role: &'static str,
    content: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    tool_call_id: &'a str,
}

#[derive(Serialize)]
struct Call<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    index: usize,
    name: &'a str,
    arguments: Arguments<'a>,
}

/// Writes the conversation.
///
/// # Errors
/// What Ollama cannot be told: the field's path.
pub fn write<'a>(chat: &'a Chat<'a>, dropped: &mut Dropped) -> Result<Vec<Message<'a>>, RequestError> {
    if chat.messages.is_empty() {
        let why = "there is none: Ollama would load the model, and answer nothing";
        return Err(RequestError::invalid(Field::Messages, why));
    }
    let mut writer = Writer { dropped, called: BTreeMap::new() };
    let messages = chat.messages.iter().enumerate();
    messages.map(|(index, message)| writer.message(index, message)).collect()
}

/// Every step of it takes about the same time, however long the conversation is.
struct Writer<'a, 'd> {
    dropped: &'d mut Dropped,
    /// Names of functions that were called, by the ids of calls.
    called: BTreeMap<&'a str, VecDeque<&'a str>>,
}

/// What a message says, as far as Ollama has a place for it.
#[derive(Default)]
struct Said<'a> {
    texts: Vec<&'a Str<'a>>,
    images: Vec<&'a str>,
}

impl<'a> Writer<'a, '_> {
    fn message(&mut self, index: usize, message: &'a HubMessage<'a>) -> Result<Message<'a>, RequestError> {
        self.dropped.add_members(|name| Param::Message(None, OfMessage::Member(name)), &message.extra);
        match message.role {
            Role::System => self.said("system", index, &message.parts),
            Role::User => self.said("user", index, &message.parts),
            Role::Assistant => self.assistant(index, message),
            Role::Tool => self.tool(index, message),
        }
    }

    fn said(
        &mut self,
        role: &'static str,
        index: usize,
        parts: &'a [Part<'a>],
    ) -> Result<Message<'a>, RequestError> {
        let mut said = Said::default();
        for part in parts {
            part.report_rest(self.dropped);
            match &part.kind {
                Kind::Image { source, detail } if role != "system" => {
                    let detail = detail.as_deref().is_some_and(|detail| detail != "auto");
                    self.dropped.add_if(detail, Field::ImageDetail);
                    said.images.push(image(index, part.place, source)?);
                }
                _ => said.texts.push(text(index, part)?),
            }
        }
        Ok(Message {
            role,
            content: together(&said.texts, "\n\n"),
            images: said.images,
            ..Message::default()
        })
    }

    fn assistant(&mut self, index: usize, message: &'a HubMessage<'a>) -> Result<Message<'a>, RequestError> {
        let (mut texts, mut thoughts, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        for part in &message.parts {
            part.report_rest(self.dropped);
            match &part.kind {
                Kind::Thinking { text, signature } => {
                    let signed = signature.as_ref().is_some_and(|signature| !signature.is_empty());
                    self.dropped.add_if(signed, Param::Message(None, OfMessage::ThoughtSignature));
                    thoughts.push(text);
                }
                Kind::RedactedThinking(_) => {
                    let place = Place { index: None, ..part.place };
                    self.dropped.add(Param::Part(None, place, OfPart::Whole));
                }
                Kind::ToolCall { id, name, arguments, .. } => {
                    self.called.entry(id).or_default().push_back(name);
                    let arguments = Arguments::of(arguments);
                    let param = Param::any_part(part.place, OfPart::Arguments);
                    self.dropped.add_if(arguments.are_invalid(), param);
                    let function = Function { index: calls.len(), name, arguments };
                    calls.push(Call { id, kind: "function", function });
                }
                _ => texts.push(text(index, part)?),
            }
        }
        let thinking = Some(together(&thoughts, "")).filter(|thoughts| !thoughts.is_empty());
        let content = together(&texts, "\n\n");
        Ok(Message { role: "assistant", content, thinking, tool_calls: calls, ..Message::default() })
    }

    fn tool(&mut self, index: usize, message: &'a HubMessage<'a>) -> Result<Message<'a>, RequestError> {
        let result = message.parts.iter().find_map(|part| match &part.kind {
            Kind::ToolResult { id, parts } => Some((part, id, parts)),
            _ => None,
        });
        let Some((part, id, parts)) = result else { return self.said("tool", index, &message.parts) };
        part.report_rest(self.dropped);
        let said = self.said("tool", index, parts)?;
        let called = self.called.get_mut(id.as_str());
        // An id that was used again names the calls in their order.
        let name =
            called.and_then(|names| if names.len() > 1 { names.pop_front() } else { names.front().copied() });
        Ok(Message { tool_name: name, tool_call_id: id, ..said })
    }
}

/// The bytes of an image, as base64.
fn image<'a>(index: usize, place: Place, source: &'a Source<'a>) -> Result<&'a str, RequestError> {
    let refused =
        |why: &str| Err(RequestError::unsupported(Param::Part(Some(index), place, OfPart::ImageUrl), why));
    match source {
        Source::Url(_) => refused("Ollama fetches no images: give the image itself, as base64"),
        Source::Id(_) => refused("Ollama keeps no files: give the image itself, as base64"),
        Source::Data { media_type: declared, data } => match IMAGES.contains(&media_type(declared, data)) {
            true => Ok(data),
            false => refused("Ollama takes PNG, JPEG and WebP"),
        },
    }
}

/// The text of a part.
///
/// # Errors
/// A part that is no text.
fn text<'a>(index: usize, part: &'a Part<'a>) -> Result<&'a Str<'a>, RequestError> {
    let refused =
        |why: &str| Err(RequestError::unsupported(Param::Part(Some(index), part.place, OfPart::Whole), why));
    match &part.kind {
        Kind::Text { text, .. } | Kind::Refusal(text) => Ok(text),
        Kind::Image { .. } => refused("only the messages of users and tools hold images at Ollama"),
        Kind::Audio { .. } => refused("Ollama takes no audio in a chat"),
        Kind::File { .. } => refused("Ollama takes no files in a chat: give their text"),
        Kind::Thinking { .. }
        | Kind::RedactedThinking(_)
        | Kind::ToolCall { .. }
        | Kind::ToolResult { .. } => refused("cannot stand here"),
    }
}

/// Texts as one. Those that say nothing are left out.
fn together<'a>(texts: &[&'a Str<'a>], between: &str) -> Str<'a> {
    let mut spoken = texts.iter().filter(|text| !text.is_empty());
    match (spoken.next(), spoken.next()) {
        (None, _) => Str::default(),
        (Some(one), None) => one.share(),
        (Some(first), Some(second)) => {
            let rest = spoken.map(|text| text.as_str());
            let all: Vec<&str> = [first.as_str(), second.as_str()].into_iter().chain(rest).collect();
            Str::from(all.join(between))
        }
    }
}
