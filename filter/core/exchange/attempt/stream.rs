//! An upstream stream on its way to the client: bytes in arbitrary pieces in, whole events out.
//!
//! [`Translation`] reads another dialect and writes the client's; [`Passage`] lets the client's own dialect through.
//! Both let out whole events only, so a stream that breaks never ends inside one; both skip an event that is not what
//! its format promises; and neither lets a stream that lacks its end look whole. Of the client's own dialect `data`
//! passes and nothing else: a comment becomes a ping, names and ids are left out. Whatever leaves is searched for our
//! credentials.

use super::super::failure::Failure;
use super::judge::note_refusal;
use super::mending::{Mending, mended};
use crate::dialect::{
    Arrival, ChatClient, ChatProvider, Progress, ReadStream, Seen, Streamed, Utterance, WatchStream,
    WriteStream, plain_error,
};
use crate::frame::{Frame, Frames, Framing, MAX_FRAME_BYTES};
use crate::gateway::{Provider, Redactor};
use crate::hub::{Delta, ErrorReport, Finish, ProviderError, Usage};

/// What a stream has come to before any of it leaves.
#[derive(Debug, PartialEq)]
pub enum Opening {
    /// Nothing that counts yet: comments and pings do not.
    Nothing,
    /// An answer has begun.
    Answer,
    /// The provider failed, be it after its answer had begun.
    Error(Box<ProviderError>),
    /// The provider's filter ended the answer before it said anything.
    Refusal,
}

/// A stream of either kind.
#[derive(Debug)]
pub enum Stream {
    /// Another dialect, translated.
    Translation(Box<Translation>),
    /// The client's own dialect.
    Passage(Box<Passage>),
}

/// Whose stream it is, and what may not leave with it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// Knows every credential.
    pub redactor: &'a Redactor,
    /// Who judges its errors; `None` where nothing more is known of it.
    pub judge: Option<&'a Provider>,
}

impl Stream {
    /// Takes a piece and appends what may leave for the client. Whether that differs from the piece.
    pub fn push(&mut self, piece: Vec<u8>, source: Source<'_>, out: &mut Vec<u8>) -> bool {
        let length = out.len();
        let altered = match self {
            Self::Translation(stream) => stream.push(piece, source, out),
            Self::Passage(stream) => stream.push(piece, source, out),
        };
        source.redactor.mask(out.get_mut(length..).unwrap_or_default()) || altered
    }

    /// The upstream's stream has ended: appends what a whole stream lacks, or the frame that says it broke. Whether
    /// that is anything.
    pub fn finish(&mut self, source: Source<'_>, out: &mut Vec<u8>) -> bool {
        let length = out.len();
        match self {
            Self::Translation(stream) => stream.finish(source, out),
            Self::Passage(stream) => stream.finish(source, out),
        }
        source.redactor.mask(out.get_mut(length..).unwrap_or_default());
        out.len() > length
    }

    /// The stream cannot go on: appends the frame that says why, unless it has ended already.
    pub fn fail(&mut self, failure: Failure, source: Source<'_>, out: &mut Vec<u8>) {
        let error = failure.into_error(source.redactor);
        match self {
            Self::Translation(stream) if !stream.ended => {
                stream.ended = true;
                stream.frames.clear();
                stream.writer.fail(&error, out);
            }
            Self::Passage(stream) if !stream.ended => {
                stream.ended = true;
                stream.frames.clear();
                stream.gate.client.write_error_frame(&error, out);
            }
            _ => {}
        }
    }

    /// Whether the end of the answer is known but not that of its stream: what is still to come is its end, most
    /// likely, and something of ours will follow it.
    pub fn is_ending(&self) -> bool {
        match self {
            Self::Translation(stream) => !stream.ended && stream.reader.progress() == Progress::Ending,
            Self::Passage(stream) => {
                !stream.ended && !stream.gate.watch.is_done() && stream.gate.watch.is_finished(stream.choices)
            }
        }
    }

    /// Whether what came last belongs to the end of the answer, though it is not that of the stream: a count of tokens.
    pub fn is_at_its_end(&self) -> bool {
        self.is_ending() && matches!(self, Self::Passage(stream) if stream.gate.watch.is_aside())
    }

    /// Whether the client was told how the answer ended, or that it failed.
    pub fn is_told(&self) -> bool {
        match self {
            Self::Translation(stream) if stream.ended => true,
            Self::Passage(stream) if stream.ended => true,
            _ => self.is_whole(),
        }
    }

    /// Whether its answer reached its end.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Translation(stream) => stream.writer.is_whole(),
            Self::Passage(stream) => stream.gate.watch.is_finished(stream.choices),
        }
    }

    /// How many bytes wait for the rest of their event.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Translation(stream) => stream.frames.waiting(),
            Self::Passage(stream) => stream.frames.waiting(),
        }
    }

    /// What the stream began with, as far as it was read.
    pub fn opening(&mut self) -> &mut Opening {
        match self {
            Self::Translation(stream) => &mut stream.opening,
            Self::Passage(stream) => &mut stream.gate.opening,
        }
    }

    /// Tokens, as last counted.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Translation(stream) => stream.writer.usage(),
            Self::Passage(stream) => stream.gate.watch.usage(),
        }
    }
}

