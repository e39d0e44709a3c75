//! The conversation as messages, in the client's order. Any role may be the last one's:
//! <https://cohere.com/blog/new-api-v2>.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::constraints::{CALL, MOST_IMAGES};
use super::models::Model;
use crate::dialect::names::{Given, Names};
use crate::hub::json::{Str, is_object};
use crate::hub::{
    Chat, Dropped, Field, Kind, Message as HubMessage, OfMessage, OfPart, Param, Part, Place, RequestError,
    Role, Source, media_type,
};

/// A message.
#[derive(Serialize)]
pub struct Message<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_plan: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
}

/// One text, or pieces.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Str<'a>),
    Pieces(Vec<Piece<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece<'a> {
    Text { text: Str<'a> },
    Thinking { thinking: Str<'a> },
    ImageUrl { image_url: Image<'a> },
}

/// <https://docs.cohere.com/docs/image-inputs>
#[derive(Serialize)]
struct Image<'a> {
    url: Url<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// Where an image is.
enum Url<'a> {
    Elsewhere(&'a str),
    Here { media_type: &'a str, data: &'a str },
}

#[derive(Serialize)]
struct Call<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: Str<'a>,
}

/// Writes the conversation.
///
/// # Errors
/// What Cohere cannot be told: the field's path.
pub fn write<'a>(
    chat: &'a Chat<'a>,
    model: &'a Model,
    names: &'a Names,
    dropped: &mut Dropped,
) -> Result<Vec<Message<'a>>, RequestError> {
    let (ids, waiting) = (Given::default(), BTreeMap::new());
    let mut writer = Writer { model, names, dropped, ids, waiting, images: 0 };
    let mut messages = Vec::with_capacity(chat.messages.len());
    for (index, message) in chat.messages.iter().enumerate() {
        writer.dropped.add_members(|name| Param::Message(None, OfMessage::Member(name)), &message.extra);
        match message.role {
            Role::System => messages.extend(writer.said("system", index, message)?),
            Role::User => messages.extend(writer.said("user", index, message)?),
            Role::Assistant => messages.extend(writer.assistant(index, message)?),
            Role::Tool => messages.extend(writer.tool(index, message)?),
        }
    }
    if messages.is_empty() {
        return Err(RequestError::invalid(Field::Messages, "nothing to send: every message is empty"));
    }
    Ok(messages)
}

/// What the operator says beside the client's own messages, behind those of the operator's that come first.
pub fn instruct(messages: &mut Vec<Message<'_>>, text: String) {
    let after = messages.iter().take_while(|message| message.role == "system").count();
    messages.insert(after, Message::new("system", vec![Piece::Text { text: Str::from(text) }]));
}

/// Every step of it takes about the same time, however long the conversation is.
struct Writer<'a, 'd> {
    model: &'a Model,
    names: &'a Names,
    dropped: &'d mut Dropped,
    /// Ids given to calls so far.
    ids: Given,
    /// Those that wait for a result, by the client's ids.
    waiting: BTreeMap<&'a str, VecDeque<Cow<'a, str>>>,
    images: usize,
}

