//! The messages of a client's chat request.

use super::media::{is_base64, read_file_data, read_url};
use super::request::{enumerate, lift, only_functions};
use super::wire::{WireContent, WireFunctionCall, WireMessage, WirePart, WireThinkingBlock, WireToolCall};
use crate::hub::json::{Members, Str};
use crate::hub::{Kind, Message, Part, Place, RequestError, Role, Source};

/// Reads one message of the request.
pub(super) fn read_message(index: usize, wire: WireMessage<'_>) -> Result<Message<'_>, RequestError> {
    let at = |member: &str| format!("messages[{index}].{member}");
    let role = read_role(wire.role.as_deref(), || at("role"))?;
    let assistant = role == Role::Assistant;
    // What a function gave was named by the function before calls had ids.
    let of_function = wire.role.as_deref() == Some("function");
    if wire.content.is_none() && !assistant && !of_function {
        return Err(RequestError::missing(at("content")));
    }
    let mut parts = match assistant {
        true => read_thoughts(index, wire.thinking_blocks, wire.reasoning_content)?,
        false => Vec::new(),
    };
    let mut extra = wire.extra;
    let mut signature = wire.extra_content.and_then(|content| content.signature(&mut extra));
    let mut content = read_content(index, wire.content)?;
    let called = wire.function_call.filter(|_| assistant);
    let called = called.map(|call| read_function_call(index, call, &mut signature)).transpose()?;
    if let Some(signature) = signature {
        sign(&mut content, signature, assistant);
    }
    parts.append(&mut content);
    if let Some(refusal) = wire.refusal {
        parts.push(Part::new(Place { member: "refusal", index: None }, Kind::Refusal(refusal)));
    }
    if assistant {
        parts.extend(called);
        for (call, wire) in wire.tool_calls.unwrap_or_default().into_iter().enumerate() {
            parts.push(read_tool_call(index, Place::of("tool_calls", call), wire)?);
        }
    }
    let mut cache_control = wire.cache_control;
    if role == Role::Tool {
        let id = match of_function {
            true => {
                take_name(&mut extra).map(id_of_function).ok_or_else(|| RequestError::missing(at("name")))?
            }
            false => wire.tool_call_id.ok_or_else(|| RequestError::missing(at("tool_call_id")))?,
        };
        let mut result = Part::new(Place::CONTENT, Kind::ToolResult { id, parts });
        result.cache_control = cache_control.take();
        parts = vec![result];
    } else if let (Some(mark), Some(last)) = (cache_control, parts.last_mut()) {
        last.cache_control = Some(mark);
    }
    // Clients echo whole answers, empty members included.
    extra.retain(|(_, value)| !matches!(value.get(), "null" | "[]"));
    Ok(Message { role, parts, extra })
}

fn read_role(word: Option<&str>, path: impl Fn() -> String) -> Result<Role, RequestError> {
    match word {
        Some("system" | "developer") => Ok(Role::System),
        Some("user") => Ok(Role::User),
        Some("assistant") => Ok(Role::Assistant),
        Some("tool" | "function") => Ok(Role::Tool),
        Some(other) => Err(RequestError::invalid(path(), format_args!("unknown role {other:?}"))),
        None => Err(RequestError::missing(path())),
    }
}

fn read_thoughts<'a>(
    message: usize,
    blocks: Option<Vec<WireThinkingBlock<'a>>>,
    text: Option<Str<'a>>,
) -> Result<Vec<Part<'a>>, RequestError> {
    match blocks {
        Some(blocks) => enumerate(blocks, |block, wire| {
            read_thinking_block(message, Place::of("thinking_blocks", block), wire)
        }),
        None => {
            let place = Place { member: "reasoning_content", index: None };
            let part = |text| Part::new(place, Kind::Thinking { text, signature: None });
            Ok(text.map(part).into_iter().collect())
        }
    }
}

