//! A client's chat request, read into the hub.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::chat::json::{Members, Number, Str, is_object, kind};
use crate::chat::{
    Chat, Effort, Kind, Message, Part, Place, RequestError, ResponseFormat, Role, Source, Thinking, Tool,
    ToolChoice,
};
use crate::json_object;

/// Reads a request's body.
///
/// # Errors
/// Not JSON, a wrong type, a value that no target could make sense of: with the field's path.
pub fn read_request(body: &str) -> Result<Chat<'_>, RequestError> {
    let wire: WireRequest<'_> =
        serde_json::from_str(body).map_err(|error| RequestError::json(body, &error))?;
    if wire.functions.is_some() || wire.function_call.is_some() {
        let param = if wire.functions.is_some() { "functions" } else { "function_call" };
        return Err(RequestError::unsupported(param, "deprecated by OpenAI; use `tools` and `tool_choice`"));
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
    for (limit, name) in [(max_tokens, max_tokens_name), (wire.n, "n"), (wire.top_logprobs, "top_logprobs")] {
        whole_number(limit, name)?;
    }
    Ok(Chat {
        messages,
        tools: enumerate(wire.tools.unwrap_or_default(), read_tool)?,
        tool_choice: wire.tool_choice.map(read_tool_choice).transpose()?,
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
        response_format: wire.response_format.map(read_response_format).transpose()?,
        effort,
        thinking: wire.thinking.map(read_thinking).transpose()?,
        user: wire.user,
        metadata: wire.metadata,
        stream: wire.stream.unwrap_or_default(),
        extra: wire.extra,
    })
}

// === messages ===

