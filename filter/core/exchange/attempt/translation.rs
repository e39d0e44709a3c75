//! A stream of another dialect, translated event by event.

use super::mending::{Mending, mended};
use super::stream::{Opening, Said, Source, StreamTerms, cut, judged, told, too_long};
use crate::dialect::{
    Arrival, ChatClient, ChatProvider, Progress, ReadStream, Streamed, WriteStream, plain_error,
};
use crate::frame::{Frame, Frames, Framing, MAX_FRAME_BYTES};
use crate::hub::{Delta, ErrorReport, Finish, Told};

/// A stream of another dialect, translated event by event.
pub struct Translation {
    frames: Frames,
    reader: Box<dyn ReadStream>,
    writer: Box<dyn WriteStream>,
    awaits_words: bool,
    opening: Opening,
    /// An error was written; nothing may follow.
    ended: bool,
    mending: Option<Mending>,
    said: Said,
}

impl std::fmt::Debug for Translation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Translation").field("opening", &self.opening).finish_non_exhaustive()
    }
}

impl Translation {
    /// A translation for one attempt; `model` is the target's.
    pub fn new(
        framing: Framing,
        provider: &dyn ChatProvider,
        client: &dyn ChatClient,
        model: &str,
        wanted: StreamTerms,
        arrival: &Arrival<'_>,
    ) -> Self {
        Self {
            frames: framing.frames(),
            reader: provider.reader(arrival),
            writer: client.writer(Streamed {
                model,
                include_usage: wanted.include_usage,
                stamp: arrival.stamp,
                echo: arrival.memo.echo(),
            }),
            awaits_words: wanted.awaits_words,
            opening: Opening::Nothing,
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
        self.frames.push(piece);
        while let Some(event) = self.frames.next_frame() {
            if self.ended {
                continue;
            }
            if event.raw.len() > MAX_FRAME_BYTES {
                self.ended = true;
                self.writer.fail(&too_long().into_error(source.redactor), out);
                continue;
            }
            let event = mended(self.mending.as_ref(), event);
            let deltas = read(self.reader.as_mut(), &event);
            let before = out.len();
            self.ended =
                write(self.writer.as_mut(), self.awaits_words, &mut self.opening, deltas, source, out);
            self.said.add_events(out.get(before..).unwrap_or_default());
            if !self.ended && self.reader.progress() == Progress::Over && self.writer.is_whole() {
                self.writer.end(out);
                self.ended = true;
            }
        }
        if self.frames.waiting() > MAX_FRAME_BYTES {
            self.frames.clear();
            self.fail(&too_long().into_error(source.redactor), out);
        }
        true
    }

    pub(super) fn finish(&mut self, source: Source<'_>, out: &mut Vec<u8>) {
        let last = self.frames.finish().map(|event| mended(self.mending.as_ref(), event));
        if self.ended {
            return;
        }
        let deltas =
            last.iter().filter(|event| !event.is_blank()).flat_map(|event| read(self.reader.as_mut(), event));
        let deltas = deltas.collect();
        self.ended = write(self.writer.as_mut(), self.awaits_words, &mut self.opening, deltas, source, out);
        if self.ended {
            return;
        }
        let mut held = Vec::new();
        self.reader.finish(&mut held);
        self.ended = write(self.writer.as_mut(), self.awaits_words, &mut self.opening, held, source, out);
        match self.writer.is_whole() {
            _ if self.ended => {}
            true => self.writer.end(out),
            false => self.writer.fail(&cut(source.provider).into_error(source.redactor), out),
        }
        self.ended = true;
    }

    pub(super) fn fail(&mut self, error: &ErrorReport, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.ended, true) {
            self.frames.clear();
            self.writer.fail(error, out);
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        !self.ended && self.reader.progress() == Progress::Ending
    }

    pub(super) const fn is_over(&self) -> bool {
        self.ended
    }

    pub(super) fn is_whole(&self) -> bool {
        self.writer.is_whole()
    }

    pub(super) fn waiting(&self) -> usize {
        self.frames.waiting()
    }

    pub(super) const fn opening(&mut self) -> &mut Opening {
        &mut self.opening
    }

    pub(super) const fn said(&self) -> u64 {
        self.said.tokens()
    }

    pub(super) fn told(&self) -> Told {
        self.writer.told()
    }
}

/// Reads one event of another dialect. One that is named an error is one, whatever it holds.
fn read<'a>(reader: &mut dyn ReadStream, event: &'a Frame<'_>) -> Vec<Delta<'a>> {
    let mut deltas = Vec::new();
    let outcome = match event.data {
        Some(_) => reader.read(event, &mut deltas),
        None => {
            deltas.push(Delta::Ping);
            Ok(())
        }
    };
    if let Err(malformed) = outcome {
        log::warn!("skipped a malformed event of a stream: {malformed}");
    }
    if event.is_error() && !deltas.iter().any(|delta| matches!(delta, Delta::Error(_))) {
        let words = event.data.as_deref().unwrap_or_default();
        deltas = vec![Delta::Error(plain_error::read(500, words.as_bytes()))];
    }
    deltas
}

/// Writes deltas; true when one of them was the stream's failure.
fn write(
    writer: &mut dyn WriteStream,
    awaits_words: bool,
    opening: &mut Opening,
    deltas: Vec<Delta<'_>>,
    source: Source<'_>,
    out: &mut Vec<u8>,
) -> bool {
    for delta in deltas {
        match delta {
            Delta::Error(error) => {
                let error = judged(error, source);
                writer.fail(&told(&error, source), out);
                *opening = Opening::Error(Box::new(error));
                return true;
            }
            Delta::Ping => {}
            Delta::Start { .. } | Delta::Usage(_) | Delta::Refusal { .. } if awaits_words => {}
            Delta::Finish { reason, .. } if awaits_words && *opening == Opening::Nothing => {
                *opening = match reason {
                    Finish::ContentFilter => Opening::Refusal,
                    Finish::Stop | Finish::Length | Finish::ToolCalls => Opening::Empty,
                };
            }
            Delta::Finish { .. } if awaits_words && *opening == Opening::Empty => {}
            _ => *opening = Opening::Answer,
        }
        writer.write(delta, out);
    }
    false
}
