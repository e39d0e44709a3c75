//! The one redaction of what leaves the gateway: no text that a client, a log or another provider sees holds a
//! credential of ours, however a provider has spelled it.
//!
//! | text | what happens to it |
//! |---|---|
//! | words to a client or to a log | [`Redactor::words`]: credentials gone, control characters shown, cut |
//! | bytes that pass: an answer's own text | [`Redactor::mask`], [`Screen`]: each byte of a credential is a `*`, so lengths stay |
//! | headers, and bodies that pass only if nothing is in them | [`Redactor::finds_in`] |
//!
//! `spelling` lists the ways a credential may be written, `finder` looks for all of them at once. `reader` does so once
//! more with the escapes undone, up to three layers deep, since whoever escapes may do so character by character; in an
//! answer's own text only where there are escapes that its words do not need. There, only credentials of sixteen bytes or
//! more are looked for: a short one, a local server's `dummy` say, may be a word. What a provider spreads over several
//! deltas of a stream is not put together.

mod escapes;
mod finder;
mod layer;
mod reader;
mod screen;
mod spelling;

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use super::secret::Secret;
use escapes::Oddity;
use finder::Finder;
use reader::Reader;
pub use screen::Screen;
use spelling::spellings;

/// The longest text that is told in words, in characters.
const LONGEST: usize = 4096;
/// The longest text between quotation marks, in characters: a value of somebody's.
const LONGEST_QUOTED: usize = 256;
/// A shorter credential is left alone: replacing it would garble the text and hide nothing.
const SHORTEST: usize = 4;
/// A shorter one may be a word of an answer.
const UNLIKELY: usize = 16;
/// More of a text is not looked at for words, in bytes.
const WINDOW: usize = 64 * 1024;

/// How many of the tokens that somebody was given are known: one that was replaced is still under way in requests.
const KNOWN_TOKENS: usize = 2;

/// Knows every credential the gateway holds and removes them from text that others will read.
#[derive(Debug, Default)]
pub struct Redactor {
    /// Those of the configuration.
    secrets: Vec<Secret>,
    /// Those that were fetched since, the latest last, and whose they are.
    tokens: RefCell<Vec<(String, Secret)>>,
    known: RefCell<Rc<Known>>,
}

/// What is looked for.
#[derive(Debug, Default)]
struct Known {
    /// All credentials, in all spellings.
    all: Finder,
    /// Those that no answer holds by chance.
    unlikely: Finder,
}

