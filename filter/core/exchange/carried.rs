//! An answer that leaves as it comes: bytes of any kind, or another protocol. There is nothing in it that could be
//! seen to be wrong, so it is let go at its headers; errors are held and judged like all others.

use super::answer::{Answering, State};
use super::headers::Headers;
use super::plan::Plan;
use super::release::Leaving;
use super::{AnswerStep, Services};
use crate::surface::Answer;

/// Headers by which two sides agree on another protocol.
const UPGRADE: &[&str] =
    &["connection", "upgrade", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"];

impl Answering {
    /// The answer leaves at its headers, if it is one that may.
    pub(super) fn carry(
        &mut self,
        plan: &mut Plan,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> Option<AnswerStep> {
        let is_upgrade = plan.surface.answer == Answer::Upgrade;
        let leaves = match plan.surface.answer {
            Answer::Chat | Answer::Own => false,
            Answer::Json | Answer::Bytes => matches!(self.status, 200..=299),
            Answer::Upgrade => self.status == 101,
        };
        if !leaves {
            return None;
        }
        let redactor = &plan.gateway.redactor;
        let kind = headers.get("content-type").filter(|kind| !redactor.finds_in(kind)).unwrap_or_default();
        let names: &[&str] = if is_upgrade { UPGRADE } else { &["content-encoding"] };
        let passed = names.iter().filter_map(|name| Some(((*name).to_owned(), headers.get(name)?.to_vec())));
        self.head.extend(passed.filter(|(_, value)| !redactor.finds_in(value)));
        let release = self.release(plan, Leaving::Bytes(kind.to_vec()), services);
        // Both sides of another protocol may be silent for as long as they like.
        self.state = if is_upgrade { State::Passing } else { State::Carried };
        if is_upgrade || end {
            plan.silence.end();
        }
        if end {
            plan.ends(self.target, false, services);
        }
        Some(AnswerStep::Release(release))
    }
}
