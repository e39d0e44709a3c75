//! The conversation as contents: roles alternate, the user begins, results follow their calls.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use serde_json::value::RawValue;

use super::media::{Blob, FileData, Media, MediaResolution, audio_type};
use super::models::{Model, Thinking};
use crate::dialect::names::Names;
use crate::hub::json::{Str, is_object};
use crate::hub::{
    Arguments, Chat, Dropped, Field, Kind, Message, OfMessage, OfPart, Param, Part as HubPart, Place,
    RequestError, Role, sound_format,
};

/// What stands where Google demands a text and there is none.
const BLANK: &str = " ";

/// Google's documented value for a call whose signature is lost:
/// <https://ai.google.dev/gemini-api/docs/thought-signatures> (FAQ).
const BYPASS: &str = "skip_thought_signature_validator";

/// `systemInstruction` and `contents`.
#[derive(Debug)]
pub struct Conversation<'a> {
    /// What the operator says.
    pub system: Option<Content<'a>>,
    /// What was said since.
    pub contents: Vec<Content<'a>>,
}

/// One turn.
#[derive(Debug, Serialize)]
pub struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Speaker>,
    parts: Vec<Part<'a>>,
    /// Results of the calls of the turn before, by the calls' order; they go first.
    #[serde(skip)]
    results: Vec<(usize, Part<'a>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    User,
    Model,
}

/// A piece of a turn: one of its kinds, and what may stand beside it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    thought: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<Blob<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<FileData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_response: Option<FunctionResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_resolution: Option<MediaResolution>,
}

#[derive(Debug, Serialize)]
struct FunctionCall<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'a str,
    name: &'a str,
    args: Arguments<'a>,
}

#[derive(Debug, Serialize)]
struct FunctionResponse<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'a str,
    name: &'a str,
    response: Response<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part<'a>>,
}

/// An object as the function gave it, or its words.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Response<'a> {
    Object(&'a RawValue),
    Words { output: Cow<'a, str> },
}

/// A call that has no result yet.
struct Call<'a> {
    id: &'a str,
    name: &'a str,
    message: usize,
    place: Place,
}

/// Writes the conversation.
///
/// # Errors
/// What Gemini cannot be told: the field's path.
pub fn write<'a>(
    chat: &'a Chat<'a>,
    model: &'a Model,
    names: &'a Names,
    dropped: &mut Dropped,
) -> Result<Conversation<'a>, RequestError> {
    let mut writer = Writer {
        model,
        names,
        dropped,
        system: Vec::new(),
        contents: Vec::new(),
        open: BTreeMap::new(),
        waiting: BTreeMap::new(),
        calls: 0,
        last: 0,
    };
    for (index, message) in chat.messages.iter().enumerate() {
        writer.dropped.add_members(|name| Param::Message(None, OfMessage::Member(name)), &message.extra);
        match message.role {
            Role::System => writer.system(index, message)?,
            Role::User => writer.user(index, message)?,
            Role::Assistant => writer.assistant(index, message)?,
            Role::Tool => writer.tool(index, message)?,
        }
    }
    writer.finish()
}

/// Every step of it takes about the same time, however long the conversation is.
struct Writer<'a, 'd> {
    model: &'a Model,
    names: &'a Names,
    dropped: &'d mut Dropped,
    system: Vec<Part<'a>>,
    contents: Vec<Content<'a>>,
    /// Calls that have no result yet, by their order.
    open: BTreeMap<usize, Call<'a>>,
    /// The orders of those with the same id.
    waiting: BTreeMap<&'a str, VecDeque<usize>>,
    /// How many calls there were.
    calls: usize,
    /// The last message that was the model's.
    last: usize,
}

