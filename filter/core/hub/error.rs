//! What can be wrong with a request, and what a provider says went wrong.

use std::fmt;
use std::time::Duration;

use super::locate::locate;
use super::param::Param;
use super::wait::wait_in;

/// A request that cannot be served as it is: the caller's fault, answered with 400 and the parameter's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    /// The parameter at fault.
    pub param: Option<Param>,
    /// What is wrong and what is expected, for the caller to read.
    pub words: Words,
    /// For programs: `invalid_json`, `missing_field`, `invalid_value`, `unsupported_parameter`.
    pub code: &'static str,
}

/// What is to be said of an error. A parameter's name in it is the client's format's to spell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// All that is to be said.
    Whole(String),
    /// What is wrong with the parameter; its name goes before it.
    OfParam(String),
    /// The parameter is required, and absent.
    Missing,
}

/// An error as a client is to be told it, before the client's format spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReport {
    /// HTTP status.
    pub status: u16,
    /// The class of error in the provider's own word, where it may be told; else the status says which.
    pub kind: Option<String>,
    /// The error, for programs.
    pub code: Option<String>,
    /// The parameter at fault.
    pub param: Option<Param>,
    /// Words for people.
    pub words: Words,
}

impl Words {
    /// The words, with the parameter's name as the client's format spells it.
    pub fn with(&self, param: Option<&str>) -> String {
        let param = param.unwrap_or_default();
        match self {
            Self::Whole(words) => words.clone(),
            Self::OfParam(words) => format!("{param}: {words}"),
            Self::Missing => format!("missing required field: {param}"),
        }
    }
}

impl ErrorReport {
    /// The same with every text in it replaced by what `change` makes of it.
    #[must_use]
    pub fn map_texts(self, change: impl Fn(String) -> String) -> Self {
        Self {
            status: self.status,
            kind: self.kind.map(&change),
            code: self.code.map(&change),
            param: self.param.map(|param| param.map_texts(&change)),
            words: match self.words {
                Words::Whole(words) => Words::Whole(change(words)),
                Words::OfParam(words) => Words::OfParam(change(words)),
                Words::Missing => Words::Missing,
            },
        }
    }
}

impl From<RequestError> for ErrorReport {
    fn from(error: RequestError) -> Self {
        let code = Some(error.code.to_owned());
        Self { status: 400, kind: None, code, param: error.param, words: error.words }
    }
}

impl RequestError {
    /// A required field is absent.
    pub fn missing(param: impl Into<Param>) -> Self {
        Self { param: Some(param.into()), words: Words::Missing, code: "missing_field" }
    }

    /// A field's value is not what it must be.
    pub fn invalid(param: impl Into<Param>, words: impl fmt::Display) -> Self {
        let words = Words::OfParam(words.to_string());
        Self { param: Some(param.into()), words, code: "invalid_value" }
    }

    /// A field asks for something that the chosen target cannot do.
    pub fn unsupported(param: impl Into<Param>, words: impl fmt::Display) -> Self {
        let words = Words::OfParam(words.to_string());
        Self { param: Some(param.into()), words, code: "unsupported_parameter" }
    }

    /// The body is not JSON.
    pub const fn not_json(words: String) -> Self {
        Self { param: None, words: Words::Whole(words), code: "invalid_json" }
    }

    /// What `serde_json` found wrong in a field's own text.
    pub fn json_of(param: impl Into<Param>, error: &serde_json::Error) -> Self {
        Self::invalid(param, complaint(error))
    }

    /// What `serde_json` found wrong in `text`, with the path of the place.
    pub fn json(text: &str, error: &serde_json::Error) -> Self {
        Self::json_at(text, complaint(error), error.is_data(), (error.line(), error.column()))
    }

    /// What is wrong in `text` at a line and column: with the path of a value that is not what it must be, or with the
    /// place itself where there is no value.
    pub fn json_at(text: &str, complaint: String, of_value: bool, (line, column): (usize, usize)) -> Self {
        if !of_value {
            let place = format!("line {line} column {column}");
            return Self::not_json(format!("the body is not valid JSON: {complaint} at {place}"));
        }
        let path = locate(text, line, column);
        match path.is_empty() {
            true => {
                let words = Words::Whole(format!("the body: {complaint}"));
                Self { param: None, words, code: "invalid_value" }
            }
            false => Self::invalid(path, complaint),
        }
    }

    /// What to tell the caller, with the parameter as the client's format spells it.
    pub fn message(&self, spell: impl Fn(&Param) -> String) -> String {
        self.words.with(self.param.as_ref().map(spell).as_deref())
    }
}

/// Whose fault a failed answer is. It decides who else may be asked, and what the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request itself; another target would say the same.
    Caller,
    /// The request is longer than the model's context: a larger model may take it.
    ContextLength,
    /// The provider's policy forbids the request or its answer; another's may not.
    ContentFilter,
    /// Our credential for this provider, or the account behind it; never the caller's.
    Credential,
    /// Too many requests or tokens for now.
    RateLimit,
    /// The provider, at this moment: overloaded, broken, silent.
    Provider,
    /// The provider, which answers with nothing.
    Empty,
}

/// A failure in a provider's own words, read from its error body or from an error event of its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderError {
    /// The HTTP status it came with, or that stands for it where it came inside a stream.
    pub status: u16,
    /// The provider's words.
    pub message: String,
    /// The provider's word for the class of error, if a client may be told it.
    pub kind: Option<String>,
    /// The provider's machine-readable code, if it named one.
    pub code: Option<String>,
    /// The field the provider blames, if it named one.
    pub param: Option<String>,
    /// Whose fault it is.
    pub fault: Fault,
    /// How long the provider wants to be left alone, if it says so beside its words.
    pub wait: Option<Duration>,
}

