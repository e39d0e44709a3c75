//! Functions and the choice among them: <https://ai.google.dev/gemini-api/docs/function-calling>.

use std::collections::BTreeSet;

use serde::Serialize;

use super::models::Model;
use super::schema::{self, Allowance, Node, Place, Use};
use crate::dialect::names::Names;
use crate::hub::json::Str;
use crate::hub::{Chat, Dropped, Field, OfTool, Param, RequestError, ResponseFormat, Tool, ToolChoice};

/// All functions; Google wants them in one tool.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tools<'a> {
    function_declarations: Vec<Declaration<'a>>,
}

/// Which of them may be called.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolConfig<'a> {
    function_calling_config: Calling<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Node<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<Node<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Calling<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_function_names: Vec<&'a str>,
}

/// Writes `tools` and `toolConfig`.
///
/// # Errors
/// A choice of what is not there, or a schema that cannot be lowered.
pub fn write<'a>(
    chat: &'a Chat<'a>,
    model: &Model,
    names: &'a Names,
    allowance: &mut Allowance,
    dropped: &mut Dropped,
) -> Result<(Option<Tools<'a>>, Option<ToolConfig<'a>>), RequestError> {
    let config = choice(chat, names)?;
    dropped
        .add_if(!chat.tools.is_empty() && chat.parallel_tool_calls == Some(false), Field::ParallelToolCalls);
    // Google can only restrict a call that must be made; what may not be called is not declared instead.
    let only = match &chat.tool_choice {
        Some(ToolChoice::Allowed { required: false, names }) => {
            Some(names.iter().map(Str::as_str).collect::<BTreeSet<_>>())
        }
        _ => None,
    };
    // Beside a form of the answer, older models take no function at all, and none may be called anyway.
    let silent = !model.third && wants_json(chat) && chat.tool_choice == Some(ToolChoice::None);
    let mut function_declarations = Vec::new();
    let mut declared = BTreeSet::new();
    for (index, tool) in chat.tools.iter().enumerate() {
        dropped.add_if(tool.strict == Some(true), Param::Tool(None, OfTool::Strict));
        dropped.add_if(tool.cache_control.is_some(), Field::CacheControl);
        dropped.add_members(|name| Param::Tool(None, OfTool::Member(name)), &tool.extra);
        if silent || only.as_ref().is_some_and(|only| !only.contains(tool.name.as_str())) {
            continue;
        }
        if !declared.insert(tool.name.as_str()) {
            dropped.add(Param::Tool(None, OfTool::Whole));
            continue;
        }
        function_declarations.push(declare(index, tool, model, names, allowance, dropped)?);
    }
    let tools = (!function_declarations.is_empty()).then_some(Tools { function_declarations });
    let config = config.filter(|_| tools.is_some());
    Ok((tools, config.map(|function_calling_config| ToolConfig { function_calling_config })))
}

fn declare<'a>(
    index: usize,
    tool: &'a Tool<'a>,
    model: &Model,
    names: &'a Names,
    allowance: &mut Allowance,
    dropped: &mut Dropped,
) -> Result<Declaration<'a>, RequestError> {
    let (mut parameters, mut parameters_json_schema) = (None, None);
    match tool.parameters {
        Some(schema) if model.json_schema => {
            parameters_json_schema = Some(schema::settle(schema, Place::Tool(index), allowance, dropped));
        }
        Some(schema) => {
            parameters = schema::lower(schema, Use::ARGUMENTS, Place::Tool(index), allowance, dropped)?;
        }
        None => {}
    }
    Ok(Declaration {
        name: names.sent(&tool.name),
        description: tool.description.as_deref(),
        parameters,
        parameters_json_schema,
    })
}

/// Whether the answer is to be JSON.
pub fn wants_json(chat: &Chat<'_>) -> bool {
    !matches!(chat.response_format, None | Some(ResponseFormat::Text))
}

fn choice<'a>(chat: &'a Chat<'a>, names: &'a Names) -> Result<Option<Calling<'a>>, RequestError> {
    let known: BTreeSet<_> = chat.tools.iter().map(|tool| tool.name.as_str()).collect();
    let known = |name: &'a Str<'a>, param: Field| match known.contains(name.as_str()) {
        true => Ok(names.sent(name)),
        false => Err(RequestError::invalid(param, format_args!("there is no tool {:?}", name.as_str()))),
    };
    let (mode, allowed_function_names) = match &chat.tool_choice {
        None => return Ok(None),
        Some(ToolChoice::Auto) => ("AUTO", Vec::new()),
        Some(ToolChoice::None) => ("NONE", Vec::new()),
        Some(ToolChoice::Required) if chat.tools.is_empty() => {
            return Err(RequestError::invalid(Field::ToolChoice, "there are no tools to call"));
        }
        Some(ToolChoice::Required) => ("ANY", Vec::new()),
        Some(ToolChoice::Named(name)) => ("ANY", vec![known(name, Field::ToolChoiceName)?]),
        Some(ToolChoice::Allowed { required, names }) => {
            let allowed = names.iter().map(|name| known(name, Field::ToolChoiceAllowed));
            let allowed = allowed.collect::<Result<Vec<_>, _>>()?;
            if *required { ("ANY", allowed) } else { ("AUTO", Vec::new()) }
        }
    };
    Ok(Some(Calling { mode, allowed_function_names }))
}
