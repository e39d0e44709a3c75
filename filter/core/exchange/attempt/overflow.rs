//! An answer for which there is no memory left: it is given up before an allocation fails, which would end every
//! request on its worker.
//!
//! It says nothing of its target, and no other one is asked: the gateway is what is full. Only an answer that holds
//! something worth mentioning is given up; all others go on.

use super::super::budget::has_room;
use super::super::failure::Failure;
use super::super::queue::Expected;
use super::{Held, Running, State, Step, Turn};

/// What an answer may hold however little room there is, in bytes.
const SMALL: usize = 64 * 1024;

impl Running {
    /// Whether there is no room for another piece of it.
    pub(super) fn overflows(&self, turn: &Turn<'_>, held: &dyn Held) -> bool {
        let kept = match &self.state {
            State::Error
            | State::Answer
            | State::Document
            | State::Task(_)
            | State::Job
            | State::Beginning(_) => held.length().saturating_sub(held.fresh()),
            State::Opening(stream, out) | State::Ending(stream, out) => {
                stream.waiting().saturating_add(out.len())
            }
            State::Streaming(stream) => stream.waiting(),
            State::Following(_) | State::Carried(_) => 0,
            State::Waiting | State::Polling(_) | State::Passing | State::Draining => return false,
        };
        let piece = held.fresh();
        kept.saturating_add(piece) > SMALL && !has_room(turn.services, piece)
    }

    /// Gives the answer up.
    pub(super) fn give_up(&mut self, turn: &mut Turn<'_>) -> Step {
        log::warn!("an answer of {} was given up: the worker holds as much as it may", self.provider());
        self.report = None;
        let failure = Failure::of_overload();
        match std::mem::replace(&mut self.state, State::Draining) {
            State::Streaming(mut stream) => {
                let mut out = Vec::new();
                stream.fail(failure, self.source(turn.plan), &mut out);
                Step::replace(out)
            }
            State::Ending(mut stream, mut out) => {
                stream.fail(failure, self.source(turn.plan), &mut out);
                Step::replace(out)
            }
            State::Following(_) | State::Carried(_) | State::Passing | State::Draining => Step::cut(),
            State::Waiting
            | State::Error
            | State::Answer
            | State::Document
            | State::Task(_)
            | State::Job
            | State::Polling(_)
            | State::Beginning(_)
            | State::Opening(..) => {
                let reply = turn.queue.dress(turn.plan, turn.plan.reply(failure), Some(&self.asked));
                turn.queue.settle_for(Expected::Given);
                Step { headers: Some(reply.header_block()), body: Some(reply.body), ..Step::go() }
            }
        }
    }
}