fn read_message(index: usize, wire: WireMessage<'_>) -> Result<Message<'_>, RequestError> {
    let at = |member: &str| format!("messages[{index}].{member}");
    let role = match wire.role.as_deref() {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("tool") => Role::Tool,
        Some("function") => {
            return Err(RequestError::unsupported(at("role"), "deprecated by OpenAI; use role `tool`"));
        }
        Some(other) => return Err(RequestError::invalid(at("role"), format_args!("unknown role {other:?}"))),
        None => return Err(RequestError::missing(at("role"))),
    };
    let assistant = role == Role::Assistant;
    if wire.function_call.is_some() {
        return Err(RequestError::unsupported(at("function_call"), "deprecated by OpenAI; use `tool_calls`"));
    }
    if wire.content.is_none() && !assistant {
        return Err(RequestError::missing(at("content")));
    }
    let mut parts = Vec::new();
    if assistant {
        match wire.thinking_blocks {
            Some(blocks) => {
                for (block, wire) in blocks.into_iter().enumerate() {
                    parts.push(read_thinking_block(index, Place::of("thinking_blocks", block), wire)?);
                }
            }
            None => parts.extend(wire.reasoning_content.map(|text| {
                let place = Place { member: "reasoning_content", index: None };
                Part::new(place, Kind::Thinking { text, signature: None })
            })),
        }
    }
    let signature = wire.extra_content.and_then(WireExtraContent::signature);
    let mut content = match wire.content {
        None => Vec::new(),
        Some(WireContent::Text(text)) => {
            vec![Part::new(Place::CONTENT, Kind::Text { text, signature: None })]
        }
        Some(WireContent::Parts(wire)) => {
            let read = |part, wire| read_part(index, Place::of("content", part), wire);
            enumerate(wire, read)?
        }
    };
    // A message carries one signature for its text: it belongs to the last of it.
    if let Some(mark) = signature {
        let mut texts = content.iter_mut().rev().filter_map(|part| match &mut part.kind {
            Kind::Text { signature, .. } => Some(signature),
            _ => None,
        });
        match texts.next() {
            Some(last) => *last = Some(mark),
            // It came alone, on an empty text that the client did not keep.
            None if assistant => {
                let kind = Kind::Text { text: Str::default(), signature: Some(mark) };
                content.push(Part::new(Place::CONTENT, kind));
            }
            None => {}
        }
    }
    parts.append(&mut content);
    if let Some(refusal) = wire.refusal {
        parts.push(Part::new(Place { member: "refusal", index: None }, Kind::Refusal(refusal)));
    }
    let mut extra = wire.extra;
    if assistant {
        for (call, wire) in wire.tool_calls.unwrap_or_default().into_iter().enumerate() {
            parts.push(read_tool_call(index, Place::of("tool_calls", call), wire)?);
        }
    }
    let mut cache_control = wire.cache_control;
    if role == Role::Tool {
        let id = wire.tool_call_id.ok_or_else(|| RequestError::missing(at("tool_call_id")))?;
        let mut result = Part::new(Place::CONTENT, Kind::ToolResult { id, parts });
        result.cache_control = cache_control.take();
        parts = vec![result];
    } else if let (Some(mark), Some(last)) = (cache_control, parts.last_mut()) {
        last.cache_control = Some(mark);
    }
    extra.retain(|(_, value)| value.get() != "null");
    Ok(Message { role, parts, extra })
}

fn read_part<'a>(message: usize, place: Place, wire: WirePart<'a>) -> Result<Part<'a>, RequestError> {
    let at = |member: &str| format!("{}.{member}", place.path(message));
    let missing = |member: &str| RequestError::missing(at(member));
    let kind = match wire.kind.as_deref() {
        Some("text") => Kind::Text {
            text: wire.text.ok_or_else(|| missing("text"))?,
            signature: wire.extra_content.and_then(WireExtraContent::signature),
        },
        Some("refusal") => Kind::Refusal(wire.refusal.ok_or_else(|| missing("refusal"))?),
        Some("thinking" | "redacted_thinking") => {
            let block = WireThinkingBlock {
                kind: wire.kind,
                thinking: wire.thinking,
                signature: wire.signature,
                data: wire.data,
                index: None,
                extra: Members::new(),
            };
            read_thinking_block(message, place, block)?.kind
        }
        Some("image_url") => {
            let image = wire.image_url.ok_or_else(|| missing("image_url"))?;
            let url = image.url.ok_or_else(|| missing("image_url.url"))?;
            let source = read_url(url).map_err(|why| RequestError::invalid(at("image_url.url"), why))?;
            if let Source::Data { media_type, .. } = &source
                && !media_type.starts_with("image/")
                && &**media_type != "application/pdf"
            {
                let why = format_args!("expected an image, found {media_type:?}");
                return Err(RequestError::invalid(at("image_url.url"), why));
            }
            Kind::Image { source, detail: image.detail }
        }
        Some("input_audio") => {
            let audio = wire.input_audio.ok_or_else(|| missing("input_audio"))?;
            let data = audio.data.ok_or_else(|| missing("input_audio.data"))?;
            let format = audio.format.ok_or_else(|| missing("input_audio.format"))?;
            is_base64(&data).map_err(|why| RequestError::invalid(at("input_audio.data"), why))?;
            Kind::Audio { data, format }
        }
        Some("file") => {
            let file = wire.file.ok_or_else(|| missing("file"))?;
            let source = match (file.file_data, file.file_id) {
                (Some(data), _) => {
                    read_file_data(data).map_err(|why| RequestError::invalid(at("file.file_data"), why))?
                }
                (None, Some(id)) => Source::Id(id),
                (None, None) => return Err(missing("file.file_data")),
            };
            Kind::File { source, filename: file.filename }
        }
        Some(other) => return Err(RequestError::invalid(at("type"), format_args!("unknown part {other:?}"))),
        None => return Err(missing("type")),
    };
    Ok(Part { place, kind, cache_control: wire.cache_control, extra: wire.extra })
}