impl<'a> Writer<'a, '_> {
    fn system(&mut self, index: usize, message: &'a Message<'a>) -> Result<(), RequestError> {
        for part in &message.parts {
            part.report_rest(self.dropped);
            match &part.kind {
                Kind::Text { text, .. } | Kind::Refusal(text) if text.is_empty() => {}
                Kind::Text { text, .. } | Kind::Refusal(text) => self.system.push(Part::text(text.share())),
                _ => {
                    return Err(RequestError::unsupported(
                        Param::Part(Some(index), part.place, OfPart::Whole),
                        "system messages are text",
                    ));
                }
            }
        }
        Ok(())
    }

    fn user(&mut self, index: usize, message: &'a Message<'a>) -> Result<(), RequestError> {
        let mut parts = Vec::new();
        for part in &message.parts {
            part.report_rest(self.dropped);
            parts.extend(self.content(index, part)?);
        }
        self.turn(Speaker::User).parts.append(&mut parts);
        Ok(())
    }

    fn assistant(&mut self, index: usize, message: &'a Message<'a>) -> Result<(), RequestError> {
        if self.contents.last().is_some_and(|turn| turn.role == Some(Speaker::User)) {
            self.answered()?;
        }
        let googles = message.is_marked();
        let mut parts = Vec::new();
        for part in &message.parts {
            part.report_rest(self.dropped);
            match &part.kind {
                Kind::Thinking { text, signature } => {
                    parts.extend(self.thought(part.place, text, signature.as_deref(), googles));
                }
                Kind::RedactedThinking(_) => self.dropped.add(thoughts_name(part.place)),
                Kind::ToolCall { id, name, arguments, signature } => {
                    let args = Arguments::of(arguments);
                    let param = Param::any_part(part.place, OfPart::Arguments);
                    self.dropped.add_if(args.are_invalid(), param);
                    let (order, place, name) = (self.calls, part.place, self.names.sent(name));
                    self.open.insert(order, Call { id, name, message: index, place });
                    self.waiting.entry(id).or_default().push_back(order);
                    self.calls = self.calls.saturating_add(1);
                    parts.push(Part {
                        function_call: Some(FunctionCall { id, name, args }),
                        thought_signature: signature.as_deref(),
                        ..Part::default()
                    });
                }
                _ => parts.extend(self.content(index, part)?),
            }
        }
        if !parts.is_empty() {
            self.turn(Speaker::Model).parts.append(&mut parts);
            self.last = index;
        }
        Ok(())
    }

    fn tool(&mut self, index: usize, message: &'a Message<'a>) -> Result<(), RequestError> {
        for part in &message.parts {
            part.report_rest(self.dropped);
            let Kind::ToolResult { id, parts } = &part.kind else { continue };
            let order = self.waiting.get_mut(id.as_str()).and_then(VecDeque::pop_front);
            let Some((order, call)) = order.and_then(|order| self.open.remove_entry(&order)) else {
                let param = Param::Message(Some(index), OfMessage::CallId);
                let why =
                    format_args!("no call before it that waits for a result has the id {:?}", id.as_str());
                return Err(RequestError::invalid(param, why));
            };
            let (response, within, mut beside) = self.result(index, parts)?;
            let response = FunctionResponse { id: call.id, name: call.name, response, parts: within };
            let turn = self.turn(Speaker::User);
            turn.results.push((order, Part { function_response: Some(response), ..Part::default() }));
            turn.parts.append(&mut beside);
        }
        Ok(())
    }

    /// What a function gave: its words, media that belong within the response, and media beside it.
    fn result(
        &mut self,
        index: usize,
        parts: &'a [HubPart<'a>],
    ) -> Result<(Response<'a>, Vec<Part<'a>>, Vec<Part<'a>>), RequestError> {
        let mut words = Cow::Borrowed("");
        let (mut within, mut beside) = (Vec::new(), Vec::new());
        for part in parts {
            part.report_rest(self.dropped);
            match &part.kind {
                Kind::Text { text, .. } | Kind::Refusal(text) if words.is_empty() => {
                    words = Cow::Borrowed(text)
                }
                Kind::Text { text, .. } | Kind::Refusal(text) => words.to_mut().push_str(text),
                _ => {
                    if let Some(part) = self.content(index, part)? {
                        let inline = part.inline_data.is_some();
                        if inline && self.model.third { &mut within } else { &mut beside }.push(part);
                    }
                }
            }
        }
        let object = match &words {
            Cow::Borrowed(words) => {
                serde_json::from_str::<&RawValue>(words).ok().filter(|raw| is_object(raw))
            }
            Cow::Owned(_) => None,
        };
        Ok((object.map_or(Response::Words { output: words }, Response::Object), within, beside))
    }

    /// A part that either side may say.
    fn content(&mut self, index: usize, part: &'a HubPart<'a>) -> Result<Option<Part<'a>>, RequestError> {
        let param = |of| Param::Part(Some(index), part.place, of);
        Ok(Some(match &part.kind {
            Kind::Text { text, signature: None } | Kind::Refusal(text) if text.is_empty() => return Ok(None),
            Kind::Text { text, signature } => {
                Part { thought_signature: signature.as_deref(), ..Part::text(text.share()) }
            }
            Kind::Refusal(text) => Part::text(text.share()),
            Kind::Image { source, detail } => {
                let media = Media::of(source, None, "image/jpeg", || param(OfPart::ImageUrl))?;
                let resolution = detail.as_deref().map_or(Ok(None), MediaResolution::of);
                let understood = matches!(resolution, Ok(None)) || (self.model.third && resolution.is_ok());
                self.dropped.add_if(!understood, Field::ImageDetail);
                let resolution = resolution.ok().flatten().filter(|_| self.model.third);
                Part { media_resolution: resolution, ..Part::media(media) }
            }
            Kind::Audio { data, format } => {
                let mime_type = audio_type(sound_format(format, data)).ok_or_else(|| {
                    let why = format_args!("{:?} is no format of sound that Gemini takes", format.as_str());
                    RequestError::unsupported(param(OfPart::AudioFormat), why)
                })?;
                Part::media(Media::Inline(Blob { mime_type, data }))
            }
            Kind::File { source, filename } => {
                self.dropped.add_if(filename.is_some(), Field::Filename);
                let param = || param(OfPart::FileId);
                Part::media(Media::of(source, filename.as_deref(), "application/pdf", param)?)
            }
            Kind::Thinking { .. }
            | Kind::RedactedThinking(_)
            | Kind::ToolCall { .. }
            | Kind::ToolResult { .. } => {
                return Err(RequestError::unsupported(param(OfPart::Whole), "cannot stand here"));
            }
        }))
    }

    /// Thoughts go back as thoughts. Their signature may be another provider's, which Gemini refuses, so it goes
    /// back only in a message that bears another mark of Google's.
    fn thought(
        &mut self,
        place: Place,
        text: &'a str,
        signature: Option<&'a str>,
        googles: bool,
    ) -> Option<Part<'a>> {
        if matches!(self.model.thinking, Thinking::Never) {
            self.dropped.add(thoughts_name(place));
            return None;
        }
        self.dropped
            .add_if(signature.is_some() && !googles, Param::Message(None, OfMessage::ThoughtSignature));
        let thought_signature = signature.filter(|_| googles);
        let empty = text.is_empty() && thought_signature.is_none();
        (!empty).then(|| Part { thought: true, thought_signature, ..Part::text(text) })
    }

    /// The turn to add to: the last one, if it is the speaker's.
    fn turn(&mut self, speaker: Speaker) -> &mut Content<'a> {
        let same = self.contents.pop_if(|turn| turn.role == Some(speaker));
        let turn =
            same.unwrap_or_else(|| Content { role: Some(speaker), parts: Vec::new(), results: Vec::new() });
        self.contents.push_mut(turn)
    }

    /// Every call must have its result before the model speaks again.
    fn answered(&self) -> Result<(), RequestError> {
        match self.open.first_key_value() {
            None => Ok(()),
            Some((_, call)) => {
                let why = "the call has no result: every call must be followed by a message of role `tool`";
                Err(RequestError::invalid(Param::Part(Some(call.message), call.place, OfPart::Whole), why))
            }
        }
    }

    fn finish(mut self) -> Result<Conversation<'a>, RequestError> {
        match self.contents.last().and_then(|turn| turn.role) {
            Some(Speaker::Model) if !self.model.sampling_and_prefill => {
                let why =
                    "this model does not continue an answer: the last message must be the user's or a tool's";
                return Err(RequestError::unsupported(
                    Param::Message(Some(self.last), OfMessage::Whole),
                    why,
                ));
            }
            Some(Speaker::User) => self.answered()?,
            _ => {}
        }
        if self.contents.first().is_none_or(|turn| turn.role == Some(Speaker::Model)) {
            let turn = Content { role: Some(Speaker::User), parts: Vec::new(), results: Vec::new() };
            self.contents.insert(0, turn);
        }
        for turn in &mut self.contents {
            turn.seal(self.model);
        }
        let system = (!self.system.is_empty()).then_some(Content {
            role: None,
            parts: self.system,
            results: Vec::new(),
        });
        Ok(Conversation { system, contents: self.contents })
    }
}

