//! Functions and the choice among them:
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools>.
//!
//! | OpenAI | Claude |
//! |---|---|
//! | `function.name` | the same, or the nearest that Claude takes, which the way back undoes |
//! | `function.parameters` | `input_schema`, always of type `object` (`schema/`) |
//! | `function.strict` | `strict`, where the model takes it and its schema is a grammar, else reported |
//! | `tool_choice` `auto`, `none`, `required`, a name | `auto`, `none`, `any`, `tool` |
//! | `allowed_tools` | only those tools, with `auto` or `any` |
//! | `parallel_tool_calls: false` | `disable_parallel_tool_use: true` |
//!
//! A model that can't be forced is let choose (of the named tool only), which is reported. A conversation with calls
//! but no tools gets the called ones declared and forbidden, since Claude demands a declaration. A model that holds its
//! thoughts to the tools that were declared before them keeps all of them declared: what narrows the choice is reported.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::constraints::TOOL;
use super::content::Mark;
use super::models::Model;
use super::schema::{self, Allowance, Schema};
use crate::dialect::Memo;
use crate::dialect::arguments_schema::Typed;
use crate::dialect::names::Names;
use crate::hub::json::{Str, rename_members};
use crate::hub::{Chat, Dropped, Field, OfTool, Param, RequestError, Tool, ToolChoice};

/// Names that Claude does not take, and what it gets in their place.
#[derive(Default)]
pub struct Renamed<'a> {
    /// Of tools.
    tools: Names,
    /// Of their properties, by the client's names of the tools.
    properties: BTreeMap<&'a str, Names>,
}

/// The members `tools` and `tool_choice`.
#[derive(Default)]
pub struct Tools<'a> {
    pub declared: Vec<Declared<'a>>,
    pub choice: Option<Choice<'a>>,
}

/// A tool.
#[derive(Serialize)]
pub struct Declared<'a> {
    name: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: Schema<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Mark<'a>,
}

/// Which tools to use.
#[derive(Serialize)]
pub struct Choice<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_parallel_tool_use: Option<bool>,
}

impl<'a> Tools<'a> {
    /// Shows every mark for a cache.
    pub fn each_mark(&mut self, see: &mut dyn FnMut(&mut Mark<'a>)) {
        self.declared.iter_mut().map(|tool| &mut tool.cache_control).for_each(see);
    }

    /// Whether a call is forced.
    pub fn forced(&self) -> bool {
        self.choice.as_ref().is_some_and(|choice| matches!(choice.kind, "any" | "tool"))
    }
}

impl<'a> Renamed<'a> {
    /// The names of all tools and properties of a chat.
    ///
    /// # Errors
    /// One that is too long to be remembered for the way back.
    pub fn of(chat: &'a Chat<'a>) -> Result<Self, RequestError> {
        let odd = |tool: &'a Tool<'a>| {
            let names = schema::property_names(tool.parameters?);
            (!names.is_empty()).then_some((tool.name.as_str(), names))
        };
        Ok(Self {
            tools: Names::of_functions(&TOOL, chat)?,
            // Of several tools of one name, the first counts.
            properties: chat.tools.iter().rev().filter_map(odd).collect(),
        })
    }

    /// The name that Claude has for a tool.
    pub fn name(&self, tool: &'a str) -> Cow<'a, str> {
        match self.tools.other(tool) {
            Some(other) => Cow::Owned(other.to_owned()),
            None => Cow::Borrowed(tool),
        }
    }

    /// The arguments of a call of this tool, with the names that Claude has for them; `None` where they are the same.
    pub fn arguments(&self, tool: &str, arguments: &str) -> Option<String> {
        let names = self.properties.get(tool)?;
        rename_members(arguments, &|name| names.other(name))
    }

    /// What the way back is to undo.
    pub fn memo(&self) -> Memo {
        let mut memo = self.tools.memo();
        for (tool, names) in &self.properties {
            let tool = self.name(tool);
            names.others().for_each(|(client, sent)| memo.rename_property(&tool, sent, client));
        }
        memo
    }
}

/// Declares the tools; `called` are the functions that the conversation calls.
///
/// # Errors
/// A schema that is none of an object; a choice of tools that aren't there.
pub fn tools<'a>(
    chat: &'a Chat<'a>,
    model: &Model,
    called: &[&'a str],
    renamed: &Renamed<'a>,
    allowance: &mut Allowance,
    dropped: &mut Dropped,
) -> Result<Tools<'a>, RequestError> {
    if chat.tools.is_empty() {
        return without_tools(chat, called, renamed);
    }
    let known: BTreeSet<&str> = chat.tools.iter().map(|tool| tool.name.as_str()).collect();
    let Chosen { word, name, only } = choose(chat, model, &known, dropped)?;
    let allowed = |tool: &Tool<'_>| only.as_ref().is_none_or(|only| only.contains(tool.name.as_str()));
    let (mut declared, mut names) = (Vec::with_capacity(chat.tools.len()), BTreeSet::new());
    for (index, tool) in chat.tools.iter().enumerate().filter(|(_, tool)| allowed(tool)) {
        match names.insert(tool.name.as_str()) {
            true => declared.push(declare(index, tool, model, renamed, allowance, dropped)?),
            false => dropped.add(Param::Tool(None, OfTool::Whole)),
        }
    }
    let alone =
        ((chat.parallel_tool_calls == Some(false) || chat.one_call) && word != "none").then_some(true);
    let chosen = word != "auto" || alone.is_some() || chat.tool_choice.is_some();
    let name = name.map(|name| renamed.name(name));
    let choice = Choice { kind: word, name, disable_parallel_tool_use: alone };
    Ok(Tools { declared, choice: chosen.then_some(choice) })
}

/// Which of the tools may or must be called.
struct Chosen<'a> {
    word: &'static str,
    name: Option<&'a str>,
    /// The only ones that are declared.
    only: Option<BTreeSet<&'a str>>,
}