fn read_thinking_block<'a>(
    message: usize,
    place: Place,
    wire: WireThinkingBlock<'a>,
) -> Result<Part<'a>, RequestError> {
    let at = |member: &str| format!("{}.{member}", place.path(message));
    let kind = match wire.kind.as_deref() {
        Some("redacted_thinking") => {
            Kind::RedactedThinking(wire.data.ok_or_else(|| RequestError::missing(at("data")))?)
        }
        Some("thinking") => Kind::Thinking {
            text: wire.thinking.ok_or_else(|| RequestError::missing(at("thinking")))?,
            signature: wire.signature,
        },
        Some(other) => {
            return Err(RequestError::invalid(at("type"), format_args!("unknown block {other:?}")));
        }
        None => return Err(RequestError::missing(at("type"))),
    };
    Ok(Part { place, kind, cache_control: None, extra: wire.extra })
}

fn read_tool_call<'a>(
    message: usize,
    place: Place,
    wire: WireToolCall<'a>,
) -> Result<Part<'a>, RequestError> {
    let at = |member: &str| format!("{}.{member}", place.path(message));
    only_functions(wire.kind, &at("type"))?;
    let id = wire.id.ok_or_else(|| RequestError::missing(at("id")))?;
    let function = wire.function.ok_or_else(|| RequestError::missing(at("function")))?;
    let name = function.name.ok_or_else(|| RequestError::missing(at("function.name")))?;
    let arguments = function.arguments.unwrap_or_default();
    if !arguments.trim().is_empty() {
        let object = serde_json::from_str::<&RawValue>(&arguments).is_ok_and(is_object);
        if !object {
            let why = "expected the text of a JSON object";
            return Err(RequestError::invalid(at("function.arguments"), why));
        }
    }
    let signature = wire.extra_content.and_then(WireExtraContent::signature);
    let mut part = Part::new(place, Kind::ToolCall { id, name, arguments, signature });
    part.cache_control = wire.cache_control;
    part.extra = wire.extra;
    Ok(part)
}

// === tools and forms ===

