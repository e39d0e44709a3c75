//! A whole answer on its way: of the client's own dialect, which passes once it is seen to be one, or of another, which
//! is held and translated.

use super::super::plan::Plan;
use super::super::reply::Reply;
use super::judge::note_refusal;
use super::release::Leaving;
use super::{Held, Running, State, Step, Turn};
use crate::dialect::{NoAnswer, Sight, Utterance, WatchAnswer};
use crate::gateway::Screen;
use crate::hub::{Fault, Malformed, Usage};

/// The most of an answer that is kept to read its token count.
const MAX_COUNTED_BYTES: usize = 1024 * 1024;

/// The most of an answer that is held: a shorter one leaves when all of it is there, so that one that breaks off can
/// still be asked of another target; a longer one once it has shown that it is an answer. One that has not shown it by
/// then is held to its end, as one of another dialect is.
const MAX_BEGINNING_BYTES: usize = 64 * 1024;

/// A whole answer that was let go, followed to its end.
#[derive(Debug)]
pub(super) struct Following {
    outline: Box<dyn WatchAnswer>,
    screen: Screen,
    /// What has come, where somebody wants to know its tokens.
    counted: Option<Vec<u8>>,
}

impl Running {
    /// A whole answer of the client's dialect, of which nothing has left; `None` if it could not be read.
    pub(super) fn begin(
        &mut self,
        turn: &mut Turn<'_>,
        mut outline: Box<dyn WatchAnswer>,
        held: &dyn Held,
        end: bool,
    ) -> Option<Step> {
        let fresh = held.length().saturating_sub(held.fresh());
        let piece = held.read(fresh)?;
        outline.push(&piece);
        let all = || if fresh == 0 { Some(piece) } else { held.read(0) };
        let is_long = held.length() > MAX_BEGINNING_BYTES;
        let leaves = outline.is_whole() || !end && is_long;
        Some(match outline.sight() {
            Sight::Answer if leaves => self.let_through(turn, outline, &all()?, end),
            Sight::Foreign => self.fail(turn, &Malformed("it is not JSON".to_owned())),
            Sight::Unclear if end && all()?.trim_ascii().is_empty() => {
                self.fail(turn, &empty(self.provider()))
            }
            _ if end => self.release_answer(turn, &held.read(0)?),
            _ => {
                self.state = if is_long { State::Answer } else { State::Beginning(outline) };
                Step::hold()
            }
        })
    }

    /// A whole answer of the client's dialect leaves as it comes.
    fn let_through(
        &mut self,
        turn: &mut Turn<'_>,
        outline: Box<dyn WatchAnswer>,
        body: &[u8],
        end: bool,
    ) -> Step {
        if outline.is_whole() && std::str::from_utf8(body).is_err() {
            return self.fail(turn, &Malformed("it is not UTF-8".to_owned()));
        }
        let counted = turn.plan.counts_tokens().then(Vec::new);
        let mut following = Following { outline, screen: turn.plan.redactor().screen(), counted };
        let release = self.release(turn, Leaving::AsItIs);
        let screened = following.screen.pass(body, end);
        following.count(turn, body, end);
        self.state = State::Following(Box::new(following));
        Step { body: screened, ..release }
    }

    /// The next piece of it.
    pub(super) fn follow(
        &mut self,
        turn: &mut Turn<'_>,
        mut following: Box<Following>,
        piece: &[u8],
        end: bool,
    ) -> Step {
        following.outline.push(piece);
        let is_none = matches!(following.outline.sight(), Sight::Error | Sight::Foreign);
        let broken = is_none || end && !following.outline.is_whole();
        if broken {
            let provider = self.provider();
            log::warn!("{provider} broke off an answer or sent what is none; its client was cut off");
            self.broken = true;
            self.state = State::Draining;
            return Step::cut();
        }
        following.count(turn, piece, end);
        let screened = following.screen.pass(piece, end);
        self.state = State::Following(following);
        screened.map_or_else(Step::go, Step::replace)
    }

