//! An upstream stream on its way to the client: bytes in arbitrary pieces in, whole events out.
//!
//! [`Translation`] reads another dialect and writes the client's; [`Passage`] lets the client's own dialect through.
//! Both let out whole events only, so a stream that breaks never ends inside one; both skip an event that is not what
//! its format promises; and neither lets a stream that lacks its end look whole. Of the client's own dialect `data`
//! passes and nothing else: a comment becomes a ping, names and ids are left out. Whatever leaves is searched for our
//! credentials.

use super::super::failure::Failure;
use super::judge::note_refusal;
use super::passage::Passage;
use super::translation::Translation;
use crate::gateway::{Provider, Redactor};
use crate::hub::{ErrorReport, ProviderError, Told, Usage};

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
    /// The answer ended before it said anything. How many tokens were counted may still follow.
    Empty,
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
            Self::Translation(stream) => stream.fail(&error, out),
            Self::Passage(stream) => stream.fail(&error, out),
        }
    }

    /// Whether the end of the answer is known but not that of its stream: what is still to come is its end, most
    /// likely, and something of ours will follow it.
    pub fn is_ending(&self) -> bool {
        match self {
            Self::Translation(stream) => stream.is_ending(),
            Self::Passage(stream) => stream.is_ending(),
        }
    }

    /// Whether what came last belongs to the end of the answer, though it is not that of the stream: a count of tokens.
    pub fn is_at_its_end(&self) -> bool {
        self.is_ending() && matches!(self, Self::Passage(stream) if stream.is_aside())
    }

    /// Whether the client was told how the answer ended, or that it failed.
    pub fn is_told(&self) -> bool {
        match self {
            Self::Translation(stream) => stream.is_over() || stream.is_whole(),
            Self::Passage(stream) => stream.has_ended() || stream.is_whole(),
        }
    }

    /// Whether nothing of it is to come that means anything.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Translation(stream) => stream.is_over(),
            Self::Passage(stream) => stream.is_over(),
        }
    }

    /// Whether its answer reached its end.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Translation(stream) => stream.is_whole(),
            Self::Passage(stream) => stream.is_whole(),
        }
    }

    /// Whether it reached its end with no token counted.
    pub fn says_nothing(&self) -> bool {
        self.is_whole() && self.told().usage.is_none_or(Usage::says_nothing)
    }

    /// How many bytes wait for the rest of their event.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Translation(stream) => stream.waiting(),
            Self::Passage(stream) => stream.waiting(),
        }
    }

    /// What the stream began with, as far as it was read.
    pub fn opening(&mut self) -> &mut Opening {
        match self {
            Self::Translation(stream) => stream.opening(),
            Self::Passage(stream) => stream.opening(),
        }
    }

    /// How many tokens have come of it, by what its events look like.
    pub const fn said(&self) -> u64 {
        match self {
            Self::Translation(stream) => stream.said(),
            Self::Passage(stream) => stream.said(),
        }
    }

    /// What it has said of itself: tokens as last counted.
    pub fn told(&self) -> Told {
        match self {
            Self::Translation(stream) => stream.told(),
            Self::Passage(stream) => stream.told(),
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
    /// Another target may be asked if the provider's filter refuses, or if the answer says nothing: an answer has begun
    /// only when it says something.
    pub awaits_words: bool,
    /// The chunk that counts tokens is not for the client: it has not asked for it.
    pub hides_count: bool,
}

impl StreamTerms {
    /// What a client asked for, of a target whose refusal it would get.
    pub const fn of(include_usage: bool, choices: usize) -> Self {
        Self { include_usage, choices, awaits_words: false, hides_count: false }
    }
}

/// Counts the tokens of a stream whose provider may never come to count them: of what an event has more than the shortest of
/// the stream, four bytes are one, and every event has one at least.
#[derive(Debug)]
pub(super) struct Said {
    tokens: u64,
    shortest: usize,
}

impl Said {
    pub const NOTHING: Self = Self { tokens: 0, shortest: usize::MAX };

    /// An event has left as this. A sign of life is none, and so much shorter that all others would seem long beside it.
    pub fn add_events(&mut self, left: &[u8]) {
        if !left.starts_with(b":") {
            self.add(left.len());
        }
    }

    /// An event of so many bytes has left.
    pub fn add(&mut self, length: usize) {
        if length > 0 {
            self.shortest = self.shortest.min(length);
            let more = u64::try_from(length.saturating_sub(self.shortest) / 4).unwrap_or_default();
            self.tokens = self.tokens.saturating_add(more.max(1));
        }
    }

    pub const fn tokens(&self) -> u64 {
        self.tokens
    }
}

// === how streams break ===

/// An error of the provider's, by what is known of it.
pub(super) fn judged(error: ProviderError, source: Source<'_>) -> ProviderError {
    match source.judge {
        Some(judge) => judge.judged(error),
        None => error,
    }
}

/// What a client is told of a provider's error in mid-stream.
pub(super) fn told(error: &ProviderError, source: Source<'_>) -> ErrorReport {
    note_refusal(source.provider, error);
    Failure::of_provider(source.provider, error).into_error(source.redactor)
}

pub(super) fn cut(provider: &str) -> Failure {
    Failure::new(
        502,
        "upstream_invalid",
        format!("the stream of {provider} ended before its answer was complete"),
    )
}

pub(super) fn too_long() -> Failure {
    Failure::new(502, "upstream_invalid", "the upstream sent an event that is too long")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_life_are_no_tokens_and_no_measure_of_events() {
        let mut said = Said::NOTHING;
        let event = |text: &str| format!("data: {{\"content\":\"{text}\"}}\n\n").into_bytes();
        for left in [event(""), b": ping\n\n".to_vec(), event("four letters"), Vec::new(), event("hi")] {
            said.add_events(&left);
        }
        assert_eq!(said.tokens(), 1 + 3 + 1);
    }
}