fn read_tool(index: usize, wire: WireTool<'_>) -> Result<Tool<'_>, RequestError> {
    let at = |member: &str| format!("tools[{index}].{member}");
    only_functions(wire.kind, &at("type"))?;
    let function = wire.function.ok_or_else(|| RequestError::missing(at("function")))?;
    if let Some(parameters) = function.parameters
        && !is_object(parameters)
    {
        let why = format_args!("expected a JSON Schema object, found {}", kind(parameters));
        return Err(RequestError::invalid(at("function.parameters"), why));
    }
    Ok(Tool {
        name: function.name.ok_or_else(|| RequestError::missing(at("function.name")))?,
        description: function.description,
        parameters: function.parameters,
        strict: function.strict,
        cache_control: wire.cache_control.or(function.cache_control),
        extra: function.extra,
    })
}

fn read_tool_choice(wire: WireToolChoice<'_>) -> Result<ToolChoice<'_>, RequestError> {
    let object = match wire {
        WireToolChoice::Word(word) => {
            return match word.as_str() {
                "auto" => Ok(ToolChoice::Auto),
                "none" => Ok(ToolChoice::None),
                "required" | "any" => Ok(ToolChoice::Required),
                other => Err(RequestError::invalid("tool_choice", format_args!("unknown choice {other:?}"))),
            };
        }
        WireToolChoice::Object(object) => object,
    };
    if object.kind.as_deref() == Some("allowed_tools") {
        let allowed =
            object.allowed_tools.ok_or_else(|| RequestError::missing("tool_choice.allowed_tools"))?;
        let required = match allowed.mode.as_deref() {
            None | Some("auto") => false,
            Some("required") => true,
            Some(other) => {
                let why = format_args!("unknown mode {other:?}");
                return Err(RequestError::invalid("tool_choice.allowed_tools.mode", why));
            }
        };
        let names = enumerate(allowed.tools.unwrap_or_default(), |index, tool| {
            let at = |member: &str| format!("tool_choice.allowed_tools.tools[{index}].{member}");
            only_functions(tool.kind, &at("type"))?;
            let name = tool.function.and_then(|function| function.name).or(tool.name);
            name.ok_or_else(|| RequestError::missing(at("function.name")))
        })?;
        return Ok(ToolChoice::Allowed { required, names });
    }
    only_functions(object.kind, "tool_choice.type")?;
    let name = object.function.and_then(|function| function.name).or(object.name);
    name.map(ToolChoice::Named).ok_or_else(|| RequestError::missing("tool_choice.function.name"))
}

fn read_response_format(wire: WireFormat<'_>) -> Result<ResponseFormat<'_>, RequestError> {
    match wire.kind.as_deref() {
        Some("text") => Ok(ResponseFormat::Text),
        Some("json_object") => Ok(ResponseFormat::JsonObject),
        Some("json_schema") => {
            let wire =
                wire.json_schema.ok_or_else(|| RequestError::missing("response_format.json_schema"))?;
            if let Some(schema) = wire.schema
                && !is_object(schema)
            {
                let why = format_args!("expected a JSON Schema object, found {}", kind(schema));
                return Err(RequestError::invalid("response_format.json_schema.schema", why));
            }
            Ok(ResponseFormat::JsonSchema {
                name: wire.name,
                description: wire.description,
                schema: wire.schema,
                strict: wire.strict,
            })
        }
        Some(other) => {
            Err(RequestError::invalid("response_format.type", format_args!("unknown format {other:?}")))
        }
        None => Err(RequestError::missing("response_format.type")),
    }
}

fn read_thinking(raw: &RawValue) -> Result<Thinking<'_>, RequestError> {
    let wire: WireThinking<'_> = serde_json::from_str(raw.get()).map_err(|error| {
        let inner = RequestError::json(raw.get(), &error);
        let path = inner.param.map_or_else(|| "thinking".to_owned(), |inner| format!("thinking.{inner}"));
        RequestError::invalid(path, inner.message)
    })?;
    let kind = wire.kind.ok_or_else(|| RequestError::missing("thinking.type"))?;
    match kind.as_str() {
        "enabled" | "adaptive" | "disabled" | "between_tools" => {}
        other => return Err(RequestError::invalid("thinking.type", format_args!("unknown type {other:?}"))),
    }
    whole_number(wire.budget_tokens, "thinking.budget_tokens")?;
    Ok(Thinking { kind, budget_tokens: wire.budget_tokens, raw })
}

// === values ===

fn enumerate<W, T>(
    wires: Vec<W>,
    read: impl Fn(usize, W) -> Result<T, RequestError>,
) -> Result<Vec<T>, RequestError> {
    wires.into_iter().enumerate().map(|(index, wire)| read(index, wire)).collect()
}

fn only_functions(kind: Option<Str<'_>>, path: &str) -> Result<(), RequestError> {
    match kind.as_deref() {
        None | Some("function") => Ok(()),
        Some(other) => {
            Err(RequestError::unsupported(path, format_args!("{other:?} tools cannot be translated")))
        }
    }
}

fn whole_number(number: Option<Number<'_>>, path: &str) -> Result<(), RequestError> {
    match number {
        Some(number) if number.as_u64().is_none() => Err(RequestError::invalid(
            path,
            format_args!("expected a whole number, found {}", number.digits()),
        )),
        _ => Ok(()),
    }
}

