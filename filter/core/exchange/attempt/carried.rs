//! An answer that leaves as it comes: bytes of any kind, or another protocol. There is nothing in it that could be
//! seen to be wrong, so it is let go at its headers; errors are held and judged like all others. What passes is searched
//! for our credentials as a chat is, but for another protocol, whose two sides nobody may hold up.

use super::super::headers::Headers;
use super::release::Leaving;
use super::{Running, State, Step, Turn};
use crate::gateway::Screen;
use crate::surface::Answer;

/// Headers by which two sides agree on another protocol.
const UPGRADE: &[&str] =
    &["connection", "upgrade", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"];

impl Running {
    /// The answer leaves at its headers, if it is one that may.
    pub(super) fn carry(&mut self, turn: &mut Turn<'_>, headers: Headers<'_>, end: bool) -> Option<Step> {
        let is_upgrade = turn.plan.surface.answer == Answer::Upgrade;
        let leaves = match turn.plan.surface.answer {
            Answer::Chat | Answer::Own => false,
            Answer::Json | Answer::Bytes => matches!(self.status, 200..=299),
            Answer::Upgrade => self.status == 101,
        };
        if !leaves {
            return None;
        }
        let redactor = &turn.plan.gateway.redactor;
        let kind = headers.get("content-type").filter(|kind| !redactor.finds_in(kind)).unwrap_or_default();
        let names: &[&str] = if is_upgrade { UPGRADE } else { &["content-encoding"] };
        let passed = names.iter().filter_map(|name| Some((*name, headers.get(name)?)));
        self.head.extend(passed.filter(|(_, value)| !redactor.finds_in(value)));
        let step = self.release(turn, Leaving::Bytes(kind.to_vec()));
        self.state = match is_upgrade || end {
            true => State::Passing,
            false => State::Carried(Box::new(redactor.screen())),
        };
        // Both sides of another protocol may be silent for as long as they like.
        if is_upgrade || end {
            self.silence.end();
        }
        if end {
            self.tell(turn, false);
        }
        Some(step)
    }

    /// The next piece of it.
    pub(super) fn carry_on(&mut self, mut screen: Box<Screen>, piece: &[u8], end: bool) -> Step {
        let screened = screen.pass(piece, end);
        self.state = State::Carried(screen);
        screened.map_or_else(Step::go, Step::replace)
    }
}
