//! The conversation as one prompt, since no model takes messages.
//!
//! What the operator says first is apart (`system`). If one user's message is all that follows, its text is the prompt.
//! Anything else is a transcript: each message behind the word for who speaks, a blank line between them, and at the end
//! the word for the model, whose turn it is. A message of the model's that comes last is left open, to be continued.
//!
//! ```text
//! User: What is the weather?
//!
//! Assistant: [call_1: weather {"city":"Rome"}]
//!
//! Tool call_1: Rain.
//!
//! Assistant:
//! ```

use super::models::{Images, Model};
use crate::hub::{
    Chat, Dropped, Field, Kind, Message, OfMessage, OfPart, Param, Part, Place, RequestError, Role, Source,
    media_type,
};

/// What the conversation becomes.
#[derive(Debug, Default)]
pub struct Prompt {
    /// What the operator says first.
    pub system: String,
    /// All else.
    pub text: String,
    /// Images beside it: their URLs.
    pub images: Vec<String>,
}

impl Prompt {
    /// Writes it.
    ///
    /// # Errors
    /// What this model cannot be told: the field's path.
    pub fn of(chat: &Chat<'_>, model: &Model, dropped: &mut Dropped) -> Result<Self, RequestError> {
        let mut writer = Writer { model, dropped, images: Vec::new() };
        let mut said: Vec<(Role, Vec<String>)> = Vec::with_capacity(chat.messages.len());
        for (index, message) in chat.messages.iter().enumerate() {
            let lines = writer.lines(index, message)?;
            if !lines.is_empty() {
                said.push((message.role, lines));
            }
        }
        let images = writer.images;
        if said.is_empty() && images.is_empty() {
            return Err(RequestError::invalid(Field::Messages, "nothing to send: every message is empty"));
        }
        let first = said.iter().take_while(|(role, _)| *role == Role::System).count();
        let rest = said.split_off(first);
        let system: Vec<_> = said.into_iter().map(|(_, lines)| lines.join("\n\n")).collect();
        Ok(Self { system: system.join("\n\n"), text: transcript(rest), images })
    }

    /// Adds what the operator says beside the client's own messages.
    pub fn instruct(&mut self, text: &str) {
        if !self.system.is_empty() {
            self.system.push_str("\n\n");
        }
        self.system.push_str(text);
    }

    /// The prompt of a model that has no other place for what the operator says.
    pub fn with_system(self) -> String {
        match (self.system.is_empty(), self.text.is_empty()) {
            (true, _) => self.text,
            (false, true) => self.system,
            (false, false) => [self.system.as_str(), "\n\n", &self.text].concat(),
        }
    }
}

/// Messages as one text.
fn transcript(mut said: Vec<(Role, Vec<String>)>) -> String {
    if let [(Role::User, lines)] = said.as_mut_slice() {
        return std::mem::take(lines).join("\n\n");
    }
    let is_open = said.last().is_none_or(|(role, _)| *role != Role::Assistant);
    let mut text = String::new();
    for (role, lines) in &said {
        let who = match role {
            Role::System => "System: ",
            Role::User => "User: ",
            Role::Assistant => "Assistant: ",
            Role::Tool => "Tool ",
        };
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(who);
        text.push_str(&lines.join("\n\n"));
    }
    if is_open && !text.is_empty() {
        text.push_str("\n\nAssistant:");
    }
    text
}

struct Writer<'m, 'd> {
    model: &'m Model,
    dropped: &'d mut Dropped,
    images: Vec<String>,
}

impl Writer<'_, '_> {
    /// What a message says.
    fn lines(&mut self, index: usize, message: &Message<'_>) -> Result<Vec<String>, RequestError> {
        self.dropped.add_members(|name| Param::Message(None, OfMessage::Member(name)), &message.extra);
        let mut lines = Vec::new();
        for part in &message.parts {
            self.note(part);
            match &part.kind {
                Kind::Thinking { .. } | Kind::RedactedThinking(_) => {
                    let place = Place { index: None, ..part.place };
                    self.dropped.add(Param::Part(None, place, OfPart::Whole));
                }
                Kind::Image { source, detail } if message.role == Role::User => {
                    self.dropped.add_if(detail.is_some(), Field::ImageDetail);
                    let url = self.image(index, part.place, source)?;
                    self.images.push(url);
                }
                Kind::ToolCall { id, name, arguments, .. } => {
                    let arguments = if arguments.is_blank() { "{}" } else { arguments };
                    lines.push(format!("[{}: {} {arguments}]", id.as_str(), name.as_str()));
                }
                Kind::ToolResult { id, parts } => {
                    let mut given = Vec::new();
                    for part in parts {
                        self.note(part);
                        given.extend(text(index, part)?);
                    }
                    lines.push(format!("{}: {}", id.as_str(), given.join("\n\n")));
                }
                _ => lines.extend(text(index, part)?.map(str::to_owned)),
            }
        }
        Ok(lines)
    }

    /// Where an image is.
    fn image(&self, index: usize, place: Place, source: &Source<'_>) -> Result<String, RequestError> {
        let refused = |why: &str| {
            Err(RequestError::unsupported(Param::Part(Some(index), place, OfPart::ImageUrl), why))
        };
        match self.model.images {
            Images::No => return refused("this model of Replicate's takes no images in a chat"),
            Images::One(_) if !self.images.is_empty() => {
                return refused("this model of Replicate's takes one image");
            }
            Images::One(_) | Images::Many(_) => {}
        }
        match source {
            Source::Url(url) if url.starts_with("https://") || url.starts_with("http://") => {
                Ok(url.as_str().to_owned())
            }
            Source::Url(_) => refused("Replicate reads http and https URLs only"),
            Source::Id(_) => refused("this id is no file of Replicate's: give the image itself, or its URL"),
            Source::Data { media_type: declared, data } => {
                Ok(["data:", media_type(declared, data), ";base64,", data].concat())
            }
        }
    }

    /// Reports what stands beside a part and has no counterpart.
    fn note(&mut self, part: &Part<'_>) {
        self.dropped.add_if(part.cache_control.is_some(), Field::CacheControl);
        self.dropped.add_members(|name| Param::any_part(part.place, OfPart::Member(name)), &part.extra);
    }
}

/// The text of a part; none if it is empty.
///
/// # Errors
/// A part that is no text.
fn text<'a>(index: usize, part: &'a Part<'_>) -> Result<Option<&'a str>, RequestError> {
    let refused =
        |why: &str| Err(RequestError::unsupported(Param::Part(Some(index), part.place, OfPart::Whole), why));
    match &part.kind {
        Kind::Text { text, .. } | Kind::Refusal(text) => Ok((!text.is_empty()).then(|| text.as_str())),
        Kind::Image { .. } => refused("only a user's message holds images at Replicate"),
        Kind::Audio { .. } => refused("Replicate's models of language take no audio"),
        Kind::File { .. } => refused("Replicate's models of language take no files: give their text"),
        Kind::Thinking { .. }
        | Kind::RedactedThinking(_)
        | Kind::ToolCall { .. }
        | Kind::ToolResult { .. } => refused("cannot stand here"),
    }
}
