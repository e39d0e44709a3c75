//! Why a route does not take a request, in words.

use std::fmt;

use super::Feature;
use super::wording::{Pattern, Word};
use crate::routing::Glob;

/// A condition that a request does not meet. Says what it has and what it should have, but nothing of what was said
/// in it.
#[derive(Clone, Copy, Debug)]
pub enum Miss<'a> {
    /// Its name pins a provider, which skips routes that do not spell that out.
    Pinned(&'a str),
    /// Its model's name, and the patterns.
    Model(&'a str, &'a [Glob]),
    /// What it asks for, and what the route serves.
    Surface(&'a str, &'a [&'static str]),
    /// The role of who asks, and those that the route is for.
    Role(Option<&'a str>, &'a [String]),
    /// A header's name, its first value, and the patterns.
    Header(&'a str, Option<&'a [u8]>, &'a [Glob]),
    /// What it lacks, or has and should not.
    Feature(Feature, bool),
    /// Its tokens, and the fewest.
    TooFewTokens(u64, u64),
    /// Its tokens, and the most.
    TooManyTokens(u64, u64),
    /// What it should say.
    Contains(&'a [Word]),
    /// What it says and should not.
    NotContains(&'a Word),
    /// What it should match.
    Regex(&'a [Pattern]),
    /// Nobody has read its body.
    Unread,
}

impl fmt::Display for Miss<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pinned(name) => write!(f, "the model {:?} pins a provider", Cut(name)),
            Self::Model(name, globs) => {
                write!(f, "the model {:?} is {}", Cut(name), Not(globs, Glob::as_str))
            }
            Self::Surface(surface, surfaces) => {
                write!(f, "the surface is {surface}, {}", Not(surfaces, |surface| surface))
            }
            Self::Role(None, _) => f.write_str("nobody with a role asks"),
            Self::Role(Some(role), roles) => write!(f, "the role is {role}, {}", Not(roles, String::as_str)),
            Self::Header(name, None, _) => write!(f, "there is no header {name}"),
            Self::Header(name, Some(value), globs) => {
                let value = String::from_utf8_lossy(value);
                write!(f, "the header {name} is {:?}, {}", Cut(&value), Not(globs, Glob::as_str))
            }
            Self::Feature(feature, wanted) => write!(f, "the request {}", feature.words(!wanted)),
            Self::TooFewTokens(tokens, least) => write!(f, "about {tokens} input tokens, fewer than {least}"),
            Self::TooManyTokens(tokens, most) => write!(f, "about {tokens} input tokens, more than {most}"),
            Self::Contains(words) => write!(f, "the prompt contains none of {}", List(words, Word::as_str)),
            Self::NotContains(word) => write!(f, "the prompt contains {}", word.as_str()),
            Self::Regex(patterns) => {
                write!(f, "the prompt matches none of {}", List(patterns, Pattern::as_str))
            }
            Self::Unread => f.write_str("the body was not read"),
        }
    }
}

/// A client's text in quotes, cut where it gets long.
struct Cut<'a>(&'a str);

impl fmt::Debug for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 128;
        let end = self.0.char_indices().nth(LONGEST).map_or(self.0.len(), |(end, _)| end);
        fmt::Debug::fmt(self.0.get(..end).unwrap_or_default(), f)
    }
}

/// `not a`, or `none of a, b`.
struct Not<'a, T>(&'a [T], fn(&T) -> &str);

/// `a, b`.
struct List<'a, T>(&'a [T], fn(&T) -> &str);

impl<T> fmt::Display for Not<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 { "not " } else { "none of " })?;
        List(self.0, self.1).fmt(f)
    }
}

impl<T> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str((self.1)(item))?;
        }
        Ok(())
    }
}
