//! An upstream stream on its way to the client: bytes in arbitrary pieces in, whole events out.
//!
//! [`Translation`] reads another dialect and writes the client's; [`Passage`] lets the client's own dialect through.
//! Both let out whole events only, so a stream that breaks never ends inside one; both skip an event that is not what
//! its format promises; and neither lets a stream that lacks its end look whole.

use super::failure::Failure;
use crate::chat::{Delta, Finish, ProviderError, Usage};
use crate::config::Redactor;
use crate::dialect::openai::{self, Seen, StreamWriter, Utterance, Watch, error_frame};
use crate::dialect::{Progress, ReadStream, Stamp, Translate};
use crate::frame::sse::{Event, Frames, MAX_EVENT_BYTES};

/// What a stream's first sign of life was.
#[derive(Debug, PartialEq)]
pub enum Opening {
    /// Nothing that counts yet: comments and pings do not.
    Nothing,
    /// An answer has begun.
    Answer,
    /// The provider failed before it answered.
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

impl Stream {
    /// Takes a piece and appends what may leave for the client. Whether that differs from the piece.
    pub fn push(&mut self, piece: Vec<u8>, redactor: &Redactor, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Translation(stream) => stream.push(piece, redactor, out),
            Self::Passage(stream) => stream.push(piece, redactor, out),
        }
    }

    /// The upstream's stream has ended: appends what a whole stream lacks, or the frame that says it broke. Whether
    /// that is anything.
    pub fn finish(&mut self, provider: &str, redactor: &Redactor, out: &mut Vec<u8>) -> bool {
        let length = out.len();
        match self {
            Self::Translation(stream) => stream.finish(provider, redactor, out),
            Self::Passage(stream) => stream.finish(provider, redactor, out),
        }
        out.len() > length
    }

    /// Whether the end of the answer is known but not that of its stream: what is still to come is its end, most
    /// likely, and something of ours will follow it.
    pub fn is_ending(&self) -> bool {
        match self {
            Self::Translation(stream) => !stream.ended && stream.reader.progress() == Progress::Ending,
            Self::Passage(stream) => {
                !stream.ended && !stream.watch.is_done() && stream.watch.is_finished(stream.choices)
            }
        }
    }

    /// Whether what came last belongs to the end of the answer, though it is not that of the stream: a count of tokens.
    pub fn is_at_its_end(&self) -> bool {
        self.is_ending() && matches!(self, Self::Passage(stream) if stream.watch.is_aside())
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
            Self::Passage(stream) => stream.watch.is_finished(stream.choices),
        }
    }

    /// What the stream began with, as far as it was read.
    pub fn opening(&mut self) -> &mut Opening {
        match self {
            Self::Translation(stream) => &mut stream.opening,
            Self::Passage(stream) => &mut stream.opening,
        }
    }

    /// Tokens, as last counted.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Translation(stream) => stream.writer.usage(),
            Self::Passage(stream) => stream.watch.usage(),
        }
    }
}

/// What the client asked of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Usage in a chunk of its own (`stream_options.include_usage`).
    pub include_usage: bool,
    /// How many choices (`n`).
    pub choices: usize,
    /// Another target may be asked if the provider's filter refuses: an answer has begun only when it says something.
    pub spoken: bool,
}

impl Wanted {
    /// What a client asked for, of a target whose refusal it would get.
    pub const fn of(include_usage: bool, choices: usize) -> Self {
        Self { include_usage, choices, spoken: false }
    }
}

// === Translation ===

/// A stream of another dialect, translated event by event.
pub struct Translation {
    frames: Frames,
    reader: Box<dyn ReadStream>,
    writer: StreamWriter,
    spoken: bool,
    opening: Opening,
    /// An error was written; nothing may follow.
    ended: bool,
}

impl std::fmt::Debug for Translation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Translation").field("opening", &self.opening).finish_non_exhaustive()
    }
}

impl Translation {
    /// A translation for one attempt; `model` is the target's.
    pub fn new(dialect: &dyn Translate, model: &str, wanted: Wanted, stamp: Stamp) -> Self {
        Self {
            frames: Frames::default(),
            reader: dialect.stream(stamp),
            writer: StreamWriter::new(model, wanted.include_usage, stamp),
            spoken: wanted.spoken,
            opening: Opening::Nothing,
            ended: false,
        }
    }

    fn push(&mut self, piece: Vec<u8>, redactor: &Redactor, out: &mut Vec<u8>) -> bool {
        self.frames.push(piece);
        while let Some(event) = self.frames.next_event() {
            if self.ended {
                continue;
            }
            let mut deltas = Vec::new();
            if event.data.is_none() {
                deltas.push(Delta::Ping);
            } else if let Err(malformed) = self.reader.read(&event, &mut deltas) {
                log::warn!("skipped a malformed event of a stream: {malformed}");
            }
            self.ended = write(&mut self.writer, self.spoken, &mut self.opening, deltas, redactor, out);
            if !self.ended && self.reader.progress() == Progress::Over && self.writer.is_whole() {
                self.writer.end(out);
                self.ended = true;
            }
        }
        if self.frames.waiting() > MAX_EVENT_BYTES && !self.ended {
            self.ended = true;
            self.writer.fail(&too_long().error, out);
        }
        true
    }

