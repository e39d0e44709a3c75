//! A conversation as Claude wants it: the system's words apart, turns that alternate, every call answered in the turn
//! after it (<https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls>).
//!
//! 1. System and developer messages become blocks of `system`, in their order. Late ones, which others stand before,
//!    become turns of their own where the model takes them: after the user's turn that they stand in or before, since
//!    Claude wants them there. For a model that does not, their move is reported.
//! 2. Messages of one side that follow each other are one turn; tool results open theirs.
//! 3. Ids that Claude would refuse, or has seen before, get others; a result follows its call. Names that it would
//!    refuse are those of [`Renamed`], and arguments that are no object are wrapped in one, which is reported.
//! 4. What Claude refuses and no other form expresses is an error that names the field: a call without a result, a
//!    result without a call, a last message with nothing in it.
//! 5. Claude wants the user first, and before a late system message. Where the assistant stands, there is an ellipsis
//!    before it, or after. Of a conversation that has only system messages, the last becomes the user's, which is
//!    reported; a model that takes late ones gets an ellipsis of the user's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;

use super::constraints::CALL;
use super::content::{Block, Content, block};
use super::models::Model;
use super::thinking::Setting;
use super::tools::Renamed;
use crate::dialect::names::Given;
use crate::hub::json::Str;
use crate::hub::{
    Arguments, Chat, Dropped, Field, Kind, Message, OfMessage, OfPart, Param, Part, Place, RequestError, Role,
};

/// A conversation.
#[derive(Default)]
pub struct Conversation<'a> {
    pub system: Content<'a>,
    pub turns: Vec<Turn<'a>>,
    /// The functions that were called, each once.
    pub called: Vec<&'a str>,
    /// What of it bears on thinking.
    pub setting: Setting,
}

/// What one side says until the other does.
#[derive(Serialize)]
pub struct Turn<'a> {
    role: Side,
    content: Content<'a>,
    /// The tool results that it is to open with, until the conversation is complete.
    #[serde(skip)]
    results: Vec<Block<'a>>,
    /// How many it opens with since then.
    #[serde(skip)]
    opening: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    User,
    Assistant,
    /// The operator, within the conversation.
    System,
}

/// Turns a chat's messages into a conversation.
///
/// # Errors
/// See rule 4 above.
pub fn conversation<'a>(
    chat: &'a Chat<'a>,
    model: &'a Model,
    renamed: &'a Renamed<'a>,
    dropped: &mut Dropped,
) -> Result<Conversation<'a>, RequestError> {
    let mut reader = Reader::new(model, renamed);
    for (index, message) in chat.messages.iter().enumerate() {
        dropped.add_members(|name| Param::Message(None, OfMessage::Member(name)), &message.extra);
        match message.role {
            Role::System => reader.system(index, message, dropped)?,
            Role::User => reader.user(index, message, dropped)?,
            Role::Tool => reader.tool(index, message, dropped)?,
            Role::Assistant => reader.assistant(index, message, dropped)?,
        }
    }
    reader.end(dropped)
}

/// Every step of it takes about the same time, however long the conversation is.
struct Reader<'a> {
    model: &'a Model,
    renamed: &'a Renamed<'a>,
    done: Conversation<'a>,
    /// What a late system message says, until there is a place for it.
    late: Vec<Block<'a>>,
    /// Functions that were called.
    called: BTreeSet<&'a str>,
    /// Ids given to calls so far.
    ids: Given,
    /// Calls of the last assistant turn.
    calls: Vec<Call<'a>>,
    /// Of those, the ones that wait for a result, by the client's id.
    waiting: BTreeMap<&'a str, VecDeque<usize>>,
    /// Where in `system` its last message begins.
    last_system: usize,
    /// The last message that said anything, of user or assistant.
    last: usize,
    /// A later message, of the user, that said nothing.
    blank: Option<usize>,
}

struct Call<'a> {
    /// Our id of it.
    given: Cow<'a, str>,
    /// The client's field.
    message: usize,
    place: Place,
    answered: bool,
}

impl<'a> Reader<'a> {
    fn new(model: &'a Model, renamed: &'a Renamed<'a>) -> Self {
        Self {
            model,
            renamed,
            done: Conversation::default(),
            late: Vec::new(),
            called: BTreeSet::new(),
            ids: Given::default(),
            calls: Vec::new(),
            waiting: BTreeMap::new(),
            last_system: 0,
            last: 0,
            blank: None,
        }
    }

