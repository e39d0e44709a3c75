//! Names of members that somebody will ask for, found by the one look through a text: whether they are there need not
//! be looked for again.

/// Members of a conversation that not everybody takes who speaks the format, and a [role](DEVELOPER). Where they stand, and
/// whether they mean there what they mean elsewhere, is for a reader to say.
pub const FOREIGN: &[&str] = &[
    "thinking",
    "thinking_blocks",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "extra_content",
    "cache_control",
    "annotations",
    "refusal",
    "audio",
    "images",
    "content_parts",
    DEVELOPER,
];

/// The one word among them that is no member's name but a value.
pub const DEVELOPER: &str = "developer";

/// Those that are watched beside them.
const OTHERS: &[&str] = &["functions", "stream_options"];

/// Some of the watched names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Names(u16);

impl Names {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);

    /// These. Others than the watched ones count for nothing.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(names.into_iter().fold(0, |found, name| found | mark(name.as_bytes())))
    }

    /// Notes a name as it is written. One that is written with escapes may be any of them.
    pub(super) fn note(&mut self, name: &[u8]) {
        self.0 |= if name.contains(&b'\\') { u16::MAX } else { mark(name) };
    }

    /// Notes a short text that is a value, as it is written. One that is written with escapes may be the word that is
    /// watched.
    pub(super) fn note_word(&mut self, word: &[u8]) {
        if word == DEVELOPER.as_bytes() || matches!(word, [b'd' | b'\\', ..]) && word.contains(&b'\\') {
            self.0 |= mark(DEVELOPER.as_bytes());
        }
    }

    /// Whether this is one of them.
    pub fn has(self, name: &str) -> bool {
        self.0 & mark(name.as_bytes()) != 0
    }

    /// Those of them that are not among the others.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Those of them that not everybody takes.
    #[must_use]
    pub fn foreign(self) -> Self {
        self.without(Self::of(OTHERS.iter().copied()))
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// All names that are watched.
fn watched() -> impl Iterator<Item = &'static str> {
    FOREIGN.iter().chain(OTHERS).copied()
}

/// The bit of a name.
fn mark(name: &[u8]) -> u16 {
    let place = watched().position(|known| known.as_bytes() == name);
    place.and_then(|place| 1_u16.checked_shl(u32::try_from(place).ok()?)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{DEVELOPER, Names, watched};

    #[test]
    fn every_watched_name_is_its_own() {
        assert!(watched().count() < 16);
        assert!(Names::of(["functions"]).foreign().is_empty());
        for name in watched() {
            let others = Names::of(watched().filter(|other| *other != name));
            assert!(Names::ALL.has(name) && !others.has(name) && !Names::ALL.without(others).is_empty());
        }
        assert!(Names::of(["model", ""]).is_empty() && !Names::ALL.has("model"));
        let mut names = Names::NONE;
        names.note(b"role");
        names.note(b"audio");
        assert_eq!(names, Names::of(["audio"]));
        names.note(br"audi\u006f");
        assert_eq!(names, Names::ALL);
        for (word, is) in [
            (&b"developer"[..], true),
            (br"\u0064eveloper", true),
            (br"develope\u0072", true),
            (b"developers", false),
            (b"audio", false),
            (br"a developer\n", false),
            (b"", false),
        ] {
            let mut names = Names::NONE;
            names.note_word(word);
            assert_eq!(names.has(DEVELOPER), is, "{}", String::from_utf8_lossy(word));
        }
    }
}