impl Conversation<'_> {
    /// Adds to what the operator says.
    pub fn instruct(&mut self, text: String) {
        let content = Content { role: None, parts: Vec::new(), results: Vec::new() };
        self.system.get_or_insert(content).parts.push(Part::text(text));
    }
}

impl Content<'_> {
    fn seal(&mut self, model: &Model) {
        self.results.sort_by_key(|(order, _)| *order);
        let results = std::mem::take(&mut self.results).into_iter().map(|(_, part)| part);
        self.parts.splice(..0, results);
        if self.parts.is_empty() {
            self.parts.push(Part::text(BLANK));
        }
        let calls = self.parts.iter_mut().find(|part| part.function_call.is_some());
        if let (true, Some(first)) = (model.third, calls) {
            first.thought_signature.get_or_insert(BYPASS);
        }
    }
}

impl<'a> Part<'a> {
    fn text(text: impl Into<Str<'a>>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    fn media(media: Media<'a>) -> Self {
        match media {
            Media::Inline(blob) => Self { inline_data: Some(blob), ..Self::default() },
            Media::File(file) => Self { file_data: Some(file), ..Self::default() },
        }
    }
}

/// The parameter that thoughts were given in.
const fn thoughts_name(place: Place) -> Param {
    Param::Part(None, Place { index: None, ..place }, OfPart::Whole)
}
