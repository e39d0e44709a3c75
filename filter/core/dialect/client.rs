//! A wire format's half towards clients: a client's bytes to the hub, and the hub to what a client reads.
//!
//! Where a provider speaks the client's format its bytes pass, and this half only looks at them: [`WatchAnswer`] and
//! [`WatchStream`].

use std::fmt::Debug;

use super::envelope::Envelope;
use super::provider::Stamp;
use crate::frame::Frame;
use crate::hub::json::Document;
use crate::hub::{
    Answer, Chat, Delta, ErrorReport, Facts, Malformed, Param, ProviderError, RequestError, Told,
};

/// A format that clients speak.
pub trait ChatClient: Sync {
    /// Reads a request's body.
    ///
    /// # Errors
    /// Not JSON, a wrong type, a value that no target could make sense of: with the parameter.
    fn read_request<'a>(&self, body: &'a Document) -> Result<Chat<'a>, RequestError>;

    /// Reads what the gateway itself must know of a chat request's body.
    ///
    /// # Errors
    /// Not JSON, or one of these members is not what it must be.
    fn read_envelope(&self, body: &Document) -> Result<Envelope, RequestError>;

    /// The same of a body that need not be a chat's. Where it names no model, the name is empty.
    ///
    /// # Errors
    /// As for a chat's.
    fn read_name(&self, body: &Document) -> Result<Envelope, RequestError>;

    /// Reads what routes and strategies go by: as much of it as can be read, and nothing else of the body.
    fn read_facts<'a>(&self, body: &'a Document) -> Facts<'a>;

    /// The name of a parameter, as clients of the format know it.
    fn spell(&self, param: &Param) -> String;

    /// Writes a whole answer. `model` stands in where the provider named none.
    fn write_answer(&self, answer: &Answer<'_>, model: &str, stamp: Stamp) -> Vec<u8>;

    /// A writer for one streamed answer.
    fn writer(&self, wanted: Streamed<'_>) -> Box<dyn WriteStream>;

    /// Writes the body of an error.
    fn write_error(&self, error: &ErrorReport) -> Vec<u8>;

    /// Appends an error as the frame that ends a stream.
    fn write_error_frame(&self, error: &ErrorReport, out: &mut Vec<u8>);

    /// Whether the body of an error is one that every client of the format can read: it needs no rewriting.
    fn is_error(&self, body: &[u8]) -> bool;

    /// Follows one whole answer that passes as it is.
    fn watch_answer(&self) -> Box<dyn WatchAnswer>;

    /// Reads a whole answer of the format that was held: what it says of itself.
    ///
    /// # Errors
    /// It is the provider's error, or nothing that the format knows.
    fn read_whole(&self, body: &str) -> Result<Told, NoAnswer>;

    /// What an answer that is no chat's says of itself, as far as it can be read.
    fn read_told(&self, body: &str) -> Told;

    /// What a whole answer of the format says. One that cannot be read is taken to say something.
    fn utterance(&self, body: &str) -> Utterance;

    /// Follows one stream that passes as it is.
    fn watch_stream(&self) -> Box<dyn WatchStream>;

    /// Appends what of a frame leaves, of a stream that passes as it is: what its format knows, and no more.
    fn pass_frame(&self, frame: &Frame<'_>, out: &mut Vec<u8>) {
        frame.write_data(out);
    }

    /// What says nothing but that the stream lives, in place of a provider's comment.
    fn ping(&self) -> &'static [u8] {
        b": ping\n\n"
    }

    /// What ends a whole stream of the format, where that is a frame of its own.
    fn last_frame(&self) -> &'static [u8];

    /// Who answers requests that are written as the format once was, where it was another.
    fn of_old(&self) -> Option<&'static dyn ChatClient> {
        None
    }
}

/// What a client's stream is written for.
#[derive(Clone, Copy, Debug)]
pub struct Streamed<'a> {
    /// Stands in until the provider names a model.
    pub model: &'a str,
    /// The client asked for a count of tokens.
    pub include_usage: bool,
    /// For what the provider does not give.
    pub stamp: Stamp,
    /// What every alternative begins with.
    pub echo: Option<&'a str>,
}

/// Writes one streamed answer, delta by delta.
pub trait WriteStream: Debug {
    /// Appends what one delta becomes.
    fn write(&mut self, delta: Delta<'_>, out: &mut Vec<u8>);

    /// Whether every choice that began has ended, and at least one did.
    fn is_whole(&self) -> bool;

    /// What it has said of itself so far.
    fn told(&self) -> Told;

    /// Appends what ends a whole stream; nothing after a failure.
    fn end(&mut self, out: &mut Vec<u8>);

    /// Appends the one frame that says the stream has failed. Nothing follows it.
    fn fail(&mut self, error: &ErrorReport, out: &mut Vec<u8>);
}

/// Follows a whole answer that passes as it is.
pub trait WatchAnswer: Debug {
    /// The next piece.
    fn push(&mut self, piece: &[u8]);

    /// What is known so far. An error counts for more than an answer.
    fn sight(&self) -> Sight;

    /// Whether all that was opened is closed.
    fn is_whole(&self) -> bool;
}

/// Follows a stream that passes as it is, and remembers what its end depends on.
pub trait WatchStream: Debug {
    /// Looks at one frame.
    fn see(&mut self, frame: &Frame<'_>) -> Seen;

    /// What a frame says.
    fn utterance(&self, frame: &Frame<'_>) -> Utterance;

    /// Whether every choice that began has ended, and there are `choices` of them, or as many as there will be.
    fn is_finished(&self, choices: usize) -> bool;

    /// Whether the last frame said nothing for any choice.
    fn is_aside(&self) -> bool;

    /// Whether the last frame counted tokens, and did nothing else.
    fn is_count(&self) -> bool;

    /// Whether the format's own last frame was seen.
    fn is_done(&self) -> bool;

    /// What it has said of itself: tokens as last counted.
    fn told(&self) -> Told;
}

/// What is known of a whole answer so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Not enough to tell.
    Unclear,
    /// It is an answer.
    Answer,
    /// It has an error, which some providers send with a status of 200.
    Error,
    /// It is nothing that the format knows.
    Foreign,
}

/// What one frame of a stream is.
#[derive(Debug, PartialEq)]
pub enum Seen {
    /// A piece of the answer.
    Chunk,
    /// A comment, or a frame without data.
    Nothing,
    /// The format's own last frame.
    Done,
    /// The provider failed.
    Error(Box<ProviderError>),
    /// Not what the format promises: to be left out.
    Malformed,
}

/// What an answer, or a piece of one, says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utterance {
    /// Nothing yet: a role, a count.
    Nothing,
    /// Something.
    Words,
    /// Nothing, and the filter has ended it.
    Refusal,
    /// Nothing, and it has ended.
    End,
}

/// Why a whole answer is none.
#[derive(Debug)]
pub enum NoAnswer {
    /// It is the provider's error.
    Error(Box<ProviderError>),
    /// It is not what the format promises.
    Malformed(Malformed),
}
