//! What the gateway itself must know of a body: read in one pass, with everything else left as bytes.

use serde_json::value::RawValue;

use crate::dialect::{CountWish, Envelope};
use crate::hub::RequestError;
use crate::hub::json::{Document, Number, Str, is_null, kind, span};
use crate::json_object;

json_object! {
    struct Wire<'a> {
        model: &'a RawValue,
        messages: &'a RawValue,
        stream: bool,
        stream_options: WireStreamOptions<'a>,
        n: Number<'a>,
        reasoning_effort: &'a RawValue,
        reasoning: &'a RawValue,
        thinking: &'a RawValue,
        max_completion_tokens: Number<'a>,
        max_tokens: Number<'a>,
        ..
    }
}

json_object! { struct WireStreamOptions<'a> { include_usage: bool, .. } }

json_object! { struct WireReasoning<'a> { kind as "type": Str<'a>, effort: Str<'a>, enabled: bool, .. } }

/// Reads a chat request's body.
///
/// # Errors
/// Not JSON, or one of these fields is not what it must be.
pub(super) fn read_envelope(body: &Document) -> Result<Envelope, RequestError> {
    let (envelope, messages) = read_members(body)?;
    if envelope.model.is_empty() {
        return Err(RequestError::missing("model"));
    }
    let messages = messages.ok_or_else(|| RequestError::missing("messages"))?;
    let list = messages.get().strip_prefix('[');
    match list.map(str::trim_start) {
        None => {
            let found = format_args!("expected a list of messages, found {}", kind(messages));
            return Err(RequestError::invalid("messages", found));
        }
        Some("]") => return Err(RequestError::invalid("messages", "expected at least one message")),
        Some(_) => {}
    }
    Ok(envelope)
}

/// Reads the body of a request that need not be a chat's, nor name a model.
///
/// # Errors
/// As for a chat's.
pub(super) fn read_name(body: &Document) -> Result<Envelope, RequestError> {
    read_members(body).map(|(envelope, _)| envelope)
}

/// What all bodies have, and the messages.
fn read_members(body: &Document) -> Result<(Envelope, Option<&RawValue>), RequestError> {
    if body.text().trim_start().is_empty() {
        return Err(RequestError::not_json("the body is empty; expected a JSON object".to_owned()));
    }
    let wire: Wire<'_> = body.read()?;
    let (model, model_span) = match wire.model {
        Some(raw) => (read_model(raw)?, span(body.text(), raw.get())),
        None => (String::new(), 0..0),
    };
    let limits = [wire.max_completion_tokens, wire.max_tokens].into_iter().flatten();
    let stream = wire.stream.unwrap_or_default();
    let options = wire.stream_options.as_ref();
    let include_usage = options.and_then(|options| options.include_usage).unwrap_or_default();
    let envelope = Envelope {
        count: if stream && !include_usage { count(body, options.is_some()) } else { None },
        max_tokens: limits.filter_map(Number::as_u64).max(),
        of_old: body.names().has("functions") && is_of_old(body),
        model_span,
        model,
        stream,
        reasons: [wire.reasoning_effort, wire.reasoning, wire.thinking]
            .into_iter()
            .flatten()
            .any(asks_to_think),
        include_usage,
        choices: wire.n.and_then(Number::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(1).max(1),
    };
    Ok((envelope, wire.messages))
}

fn read_model(raw: &RawValue) -> Result<String, RequestError> {
    let longest = Envelope::LONGEST_MODEL;
    let model: Str<'_> = serde_json::from_str(raw.get()).map_err(|_| {
        RequestError::invalid("model", format_args!("expected a string, found {}", kind(raw)))
    })?;
    if model.len() > longest {
        let found = format_args!("expected a model's name of at most {longest} bytes");
        return Err(RequestError::invalid("model", found));
    }
    if model.trim().is_empty() {
        return Err(RequestError::invalid("model", "expected the name of a model, found an empty string"));
    }
    Ok(model.into_owned())
}

/// What makes a stream end with a count that was not asked for; `None` where the body's own words are too odd to be edited.
/// `given`: it has options.
fn count(body: &Document, given: bool) -> Option<CountWish> {
    json_object! { struct Wire<'a> { stream_options: &'a RawValue, .. } }
    json_object! { struct WireOptions<'a> { include_usage: &'a RawValue, .. } }
    const MEMBER: &str = "stream_options";
    let wish = |place, text| Some(CountWish { member: MEMBER, place, text });
    let text = body.text();
    if !given {
        let start = text.find('{').filter(|_| !body.names().has(MEMBER))?.checked_add(1)?;
        return wish(start..start, r#""stream_options":{"include_usage":true},"#);
    }
    let options = body.read::<Wire<'_>>().ok()?.stream_options?;
    let inner = serde_json::from_str::<WireOptions<'_>>(options.get()).ok()?;
    if let Some(said) = inner.include_usage {
        return wish(span(text, said.get()), "true");
    }
    let start = span(text, options.get()).start.checked_add(1)?;
    let alone = options.get().get(1..).is_some_and(|rest| rest.trim_start().starts_with('}'));
    match options.get().contains("include_usage") {
        true => None,
        false => {
            wish(start..start, if alone { r#""include_usage":true"# } else { r#""include_usage":true,"# })
        }
    }
}

/// Whether an effort, OpenRouter's `reasoning` or Anthropic's `thinking` asks for thoughts. What cannot be read does.
fn asks_to_think(asked: &RawValue) -> bool {
    const NOT: [&str; 2] = ["none", "disabled"];
    let text = asked.get();
    match serde_json::from_str::<WireReasoning<'_>>(text) {
        Ok(WireReasoning { kind, effort, enabled, .. }) => {
            enabled != Some(false) && !kind.into_iter().chain(effort).any(|word| NOT.contains(&word.as_str()))
        }
        Err(_) => !is_null(asked) && !NOT.contains(&text.trim_matches('"')),
    }
}

/// Whether a request knows functions, and no tools. It need not be right otherwise.
fn is_of_old(body: &Document) -> bool {
    json_object! { struct Wire<'a> { tools: &'a RawValue, functions: &'a RawValue, .. } }
    body.read::<Wire<'_>>().is_ok_and(|wire| wire.functions.is_some() && wire.tools.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Param;

    #[test]
    fn a_count_is_asked_for_by_an_edit() {
        let all = r#"{"stream_options":{"include_usage":true},"stream":true,"model":"m","messages":[{}]}"#;
        for (members, want) in [
            ("", Some(all)),
            (r#""stream_options":{"include_usage":false},"#, Some(all)),
            (r#""stream_options":{},"#, Some(all)),
            (
                r#""stream_options":{"include_obfuscation":false},"#,
                Some(&*all.replace("true},", r#"true,"include_obfuscation":false},"#)),
            ),
            (r#""stream_options":{"include_usage":true},"#, None),
            (r#""stream_options":null,"#, None),
            (r#""stream_options":{"include_usage":null},"#, None),
            (r#""stream":false,"#, None),
        ] {
            let stream = if members.contains("\"stream\"") { "" } else { r#""stream":true,"# };
            let body = format!(r#"{{{members}{stream}"model":"m","messages":[{{}}]}}"#);
            let count = read_envelope(&Document::new(&*body)).unwrap().count;
            let edited = count.map(|CountWish { place, text, .. }| {
                let mut edited = body.clone();
                edited.replace_range(place, text);
                edited
            });
            assert_eq!(edited.as_deref(), want, "{body}");
        }
    }

    #[test]
    fn who_asks_for_thoughts_is_known() {
        for (asked, want) in [
            (r#""reasoning_effort":"low""#, true),
            (r#""reasoning_effort":"none""#, false),
            (r#""reasoning_effort":null"#, false),
            (r#""thinking":{"type":"enabled","budget_tokens":2000}"#, true),
            (r#""thinking":{"type":"disabled"}"#, false),
            (r#""reasoning":{"effort":"high","exclude":false}"#, true),
            (r#""reasoning":{"effort":"none"}"#, false),
            (r#""reasoning":{"enabled":false}"#, false),
            (r#""reasoning":{"max_tokens":2000}"#, true),
            (r#""seed":7"#, false),
        ] {
            let body = format!(r#"{{"model":"m","messages":[{{}}],{asked}}}"#);
            assert_eq!(read_envelope(&Document::new(body)).unwrap().reasons, want, "{asked}");
        }
    }

    #[test]
    fn the_models_place_is_found() {
        let body = r#" {"messages":[{}], "model" : "a\"b" ,"stream":true,"stream_options":{"include_usage":true},"n":3}"#;
        let envelope = read_envelope(&Document::new(body)).unwrap();
        assert_eq!(body.get(envelope.model_span.clone()), Some(r#""a\"b""#));
        assert_eq!((envelope.model.as_str(), envelope.choices), ("a\"b", 3));
        assert!(envelope.stream && envelope.include_usage);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = format!(r#"{{"model":"{}","messages":[{{}}]}}"#, "m".repeat(257));
        let deep = format!(r#"{{"model":"m","messages":{}"#, "[".repeat(100_000));
        for (body, code, param) in [
            ("", "invalid_json", None),
            ("{", "invalid_json", None),
            ("[]", "invalid_value", None),
            (deep.as_str(), "invalid_json", None),
            ("{}", "missing_field", Some("model")),
            (r#"{"model":7,"messages":[{}]}"#, "invalid_value", Some("model")),
            (r#"{"model":" ","messages":[{}]}"#, "invalid_value", Some("model")),
            (long.as_str(), "invalid_value", Some("model")),
            (r#"{"model":"m"}"#, "missing_field", Some("messages")),
            (r#"{"model":"m","messages":"hi"}"#, "invalid_value", Some("messages")),
            (r#"{"model":"m","messages":[ ]}"#, "invalid_value", Some("messages")),
            (r#"{"model":"m","model":"n","messages":[{}]}"#, "invalid_value", Some("model")),
            (r#"{"model":"m","messages":[{}],"stream":"yes"}"#, "invalid_value", Some("stream")),
        ] {
            let error = read_envelope(&Document::new(body)).unwrap_err();
            assert_eq!(
                (error.code, error.param.clone()),
                (code, param.map(Param::from)),
                "{body:.60} {error:?}"
            );
        }
        assert_eq!(Envelope::text(b"{\"model\":\"\xff\"}".to_vec()).unwrap_err().code, "invalid_json");
    }
}