    fn system(
        &mut self,
        index: usize,
        message: &'a Message<'a>,
        dropped: &mut Dropped,
    ) -> Result<(), RequestError> {
        let is_late = !self.done.turns.is_empty();
        self.last_system = self.done.system.0.len();
        for part in &message.parts {
            match block(part, index, dropped)? {
                Some(text @ Block::Text { .. }) if is_late && self.model.late_system => self.late.push(text),
                Some(text @ Block::Text { .. }) => {
                    dropped.add_if(is_late, Param::Message(None, OfMessage::Role));
                    self.done.system.0.push(text);
                }
                None => {}
                Some(_) => {
                    let why = "a system message of Claude holds text only";
                    return Err(RequestError::unsupported(
                        Param::Part(Some(index), part.place, OfPart::Whole),
                        why,
                    ));
                }
            }
        }
        Ok(())
    }

    fn user(
        &mut self,
        index: usize,
        message: &'a Message<'a>,
        dropped: &mut Dropped,
    ) -> Result<(), RequestError> {
        let blocks = blocks(&message.parts, index, dropped)?;
        match blocks.is_empty() {
            true => self.blank = Some(index),
            false => self.add(Side::User, index, |turn| turn.content.0.extend(blocks)),
        }
        Ok(())
    }

    fn tool(
        &mut self,
        index: usize,
        message: &'a Message<'a>,
        dropped: &mut Dropped,
    ) -> Result<(), RequestError> {
        for part in &message.parts {
            let Kind::ToolResult { id, parts } = &part.kind else { continue };
            let param = Param::Message(Some(index), OfMessage::CallId);
            let first = self.waiting.get_mut(id.as_str()).and_then(VecDeque::pop_front);
            let Some(call) = first.and_then(|first| self.calls.get_mut(first)) else {
                let why =
                    format_args!("no call {id:?} of the assistant message before it waits for a result");
                return Err(RequestError::invalid(param, why));
            };
            call.answered = true;
            let result = Block::ToolResult {
                tool_use_id: call.given.clone(),
                content: Content(blocks(parts, index, dropped)?),
                cache_control: part.cache_control,
            };
            self.add(Side::User, index, |turn| turn.results.push(result));
        }
        Ok(())
    }

    fn assistant(
        &mut self,
        index: usize,
        message: &'a Message<'a>,
        dropped: &mut Dropped,
    ) -> Result<(), RequestError> {
        let mut written = Vec::with_capacity(message.parts.len());
        let is_marked = message.is_marked();
        for part in &message.parts {
            match &part.kind {
                Kind::ToolCall { .. } => {}
                // Claude refuses a signature of Google's.
                Kind::Thinking { .. } | Kind::RedactedThinking(_) if is_marked => {
                    dropped.add(Param::any_part(part.place, OfPart::Whole));
                }
                _ => written.extend(block(part, index, dropped)?),
            }
        }
        let calls = message.parts.iter().any(|part| matches!(part.kind, Kind::ToolCall { .. }));
        if written.is_empty() && !calls {
            return Ok(());
        }
        if self.done.turns.last().is_some_and(|turn| turn.role == Side::User) {
            self.all_answered()?;
            (self.calls, self.waiting) = (Vec::new(), BTreeMap::new());
        }
        if self.calls.is_empty() {
            self.say_late();
        }
        for part in &message.parts {
            if let Kind::ToolCall { id, name, arguments, .. } = &part.kind {
                dropped.add_members(|name| Param::any_part(part.place, OfPart::Member(name)), &part.extra);
                written.push(self.call(index, part, (id, name, arguments), dropped));
            }
        }
        self.add(Side::Assistant, index, |turn| turn.content.0.extend(written));
        Ok(())
    }

    fn call(
        &mut self,
        index: usize,
        part: &'a Part<'a>,
        (id, name, arguments): (&'a str, &'a str, &'a str),
        dropped: &mut Dropped,
    ) -> Block<'a> {
        let given = self.ids.give(&CALL, id);
        if self.called.insert(name) {
            self.done.called.push(name);
        }
        let input = Arguments::of(arguments);
        dropped.add_if(input.are_invalid(), Param::any_part(part.place, OfPart::Arguments));
        let input = match self.renamed.arguments(name, arguments) {
            Some(renamed) => input.renamed(renamed),
            None => input,
        };
        self.waiting.entry(id).or_default().push_back(self.calls.len());
        self.calls.push(Call { given: given.clone(), message: index, place: part.place, answered: false });
        Block::ToolUse { id: given, name: self.renamed.name(name), input, cache_control: part.cache_control }
    }

    /// A late system message has its turn, before an assistant's or at the end.
    fn say_late(&mut self) {
        if self.late.is_empty() {
            return;
        }
        if self.done.turns.last().is_none_or(|turn| turn.role != Side::User) {
            self.done.turns.push(Turn::new(Side::User, vec![Block::text(NOTHING)]));
        }
        self.blank = None;
        self.done.turns.push(Turn::new(Side::System, std::mem::take(&mut self.late)));
    }

