//! Which tools may or must be called, for vendors that cannot be told a name: only those are declared that may be.

use std::collections::BTreeSet;

use crate::hub::json::Str;
use crate::hub::{Chat, Field, RequestError, ToolChoice};

/// What a client has chosen.
pub(super) struct Chosen<'a> {
    /// Whether there are to be calls.
    pub calls: Calls,
    /// The only tools that may be called; `None` for all.
    pub only: Option<BTreeSet<&'a str>>,
}

/// Whether there are to be calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// As the model likes.
    AsItLikes,
    /// There may be none.
    None,
    /// There must be one at least.
    Required,
}

impl<'a> Chosen<'a> {
    /// What a chat's client has chosen.
    ///
    /// # Errors
    /// A call is required, and there is no tool to call; or a tool is chosen that is not there.
    pub fn of(chat: &'a Chat<'a>) -> Result<Self, RequestError> {
        let (calls, only): (_, Option<BTreeSet<&str>>) = match &chat.tool_choice {
            None | Some(ToolChoice::Auto) => (Calls::AsItLikes, None),
            Some(ToolChoice::None) => (Calls::None, None),
            Some(ToolChoice::Required) if chat.tools.is_empty() => {
                return Err(RequestError::invalid(Field::ToolChoice, "there are no tools to call"));
            }
            Some(ToolChoice::Required) => (Calls::Required, None),
            Some(ToolChoice::Named(name)) => (Calls::Required, Some(BTreeSet::from([name.as_str()]))),
            Some(ToolChoice::Allowed { required: true, names }) if names.is_empty() => {
                let why = "a call is required, but no tool allowed";
                return Err(RequestError::invalid(Field::ToolChoice, why));
            }
            Some(ToolChoice::Allowed { required: false, names }) if names.is_empty() => (Calls::None, None),
            Some(ToolChoice::Allowed { required, names }) => {
                let calls = if *required { Calls::Required } else { Calls::AsItLikes };
                (calls, Some(names.iter().map(Str::as_str).collect()))
            }
        };
        let known: BTreeSet<_> = chat.tools.iter().map(|tool| tool.name.as_str()).collect();
        match only.iter().flatten().find(|name| !known.contains(*name)) {
            Some(stranger) => {
                Err(RequestError::invalid(Field::ToolChoice, format_args!("there is no tool {stranger:?}")))
            }
            None => Ok(Self { calls, only }),
        }
    }
}
