//! What becomes of a request, by the name of its model.
//!
//! The names are the same for all three stand-ins and part of what `ferro demo` promises.

use super::delivery::Ending;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// An answer, whose body ends as told.
    Answer(Ending),
    /// The provider says that it is overloaded: 503, at Anthropic 529.
    Overloaded,
    /// The provider says that there were too many requests: 429, come back in a second.
    Limited,
    /// The connection is reset before a single byte of an answer.
    Reset,
}

impl Fate {
    /// Decides by the model's name.
    pub(super) fn of(model: &str) -> Self {
        FATES
            .iter()
            .find(|(name, _)| *name == model)
            .map_or(Self::Answer(Ending::Complete), |(_, fate)| *fate)
    }
}

/// Every name that means a failure.
const FATES: &[(&str, Fate)] = &[
    ("demo-503", Fate::Overloaded),
    ("demo-429", Fate::Limited),
    ("demo-silent", Fate::Answer(Ending::Silent)),
    ("demo-cut", Fate::Answer(Ending::Cut)),
    ("demo-reset", Fate::Reset),
];