fn choose<'a>(
    chat: &'a Chat<'a>,
    model: &Model,
    known: &BTreeSet<&'a str>,
    dropped: &mut Dropped,
) -> Result<Chosen<'a>, RequestError> {
    let (mut word, mut name, mut only): (_, _, Option<BTreeSet<&str>>) = ("auto", None, None);
    match &chat.tool_choice {
        None | Some(ToolChoice::Auto) => {}
        Some(ToolChoice::None) => word = "none",
        Some(ToolChoice::Required) => word = "any",
        Some(ToolChoice::Named(named)) => (word, name) = ("tool", Some(named.as_str())),
        Some(ToolChoice::Allowed { required, names }) => {
            word = if *required { "any" } else { "auto" };
            only = Some(names.iter().map(Str::as_str).collect());
        }
    }
    let stranger = name.iter().chain(only.iter().flatten()).find(|name| !known.contains(*name));
    if let Some(stranger) = stranger {
        return Err(RequestError::invalid(Field::ToolChoice, format_args!("there is no tool {stranger:?}")));
    }
    if only.as_ref().is_some_and(BTreeSet::is_empty) {
        if word == "any" {
            return Err(RequestError::invalid(Field::ToolChoice, "a call is required, but no tool allowed"));
        }
        (word, only) = ("none", None);
    }
    if !model.forced_tools && matches!(word, "any" | "tool") {
        dropped.add(Field::ToolChoice);
        only = name.take().map(|name| BTreeSet::from([name])).or(only);
        word = "auto";
    }
    // What is declared may not change by what is chosen.
    if let Some(narrow) = only.take_if(|_| model.late_system) {
        match (word, narrow.first()) {
            ("any", Some(one)) if narrow.len() == 1 => (word, name) = ("tool", Some(*one)),
            _ if matches!(chat.tool_choice, Some(ToolChoice::Named(_))) => {}
            _ => dropped.add_if(narrow.len() < known.len(), Field::ToolChoiceAllowed),
        }
    }
    Ok(Chosen { word, name, only })
}

fn without_tools<'a>(
    chat: &Chat<'_>,
    called: &[&'a str],
    renamed: &Renamed<'a>,
) -> Result<Tools<'a>, RequestError> {
    if let Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Allowed { .. }) = &chat.tool_choice
    {
        return Err(RequestError::invalid(Field::ToolChoice, "there are no tools to choose from"));
    }
    let declared = called.iter().map(|name| Declared {
        name: renamed.name(name),
        description: None,
        input_schema: Schema::Typed(Typed(Vec::new())),
        strict: None,
        cache_control: None,
    });
    let declared: Vec<_> = declared.collect();
    let forbidden = Choice { kind: "none", name: None, disable_parallel_tool_use: None };
    Ok(Tools { choice: (!declared.is_empty()).then_some(forbidden), declared })
}

fn declare<'a>(
    index: usize,
    tool: &'a Tool<'a>,
    model: &Model,
    renamed: &Renamed<'a>,
    allowance: &mut Allowance,
    dropped: &mut Dropped,
) -> Result<Declared<'a>, RequestError> {
    dropped.add_members(|name| Param::Tool(None, OfTool::Member(name)), &tool.extra);
    let wanted = tool.strict == Some(true);
    let can_be = model.schemas && allowance.strict > 0;
    dropped.add_if(wanted && !can_be, Param::Tool(None, OfTool::Strict));
    let properties = renamed.properties.get(tool.name.as_str());
    let grammars = (wanted && can_be).then_some(&mut *allowance);
    let (input_schema, strict) = schema::of_tool(index, tool, properties, grammars, dropped)?;
    if strict {
        allowance.strict = allowance.strict.saturating_sub(1);
    }
    Ok(Declared {
        name: renamed.name(&tool.name),
        description: tool.description.as_deref(),
        input_schema,
        strict: strict.then_some(true),
        cache_control: tool.cache_control,
    })
}
