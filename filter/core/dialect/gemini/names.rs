//! Names of functions as Google takes them: <https://ai.google.dev/api/caching#FunctionDeclaration>. Others are written
//! otherwise, each of the client's as one of its own, and the way back undoes it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Memo;
use crate::hub::json::beginning;
use crate::hub::{Chat, Field, Kind, OfPart, OfTool, Param, RequestError, ToolChoice};

/// The longest name, in characters.
pub const LONGEST: usize = 64;

/// What may stand in a name beside letters and digits.
pub const MARKS: &[u8] = b"_.:-";

/// The longest name of a client's that is written otherwise, in bytes: any call of an answer may have it.
const LONGEST_OF_A_CLIENT: usize = 1024;

/// The names of a chat's functions that must be others: the client's, and what is sent.
#[derive(Debug, Default)]
pub struct Names<'a>(BTreeMap<&'a str, String>);

impl<'a> Names<'a> {
    /// All that a chat speaks of: what is declared, chosen, and was called.
    ///
    /// # Errors
    /// A name that is too long to be remembered for the way back.
    pub fn of(chat: &'a Chat<'a>) -> Result<Self, RequestError> {
        let declared = chat.tools.iter().enumerate();
        let declared = declared.map(|(at, tool)| (tool.name.as_str(), Param::Tool(Some(at), OfTool::Name)));
        let (chosen, field) = match &chat.tool_choice {
            Some(ToolChoice::Named(name)) => (std::slice::from_ref(name), Field::ToolChoiceName),
            Some(ToolChoice::Allowed { names, .. }) => (names.as_slice(), Field::ToolChoiceAllowed),
            _ => (&[][..], Field::ToolChoice),
        };
        let chosen = chosen.iter().map(|name| (name.as_str(), field.into()));
        let messages = chat.messages.iter().enumerate();
        let parts = messages.flat_map(|(at, message)| message.parts.iter().map(move |part| (at, part)));
        let called = parts.filter_map(|(at, part)| match &part.kind {
            Kind::ToolCall { name, .. } => {
                Some((name.as_str(), Param::Part(Some(at), part.place, OfPart::Whole)))
            }
            _ => None,
        });
        let (mut kept, mut others) = (BTreeSet::new(), Vec::new());
        for (name, param) in declared.chain(chosen).chain(called) {
            if is_taken(name) {
                kept.insert(Cow::Borrowed(name));
            } else if name.len() <= LONGEST_OF_A_CLIENT {
                others.push(name);
            } else {
                let why = format_args!("a function's name has at most {LONGEST_OF_A_CLIENT} bytes");
                return Err(RequestError::unsupported(param, why));
            }
        }
        let mut given = Given { names: kept, number: 1 };
        let mut names = BTreeMap::new();
        for name in others {
            names.entry(name).or_insert_with(|| given.name(fitted(name)));
        }
        Ok(Self(names))
    }

    /// What a function is called in what is sent.
    pub fn sent(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }

    /// What the way back is to undo.
    pub fn memo(&self) -> Memo {
        let mut memo = Memo::default();
        self.0.iter().for_each(|(client, sent)| memo.rename(sent, client));
        memo
    }
}

/// Names that were given so far, and the last number that one of them got.
struct Given<'a> {
    names: BTreeSet<Cow<'a, str>>,
    number: usize,
}

impl Given<'_> {
    /// This name, or one with a number that nobody has. No number is tried twice.
    fn name(&mut self, name: String) -> String {
        if self.names.insert(Cow::Owned(name.clone())) {
            return name;
        }
        // Room for a number of as many digits as a request can have functions.
        const NUMBER: usize = 10;
        let stem = beginning(&name, LONGEST.saturating_sub(NUMBER));
        loop {
            self.number = self.number.saturating_add(1);
            let name = format!("{stem}_{}", self.number);
            if self.names.insert(Cow::Owned(name.clone())) {
                return name;
            }
        }
    }
}

/// Whether Google takes a name as it is.
fn is_taken(name: &str) -> bool {
    name.len() <= LONGEST && begins(name) && name.bytes().all(may_stand)
}

fn begins(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

fn may_stand(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || MARKS.contains(&byte)
}

/// The name that is most like this one of those that Google takes.
fn fitted(name: &str) -> String {
    let mark = if begins(name) { "" } else { "_" };
    let plain = |c: char| if u8::try_from(c).is_ok_and(may_stand) { c } else { '_' };
    mark.chars().chain(name.chars().map(plain)).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Tool;
    use crate::hub::json::Members;

    fn sent(names: &[&str]) -> Vec<String> {
        let tool = |name: &&'static str| Tool {
            name: (*name).into(),
            description: None,
            parameters: None,
            strict: None,
            cache_control: None,
            extra: Members::new(),
            beside: Members::new(),
        };
        let names: Vec<&'static str> = names.iter().map(|name| &*name.to_string().leak()).collect();
        let chat = Chat { tools: names.iter().map(tool).collect(), ..Chat::default() };
        let fitting = Names::of(&chat).unwrap();
        names.iter().map(|name| fitting.sent(name).to_owned()).collect()
    }

    #[test]
    fn no_two_names_become_one() {
        assert_eq!(
            sent(&["21st_search", "_21st_search", "a b", "a_b", "a/b", "ok.name:x-1", "", "é"]),
            ["_21st_search_2", "_21st_search", "a_b_3", "a_b", "a_b_4", "ok.name:x-1", "_", "__"]
        );
        let long = "x".repeat(70);
        let longer = "x".repeat(71);
        let longest = sent(&[&long, &longer, &long]);
        assert_eq!(longest[0], "x".repeat(64));
        assert_eq!(longest[1], format!("{}_2", "x".repeat(54)));
        assert_eq!(longest[2], longest[0]);
        let many: Vec<String> = (0..300).map(|n| format!("{n} {}", "y".repeat(70))).collect();
        let many = sent(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(many.iter().collect::<BTreeSet<_>>().len(), 300);
        assert!(many.iter().all(|name| is_taken(name)));
    }
}
