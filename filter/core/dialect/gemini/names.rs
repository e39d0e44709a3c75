//! Names of functions as Google takes them: <https://ai.google.dev/api/caching#FunctionDeclaration>. Others are written
//! otherwise, each of the client's as one of its own, and the way back undoes it.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Memo;
use crate::hub::json::beginning;
use crate::hub::{Chat, Kind, ToolChoice};

/// The longest name, in characters.
pub const LONGEST: usize = 64;

/// What may stand in a name beside letters and digits.
pub const MARKS: &[u8] = b"_.:-";

/// The names of a chat's functions that must be others: the client's, and what is sent.
#[derive(Debug, Default)]
pub struct Names<'a>(BTreeMap<&'a str, String>);

impl<'a> Names<'a> {
    /// All that a chat speaks of: what is declared, chosen, and was called.
    pub fn of(chat: &'a Chat<'a>) -> Self {
        let chosen = match &chat.tool_choice {
            Some(ToolChoice::Named(name)) => std::slice::from_ref(name),
            Some(ToolChoice::Allowed { names, .. }) => names,
            _ => &[],
        };
        let parts = chat.messages.iter().flat_map(|message| &message.parts);
        let called = parts.filter_map(|part| match &part.kind {
            Kind::ToolCall { name, .. } => Some(name),
            _ => None,
        });
        let all = chat.tools.iter().map(|tool| &tool.name).chain(chosen).chain(called);
        let (kept, others): (Vec<&str>, Vec<&str>) =
            all.map(|name| name.as_str()).partition(|name| is_taken(name));
        if others.is_empty() {
            return Self::default();
        }
        let mut given = Given { names: kept.into_iter().map(str::to_owned).collect(), next: BTreeMap::new() };
        let mut names = BTreeMap::new();
        for name in others {
            names.entry(name).or_insert_with(|| given.name(fitted(name)));
        }
        Self(names)
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

/// Names that were given so far, and the number that those of one beginning get next.
struct Given {
    names: BTreeSet<String>,
    next: BTreeMap<String, usize>,
}

impl Given {
    /// This name, or the next of its kind that nobody has.
    fn name(&mut self, name: String) -> String {
        if self.names.insert(name.clone()) {
            return name;
        }
        // Room for a number of as many digits as a request can have functions.
        const NUMBER: usize = 10;
        let stem = beginning(&name, LONGEST.saturating_sub(NUMBER)).to_owned();
        let number = self.next.entry(stem.clone()).or_insert(1);
        loop {
            *number = number.saturating_add(1);
            let name = format!("{stem}_{number}");
            if self.names.insert(name.clone()) {
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
        let fitting = Names::of(&chat);
        names.iter().map(|name| fitting.sent(name).to_owned()).collect()
    }

    #[test]
    fn no_two_names_become_one() {
        assert_eq!(
            sent(&["21st_search", "_21st_search", "a b", "a_b", "a/b", "ok.name:x-1", "", "é"]),
            ["_21st_search_2", "_21st_search", "a_b_2", "a_b", "a_b_3", "ok.name:x-1", "_", "__"]
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
