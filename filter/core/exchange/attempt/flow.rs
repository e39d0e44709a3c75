//! A stream on its way: held until it says something, let go event by event, its end held until it is known.

use std::time::Duration;

use super::super::plan::Plan;
use super::super::reply::Reply;
use super::release::Leaving;
use super::silence::Silent;
use super::stream::{Opening, Source, Stream};
use super::whole::empty;
use super::{Running, State, Step, Turn};
use crate::hub::{Fault, Malformed};

impl Running {
    /// A stream of which nothing has left: `out` is what may.
    pub(super) fn open(
        &mut self,
        turn: &mut Turn<'_>,
        mut stream: Stream,
        mut out: Vec<u8>,
        piece: Vec<u8>,
        end: bool,
    ) -> Step {
        let was_kept = !out.is_empty();
        let altered = self.read(turn, &mut stream, piece, end, &mut out) || was_kept;
        let chances = turn.queue.chances();
        match std::mem::replace(stream.opening(), Opening::Answer) {
            Opening::Error(error) => self.fail_with(turn, &error),
            Opening::Refusal if turn.plan.outlives_refusal(chances) => {
                self.pass_over(turn, Fault::ContentFilter, Reply::stream(turn.plan.client, out))
            }
            Opening::Empty if turn.plan.outlives_empty(chances) && !end && !stream.is_over() => {
                self.hold_back(stream, Opening::Empty, out)
            }
            Opening::Empty if turn.plan.outlives_empty(chances) && stream.says_nothing() => {
                self.pass_over(turn, Fault::Empty, Reply::stream(turn.plan.client, out))
            }
            Opening::Nothing if end => self.fail(turn, &empty(self.provider())),
            Opening::Nothing if stream.is_told() => {
                self.fail(turn, &Malformed("its stream is no stream of events".to_owned()))
            }
            Opening::Answer | Opening::Refusal | Opening::Empty if self.broken => {
                self.fail(turn, &Malformed("its stream ended before its answer did".to_owned()))
            }
            Opening::Nothing if out.is_empty() || !self.may_wait_no_longer(turn) => {
                self.hold_back(stream, Opening::Nothing, out)
            }
            opening => {
                let release = self.release(turn, Leaving::Stream);
                if opening == Opening::Nothing {
                    *stream.opening() = Opening::Nothing;
                    self.silence.await_words();
                }
                let step = self.run(stream, out, altered, end);
                Step { headers: release.headers, ..step }
            }
        }
    }

    /// Nothing leaves yet of a stream that has come to this.
    fn hold_back(&mut self, mut stream: Stream, opening: Opening, out: Vec<u8>) -> Step {
        *stream.opening() = opening;
        self.state = State::Opening(stream, out);
        Step::keep()
    }

    /// Whether a stream of nothing but signs of life is let go: nobody else can be asked, or so much of its time has
    /// passed that the next sign may come too late. Until then another target costs nothing.
    fn may_wait_no_longer(&self, turn: &Turn<'_>) -> bool {
        let began = self.report.as_ref().map(|report| report.began).unwrap_or_default();
        !turn.queue.chances().next
            || turn.services.now().saturating_sub(began).saturating_mul(2) >= turn.plan.first_byte
    }

    /// The next piece of a stream that was let go.
    pub(super) fn stream(
        &mut self,
        turn: &mut Turn<'_>,
        mut stream: Stream,
        piece: Vec<u8>,
        end: bool,
    ) -> Step {
        let mut out = Vec::new();
        let altered = self.read(turn, &mut stream, piece, end, &mut out);
        if *stream.opening() != Opening::Nothing {
            self.silence.hear_words();
        }
        self.run(stream, out, altered, end)
    }

    /// Lets out what has come of a stream, unless that is its end. `altered`: it differs from what the host holds.
    fn run(&mut self, stream: Stream, out: Vec<u8>, altered: bool, end: bool) -> Step {
        if !end && self.holds_end && stream.is_ending() {
            self.silence.hold_end(true);
            self.state = State::Ending(stream, out);
            return Step::keep();
        }
        if !end {
            self.state = State::Streaming(stream);
        }
        match altered {
            true => Step::replace(out),
            false => Step::go(),
        }
    }

    /// What comes while the end of the answer is kept.
    pub(super) fn run_out(
        &mut self,
        turn: &mut Turn<'_>,
        mut stream: Stream,
        mut out: Vec<u8>,
        piece: Vec<u8>,
        end: bool,
    ) -> Step {
        let length = out.len();
        self.read(turn, &mut stream, piece, end, &mut out);
        let at_its_end = stream.is_at_its_end() || stream.is_ending() && out.len() == length;
        if !end && at_its_end {
            self.state = State::Ending(stream, out);
            return Step::keep();
        }
        self.silence.hold_end(false);
        // If it was not the end after all, this provider names it too early: nothing is kept any more.
        self.holds_end = false;
        if !end {
            self.state = State::Streaming(stream);
        }
        Step::replace(out)
    }

    /// Reads a piece, and appends what of it may leave. Whether that differs from the piece.
    fn read(
        &mut self,
        turn: &mut Turn<'_>,
        stream: &mut Stream,
        piece: Vec<u8>,
        end: bool,
        out: &mut Vec<u8>,
    ) -> bool {
        let source = self.source(turn.plan);
        let mut altered = stream.push(piece, source, out);
        if end {
            altered |= stream.finish(source, out);
            self.broken = !stream.is_whole();
        }
        turn.queue.note(stream.told());
        turn.queue.note_said(stream.said());
        altered
    }

    /// So much time has passed: what the answer's silence means.
    pub(super) fn grow_silence(&mut self, turn: &mut Turn<'_>, elapsed: Duration) -> Silent {
        let silent = self.silence.grow(elapsed, turn.plan.idle(), turn.plan.patience());
        match silent {
            Silent::TooLong if self.silence.may_be_the_clients() => self.report = None,
            Silent::TooLong => self.tell(turn, true),
            Silent::Not | Silent::AfterItsEnd => {}
        }
        silent
    }

    /// Writes the end that a stream lacks, whose provider says no more. What it may say yet is swallowed.
    pub(super) fn complete(&mut self, turn: &mut Turn<'_>) -> Option<Vec<u8>> {
        match std::mem::replace(&mut self.state, State::Draining) {
            State::Ending(mut stream, mut out) => {
                stream.finish(self.source(turn.plan), &mut out);
                turn.queue.note(stream.told());
                self.silence.hold_end(false);
                self.tell(turn, !stream.is_whole());
                Some(out)
            }
            state => {
                self.state = state;
                None
            }
        }
    }

    /// Whose stream it is.
    pub(super) fn source<'a>(&'a self, plan: &'a Plan) -> Source<'a> {
        let judge = Some(&*self.asked.target.provider);
        Source { provider: self.provider(), redactor: plan.redactor(), judge }
    }
}
