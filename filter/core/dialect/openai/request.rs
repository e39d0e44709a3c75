//! A client's chat request, read into the hub.

use super::messages::read_message;
use super::tools::{read_function, read_response_format, read_thinking, read_tool, read_tool_choice};
use super::wire::WireRequest;
use crate::hub::json::{Document, MOST_VALUES, Members, Number, Str, is_crowd, kind};
use crate::hub::{Chat, Effort, RequestError};

/// Reads a request's body.
///
/// # Errors
/// Not JSON, a wrong type, a value that no target could make sense of: with the field's path.
pub fn read_request(body: &Document) -> Result<Chat<'_>, RequestError> {
    if is_crowd(body.text()) {
        let why = format_args!("more than {MOST_VALUES} values cannot be translated");
        return Err(RequestError::unsupported("messages", why));
    }
    let wire: WireRequest<'_> = body.read()?;
    let mut extra = wire.extra;
    if let Some(options) = wire.stream_options {
        lift("stream_options", &mut { options.extra }, &mut extra);
    }
    let messages = wire.messages.ok_or_else(|| RequestError::missing("messages"))?;
    let messages: Vec<_> = enumerate(messages, read_message)?;
    let effort = match &wire.reasoning_effort {
        None => None,
        Some(word) => Some(Effort::from_word(word).ok_or_else(|| {
            let words = Effort::WORDS.map(|(word, _)| word).join(", ");
            RequestError::invalid("reasoning_effort", format_args!("unknown effort {word:?}; one of {words}"))
        })?),
    };
    let (max_tokens, max_tokens_name) = match wire.max_completion_tokens {
        Some(limit) => (Some(limit), "max_completion_tokens"),
        None => (wire.max_tokens, "max_tokens"),
    };
    for (count, name) in [
        (wire.max_tokens, "max_tokens"),
        (wire.max_completion_tokens, "max_completion_tokens"),
        (wire.n, "n"),
        (wire.top_logprobs, "top_logprobs"),
        (wire.top_k, "top_k"),
    ] {
        whole_number(count, name)?;
    }
    for (number, name) in [
        (wire.temperature, "temperature"),
        (wire.top_p, "top_p"),
        (wire.seed, "seed"),
        (wire.frequency_penalty, "frequency_penalty"),
        (wire.presence_penalty, "presence_penalty"),
    ] {
        is_number(number, name)?;
    }
    // What tools were called before they were tools.
    let one_call = wire.functions.is_some() && wire.tools.is_none();
    let mut tools = enumerate(wire.tools.unwrap_or_default(), read_tool)?;
    tools.append(&mut enumerate(wire.functions.unwrap_or_default(), read_function)?);
    let tool_choice = match (wire.tool_choice, wire.function_call) {
        (Some(choice), _) => Some(read_tool_choice(choice, "tool_choice", &mut extra)?),
        (None, Some(choice)) => Some(read_tool_choice(choice, "function_call", &mut extra)?),
        (None, None) => None,
    };
    Ok(Chat {
        length: body.text().len(),
        messages,
        tools,
        tool_choice,
        one_call,
        parallel_tool_calls: wire.parallel_tool_calls,
        max_tokens,
        max_tokens_name,
        temperature: wire.temperature,
        top_p: wire.top_p,
        top_k: wire.top_k,
        n: wire.n,
        seed: wire.seed,
        frequency_penalty: wire.frequency_penalty,
        presence_penalty: wire.presence_penalty,
        logprobs: wire.logprobs,
        top_logprobs: wire.top_logprobs,
        stop: wire.stop.map(|stop| stop.0).unwrap_or_default(),
        response_format: wire
            .response_format
            .map(|format| read_response_format(format, &mut extra))
            .transpose()?,
        effort,
        thinking: wire.thinking.map(read_thinking).transpose()?,
        user: wire.user,
        metadata: wire.metadata,
        stream: wire.stream.unwrap_or_default(),
        echo: None,
        unsaid: Vec::new(),
        extra,
    })
}

pub(super) fn enumerate<W, T>(
    wires: Vec<W>,
    read: impl Fn(usize, W) -> Result<T, RequestError>,
) -> Result<Vec<T>, RequestError> {
    wires.into_iter().enumerate().map(|(index, wire)| read(index, wire)).collect()
}

pub(super) fn only_functions(kind: Option<Str<'_>>, path: &str) -> Result<(), RequestError> {
    match kind.as_deref() {
        None | Some("function") => Ok(()),
        Some(other) => {
            Err(RequestError::unsupported(path, format_args!("{other:?} tools cannot be translated")))
        }
    }
}

pub(super) fn whole_number(number: Option<Number<'_>>, path: &str) -> Result<(), RequestError> {
    is_number(number, path)?;
    match number.filter(|number| number.as_u64().is_none()) {
        Some(number) => {
            let found = format_args!("expected a whole number, found {}", number.digits());
            Err(RequestError::invalid(path, found))
        }
        None => Ok(()),
    }
}

pub(super) fn is_number(number: Option<Number<'_>>, path: &str) -> Result<(), RequestError> {
    match number.filter(|number| !number.is_number()) {
        Some(number) => {
            let found = format_args!("expected a number, found {}", kind(number.raw()));
            Err(RequestError::invalid(path, found))
        }
        None => Ok(()),
    }
}

/// Moves members that have no place in the hub to where unknown members are reported, under their full name.
pub(super) fn lift<'a>(within: &str, from: &mut Members<'a>, to: &mut Members<'a>) {
    to.extend(from.drain(..).map(|(name, value)| (Str::from(format!("{within}.{name}")), value)));
}
