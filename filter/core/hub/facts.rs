//! What routing may ask of a chat request without understanding it: a few facts, and what the user said.

use std::cell::OnceCell;
use std::fmt;

use super::json::{Str, beginning};

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

/// The text of all messages of the user's, piece by piece: a string, or the text of one part. Of a long one, the first
/// [`Prompt::LONGEST`] bytes.
pub struct Prompt<'a> {
    pieces: Vec<Str<'a>>,
    /// How many bytes more there is room for.
    room: usize,
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
    /// The most that is kept, in bytes; a piece counts as [`Prompt::PIECE`] bytes more than it has.
    pub const LONGEST: usize = 1 << 20;
    const PIECE: usize = 16;

    /// A prompt of these pieces.
    pub fn new(pieces: Vec<Str<'a>>) -> Self {
        let mut prompt = Self::default();
        pieces.into_iter().for_each(|piece| prompt.push(piece));
        prompt
    }

    /// Adds a piece, as far as there is room for it.
    pub fn push(&mut self, piece: Str<'a>) {
        let Some(room) = self.room.checked_sub(Self::PIECE) else { return };
        self.room = room.saturating_sub(piece.len());
        self.pieces.push(match (piece.len() > room, piece) {
            (false, piece) => piece,
            (true, piece) => piece.part(|text| beginning(text, room)),
        });
    }

    /// The pieces, as they were said.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(Str::as_str)
    }

    /// The first `most` bytes of all pieces together.
    pub fn beginning(&self, most: usize) -> impl Iterator<Item = &str> {
        self.pieces().scan(most, |room, piece| {
            let first = (*room > 0).then(|| beginning(piece, *room))?;
            *room = room.saturating_sub(piece.len());
            Some(first)
        })
    }

    /// The pieces in lower case.
    pub fn folded(&self) -> &[String] {
        self.folded.get_or_init(|| self.pieces().map(folded).collect())
    }
}

impl Default for Prompt<'_> {
    fn default() -> Self {
        Self { pieces: Vec::new(), room: Self::LONGEST, folded: OnceCell::new() }
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

    #[test]
    fn a_long_prompt_is_its_beginning() {
        let lengths = |prompt: &Prompt<'_>| prompt.pieces().map(str::len).collect::<Vec<_>>();
        let most = Prompt::LONGEST;
        let long = Prompt::new(vec!["ab".into(), "€".repeat(most).into(), "c".into()]);
        assert_eq!(lengths(&long), [2, (most - 34) / 3 * 3]);
        let many = Prompt::new(vec!["".into(); most]);
        assert_eq!(many.pieces().count(), most / 16);
        let short = Prompt::new(vec!["ab".into(), "c€".into(), "d".into()]);
        for (most, want) in [(9, &["ab", "c€", "d"][..]), (4, &["ab", "c"]), (2, &["ab"]), (0, &[])] {
            assert_eq!(short.beginning(most).collect::<Vec<_>>(), want, "{most}");
        }
    }
}