/// `data:[<media type>][;base64],<data>` (RFC 2397), or any other URL.
fn read_url(url: Str<'_>) -> Result<Source<'_>, String> {
    let Some(prefix) = url.get(..5).filter(|prefix| prefix.eq_ignore_ascii_case("data:")) else {
        return match url.starts_with("https://") || url.starts_with("http://") || url.starts_with("gs://") {
            true => Ok(Source::Url(url)),
            false => Err("expected a data:, https: or http: URL".to_owned()),
        };
    };
    let Some((head, data)) = url.get(prefix.len()..).and_then(|rest| rest.split_once(',')) else {
        return Err("a data: URL without a comma".to_owned());
    };
    let mut parameters = head.split(';').map(str::trim);
    let media_type = parameters.next().unwrap_or_default().to_ascii_lowercase();
    if media_type.is_empty() {
        return Err("a data: URL without a media type".to_owned());
    }
    if !parameters.any(|parameter| parameter.eq_ignore_ascii_case("base64")) {
        return Err("a data: URL that is not base64".to_owned());
    }
    is_base64(data)?;
    let start = url.len().saturating_sub(data.len());
    let data = match url {
        Str(std::borrow::Cow::Borrowed(url)) => Str::borrowed(url.get(start..).unwrap_or_default()),
        Str(std::borrow::Cow::Owned(url)) => Str::from(url.get(start..).unwrap_or_default().to_owned()),
    };
    Ok(Source::Data { media_type: Str::from(media_type), data })
}

/// OpenAI takes a data URI here; some clients send bare base64 of a PDF.
fn read_file_data(data: Str<'_>) -> Result<Source<'_>, String> {
    if data.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("data:")) {
        return read_url(data);
    }
    is_base64(&data)?;
    Ok(Source::Data { media_type: Str::borrowed("application/pdf"), data })
}

fn is_base64(data: &str) -> Result<(), String> {
    let content = data.trim_end_matches('=');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    match content.is_empty() || !content.bytes().all(plain) {
        true => Err("not base64".to_owned()),
        false => Ok(()),
    }
}

// === the wire ===

json_object! {
    struct WireRequest<'a> {
        model: Str<'a>,
        messages: Vec<WireMessage<'a>>,
        tools: Vec<WireTool<'a>>,
        tool_choice: WireToolChoice<'a>,
        parallel_tool_calls: bool,
        functions: &'a RawValue,
        function_call: &'a RawValue,
        max_tokens: Number<'a>,
        max_completion_tokens: Number<'a>,
        temperature: Number<'a>,
        top_p: Number<'a>,
        top_k: Number<'a>,
        n: Number<'a>,
        seed: Number<'a>,
        frequency_penalty: Number<'a>,
        presence_penalty: Number<'a>,
        logprobs: bool,
        top_logprobs: Number<'a>,
        stop: OneOrMany<'a>,
        response_format: WireFormat<'a>,
        reasoning_effort: Str<'a>,
        thinking: &'a RawValue,
        user: Str<'a>,
        metadata: &'a RawValue,
        stream: bool,
        stream_options: WireStreamOptions<'a>,
    }
}

json_object! { struct WireStreamOptions<'a> { include_usage: bool } }

json_object! {
    struct WireMessage<'a> {
        role: Str<'a>,
        content: WireContent<'a>,
        reasoning_content: Str<'a>,
        thinking_blocks: Vec<WireThinkingBlock<'a>>,
        refusal: Str<'a>,
        tool_calls: Vec<WireToolCall<'a>>,
        tool_call_id: Str<'a>,
        function_call: &'a RawValue,
        cache_control: &'a RawValue,
        extra_content: WireExtraContent<'a>,
    }
}

json_object! {
    struct WirePart<'a> {
        kind as "type": Str<'a>,
        text: Str<'a>,
        image_url: WireImage<'a>,
        input_audio: WireAudio<'a>,
        file: WireFile<'a>,
        refusal: Str<'a>,
        thinking: Str<'a>,
        signature: Str<'a>,
        data: Str<'a>,
        cache_control: &'a RawValue,
        extra_content: WireExtraContent<'a>,
    }
}

json_object! { struct WireImage<'a> { url: Str<'a>, detail: Str<'a> } }
json_object! { struct WireAudio<'a> { data: Str<'a>, format: Str<'a> } }
json_object! { struct WireFile<'a> { file_data: Str<'a>, file_id: Str<'a>, filename: Str<'a> } }

json_object! {
    struct WireThinkingBlock<'a> {
        kind as "type": Str<'a>,
        thinking: Str<'a>,
        signature: Str<'a>,
        data: Str<'a>,
        index: Number<'a>,
    }
}