impl<'a> Writer<'a, '_> {
    /// What the operator or the user says; nothing if that is empty.
    fn said(
        &mut self,
        role: &'static str,
        index: usize,
        message: &'a HubMessage<'a>,
    ) -> Result<Option<Message<'a>>, RequestError> {
        let mut pieces = Vec::new();
        for part in &message.parts {
            part.report_rest(self.dropped);
            let piece = match &part.kind {
                Kind::Image { source, detail } if role == "user" => {
                    Some(self.image(index, part.place, source, detail.as_deref())?)
                }
                _ => text(index, part)?.map(|text| Piece::Text { text }),
            };
            pieces.extend(piece);
        }
        Ok((!pieces.is_empty()).then(|| Message::new(role, pieces)))
    }

    fn assistant(
        &mut self,
        index: usize,
        message: &'a HubMessage<'a>,
    ) -> Result<Option<Message<'a>>, RequestError> {
        let is_call = |part: &Part<'_>| matches!(part.kind, Kind::ToolCall { .. });
        let plans = !self.model.thinks && message.parts.iter().any(is_call);
        let (mut pieces, mut calls, mut plan) = (Vec::new(), Vec::new(), None);
        for part in &message.parts {
            part.report_rest(self.dropped);
            match &part.kind {
                Kind::Thinking { text, signature } => {
                    let signed = signature.as_ref().is_some_and(|signature| !signature.is_empty());
                    let param = Param::Message(None, OfMessage::ThoughtSignature);
                    self.dropped.add_if(signed, param);
                    match text {
                        text if text.is_empty() => {}
                        text if self.model.thinks => pieces.push(Piece::Thinking { thinking: text.share() }),
                        text if plans => plan = Some(together(plan, text)),
                        _ => self.dropped.add(thoughts_name(part.place)),
                    }
                }
                Kind::RedactedThinking(_) => self.dropped.add(thoughts_name(part.place)),
                Kind::ToolCall { id, name, arguments, .. } => {
                    let given = self.ids.give(&CALL, id);
                    self.waiting.entry(id).or_default().push_back(given.clone());
                    let arguments = match arguments.trim() {
                        "" | "null" => Str::borrowed("{}"),
                        _ => arguments.share(),
                    };
                    let function = Function { name: self.names.sent(name), arguments };
                    calls.push(Call { id: given, kind: "function", function });
                }
                _ => pieces.extend(text(index, part)?.map(|text| Piece::Text { text })),
            }
        }
        let written = Message { tool_plan: plan, tool_calls: calls, ..Message::new("assistant", pieces) };
        Ok((written.content.is_some() || !written.tool_calls.is_empty()).then_some(written))
    }

    fn tool(
        &mut self,
        index: usize,
        message: &'a HubMessage<'a>,
    ) -> Result<Option<Message<'a>>, RequestError> {
        let results = message.parts.iter().find_map(|part| match &part.kind {
            Kind::ToolResult { id, parts } => Some((part, id, parts)),
            _ => None,
        });
        let Some((result, id, parts)) = results else { return Ok(None) };
        result.report_rest(self.dropped);
        let Some(given) = self.waiting.get_mut(id.as_str()).and_then(VecDeque::pop_front) else {
            let param = Param::Message(Some(index), OfMessage::CallId);
            let why = format_args!("no call before it that waits for a result has the id {:?}", id.as_str());
            return Err(RequestError::invalid(param, why));
        };
        let mut texts = Vec::new();
        for part in parts {
            part.report_rest(self.dropped);
            texts.extend(text(index, part)?);
        }
        let content = Some(Content::of_result(texts));
        Ok(Some(Message { tool_call_id: Some(given), content, ..Message::new("tool", Vec::new()) }))
    }

    fn image(
        &mut self,
        index: usize,
        place: Place,
        source: &'a Source<'a>,
        detail: Option<&'a str>,
    ) -> Result<Piece<'a>, RequestError> {
        let refused = |why: &str| {
            Err(RequestError::unsupported(Param::Part(Some(index), place, OfPart::ImageUrl), why))
        };
        self.images = self.images.saturating_add(1);
        if self.images > MOST_IMAGES {
            return refused("Cohere takes 20 images at the most");
        }
        let url = match source {
            Source::Url(url) if url.starts_with("https://") || url.starts_with("http://") => {
                Url::Elsewhere(url)
            }
            Source::Url(_) => return refused("Cohere reads http and https URLs only"),
            Source::Id(_) => return refused("Cohere keeps no files: give the image itself, or its URL"),
            Source::Data { media_type: declared, data } => match media_type(declared, data) {
                "image/jpg" => Url::Here { media_type: "image/jpeg", data },
                kind @ ("image/jpeg" | "image/png" | "image/webp" | "image/gif") => {
                    Url::Here { media_type: kind, data }
                }
                _ => return refused("Cohere takes PNG, JPEG, WebP and GIF"),
            },
        };
        let known = detail.filter(|detail| matches!(*detail, "auto" | "low" | "high"));
        self.dropped.add_if(known != detail, Field::ImageDetail);
        Ok(Piece::ImageUrl { image_url: Image { url, detail: known } })
    }
}

impl<'a> Message<'a> {
    fn new(role: &'static str, mut pieces: Vec<Piece<'a>>) -> Self {
        let content = match (pieces.pop(), pieces.is_empty()) {
            (None, _) => None,
            (Some(Piece::Text { text }), true) => Some(Content::Text(text)),
            (Some(last), _) => {
                pieces.push(last);
                Some(Content::Pieces(pieces))
            }
        };
        Self { role, tool_call_id: None, content, tool_plan: None, tool_calls: Vec::new() }
    }
}

impl<'a> Content<'a> {
    /// A result: an object's text as it is, words as pieces. One without words is an empty object.
    fn of_result(mut texts: Vec<Str<'a>>) -> Self {
        if texts.is_empty() {
            return Self::Text(Str::borrowed("{}"));
        }
        let is_one = |text: &mut Str<'_>| serde_json::from_str::<&RawValue>(text).is_ok_and(is_object);
        match texts.len() == 1 {
            true => match texts.pop_if(is_one) {
                Some(object) => Self::Text(object),
                None => Self::of_words(texts),
            },
            false => Self::of_words(texts),
        }
    }

    fn of_words(texts: Vec<Str<'a>>) -> Self {
        Self::Pieces(texts.into_iter().map(|text| Piece::Text { text }).collect())
    }
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Elsewhere(url) => serializer.serialize_str(url),
            Self::Here { media_type, data } => {
                serializer.collect_str(&format_args!("data:{media_type};base64,{data}"))
            }
        }
    }
}

/// The text of a part; none if it is empty.
///
/// # Errors
/// A part that is no text.
fn text<'a>(index: usize, part: &'a Part<'a>) -> Result<Option<Str<'a>>, RequestError> {
    let refused =
        |why: &str| Err(RequestError::unsupported(Param::Part(Some(index), part.place, OfPart::Whole), why));
    match &part.kind {
        Kind::Text { text, .. } | Kind::Refusal(text) => Ok((!text.is_empty()).then(|| text.share())),
        Kind::Image { .. } => refused("only a user's message holds images at Cohere"),
        Kind::Audio { .. } => refused("Cohere takes no audio in a chat"),
        Kind::File { .. } => refused("Cohere takes no files in a chat: give their text"),
        Kind::Thinking { .. }
        | Kind::RedactedThinking(_)
        | Kind::ToolCall { .. }
        | Kind::ToolResult { .. } => refused("cannot stand here"),
    }
}

/// Thoughts, and more of them.
fn together<'a>(before: Option<Str<'a>>, text: &'a Str<'a>) -> Str<'a> {
    match before {
        None => text.share(),
        Some(before) => Str::from(before.into_owned() + text),
    }
}

/// The parameter that thoughts were given in.
const fn thoughts_name(place: Place) -> Param {
    Param::Part(None, Place { index: None, ..place }, OfPart::Whole)
}