    /// A whole answer that was held to its end.
    pub(super) fn release_answer(&mut self, turn: &mut Turn<'_>, body: &[u8]) -> Step {
        let Ok(text) = std::str::from_utf8(body) else {
            return self.fail(turn, &Malformed("it is not UTF-8".to_owned()));
        };
        let Plan { client, stamp, .. } = turn.plan;
        let mended = self.mending().and_then(|mending| mending.text(text));
        let is_mended = mended.is_some();
        let text = mended.as_deref().unwrap_or(text);
        let Some(provider) = self.format.translator(client.format) else {
            return self.release_own(turn, text, is_mended);
        };
        match provider.read_answer(text, &self.arrival(turn.plan)) {
            Ok(mut answer) => {
                turn.queue.note(answer.told());
                let (is_refusal, is_empty) = (answer.is_refusal(), answer.is_empty());
                if let Some(echo) = self.memo.echo() {
                    answer.begin_with(echo);
                }
                let mut body = client.chat.write_answer(&answer, &self.asked.model, *stamp);
                turn.plan.redactor().mask(&mut body);
                let chances = turn.queue.chances();
                if is_refusal && turn.plan.outlives_refusal(chances) {
                    return self.pass_over(turn, Fault::ContentFilter, Reply::json(self.status, body));
                }
                if is_empty && turn.plan.outlives_empty(chances) {
                    return self.pass_over(turn, Fault::Empty, Reply::json(self.status, body));
                }
                self.state = State::Draining;
                self.release(turn, Leaving::Whole(body))
            }
            Err(malformed) => self.fail(turn, &malformed),
        }
    }

    /// A whole answer of the client's dialect that was held because it might have been a refusal, or an error, or had to
    /// be brought to the format.
    fn release_own(&mut self, turn: &mut Turn<'_>, text: &str, is_mended: bool) -> Step {
        let client = turn.plan.client.chat;
        let told = match client.read_whole(text) {
            Ok(told) => told,
            Err(NoAnswer::Error(error)) => {
                let error = self.asked.target.provider.judged(*error);
                note_refusal(self.provider(), &error);
                return self.fail_with(turn, &error);
            }
            Err(NoAnswer::Malformed(malformed)) => return self.fail(turn, &malformed),
        };
        turn.queue.note(told);
        let mut body = text.as_bytes().to_vec();
        let masked = turn.plan.redactor().mask(&mut body);
        let chances = turn.queue.chances();
        let (refusal, empty) = (turn.plan.outlives_refusal(chances), turn.plan.outlives_empty(chances));
        let said = if refusal || empty { client.utterance(text) } else { Utterance::Words };
        let fault = match said {
            Utterance::Refusal if refusal => Some(Fault::ContentFilter),
            Utterance::Nothing | Utterance::End if empty && told.usage.is_none_or(Usage::says_nothing) => {
                Some(Fault::Empty)
            }
            _ => None,
        };
        if let Some(fault) = fault {
            return self.pass_over(turn, fault, Reply::json(self.status, body));
        }
        if is_mended {
            self.state = State::Draining;
            return self.release(turn, Leaving::Whole(body));
        }
        self.state = State::Passing;
        Step { body: masked.then_some(body), ..self.release(turn, Leaving::AsItIs) }
    }
}

impl Following {
    /// Keeps a piece to count its tokens, and counts them at the end. A longer answer is not counted.
    fn count(&mut self, turn: &mut Turn<'_>, piece: &[u8], end: bool) {
        let Some(body) = &mut self.counted else { return };
        if body.len().saturating_add(piece.len()) > MAX_COUNTED_BYTES {
            self.counted = None;
            return;
        }
        body.extend_from_slice(piece);
        if end {
            let text = std::str::from_utf8(body).ok();
            let told = text.and_then(|text| turn.plan.client.chat.read_whole(text).ok());
            turn.queue.note(told.unwrap_or_default());
        }
    }
}

pub(super) fn empty(provider: &str) -> Malformed {
    Malformed(format!("{provider} sent nothing"))
}
