//! Bytes to frames and back. Knows nothing of what a frame means.
//!
//! A stream comes in pieces that the network chose. A [`Framing`] says how its format marks where one frame ends;
//! whoever reads a stream sees [`Frame`]s and does not know which framing they came in. To add one: a file here, a
//! variant of [`Framing`] and of [`Frames`].

pub mod multipart;
pub mod ndjson;
pub mod sse;
pub mod whole;

use std::borrow::Cow;

/// The longest frame, in bytes. A provider that sends more without an end to it is not speaking in frames.
pub const MAX_FRAME_BYTES: usize = 4 * 1024 * 1024;

/// How a format marks where a frame of its streams ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// Nothing does: the whole answer is one, a document of JSON.
    Whole,
    /// A line of JSON each.
    Ndjson,
}

/// One frame. Borrows from its [`Frames`].
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// All its bytes, those that end it included.
    pub raw: &'a [u8],
    /// What it says it is: the last `event` field of a server-sent event.
    pub name: Option<Cow<'a, str>>,
    /// What it carries; `None` for comments and frames without data.
    pub data: Option<Cow<'a, str>>,
    /// It has more than its data: comments, names, ids.
    pub has_more: bool,
}

/// Bytes that wait for the rest of their frame.
#[derive(Debug)]
pub enum Frames {
    /// Server-sent events.
    Sse(sse::Events),
    /// All of it is one.
    Whole(whole::Whole),
    /// Lines of JSON.
    Ndjson(ndjson::Lines),
}

impl Framing {
    /// The media type of a stream.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Sse => "text/event-stream",
            Self::Whole => "application/json",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// For the frames of one stream.
    pub fn frames(self) -> Frames {
        match self {
            Self::Sse => Frames::Sse(sse::Events::default()),
            Self::Whole => Frames::Whole(whole::Whole::default()),
            Self::Ndjson => Frames::Ndjson(ndjson::Lines::default()),
        }
    }
}

impl Frames {
    /// Takes the next piece of the stream. Free of copies while every piece ends with a frame.
    pub fn push(&mut self, piece: Vec<u8>) {
        match self {
            Self::Sse(frames) => frames.push(piece),
            Self::Whole(frames) => frames.push(piece),
            Self::Ndjson(frames) => frames.push(piece),
        }
    }

    /// The next whole frame; `None` when more bytes are needed.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        match self {
            Self::Sse(frames) => frames.next_frame(),
            // Whether more of it comes is not known before its end.
            Self::Whole(_) => None,
            Self::Ndjson(frames) => frames.next_frame(),
        }
    }

    /// What is left when the stream has ended: its last frame, if that lacks nothing but its end.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        match self {
            Self::Sse(frames) => frames.finish(),
            Self::Whole(frames) => frames.finish(),
            Self::Ndjson(frames) => frames.finish(),
        }
    }

    /// How many bytes wait for the rest of their frame.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Sse(frames) => frames.waiting(),
            Self::Whole(frames) => frames.waiting(),
            Self::Ndjson(frames) => frames.waiting(),
        }
    }

    /// Forgets the bytes that wait: nothing more is read of this stream.
    pub fn clear(&mut self) {
        match self {
            Self::Sse(frames) => frames.clear(),
            Self::Whole(frames) => frames.clear(),
            Self::Ndjson(frames) => frames.clear(),
        }
    }
}

impl Frame<'_> {
    /// Whether it is named an error.
    pub fn is_error(&self) -> bool {
        self.name.as_deref() == Some("error")
    }

    /// Whether it says nothing at all: empty lines.
    pub fn is_blank(&self) -> bool {
        self.data.is_none() && !self.has_more
    }

    /// Writes a server-sent event without what is not data: as it is, if it is nothing but that.
    pub fn write_data(&self, out: &mut Vec<u8>) {
        match &self.data {
            Some(data) if self.has_more => {
                for line in data.split(['\n', '\r']) {
                    out.extend_from_slice(b"data: ");
                    out.extend_from_slice(line.as_bytes());
                    out.push(b'\n');
                }
                out.push(b'\n');
            }
            _ => out.extend_from_slice(self.raw),
        }
    }
}