    fn finish(&mut self, provider: &str, redactor: &Redactor, out: &mut Vec<u8>) {
        let last = self.frames.finish();
        if self.ended {
            return;
        }
        let mut deltas = Vec::new();
        if let Some(event) = &last
            && event.data.is_some()
            && let Err(malformed) = self.reader.read(event, &mut deltas)
        {
            log::warn!("skipped the malformed last event of a stream: {malformed}");
        }
        self.ended = write(&mut self.writer, self.spoken, &mut self.opening, deltas, redactor, out);
        if self.ended {
            return;
        }
        let mut held = Vec::new();
        self.reader.finish(&mut held);
        self.ended = write(&mut self.writer, self.spoken, &mut self.opening, held, redactor, out);
        match self.writer.is_whole() {
            _ if self.ended => {}
            true => self.writer.end(out),
            false => self.writer.fail(&cut(provider).error, out),
        }
        self.ended = true;
    }
}

/// Writes deltas; true when one of them was the stream's failure.
fn write(
    writer: &mut StreamWriter,
    spoken: bool,
    opening: &mut Opening,
    deltas: Vec<Delta<'_>>,
    redactor: &Redactor,
    out: &mut Vec<u8>,
) -> bool {
    for delta in deltas {
        match delta {
            Delta::Error(error) => {
                writer.fail(&Failure::of_provider(&error, redactor).error, out);
                if *opening == Opening::Nothing {
                    *opening = Opening::Error(Box::new(error));
                }
                return true;
            }
            Delta::Ping => {}
            Delta::Start { .. } | Delta::Usage(_) | Delta::Refusal { .. } if spoken => {}
            Delta::Finish { reason: Finish::ContentFilter, .. } if spoken && *opening == Opening::Nothing => {
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
#[derive(Debug)]
pub struct Passage {
    frames: Frames,
    watch: Watch,
    choices: usize,
    spoken: bool,
    opening: Opening,
    ended: bool,
}

impl Passage {
    /// A passage for one attempt.
    pub fn new(wanted: Wanted) -> Self {
        Self {
            frames: Frames::default(),
            watch: Watch::default(),
            choices: wanted.choices.max(1),
            spoken: wanted.spoken,
            opening: Opening::Nothing,
            ended: false,
        }
    }

    fn push(&mut self, piece: Vec<u8>, redactor: &Redactor, out: &mut Vec<u8>) -> bool {
        let length = out.len().saturating_add(piece.len());
        let mut altered = self.frames.waiting() > 0;
        self.frames.push(piece);
        while let Some(event) = self.frames.next_event() {
            if !self.ended {
                self.ended = pass(&mut self.watch, self.spoken, &mut self.opening, &event, redactor, out);
                altered |= self.ended;
            }
        }
        if self.frames.waiting() > MAX_EVENT_BYTES && !self.ended {
            self.ended = true;
            error_frame(&too_long().error, out);
        }
        // Events leave as they are or not at all: the same length is the same bytes.
        altered || out.len() != length
    }

    fn finish(&mut self, provider: &str, redactor: &Redactor, out: &mut Vec<u8>) {
        let last = self.frames.finish();
        if self.ended {
            return;
        }
        if let Some(event) = last {
            let length = out.len();
            self.ended = pass(&mut self.watch, self.spoken, &mut self.opening, &event, redactor, out);
            if out.len() > length && !out.ends_with(b"\n\n") {
                out.extend_from_slice(b"\n\n");
            }
        }
        match (self.watch.is_finished(self.choices), self.watch.is_done()) {
            _ if self.ended => {}
            (true, true) => {}
            (true, false) => out.extend_from_slice(openai::DONE),
            (false, _) => error_frame(&cut(provider).error, out),
        }
        self.ended = true;
    }
}

/// Lets one event out; true when nothing may follow it.
fn pass(
    watch: &mut Watch,
    spoken: bool,
    opening: &mut Opening,
    event: &Event<'_>,
    redactor: &Redactor,
    out: &mut Vec<u8>,
) -> bool {
    match watch.see(event) {
        Seen::Nothing => out.extend_from_slice(event.raw),
        Seen::Chunk => {
            if *opening == Opening::Nothing {
                *opening = match spoken.then(|| openai::utterance(event)) {
                    Some(Utterance::Nothing) => Opening::Nothing,
                    Some(Utterance::Refusal) => Opening::Refusal,
                    Some(Utterance::Words) | None => Opening::Answer,
                };
            }
            out.extend_from_slice(event.raw);
        }
        // A stream that says it is done without having finished is broken; `finish` says so.
        Seen::Done if watch.is_finished(1) => out.extend_from_slice(event.raw),
        Seen::Done => {}
        Seen::Malformed => log::warn!("left out a malformed event of a stream"),
        Seen::Error(error) => {
            error_frame(&Failure::of_provider(&error, redactor).error, out);
            if *opening == Opening::Nothing {
                *opening = Opening::Error(error);
            }
            return true;
        }
    }
    false
}

// === how streams break ===

fn cut(provider: &str) -> Failure {
    Failure::new(
        502,
        "upstream_invalid",
        format!("the stream of {provider} ended before its answer was complete"),
    )
}

fn too_long() -> Failure {
    Failure::new(502, "upstream_invalid", "the upstream sent an event that never ends")
}
