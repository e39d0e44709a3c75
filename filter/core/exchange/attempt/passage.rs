//! A stream of the client's own dialect: its bytes, event by event, and what is seen of them as they leave.

use super::mending::{Mending, mended};
use super::stream::{Opening, Said, Source, StreamTerms, cut, judged, told, too_long};
use crate::dialect::{ChatClient, Seen, Utterance, WatchStream};
use crate::frame::{Frame, Frames, Framing, MAX_FRAME_BYTES};
use crate::hub::{ErrorReport, Told};

/// A stream of the client's own dialect: its bytes, event by event.
pub struct Passage {
    frames: Frames,
    gate: Gate,
    choices: usize,
    ended: bool,
    mending: Option<Mending>,
    said: Said,
}

impl std::fmt::Debug for Passage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passage").field("opening", &self.gate.opening).finish_non_exhaustive()
    }
}

impl Passage {
    /// A passage for one attempt.
    pub fn new(framing: Framing, client: &'static dyn ChatClient, wanted: StreamTerms) -> Self {
        Self {
            frames: framing.frames(),
            gate: Gate {
                client,
                watch: client.watch_stream(),
                awaits_words: wanted.awaits_words,
                hides_count: wanted.hides_count,
                opening: Opening::Nothing,
            },
            choices: wanted.choices.max(1),
            ended: false,
            mending: None,
            said: Said::NOTHING,
        }
    }

    /// The same of a vendor that has words and places of its own.
    #[must_use]
    pub fn mended(self, mending: Option<Mending>) -> Self {
        Self { mending, ..self }
    }

    pub(super) fn push(&mut self, piece: Vec<u8>, source: Source<'_>, out: &mut Vec<u8>) -> bool {
        let length = out.len().saturating_add(piece.len());
        let mut altered = self.frames.waiting() > 0;
        self.frames.push(piece);
        while let Some(event) = self.frames.next_frame() {
            if self.ended {
                continue;
            }
            if event.raw.len() > MAX_FRAME_BYTES {
                self.ended = true;
                self.gate.client.write_error_frame(&too_long().into_error(source.redactor), out);
                altered = true;
                continue;
            }
            let event = mended(self.mending.as_ref(), event);
            let before = out.len();
            self.ended = self.gate.pass(&event, source, out);
            self.said.add_events(out.get(before..).unwrap_or_default());
            altered |= self.ended || event.has_more;
        }
        if self.frames.waiting() > MAX_FRAME_BYTES {
            self.frames.clear();
            self.fail(&too_long().into_error(source.redactor), out);
        }
        // Events of `data` alone leave as they are or not at all: the same length is the same bytes.
        altered || out.len() != length
    }

    pub(super) fn finish(&mut self, source: Source<'_>, out: &mut Vec<u8>) {
        let last = self.frames.finish();
        if self.ended {
            return;
        }
        if let Some(event) = last {
            let length = out.len();
            let event = mended(self.mending.as_ref(), event);
            self.ended = self.gate.pass(&event, source, out);
            if out.len() > length && !out.ends_with(b"\n\n") {
                out.extend_from_slice(b"\n\n");
            }
        }
        let Gate { client, watch, .. } = &self.gate;
        match (watch.is_finished(self.choices), watch.is_done()) {
            _ if self.ended => {}
            (true, true) => {}
            (true, false) => out.extend_from_slice(client.last_frame()),
            (false, _) => client.write_error_frame(&cut(source.provider).into_error(source.redactor), out),
        }
        self.ended = true;
    }

    pub(super) fn fail(&mut self, error: &ErrorReport, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.ended, true) {
            self.frames.clear();
            self.gate.client.write_error_frame(error, out);
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        !self.is_over() && self.is_whole()
    }

    pub(super) fn is_aside(&self) -> bool {
        self.gate.watch.is_aside()
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended || self.gate.watch.is_done()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.gate.watch.is_finished(self.choices)
    }

    pub(super) fn waiting(&self) -> usize {
        self.frames.waiting()
    }

    pub(super) const fn opening(&mut self) -> &mut Opening {
        &mut self.gate.opening
    }

    pub(super) const fn said(&self) -> u64 {
        self.said.tokens()
    }

    pub(super) fn told(&self) -> Told {
        self.gate.watch.told()
    }
}

/// Where events leave.
struct Gate {
    client: &'static dyn ChatClient,
    watch: Box<dyn WatchStream>,
    awaits_words: bool,
    hides_count: bool,
    opening: Opening,
}

impl Gate {
    /// Sees what a chunk makes of a stream that has not said anything yet. One without a choice makes nothing of it.
    fn open(&mut self, event: &Frame<'_>) {
        let said = match self.awaits_words {
            true => self.watch.utterance(event),
            false if self.watch.is_aside() => Utterance::Nothing,
            false => Utterance::Words,
        };
        match said {
            Utterance::Nothing => {}
            Utterance::Refusal => self.opening = Opening::Refusal,
            Utterance::End => self.opening = Opening::Empty,
            Utterance::Words => self.opening = Opening::Answer,
        }
    }

    /// Lets one event out; true when nothing may follow it.
    fn pass(&mut self, event: &Frame<'_>, source: Source<'_>, out: &mut Vec<u8>) -> bool {
        match self.watch.see(event) {
            Seen::Chunk if self.hides_count && self.watch.is_count() => {}
            Seen::Nothing if event.is_blank() => out.extend_from_slice(event.raw),
            Seen::Nothing => out.extend_from_slice(self.client.ping()),
            Seen::Chunk => {
                if matches!(self.opening, Opening::Nothing | Opening::Empty) {
                    self.open(event);
                }
                self.client.pass_frame(event, out);
            }
            // A stream that says it is done without having finished is broken; `finish` says so.
            Seen::Done if self.watch.is_finished(1) => self.client.pass_frame(event, out),
            Seen::Done => {}
            Seen::Malformed => log::warn!("left out a malformed event of a stream"),
            Seen::Error(error) => {
                let error = judged(*error, source);
                self.client.write_error_frame(&told(&error, source), out);
                self.opening = Opening::Error(Box::new(error));
                return true;
            }
        }
        false
    }
}
