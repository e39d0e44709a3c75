//! The messages of a chat, written as OpenAI spells them.
//!
//! A text that the client gave as one string leaves as one; whatever else is said is a list. Thoughts go where clients of
//! the format know them from answers: `thinking_blocks`, or `reasoning_content` where the client had them there.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::nested;
use super::request::entry;
use crate::dialect::openai::answer::ExtraContent;
use crate::hub::json::{Members, Str};
use crate::hub::{
    Chat, Dropped, Kind, Message as HubMessage, OfPart, Param, Part, RequestError, Role, Source,
};

/// The objects that members are lifted from to a message, a part or a call.
const LIFTED: &[&str] =
    &["extra_content", "extra_content.google", "image_url", "input_audio", "file", "function"];

/// Sees to it that every part has a word, and reports marks that have no place.
///
/// # Errors
/// A part that the format has no word for.
pub fn check(chat: &Chat<'_>, dropped: &mut Dropped) -> Result<(), RequestError> {
    for (index, message) in chat.messages.iter().enumerate() {
        for part in &message.parts {
            match &part.kind {
                Kind::ToolResult { parts, .. } if message.role == Role::Tool => {
                    parts.iter().try_for_each(|part| has_a_word(index, part))?;
                }
                _ => has_a_word(index, part)?,
            }
        }
        let written = Message::of(message);
        for (place, part) in message.parts.iter().enumerate() {
            let last = place.saturating_add(1) == message.parts.len();
            let lost = part.cache_control.is_some() && written.is_member(part) && !last;
            dropped.add_if(lost, Param::any_part(part.place, OfPart::CacheControl));
        }
    }
    Ok(())
}

fn has_a_word(message: usize, part: &Part<'_>) -> Result<(), RequestError> {
    let refuse = |of, why| Err(RequestError::unsupported(Param::Part(Some(message), part.place, of), why));
    match &part.kind {
        Kind::Image { source: Source::Id(_), .. } => {
            refuse(OfPart::ImageUrl, "an image is given by a URL or as data; OpenAI takes no id of one")
        }
        Kind::File { source: Source::Url(_), .. } => {
            refuse(OfPart::FileId, "a file is given as data or by its id; OpenAI takes no URL of one")
        }
        Kind::ToolResult { .. } => refuse(OfPart::Whole, "a result cannot stand here"),
        _ => Ok(()),
    }
}

/// One message.
pub struct Message<'a> {
    message: &'a HubMessage<'a>,
    /// The call that it answers.
    call: Option<&'a Str<'a>>,
    /// What it says, a result's parts included.
    parts: &'a [Part<'a>],
    /// What is said is one string.
    plain: bool,
}

impl<'a> Message<'a> {
    /// The message of the hub's.
    pub fn of(message: &'a HubMessage<'a>) -> Self {
        let (call, parts) = match message.parts.as_slice() {
            [Part { kind: Kind::ToolResult { id, parts }, .. }] => (Some(id), parts.as_slice()),
            parts => (None, parts),
        };
        let mut said = parts.iter().filter(|part| is_content(part));
        let plain = match (said.next(), said.next()) {
            (Some(part), None) => {
                let text = matches!(part.kind, Kind::Text { .. });
                text && part.place.index.is_none() && part.extra.is_empty()
            }
            _ => false,
        };
        Self { message, call, parts, plain }
    }

    /// Whether a part is a member of the message, which no mark can stand on.
    fn is_member(&self, part: &Part<'_>) -> bool {
        match &part.kind {
            Kind::Text { .. } => self.plain,
            Kind::Refusal(_) => part.place.member == "refusal",
            Kind::Thinking { .. } => part.place.member == "reasoning_content",
            _ => false,
        }
    }

    /// The mark on the last part, where only the message can bear it; or that on a result.
    fn cache_control(&self) -> Option<&'a serde_json::value::RawValue> {
        let last = self.message.parts.last()?;
        last.cache_control.filter(|_| self.call.is_some() || self.is_member(last))
    }

    /// Parts that are written in one list.
    fn list(&self, of: fn(&Part<'_>) -> bool) -> Option<Parts<'a>> {
        self.parts.iter().any(of).then_some(Parts { parts: self.parts, of })
    }
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let role = match self.message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        };
        map.serialize_entry("role", role)?;
        entry(&mut map, "tool_call_id", self.call)?;
        let mut signature = None;
        for part in self.parts.iter().filter(|part| self.is_member(part)) {
            match &part.kind {
                Kind::Text { text, signature: mark } => {
                    map.serialize_entry("content", text)?;
                    signature = mark.as_deref();
                }
                Kind::Refusal(text) => map.serialize_entry("refusal", text)?,
                Kind::Thinking { text, .. } => map.serialize_entry("reasoning_content", text)?,
                _ => {}
            }
        }
        if !self.plain {
            match (self.list(is_content), self.message.role) {
                (Some(parts), _) => map.serialize_entry("content", &parts)?,
                (None, Role::Assistant) => map.serialize_entry("content", &None::<&str>)?,
                (None, _) => map.serialize_entry("content", &[(); 0])?,
            }
        }
        entry(&mut map, "thinking_blocks", self.list(is_block))?;
        entry(&mut map, "tool_calls", self.list(is_call))?;
        entry(&mut map, "cache_control", self.cache_control())?;
        extra_content(&mut map, signature, &self.message.extra)?;
        nested::write(&mut map, &self.message.extra, LIFTED, "")?;
        map.end()
    }
}

