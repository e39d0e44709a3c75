//! Which failures deserve another attempt, and how long one may take.

use std::fmt;
use std::time::Duration;

/// The retry settings of a route, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// What deserves another attempt.
    pub on: Vec<Condition>,
    /// How long to wait in between.
    pub backoff: Backoff,
    /// How long an attempt may take.
    pub timeouts: Timeouts,
}

/// A failure that deserves another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No connection.
    ConnectFailure,
    /// A connection that broke before it answered.
    Reset,
    /// No byte of a body within [`Timeouts`].
    Timeout,
    /// An HTTP status.
    Status(u16),
    /// All statuses from 500.
    ServerErrors,
    /// A request that is longer than the model's context.
    ContextLength,
    /// A request or answer that the provider's policy forbids.
    ContentFilter,
    /// An answer with nothing in it.
    Empty,
}

/// Exponential backoff, performed by Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub base: Duration,
    /// The longest wait.
    pub max: Duration,
}

/// How long an attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the first byte of a stream's body.
    pub first_byte_of_stream: Duration,
    /// Until the first byte of a whole answer.
    pub first_byte_of_answer: Duration,
    /// Between bytes of a stream.
    pub idle_stream: Duration,
    /// Between bytes of a whole answer. It also bounds the wait for the first one, so it is never shorter than that.
    pub idle_answer: Duration,
}

impl Condition {
    /// Reads a word of `retry.on`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "connect-failure" => Some(Self::ConnectFailure),
            "reset" => Some(Self::Reset),
            "timeout" => Some(Self::Timeout),
            "5xx" => Some(Self::ServerErrors),
            "context_length" => Some(Self::ContextLength),
            "content_filter" => Some(Self::ContentFilter),
            "empty" => Some(Self::Empty),
            _ => word.parse().ok().and_then(Self::from_status),
        }
    }

    /// A status that can be retried.
    pub fn from_status(status: u16) -> Option<Self> {
        (400..=599).contains(&status).then_some(Self::Status(status))
    }
}

impl fmt::Display for Condition {
    /// The word of `retry.on`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectFailure => "connect-failure",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Status(status) => return status.fmt(f),
            Self::ServerErrors => "5xx",
            Self::ContextLength => "context_length",
            Self::ContentFilter => "content_filter",
            Self::Empty => "empty",
        })
    }
}

impl Retry {
    /// Whether this failure deserves another attempt.
    pub fn allows(&self, condition: Condition) -> bool {
        self.on.iter().any(|allowed| match (*allowed, condition) {
            (Condition::ServerErrors, Condition::Status(status)) => status >= 500,
            (allowed, condition) => allowed == condition,
        })
    }
}

impl Timeouts {
    /// Until the first byte of the body; `soon` if it is a stream's that need not be thought for.
    pub const fn first_byte(&self, soon: bool) -> Duration {
        if soon { self.first_byte_of_stream } else { self.first_byte_of_answer }
    }

    /// Between bytes.
    pub const fn idle(&self, stream: bool) -> Duration {
        if stream { self.idle_stream } else { self.idle_answer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_written_as_they_are_read() {
        let words = [
            "connect-failure",
            "reset",
            "timeout",
            "429",
            "5xx",
            "context_length",
            "content_filter",
            "empty",
        ];
        for word in words {
            assert_eq!(Condition::from_word(word).unwrap().to_string(), word);
        }
    }
}