impl ProviderError {
    /// An error of which only the status and some words are known.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        let fault = match status {
            401..=403 => Fault::Credential,
            429 => Fault::RateLimit,
            400..=499 if status != 408 => Fault::Caller,
            _ => Fault::Provider,
        };
        Self { status, message: message.into(), kind: None, code: None, param: None, fault, wait: None }
    }

    /// How long the provider wants to be left alone, if its error says so.
    pub fn wait(&self) -> Option<Duration> {
        let limited = self.status == 429 || self.fault == Fault::RateLimit;
        self.wait.or_else(|| wait_in(&self.message).filter(|_| limited))
    }

    /// The same with what its code and words say of whose fault it is.
    #[must_use]
    pub fn judged(mut self, known: &Faults) -> Self {
        if self.fault == Fault::Caller {
            let code = self.code.as_deref().or(self.kind.as_deref()).unwrap_or_default();
            let by_code = |fault| known.codes.iter().any(|(word, of)| *of == fault && *word == code);
            let by_phrase =
                |fault| known.phrases.iter().any(|(words, of)| *of == fault && self.message.contains(words));
            let mut told = [Fault::ContextLength, Fault::ContentFilter, Fault::Credential].into_iter();
            if let Some(fault) = told.find(|fault| by_code(*fault) || by_phrase(*fault)) {
                self.fault = fault;
            } else if matches!(self.status, 401..=403 | 407) {
                self.fault = Fault::Credential;
            }
        }
        self
    }
}

/// What servers say when the request is at fault in a way that matters: an error that neither names nor says any of it
/// is the caller's.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Words of `code`, or of `type` where there is no code.
    pub codes: &'static [(&'static str, Fault)],
    /// Parts of messages, for servers that give no code.
    pub phrases: &'static [(&'static str, Fault)],
}

/// A provider's answer or event that is not what its format promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl Malformed {
    /// What `serde_json` found wrong, and where.
    pub fn json(error: &serde_json::Error) -> Self {
        Self(format!("{} at line {} column {}", complaint(error), error.line(), error.column()))
    }
}

/// What `serde_json` complains of, without the value that it quotes: that is somebody's text, and may be a secret.
pub fn complaint(error: &serde_json::Error) -> String {
    let cause = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    rephrased(cause.strip_suffix(&place).unwrap_or(&cause))
}

/// A complaint of `serde`'s, without the value that it quotes.
pub fn rephrased(cause: &str) -> String {
    let Some((quoting, expected)) = cause.rsplit_once(", expected ") else { return cause.to_owned() };
    let expected = OURS.iter().find(|(theirs, _)| *theirs == expected).map_or(expected, |(_, ours)| *ours);
    let found =
        quoting.split_once(": ").map(|(_, found)| found.split(['"', '`']).next().unwrap_or_default().trim());
    match FOUND.iter().find(|(theirs, _)| Some(*theirs) == found) {
        Some((_, found)) => format!("expected {expected}, found {found}"),
        None => format!("expected {expected}"),
    }
}

/// `serde`'s words for what it expects, and ours.
const OURS: &[(&str, &str)] = &[("a sequence", "a list"), ("a map", "an object")];

/// `serde`'s words for what it found, and ours.
const FOUND: &[(&str, &str)] = &[
    ("string", "a string"),
    ("integer", "a whole number"),
    ("floating point", "a number"),
    ("number", "a number"),
    ("boolean", "a boolean"),
    ("null", "null"),
    ("map", "an object"),
    ("sequence", "a list"),
];

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_quotes_is_not_told() {
        #[derive(Debug, serde::Deserialize)]
        enum Word {
            Known,
        }
        fn wrong<T: serde::de::DeserializeOwned + fmt::Debug>(json: &str) -> String {
            Malformed::json(&serde_json::from_str::<T>(json).unwrap_err()).0
        }
        for (told, want) in [
            (wrong::<u64>(r#""sk-key""#), "expected u64, found a string at line 1 column 8"),
            (
                wrong::<u64>(r#""a\", expected b at line 9 column 9""#),
                "expected u64, found a string at line 1 column 36",
            ),
            (wrong::<u8>("-7"), "expected u8, found a whole number at line 1 column 2"),
            (wrong::<bool>("1.5"), "expected a boolean, found a number at line 1 column 3"),
            (wrong::<bool>("null"), "expected a boolean, found null at line 1 column 4"),
            (wrong::<bool>("{}"), "expected a boolean, found an object at line 1 column 0"),
            (wrong::<bool>("[]"), "expected a boolean, found a list at line 1 column 0"),
            (wrong::<Vec<u64>>("true"), "expected a list, found a boolean at line 1 column 4"),
            (wrong::<String>("true"), "expected a string, found a boolean at line 1 column 4"),
            (wrong::<Word>(r#""sk-key""#), "expected `Known` at line 1 column 8"),
            (wrong::<u64>("{"), "expected u64, found an object at line 1 column 0"),
            (wrong::<Vec<u64>>("[1,"), "EOF while parsing a value at line 1 column 3"),
        ] {
            assert_eq!(told, want);
            assert!(!told.contains("sk-key"));
        }
    }
}