/// Whether it is of the message's `content`.
fn is_content(part: &Part<'_>) -> bool {
    match part.kind {
        Kind::Refusal(_) => part.place.member != "refusal",
        Kind::Thinking { .. } | Kind::RedactedThinking(_) | Kind::ToolCall { .. } => false,
        _ => true,
    }
}

/// Whether it is of the message's `thinking_blocks`.
fn is_block(part: &Part<'_>) -> bool {
    match part.kind {
        Kind::Thinking { .. } => part.place.member != "reasoning_content",
        Kind::RedactedThinking(_) => true,
        _ => false,
    }
}

/// Whether it is of the message's `tool_calls`.
fn is_call(part: &Part<'_>) -> bool {
    matches!(part.kind, Kind::ToolCall { .. })
}

/// Those parts that belong into one list.
struct Parts<'a> {
    parts: &'a [Part<'a>],
    of: fn(&Part<'_>) -> bool,
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for part in self.parts.iter().filter(|part| (self.of)(part)) {
            list.serialize_element(&Element(part))?;
        }
        list.end()
    }
}

/// One element of such a list.
struct Element<'a>(&'a Part<'a>);

impl Serialize for Element<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let part = self.0;
        let mut map = serializer.serialize_map(None)?;
        let within = |within| Within { part, within };
        match &part.kind {
            Kind::Text { text, signature } => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
                extra_content(&mut map, signature.as_deref(), &part.extra)?;
            }
            Kind::Refusal(text) => {
                map.serialize_entry("type", "refusal")?;
                map.serialize_entry("refusal", text)?;
            }
            Kind::Image { .. } => {
                map.serialize_entry("type", "image_url")?;
                map.serialize_entry("image_url", &within("image_url"))?;
            }
            Kind::Audio { .. } => {
                map.serialize_entry("type", "input_audio")?;
                map.serialize_entry("input_audio", &within("input_audio"))?;
            }
            Kind::File { .. } => {
                map.serialize_entry("type", "file")?;
                map.serialize_entry("file", &within("file"))?;
            }
            Kind::Thinking { text, signature } => {
                map.serialize_entry("type", "thinking")?;
                map.serialize_entry("thinking", text)?;
                entry(&mut map, "signature", signature.as_ref())?;
            }
            Kind::RedactedThinking(data) => {
                map.serialize_entry("type", "redacted_thinking")?;
                map.serialize_entry("data", data)?;
            }
            Kind::ToolCall { id, signature, .. } => {
                map.serialize_entry("id", id)?;
                map.serialize_entry("type", "function")?;
                map.serialize_entry("function", &within("function"))?;
                extra_content(&mut map, signature.as_deref(), &part.extra)?;
            }
            // Refused before.
            Kind::ToolResult { .. } => {}
        }
        entry(&mut map, "cache_control", part.cache_control)?;
        nested::write(&mut map, &part.extra, LIFTED, "")?;
        map.end()
    }
}

/// The object inside a part that says what it is.
struct Within<'a> {
    part: &'a Part<'a>,
    within: &'static str,
}

impl Serialize for Within<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.part.kind {
            Kind::Image { source, detail } => {
                map.serialize_entry("url", &Url(source))?;
                entry(&mut map, "detail", detail.as_ref())?;
            }
            Kind::Audio { data, format } => {
                map.serialize_entry("data", data)?;
                map.serialize_entry("format", format)?;
            }
            Kind::File { source, filename } => {
                let name = if matches!(source, Source::Id(_)) { "file_id" } else { "file_data" };
                map.serialize_entry(name, &Url(source))?;
                entry(&mut map, "filename", filename.as_ref())?;
            }
            Kind::ToolCall { name, arguments, .. } => {
                map.serialize_entry("name", name)?;
                map.serialize_entry("arguments", arguments)?;
            }
            _ => {}
        }
        nested::write(&mut map, &self.part.extra, LIFTED, self.within)?;
        map.end()
    }
}

/// Where bytes are: data as a `data:` URL, written from where it lies.
struct Url<'a>(&'a Source<'a>);

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Source::Data { media_type, data } => {
                serializer.collect_str(&format_args!("data:{media_type};base64,{data}"))
            }
            Source::Url(text) | Source::Id(text) => serializer.serialize_str(text),
        }
    }
}

/// Writes a provider's mark, with what else stood in its objects.
fn extra_content<M: SerializeMap>(
    map: &mut M,
    signature: Option<&str>,
    extra: &Members<'_>,
) -> Result<(), M::Error> {
    const ALL: [&str; 2] = ["extra_content", "extra_content.google"];
    if !ALL.iter().any(|object| nested::has(extra, LIFTED, object)) {
        return entry(map, "extra_content", signature.map(ExtraContent::of));
    }
    map.serialize_entry("extra_content", &Marked { signature, extra, google: false })
}

/// `extra_content`, or `google` within it.
struct Marked<'a> {
    signature: Option<&'a str>,
    extra: &'a Members<'a>,
    google: bool,
}

impl Serialize for Marked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { signature, extra, google } = *self;
        let mut map = serializer.serialize_map(None)?;
        if google {
            entry(&mut map, "thought_signature", signature)?;
            nested::write(&mut map, extra, LIFTED, "extra_content.google")?;
        } else {
            if signature.is_some() || nested::has(extra, LIFTED, "extra_content.google") {
                map.serialize_entry("google", &Marked { signature, extra, google: true })?;
            }
            nested::write(&mut map, extra, LIFTED, "extra_content")?;
        }
        map.end()
    }
}