impl Redactor {
    /// A redactor of these credentials.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let secrets: Vec<_> = secrets.into_iter().collect();
        let known = Known::new(&secrets);
        Self { secrets, tokens: RefCell::default(), known: RefCell::new(Rc::new(known)) }
    }

    /// Another that knows one more.
    pub fn and(&self, secret: Secret) -> Self {
        let tokens = self.tokens.try_borrow();
        let tokens = tokens.iter().flat_map(|tokens| tokens.iter().map(|(_, token)| token));
        Self::new(self.secrets.iter().chain(tokens).cloned().chain([secret]))
    }

    /// Knows a token that `owner` was given, too, and the one before it.
    pub fn learn(&self, owner: &str, token: &Secret) {
        let Ok(mut tokens) = self.tokens.try_borrow_mut() else { return };
        if tokens.iter().any(|(known, of)| (known.as_str(), of) == (owner, token)) {
            return;
        }
        tokens.push((owner.to_owned(), token.clone()));
        let of_owner = |(known, _): &&(String, Secret)| known == owner;
        if tokens.iter().filter(of_owner).count() > KNOWN_TOKENS
            && let Some(oldest) = tokens.iter().position(|token| of_owner(&token))
        {
            tokens.remove(oldest);
        }
        let all = self.secrets.iter().chain(tokens.iter().map(|(_, token)| token));
        self.known.replace(Rc::new(Known::new(all)));
    }

    /// Takes credentials out of a text that comes in pieces: those that are known now, which are all that an answer
    /// can hold that is under way.
    pub fn screen(&self) -> Screen {
        Screen::new(self.known())
    }

    fn known(&self) -> Rc<Known> {
        Rc::clone(&self.known.borrow())
    }

    /// `text` with `***` for every credential.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = find(&self.known().all, text.as_bytes());
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut redacted = String::with_capacity(text.len());
        let mut from = 0;
        for span in found {
            redacted.push_str(text.get(from..span.start).unwrap_or_default());
            redacted.push_str("***");
            from = span.end;
        }
        redacted.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(redacted)
    }

    /// `text` as a client or a log gets it: without credentials, with control characters as escapes, and with long
    /// values between quotation marks cut, as the whole is.
    pub fn words(&self, text: &str) -> String {
        let text = self.beginning(text);
        let mut words = String::with_capacity(text.len().min(LONGEST));
        let (mut quoted, mut escaped) = (None, false);
        for (count, character) in self.redact(text).chars().enumerate() {
            if count >= LONGEST.saturating_mul(4) || words.len() >= LONGEST {
                words.push('…');
                break;
            }
            let mark = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            quoted = match (quoted, mark) {
                (None, true) => Some(0),
                (Some(_), true) => None,
                (Some(length), false) => Some(LONGEST_QUOTED.min(length).saturating_add(1)),
                (None, false) => None,
            };
            match quoted {
                Some(length) if length > LONGEST_QUOTED => {
                    if !words.ends_with('…') {
                        words.push('…');
                    }
                }
                _ if hides(character) => words.extend(character.escape_default()),
                _ => words.push(character),
            }
        }
        words
    }

    /// As much of a text as words are made of, without half of a credential at its end.
    fn beginning<'a>(&self, text: &'a str) -> &'a str {
        let (cut, rest) = text.split_at(text.floor_char_boundary(WINDOW));
        if rest.is_empty() {
            return cut;
        }
        let mut reader = Reader::default();
        let known = self.known();
        reader.next(&known.all, cut.as_bytes(), false);
        cut.get(..place(reader.begins(&known.all))).unwrap_or(cut)
    }

    /// Whether `bytes` hold a credential.
    pub fn finds_in(&self, bytes: &[u8]) -> bool {
        !find(&self.known().all, bytes).is_empty()
    }

    /// Writes `*` over every credential in an answer's own text. Whether there was one.
    pub fn mask(&self, text: &mut [u8]) -> bool {
        let known = self.known();
        let found = match Oddity::first_in(text) {
            Some(_) => in_memory(Reader::default().next(&known.unlikely, text, true)),
            None => known.unlikely.spans(text),
        };
        for span in &found {
            if let Some(bytes) = text.get_mut(span.clone()) {
                bytes.fill(b'*');
            }
        }
        !found.is_empty()
    }
}

impl Known {
    fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let secrets: Vec<_> =
            secrets.into_iter().filter(|secret| secret.reveal().len() >= SHORTEST).collect();
        let of = |shortest: usize| {
            let long = secrets.iter().filter(|secret| secret.reveal().len() >= shortest);
            Finder::new(long.flat_map(|secret| spellings(secret.reveal())))
        };
        Self { all: of(SHORTEST), unlikely: of(UNLIKELY) }
    }
}

/// Where credentials are, in order and apart from each other, whatever escapes they are written with.
fn find(finder: &Finder, text: &[u8]) -> Vec<Range<usize>> {
    in_memory(Reader::all(finder, text))
}

fn in_memory(found: Vec<Range<u64>>) -> Vec<Range<usize>> {
    found.into_iter().map(|span| place(span.start)..place(span.end)).collect()
}

/// A place in a text that is in memory.
fn place(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// Whether a character would do something to a reader's terminal or log instead of being seen.
fn hides(character: char) -> bool {
    let directs =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || directs || matches!(character, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests;