    /// Adds to the turn that `side`'s message `index` belongs to.
    fn add(&mut self, side: Side, index: usize, add: impl FnOnce(&mut Turn<'a>)) {
        self.last = index;
        self.blank = None;
        match self.done.turns.last_mut() {
            Some(last) if last.role == side => add(last),
            _ => {
                let mut turn = Turn::new(side, Vec::new());
                add(&mut turn);
                self.done.turns.push(turn);
            }
        }
    }

    fn all_answered(&self) -> Result<(), RequestError> {
        match self.calls.iter().find(|call| !call.answered) {
            Some(call) => {
                let why = "no tool message after it answers this call, which Claude demands";
                Err(RequestError::invalid(Param::Part(Some(call.message), call.place, OfPart::Whole), why))
            }
            None => Ok(()),
        }
    }

    fn end(mut self, dropped: &mut Dropped) -> Result<Conversation<'a>, RequestError> {
        self.all_answered()?;
        self.say_late();
        self.done.turns.iter_mut().for_each(Turn::open_with_results);
        let Some(first) = self.done.turns.first() else { return self.only_system(dropped) };
        if first.role == Side::Assistant {
            self.done.turns.insert(0, Turn::new(Side::User, vec![Block::text(NOTHING)]));
        }
        if let Some(last) = self.done.turns.last_mut()
            && last.role == Side::Assistant
        {
            if let Some(blank) = self.blank {
                let why = "Claude takes no blank message, and answers the last one";
                return Err(RequestError::invalid(Param::Message(Some(blank), OfMessage::Content), why));
            }
            if !self.model.prefill {
                let why = "this model does not continue an assistant's message; end with a user's";
                return Err(RequestError::unsupported(
                    Param::Message(Some(self.last), OfMessage::Whole),
                    why,
                ));
            }
            // No thinking beside a prefill, nor thoughts in it.
            dropped.add_if(last.content.0.iter().any(is_thought), Param::Message(None, OfMessage::Thoughts));
            last.content.0.retain(|block| !is_thought(block));
            if let Some(Block::Text { text, .. }) = last.content.0.last_mut() {
                trim_end(text);
            }
            self.done.turns.retain(|turn| !turn.content.is_empty());
        }
        self.done.setting = setting(&self.done.turns);
        Ok(self.done)
    }

    fn only_system(mut self, dropped: &mut Dropped) -> Result<Conversation<'a>, RequestError> {
        let blocks = self.done.system.0.split_off(self.last_system);
        if blocks.is_empty() {
            return Err(RequestError::invalid(Field::Messages, "nothing to send: every message is blank"));
        }
        // As it is when the model's answer to it is given back.
        if self.model.late_system {
            self.done.system.0.extend(blocks);
            self.done.turns.push(Turn::new(Side::User, vec![Block::text(NOTHING)]));
            return Ok(self.done);
        }
        dropped.add(Param::Message(None, OfMessage::Role));
        self.done.turns.push(Turn::new(Side::User, blocks));
        Ok(self.done)
    }
}

impl<'a> Turn<'a> {
    fn new(role: Side, blocks: Vec<Block<'a>>) -> Self {
        Self { role, content: Content(blocks), results: Vec::new(), opening: 0 }
    }

    /// What is said.
    pub fn content(&mut self) -> &mut Content<'a> {
        &mut self.content
    }

    fn open_with_results(&mut self) {
        self.opening = self.results.len();
        self.results.append(&mut self.content.0);
        self.content.0 = std::mem::take(&mut self.results);
    }
}

/// Where somebody has to speak who says nothing.
const NOTHING: &str = "...";

fn blocks<'a>(
    parts: &'a [Part<'a>],
    index: usize,
    dropped: &mut Dropped,
) -> Result<Vec<Block<'a>>, RequestError> {
    parts.iter().filter_map(|part| block(part, index, dropped).transpose()).collect()
}

fn setting(turns: &[Turn<'_>]) -> Setting {
    let mut back = turns.iter().rev().filter(|turn| turn.role != Side::System);
    let Some(last) = back.next() else { return Setting::default() };
    // Calls and their results are one turn of the assistant, which thinks where that opens.
    let mut opening = None;
    while let Some(turn) = back.next() {
        opening = turn.content.0.first();
        if back.next().is_none_or(|user| user.opening == 0 || user.opening < user.content.0.len()) {
            break;
        }
    }
    let thoughtful = opening.is_some_and(is_thought);
    let prefill = last.role == Side::Assistant;
    Setting { forced: false, prefill, thoughtless: last.opening > 0 && !thoughtful }
}

fn is_thought(block: &Block<'_>) -> bool {
    matches!(block, Block::Thinking { .. } | Block::RedactedThinking { .. })
}

fn trim_end(text: &mut Str<'_>) {
    if text.ends_with(char::is_whitespace) {
        *text = std::mem::take(text).part(str::trim_end);
    }
}
