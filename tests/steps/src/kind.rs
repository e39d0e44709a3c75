//! What can be done with a text, as the module and the test that runs it both call it.

/// What a text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A client's body, for routing.
    Facts,
    /// A client's body, read and written by a model's rules.
    Request,
    /// A client's body, on its whole way to a provider.
    Exchange,
    /// A provider's whole answer, on its whole way to the client.
    Answer,
    /// A provider's stream, likewise.
    Stream,
    /// A provider's error, likewise.
    Error,
    /// A configuration.
    Config,
    /// A caller's key, of a gateway that has issued others.
    Key,
}

/// In the order of their numbers.
pub const KINDS: [Kind; 8] = [
    Kind::Facts,
    Kind::Request,
    Kind::Exchange,
    Kind::Answer,
    Kind::Stream,
    Kind::Error,
    Kind::Config,
    Kind::Key,
];

/// What the keys are signed with that are good where a text is read as one.
pub const SIGNING_KEY: &str = "a secret of thirty-two bytes, 32";
/// The only other key that is good there.
pub const OWN_KEY: &str = "an-own-key-of-somebody-who-has-one";
/// When that is, in seconds since 1970.
pub const NOW: u64 = 1_790_000_000;

/// The models whose rules differ most, by format.
pub const MODELS: [(&str, &str); 5] = [
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-opus-5-5"),
    ("anthropic", "claude-3-haiku"),
    ("gemini", "gemini-3-pro-preview"),
    ("gemini", "gemini-2.0-flash"),
];