json_object! {
    struct WireToolCall<'a> {
        id: Str<'a>,
        kind as "type": Str<'a>,
        function: WireFunctionCall<'a>,
        index: Number<'a>,
        cache_control: &'a RawValue,
        extra_content: WireExtraContent<'a>,
    }
}

json_object! { struct WireFunctionCall<'a> { name: Str<'a>, arguments: Str<'a> } }
json_object! { struct WireExtraContent<'a> { google: WireGoogle<'a> } }
json_object! { struct WireGoogle<'a> { thought_signature: Str<'a> } }

json_object! {
    struct WireTool<'a> {
        kind as "type": Str<'a>,
        function: WireFunction<'a>,
        cache_control: &'a RawValue,
    }
}

json_object! {
    struct WireFunction<'a> {
        name: Str<'a>,
        description: Str<'a>,
        parameters: &'a RawValue,
        strict: bool,
        cache_control: &'a RawValue,
    }
}

json_object! {
    struct WireChoiceObject<'a> {
        kind as "type": Str<'a>,
        function: WireName<'a>,
        name: Str<'a>,
        allowed_tools: WireAllowed<'a>,
    }
}

json_object! { struct WireName<'a> { name: Str<'a> } }
json_object! { struct WireAllowed<'a> { mode: Str<'a>, tools: Vec<WireAllowedTool<'a>> } }

json_object! {
    struct WireAllowedTool<'a> { kind as "type": Str<'a>, function: WireName<'a>, name: Str<'a> }
}

json_object! { struct WireFormat<'a> { kind as "type": Str<'a>, json_schema: WireSchema<'a> } }

json_object! {
    struct WireSchema<'a> { name: Str<'a>, description: Str<'a>, schema: &'a RawValue, strict: bool }
}

json_object! { struct WireThinking<'a> { kind as "type": Str<'a>, budget_tokens: Number<'a> } }

impl<'a> WireExtraContent<'a> {
    fn signature(self) -> Option<Str<'a>> {
        self.google.and_then(|google| google.thought_signature)
    }
}

/// A message's content: a string, or parts.
#[derive(Debug)]
enum WireContent<'a> {
    Text(Str<'a>),
    Parts(Vec<WirePart<'a>>),
}

/// A word, or an object.
#[derive(Debug)]
enum WireToolChoice<'a> {
    Word(Str<'a>),
    Object(Box<WireChoiceObject<'a>>),
}

/// One string, or a list of them.
#[derive(Debug)]
struct OneOrMany<'a>(Vec<Str<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for WireContent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr::<Vec<WirePart<'a>>>(PhantomData)).map(|read| match read {
            Either::Text(text) => Self::Text(text),
            Either::Other(parts) => Self::Parts(parts),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for OneOrMany<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr::<Vec<Str<'a>>>(PhantomData)).map(|read| match read {
            Either::Text(text) => Self(vec![text]),
            Either::Other(texts) => Self(texts),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireToolChoice<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr::<Box<WireChoiceObject<'a>>>(PhantomData)).map(
            |read| match read {
                Either::Text(word) => Self::Word(word),
                Either::Other(object) => Self::Object(object),
            },
        )
    }
}

/// Reads a string, or a `T` that is a list or an object, without looking twice.
struct TextOr<T>(PhantomData<T>);

enum Either<'a, T> {
    Text(Str<'a>),
    Other(T),
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOr<T> {
    type Value = Either<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a list or object of the documented shape")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Either::Text(Str::borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Either::Text(Str::from(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::deserialize(serde::de::value::SeqAccessDeserializer::new(list)).map(Either::Other)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Either::Other)
    }
}