fn read_content(message: usize, content: Option<WireContent<'_>>) -> Result<Vec<Part<'_>>, RequestError> {
    match content {
        None => Ok(Vec::new()),
        Some(WireContent::Text(text)) => {
            Ok(vec![Part::new(Place::CONTENT, Kind::Text { text, signature: None })])
        }
        Some(WireContent::Parts(wire)) => {
            enumerate(wire, |part, wire| read_part(message, Place::of("content", part), wire))
        }
    }
}

/// A message carries one signature for its text: it belongs to the last of it.
fn sign<'a>(content: &mut Vec<Part<'a>>, mark: Str<'a>, assistant: bool) {
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

fn read_part(message: usize, place: Place, wire: WirePart<'_>) -> Result<Part<'_>, RequestError> {
    let at = |member: &str| format!("{}.{member}", place.path(message));
    let missing = |member: &str| RequestError::missing(at(member));
    let mut extra = wire.extra;
    let kind = match wire.kind.as_deref() {
        Some("text") => Kind::Text {
            text: wire.text.ok_or_else(|| missing("text"))?,
            signature: wire.extra_content.and_then(|content| content.signature(&mut extra)),
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
            let mut image = wire.image_url.ok_or_else(|| missing("image_url"))?;
            lift("image_url", &mut image.extra, &mut extra);
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
            let mut audio = wire.input_audio.ok_or_else(|| missing("input_audio"))?;
            lift("input_audio", &mut audio.extra, &mut extra);
            let data = audio.data.ok_or_else(|| missing("input_audio.data"))?;
            let format = audio.format.ok_or_else(|| missing("input_audio.format"))?;
            is_base64(&data).map_err(|why| RequestError::invalid(at("input_audio.data"), why))?;
            Kind::Audio { data, format }
        }
        Some("file") => {
            let mut file = wire.file.ok_or_else(|| missing("file"))?;
            lift("file", &mut file.extra, &mut extra);
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
    Ok(Part { place, kind, cache_control: wire.cache_control, extra })
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

/// A call of the time when a message had one at most, and it had no id. It bears the message's signature.
fn read_function_call<'a>(
    message: usize,
    mut wire: WireFunctionCall<'a>,
    signature: &mut Option<Str<'a>>,
) -> Result<Part<'a>, RequestError> {
    let at = |member: &str| format!("messages[{message}].function_call.{member}");
    let name = wire.name.ok_or_else(|| RequestError::missing(at("name")))?;
    let arguments = wire.arguments.unwrap_or_default();
    let (id, signature) = (id_of_function(name.share().into_owned().into()), signature.take());
    let place = Place { member: "function_call", index: None };
    let mut part = Part::new(place, Kind::ToolCall { id, name, arguments, signature });
    part.extra.append(&mut wire.extra);
    Ok(part)
}

/// The id of a call that has none: its function's name says whose result comes back.
fn id_of_function(name: Str<'_>) -> Str<'static> {
    Str::from(format!("call_{}", name.as_str()))
}

/// The `name` of a message.
fn take_name<'a>(extra: &mut Members<'a>) -> Option<Str<'a>> {
    let at = extra.iter().position(|(name, _)| name.as_str() == "name")?;
    serde_json::from_str(extra.remove(at).1.get()).ok()
}

fn read_tool_call<'a>(
    message: usize,
    place: Place,
    wire: WireToolCall<'a>,
) -> Result<Part<'a>, RequestError> {
    let at = |member: &str| format!("{}.{member}", place.path(message));
    only_functions(wire.kind, &at("type"))?;
    let id = wire.id.ok_or_else(|| RequestError::missing(at("id")))?;
    let mut function = wire.function.ok_or_else(|| RequestError::missing(at("function")))?;
    let name = function.name.ok_or_else(|| RequestError::missing(at("function.name")))?;
    // Whether they are JSON is for whoever must have it so: the model may have been cut off.
    let arguments = function.arguments.unwrap_or_default();
    let mut extra = wire.extra;
    lift("function", &mut function.extra, &mut extra);
    let signature = wire.extra_content.and_then(|content| content.signature(&mut extra));
    let mut part = Part::new(place, Kind::ToolCall { id, name, arguments, signature });
    part.cache_control = wire.cache_control;
    part.extra = extra;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::dialect::USUAL_CLIENT;
    use crate::dialect::openai::read_request;
    use crate::hub::RequestError;
    use crate::hub::json::Document;

    /// A content is read apart from its body, and what is wrong with it has its place in the body all the same.
    #[test]
    fn what_is_wrong_has_its_place_in_the_body() {
        for (content, code, message) in [
            ("7", "invalid_value", "messages[1].content: "),
            ("{}", "invalid_value", "messages[1].content: "),
            (r#"[{"type":"text","text":7}]"#, "invalid_value", "messages[1].content[0].text: "),
            (
                "[{\"type\":\"text\",\n\"text\":\"a\"},\n {\"type\":\"text\",\"text\":[]}]",
                "invalid_value",
                "messages[1].content[1].text: ",
            ),
            (
                r#"[{"type":"image_url","image_url":{"url":7}}]"#,
                "invalid_value",
                "messages[1].content[0].image_url.url: ",
            ),
            (r#"[7]"#, "invalid_value", "messages[1].content[0]: "),
            (r#""a\ud83d""#, "invalid_json", "hex escape"),
            (r#"[{"type":"text","text":"\ud83d!"}]"#, "invalid_json", "hex escape"),
        ] {
            let body = format!(
                "{{\"messages\":[{{\"role\":\"user\",\"content\":\"é\"}},\n  {{\"role\":\"user\", \"content\": {content}}}]}}"
            );
            let error = read_request(&Document::new(body.as_str())).unwrap_err();
            let told = error.message(|param| USUAL_CLIENT.chat.spell(param));
            assert!(error.code == code && told.contains(message), "{body}\n{error:?}\n{told}");
            if let Err(whole) = serde_json::from_str::<Value>(&body) {
                assert_eq!(error, RequestError::json(&body, &whole));
            }
        }
    }
}
