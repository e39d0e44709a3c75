//! An answer for which there is no memory left: it is given up before an allocation fails, which would end every
//! request on its worker.
//!
//! It says nothing of its target, and no other one is asked: the gateway is what is full. Only an answer that holds
//! something worth mentioning is given up; all others go on.

use super::answer::{Answering, State};
use super::budget::has_room;
use super::failure::Failure;
use super::plan::{Outcome, Plan};
use super::stream::Source;
use super::{AnswerStep, Release, Services};

/// What an answer may hold however little room there is, in bytes.
const SMALL: usize = 64 * 1024;

impl Answering {
    /// Whether there is no room for another piece of it.
    pub(super) fn overflows(&self, piece: usize, services: &dyn Services) -> bool {
        let held = match &self.state {
            State::Error(body) | State::Answer(body) | State::Beginning { body, .. } => body.len(),
            State::Opening { stream, out, .. } | State::Ending { stream, out } => {
                stream.waiting().saturating_add(out.len())
            }
            State::Streaming(stream) => stream.waiting(),
            State::Waiting | State::Following(_) | State::Carried | State::Passing | State::Draining => 0,
        };
        held.saturating_add(piece) > SMALL && !has_room(services, piece) && self.reads()
    }

    /// Gives the answer up.
    pub(super) fn give_up(&mut self, plan: &mut Plan) -> AnswerStep {
        log::warn!("an answer of {} was given up: the worker holds as much as it may", self.provider);
        plan.concluded = true;
        let failure = Failure::of_overload();
        let source = Source { provider: &self.provider, redactor: &plan.gateway.redactor };
        match std::mem::replace(&mut self.state, State::Draining) {
            State::Streaming(mut stream) => {
                let mut out = Vec::new();
                stream.fail(failure, source, &mut out);
                AnswerStep::Replace(out)
            }
            State::Ending { mut stream, mut out } => {
                stream.fail(failure, source, &mut out);
                AnswerStep::Replace(out)
            }
            State::Following(_) | State::Carried | State::Passing | State::Draining => AnswerStep::Cut,
            State::Waiting
            | State::Error(_)
            | State::Answer(_)
            | State::Beginning { .. }
            | State::Opening { .. } => {
                let reply = plan.dress(failure.into_reply(&plan.gateway.redactor), Some(self.target));
                plan.settle_for(Outcome::Given);
                let headers = reply.header_list();
                AnswerStep::Release(Release {
                    headers,
                    body: Some(reply.body),
                    target: None,
                    hold_body: false,
                })
            }
        }
    }
}
