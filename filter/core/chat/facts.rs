//! What routing may ask of a chat request without understanding it: a few facts, and what the user said.

use std::cell::OnceCell;
use std::fmt;

use super::json::Str;

/// The facts of a chat request. What is not there, or cannot be read, is absent.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// The answer is to be streamed.
    pub stream: bool,
    /// The model is offered tools.
    pub tools: bool,
    /// A message shows an image.
    pub images: bool,
    /// The answer is to follow a JSON schema.
    pub json_schema: bool,
    /// Text, tool calls and the description of tools, in bytes of UTF-8. Images and other media do not count.
    pub text_bytes: u64,
    /// The most tokens that the answer may have.
    pub max_tokens: Option<u64>,
    /// Who asks, in the words of the body's `user`.
    pub user: Option<Str<'a>>,
    /// What the user said.
    pub prompt: Prompt<'a>,
}

/// The text of all messages of the user's, piece by piece: a string, or the text of one part.
#[derive(Default)]
pub struct Prompt<'a> {
    pieces: Vec<Str<'a>>,
    /// The same without case, once somebody asked for it.
    folded: OnceCell<Vec<String>>,
}

impl Facts<'_> {
    /// About how many tokens the input has: a token is four bytes, more or less.
    pub const fn input_tokens(&self) -> u64 {
        self.text_bytes / 4
    }
}

impl<'a> Prompt<'a> {
    /// A prompt of these pieces.
    pub const fn new(pieces: Vec<Str<'a>>) -> Self {
        Self { pieces, folded: OnceCell::new() }
    }

    /// The pieces, as they were said.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(Str::as_str)
    }

    /// The pieces in lower case.
    pub fn folded(&self) -> &[String] {
        self.folded.get_or_init(|| self.pieces().map(folded).collect())
    }
}

/// Shows how much was said, and nothing of it.
impl fmt::Debug for Prompt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pieces", self.pieces.len())
    }
}

/// A text in Unicode's lower case, character by character: what is part of a text is part of it in lower case too,
/// which a final sigma would break.
pub fn folded(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.chars().flat_map(char::to_lowercase).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_character_by_character() {
        for (text, want) in
            [("Hi THERE", "hi there"), ("ÜBER", "über"), ("ΟΔΟΣ", "οδοσ"), ("İ", "i\u{307}"), ("", "")]
        {
            assert_eq!(folded(text), want);
        }
        let prompt = Prompt::new(vec!["One".into(), "TWO".into()]);
        assert_eq!(prompt.folded(), ["one", "two"]);
        assert_eq!(format!("{prompt:?}"), "2 pieces");
    }
}