/// What the client asked of a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamTerms {
    /// Usage in a chunk of its own (`stream_options.include_usage`).
    pub include_usage: bool,
    /// How many choices (`n`).
    pub choices: usize,
    /// Another target may be asked if the provider's filter refuses: an answer has begun only when it says something.
    pub awaits_words: bool,
}

impl StreamTerms {
    /// What a client asked for, of a target whose refusal it would get.
    pub const fn of(include_usage: bool, choices: usize) -> Self {
        Self { include_usage, choices, awaits_words: false }
    }
}

// === Translation ===

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
            }),
            awaits_words: wanted.awaits_words,
            opening: Opening::Nothing,
            ended: false,
            mending: None,
        }
    }

    /// The same of a vendor that has words and places of its own.
    #[must_use]
    pub fn mended(self, mending: Option<Mending>) -> Self {
        Self { mending, ..self }
    }

    fn push(&mut self, piece: Vec<u8>, source: Source<'_>, out: &mut Vec<u8>) -> bool {
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
            self.ended =
                write(self.writer.as_mut(), self.awaits_words, &mut self.opening, deltas, source, out);
            if !self.ended && self.reader.progress() == Progress::Over && self.writer.is_whole() {
                self.writer.end(out);
                self.ended = true;
            }
        }
        if self.frames.waiting() > MAX_FRAME_BYTES {
            self.frames.clear();
            if !std::mem::replace(&mut self.ended, true) {
                self.writer.fail(&too_long().into_error(source.redactor), out);
            }
        }
        true
    }

    fn finish(&mut self, source: Source<'_>, out: &mut Vec<u8>) {
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
            Delta::Finish { reason: Finish::ContentFilter, .. }
                if awaits_words && *opening == Opening::Nothing =>
            {
                *opening = Opening::Refusal;
            }
            _ => *opening = Opening::Answer,
        }
        writer.write(delta, out);
    }
    false
}

// === Passage ===

/// A stream of the client's own dialect: its bytes, event by event.
pub struct Passage {
    frames: Frames,
    gate: Gate,
    choices: usize,
    ended: bool,
    mending: Option<Mending>,
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
                opening: Opening::Nothing,
            },
            choices: wanted.choices.max(1),
            ended: false,
            mending: None,
        }
    }

    /// The same of a vendor that has words and places of its own.
    #[must_use]
    pub fn mended(self, mending: Option<Mending>) -> Self {
        Self { mending, ..self }
    }

    fn push(&mut self, piece: Vec<u8>, source: Source<'_>, out: &mut Vec<u8>) -> bool {
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
            self.ended = self.gate.pass(&event, source, out);
            altered |= self.ended || event.has_more;
        }
        if self.frames.waiting() > MAX_FRAME_BYTES {
            self.frames.clear();
            if !std::mem::replace(&mut self.ended, true) {
                self.gate.client.write_error_frame(&too_long().into_error(source.redactor), out);
            }
        }
        // Events of `data` alone leave as they are or not at all: the same length is the same bytes.
        altered || out.len() != length
    }

    fn finish(&mut self, source: Source<'_>, out: &mut Vec<u8>) {
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
}

/// Where events leave.
struct Gate {
    client: &'static dyn ChatClient,
    watch: Box<dyn WatchStream>,
    awaits_words: bool,
    opening: Opening,
}

impl Gate {
    /// Lets one event out; true when nothing may follow it.
    fn pass(&mut self, event: &Frame<'_>, source: Source<'_>, out: &mut Vec<u8>) -> bool {
        match self.watch.see(event) {
            Seen::Nothing if event.is_blank() => out.extend_from_slice(event.raw),
            Seen::Nothing => out.extend_from_slice(self.client.ping()),
            Seen::Chunk => {
                if self.opening == Opening::Nothing {
                    self.opening = match self.awaits_words.then(|| self.watch.utterance(event)) {
                        Some(Utterance::Nothing) => Opening::Nothing,
                        Some(Utterance::Refusal) => Opening::Refusal,
                        Some(Utterance::Words) | None => Opening::Answer,
                    };
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

// === how streams break ===

/// An error of the provider's, by what is known of it.
fn judged(error: ProviderError, source: Source<'_>) -> ProviderError {
    match source.judge {
        Some(judge) => judge.judged(error),
        None => error,
    }
}

/// What a client is told of a provider's error in mid-stream.
fn told(error: &ProviderError, source: Source<'_>) -> ErrorReport {
    note_refusal(source.provider, error);
    Failure::of_provider(source.provider, error).into_error(source.redactor)
}

fn cut(provider: &str) -> Failure {
    Failure::new(
        502,
        "upstream_invalid",
        format!("the stream of {provider} ended before its answer was complete"),
    )
}

fn too_long() -> Failure {
    Failure::new(502, "upstream_invalid", "the upstream sent an event that is too long")
}
