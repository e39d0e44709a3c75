//! In what a vendor's spelling of a format differs from the format's own: data, for a vendor's row and an operator's
//! file alike.

use crate::hub::Fault;
use crate::hub::json::Names;

/// What differs. Names are those of members at the top level of a request's body, in the provider's format, and none of
/// them is one of its [`core_members`](super::Format::core_members); what is dropped may stand in a message or a tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quirks {
    /// Members that the vendor calls otherwise: the format's name, then the vendor's.
    pub rename: Vec<(String, String)>,
    /// Members that the vendor refuses: they are left out, and reported.
    pub drop: Vec<String>,
    /// The same of members within messages and tools, by their paths: `messages[].name`. The format says
    /// [what may hold such](super::Foreign::places).
    pub drop_within: Vec<String>,
    /// Numbers that the vendor bounds: one outside becomes the bound, and is reported.
    pub clamp: Vec<(String, Bounds)>,
    /// Members that the vendor demands, by its own names, each with the JSON that stands there where a request has none.
    pub require: Vec<(String, String)>,
    /// Members that are the same in every request, by the vendor's names, each with its JSON.
    pub set: Vec<(String, String)>,
    /// Where answers count tokens, as JSON pointers (RFC 6901). What the format's own place says comes first.
    pub usage: Vec<(Count, String)>,
    /// The vendor's words for why an answer ended, each with the format's; `None` for no reason yet.
    pub finish: Vec<(String, Option<String>)>,
    /// Words by which the vendor's errors say whose fault they are: a code, a type, or a part of the message.
    pub faults: Vec<(String, Fault)>,
    /// Of how many ASCII letters and digits the ids of calls are, where the vendor takes no others. Mistral does so
    /// (<https://mistralai.github.io/mistral-common/usage/tools/>), with status 400: "Tool call id was … but must be a-z,
    /// A-Z, 0-9, with a length of 9" (seen in reports since 2024-07).
    pub call_ids: Option<usize>,
    /// Of the members that not everybody takes who speaks the format, those that the vendor takes.
    pub takes: Names,
    /// The member that bounds an answer's tokens, where it is not the format's of old: `max_completion_tokens`.
    pub limit: Option<&'static str>,
    /// Models that take earlier thoughts as parts of a message's content, as patterns with `*`. Where there are any, the
    /// vendor's answers may be such parts as well, and are brought to the format.
    pub thinking_parts: Vec<String>,
    /// The most tokens that answers of its models may have, by the beginning of a model's name up to a hyphen. The first
    /// that fits counts.
    pub output: &'static [(&'static str, u64)],
}

/// The bounds of a number, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// The least, if there is one.
    pub least: Option<f64>,
    /// The most, if there is one.
    pub most: Option<f64>,
}

/// What is counted of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Input tokens.
    Prompt,
    /// Output tokens.
    Completion,
    /// Input tokens that came from a cache.
    Cached,
    /// Output tokens of reasoning.
    Reasoning,
}

impl Quirks {
    /// Members that bound the tokens of an answer, in OpenAI's format.
    pub const OUTPUT_BOUNDS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

    /// Has no answer be longer than so many tokens, where the request wants more.
    pub fn clamp_output(&mut self, most: u64) {
        // No limit is so large that it is no float.
        let bounds = Bounds { least: Some(0.0), most: Some(most as f64) };
        self.clamp.extend(Self::OUTPUT_BOUNDS.map(|name| (name.to_owned(), bounds)));
    }

    /// Has no answer be longer than so many tokens, by this member where the vendor has none of its own for that.
    /// `unsaid`: the request says no number of them, whatever else it may say.
    pub fn bound_output(&mut self, member: &'static str, most: u64, unsaid: bool) {
        self.clamp_output(most);
        let member = if unsaid { self.limit.unwrap_or(member) } else { member };
        let theirs = self.rename.iter().find(|(ours, _)| ours == member).map(|(_, theirs)| theirs.clone());
        let written = (theirs.unwrap_or_else(|| member.to_owned()), most.to_string());
        if unsaid {
            // What is no number, such as null or -1, means no bound to some.
            let others = Self::OUTPUT_BOUNDS.iter().filter(|name| **name != written.0);
            self.drop.extend(others.map(|name| (*name).to_owned()));
            self.set.push(written);
        } else if member == "max_output_tokens" {
            self.require.push(written);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether requests are written otherwise.
    pub const fn edits(&self) -> bool {
        !(self.rename.is_empty()
            && self.drop.is_empty()
            && self.clamp.is_empty()
            && self.drop_within.is_empty()
            && self.require.is_empty()
            && self.set.is_empty()
            && self.call_ids.is_none())
    }

    /// Whether requests are written otherwise in this member.
    pub fn concerns(&self, member: &str) -> bool {
        let renamed = self.rename.iter().any(|(ours, theirs)| ours == member || theirs == member);
        let written = self.set.iter().chain(&self.require).any(|(name, _)| name == member);
        renamed || written || self.drop.iter().any(|name| name == member)
    }

    /// Whether answers are read otherwise.
    pub const fn mends(&self) -> bool {
        !(self.usage.is_empty() && self.finish.is_empty() && self.thinking_parts.is_empty())
    }

    /// The most tokens that an answer of this model may have, where that is known.
    pub fn output_of(&self, model: &str) -> Option<u64> {
        // What was tuned is named by what it was tuned from: <https://platform.openai.com/docs/guides/fine-tuning>.
        let model = model.strip_prefix("ft:").unwrap_or(model);
        let fits = |name: &str| {
            let rest = model.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':']))
        };
        self.output.iter().find(|(name, _)| fits(name)).map(|(_, most)| *most)
    }

    /// Whose fault an error is, if its words say so to somebody who knows the vendor.
    pub fn fault(&self, code: Option<&str>, kind: Option<&str>, message: &str) -> Option<Fault> {
        let says = |word: &str| code == Some(word) || kind == Some(word) || message.contains(word);
        self.faults.iter().find(|(word, _)| says(word)).map(|(_, fault)| *fault)
    }
}

impl Bounds {
    /// The bound that a number lies beyond, if it does.
    pub fn beyond(&self, number: f64) -> Option<f64> {
        let below = self.least.filter(|least| number < *least);
        below.or_else(|| self.most.filter(|most| number > *most))
    }
}

impl Count {
    /// What each is called in a configuration.
    pub const WORDS: &[(&str, Self)] = &[
        ("prompt", Self::Prompt),
        ("completion", Self::Completion),
        ("cached", Self::Cached),
        ("reasoning", Self::Reasoning),
    ];
}
