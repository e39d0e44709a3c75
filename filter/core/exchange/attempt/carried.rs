//! An answer that leaves as it comes: JSON that is no chat's, bytes of any kind, or another protocol. Errors are held and
//! judged like all others, and so is JSON as long as it is short: of what breaks off then nothing has left. All else is let
//! go at its headers. What passes is searched for our credentials as a chat is, but for another protocol, whose two sides
//! nobody may hold up.

use serde::de::IgnoredAny;

use super::super::headers::Headers;
use super::release::Leaving;
use super::stream::Said;
use super::whole::empty;
use super::{Held, Running, State, Step, Turn};
use crate::dialect::{NoAnswer, Task};
use crate::gateway::Screen;
use crate::hub::Malformed;
use crate::surface::{Answer, redirected};

/// Headers by which two sides agree on another protocol.
const UPGRADE: &[&str] =
    &["connection", "upgrade", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"];

/// Headers that tell of bytes, and of the part of them that comes.
const BYTES: &[&str] = &[
    "content-encoding",
    "content-disposition",
    "content-range",
    "content-language",
    "accept-ranges",
    "etag",
    "last-modified",
    "cache-control",
    "vary",
];

/// The longest value of such a header, in bytes.
const LONGEST_VALUE: usize = 1024;

/// The most of a document that is held until all of it is there.
const MAX_HELD_BYTES: usize = 64 * 1024;

/// How much of an answer's end is kept, where its tokens are counted: what comes before does not tell them.
const TAIL_BYTES: usize = 16 * 1024;

/// An answer that passes.
#[derive(Debug)]
pub(super) struct Carrying {
    screen: Screen,
    /// Its end, where somebody wants to know its tokens.
    tail: Option<Vec<u8>>,
    /// What has come of it, where that is words.
    said: Option<Said>,
}

impl Running {
    /// The answer leaves at its headers, or is held as a document; `None` if it is neither.
    /// `is_json` is what its headers say of it.
    pub(super) fn carry(
        &mut self,
        turn: &mut Turn<'_>,
        headers: Headers<'_>,
        is_json: bool,
        end: bool,
    ) -> Option<Step> {
        let answer = turn.plan.surface.answer;
        if matches!(answer, Answer::Chat | Answer::Own) {
            return None;
        }
        if let Some(task) = turn.queue.running.as_ref().and_then(|target| target.task(turn.plan)) {
            let is_read = self.status == 200 && !self.encoded;
            return is_read.then(|| self.hold(turn, State::Task(task), end));
        }
        match (answer, self.status) {
            (Answer::Json, 200) if is_json && !self.encoded => {
                return Some(self.hold(turn, State::Document, end));
            }
            (Answer::Json | Answer::Bytes, 200..=299) | (Answer::Bytes, 304) | (Answer::Upgrade, 101) => {}
            (Answer::Bytes, 300..=399) => return Some(self.redirect(turn, headers, end)),
            _ => return None,
        }
        Some(self.let_go(turn, headers, end))
    }

    /// What a redirect asks for has to be at the provider itself: nobody else sends our client anywhere. What is below
    /// the provider's root is at the same place below ours.
    fn redirect(&mut self, turn: &mut Turn<'_>, headers: Headers<'_>, end: bool) -> Step {
        let operation = turn.queue.running.as_ref().and_then(|target| target.operation());
        let location = headers.text("location").zip(operation).and_then(|(location, operation)| {
            let endpoint = &operation.endpoint;
            let origin = format!("{}://{}", endpoint.scheme(), operation.authority);
            redirected(location, &origin, &endpoint.path, &turn.plan.head.base)
        });
        match location.filter(|location| !turn.plan.redactor().finds_in(location.as_bytes())) {
            Some(location) => {
                self.head.push("location", location);
                self.let_go(turn, headers, end)
            }
            None => self.hold(turn, State::Error, end),
        }
    }

    /// Nothing leaves before there is more of it.
    pub(super) fn hold(&mut self, turn: &mut Turn<'_>, state: State, end: bool) -> Step {
        self.state = state;
        if end { self.bodyless(turn) } else { Step::hold() }
    }

    fn let_go(&mut self, turn: &mut Turn<'_>, headers: Headers<'_>, end: bool) -> Step {
        let is_upgrade = turn.plan.surface.answer == Answer::Upgrade;
        let redactor = turn.plan.redactor();
        let names = if is_upgrade { UPGRADE } else { BYTES };
        let passed = names.iter().filter_map(|name| Some((*name, headers.get(name)?)));
        let is_short = |value: &[u8]| is_upgrade || value.len() <= LONGEST_VALUE;
        self.head.extend(passed.filter(|(_, value)| is_short(value) && !redactor.finds_in(value)));
        let kind = headers.get("content-type").filter(|kind| !redactor.finds_in(kind)).unwrap_or_default();
        let step = self.release(turn, Leaving::Bytes(kind.to_vec()));
        self.state = match is_upgrade || end {
            true => State::Passing,
            false => State::Carried(Box::new(Carrying::new(turn))),
        };
        // Both sides of another protocol may be silent for as long as they like.
        if is_upgrade || end {
            self.silence.end();
        }
        if end {
            self.tell(turn, false);
        }
        step
    }

    /// The next piece of it.
    pub(super) fn carry_on(
        &mut self,
        turn: &mut Turn<'_>,
        mut carrying: Box<Carrying>,
        piece: &[u8],
        end: bool,
    ) -> Step {
        let screened = carrying.pass(turn, piece, end);
        self.state = State::Carried(carrying);
        screened.map_or_else(Step::go, Step::replace)
    }

    /// A document of which nothing has left; `None` if it could not be read.
    pub(super) fn collect(&mut self, turn: &mut Turn<'_>, held: &dyn Held, end: bool) -> Option<Step> {
        if !end && held.length() <= MAX_HELD_BYTES {
            self.state = State::Document;
            return Some(Step::hold());
        }
        let body = held.read(0)?;
        if end {
            if body.trim_ascii().is_empty() {
                return Some(self.fail(turn, &empty(self.provider())));
            }
            let text = std::str::from_utf8(&body).ok();
            let Some(text) = text.filter(|text| serde_json::from_str::<IgnoredAny>(text).is_ok()) else {
                return Some(self.fail(turn, &Malformed("it is not JSON".to_owned())));
            };
            if let Err(NoAnswer::Error(error)) = turn.plan.client.chat.read_whole(text) {
                let error = self.asked.target.provider.judged(*error);
                return Some(self.fail_with(turn, &error));
            }
        }
        let release = self.release(turn, Leaving::AsItIs);
        let mut carrying = Box::new(Carrying::new(turn));
        let screened = carrying.pass(turn, &body, end);
        self.state = State::Carried(carrying);
        Some(Step { body: screened, ..release })
    }

    /// The whole answer of a task, in the target's format.
    pub(super) fn release_task(&mut self, turn: &mut Turn<'_>, task: &Task, body: &[u8]) -> Step {
        if turn.plan.client.chat.is_error(body) {
            let error = self.read_error(body);
            return self.fail_with(turn, &error);
        }
        match task.provider.read_answer(body, &self.arrival(turn.plan)) {
            Ok(mut answer) => {
                turn.queue.note(answer.told);
                turn.plan.redactor().mask(&mut answer.body);
                self.state = State::Draining;
                self.release(turn, Leaving::Other(answer.body, answer.media_type))
            }
            Err(malformed) => match task.provider.read_refusal(body) {
                Some(error) => {
                    let error = self.asked.target.provider.judged(error);
                    self.fail_with(turn, &error)
                }
                None => self.fail(turn, &malformed),
            },
        }
    }
}

impl Carrying {
    fn new(turn: &Turn<'_>) -> Self {
        let screen = turn.plan.redactor().screen();
        let counts = turn.plan.counts_tokens();
        let said = turn.plan.surface.output_limit().filter(|_| counts).map(|_| Said::NOTHING);
        Self { screen, tail: counts.then(Vec::new), said }
    }

    /// What leaves in place of a piece, if it is not the piece itself. The tokens are counted at the end.
    fn pass(&mut self, turn: &mut Turn<'_>, piece: &[u8], end: bool) -> Option<Vec<u8>> {
        if let Some(said) = &mut self.said {
            said.add(piece.len());
            turn.queue.note_said(said.tokens());
        }
        if let Some(tail) = &mut self.tail {
            let fresh = piece.get(piece.len().saturating_sub(TAIL_BYTES)..).unwrap_or(piece);
            let beyond = tail.len().saturating_add(fresh.len()).saturating_sub(TAIL_BYTES);
            tail.drain(..beyond.min(tail.len()));
            tail.extend_from_slice(fresh);
            if end {
                turn.queue.note(turn.plan.client.chat.read_told(&String::from_utf8_lossy(tail)));
            }
        }
        self.screen.pass(piece, end)
    }
}
