//! A client's request: <https://platform.openai.com/docs/api-reference/completions/create>.

use serde_json::value::RawValue;

use super::super::envelope::read_name;
use super::super::facts::{each, length, read, text};
use super::super::request::{is_number, lift, whole_number};
use super::super::wire::{OneOrMany, WireStreamOptions};
use crate::dialect::Envelope;
use crate::hub::json::{Document, MOST_VALUES, Members, Number, Str, is_crowd, is_null, kind};
use crate::hub::{Chat, Facts, Kind, Message, Param, Part, Place, Prompt, RequestError, Role};
use crate::json_object;

/// The member that is said.
pub const PROMPT: &str = "prompt";

/// What chats have and completions have not, by their names in the format of chats. There they would be taken for the
/// chat's own.
const OF_CHATS: &[&str] = &[
    "messages",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "functions",
    "function_call",
    "max_completion_tokens",
    "top_logprobs",
    "response_format",
    "reasoning_effort",
    "thinking",
    "metadata",
];

json_object! {
    struct Wire<'a> {
        model: Str<'a>,
        prompt: &'a RawValue,
        suffix: Str<'a>,
        max_tokens: Number<'a>,
        temperature: Number<'a>,
        top_p: Number<'a>,
        top_k: Number<'a>,
        n: Number<'a>,
        seed: Number<'a>,
        frequency_penalty: Number<'a>,
        presence_penalty: Number<'a>,
        logprobs: Number<'a>,
        echo: bool,
        best_of: Number<'a>,
        stop: OneOrMany<'a>,
        user: Str<'a>,
        stream: bool,
        stream_options: WireStreamOptions<'a>,
    }
}

/// Reads a request as a chat.
///
/// # Errors
/// Not JSON, a wrong type, or what no chat can say: with the field.
pub fn read_request(body: &Document) -> Result<Chat<'_>, RequestError> {
    if is_crowd(body.text()) {
        let why = format_args!("more than {MOST_VALUES} values cannot be translated");
        return Err(RequestError::unsupported(PROMPT, why));
    }
    let mut wire: Wire<'_> = body.read()?;
    check_numbers(&wire)?;
    check_sayable(&wire)?;
    let prompt = read_prompt(wire.prompt)?;
    let (extra, unsaid) = read_extra(&mut wire);
    let said = Kind::Text { text: prompt.clone(), signature: None };
    let parts = vec![Part::new(Place::CONTENT, said)];
    Ok(Chat {
        length: body.text().len(),
        messages: vec![Message { role: Role::User, parts, extra: Members::new() }],
        max_tokens: wire.max_tokens,
        max_tokens_name: MAX_TOKENS,
        temperature: wire.temperature,
        top_p: wire.top_p,
        top_k: wire.top_k,
        n: wire.n,
        seed: wire.seed,
        frequency_penalty: wire.frequency_penalty,
        presence_penalty: wire.presence_penalty,
        logprobs: wire.logprobs.map(|_| true),
        top_logprobs: wire.logprobs.filter(|most| most.as_u64() != Some(0)),
        stop: wire.stop.map(|stop| stop.0).unwrap_or_default(),
        user: wire.user,
        stream: wire.stream.unwrap_or_default(),
        echo: Some(prompt).filter(|_| wire.echo == Some(true)),
        unsaid,
        extra,
        ..Chat::default()
    })
}

/// Whether a chat can say it.
fn check_sayable(wire: &Wire<'_>) -> Result<(), RequestError> {
    if wire.suffix.as_ref().is_some_and(|suffix| !suffix.is_empty()) {
        let why = "a chat cannot be asked for what stands before a text";
        return Err(RequestError::unsupported("suffix", why));
    }
    if wire.echo == Some(true) && wire.logprobs.is_some() {
        let why = "a chat does not tell the log probabilities of its prompt";
        return Err(RequestError::unsupported("echo", why));
    }
    Ok(())
}

/// What else there is that a chat may know, and what none does.
fn read_extra<'a>(wire: &mut Wire<'a>) -> (Members<'a>, Vec<Param>) {
    let mut unsaid: Vec<Param> = Vec::new();
    let count = |number: Option<Number<'_>>| number.and_then(Number::as_u64).unwrap_or(1);
    if count(wire.best_of) > count(wire.n) {
        unsaid.push("best_of".into());
    }
    let mut extra = std::mem::take(&mut wire.extra);
    if let Some(options) = &mut wire.stream_options {
        lift("stream_options", &mut options.extra, &mut extra);
    }
    extra.retain(|(name, value)| {
        let is_of_chats = OF_CHATS.contains(&name.as_str());
        if is_of_chats && !is_null(value) {
            unsaid.push(name.as_str().into());
        }
        !is_of_chats
    });
    (extra, unsaid)
}

/// The one prompt that there is.
fn read_prompt(raw: Option<&RawValue>) -> Result<Str<'_>, RequestError> {
    let raw = raw.ok_or_else(|| RequestError::missing(PROMPT))?;
    let (mut first, mut count) = (Some(raw), 1_usize);
    if raw.get().starts_with('[') {
        (first, count) = (None, 0);
        each(raw, &mut |prompt| {
            first.get_or_insert(prompt);
            count = count.saturating_add(1);
        });
    }
    let first = first.ok_or_else(|| RequestError::invalid(PROMPT, "expected at least one prompt"))?;
    match (kind(first), count) {
        ("a number" | "a list", _) => {
            let why = "tokens are one model's own and cannot be translated; send a text";
            Err(RequestError::unsupported(PROMPT, why))
        }
        ("a string", 1) => {
            text(first).ok_or_else(|| RequestError::invalid(PROMPT, "expected a string of valid escapes"))
        }
        ("a string", count) => {
            let why = format_args!("a chat has one prompt, found {count}; send them one by one");
            Err(RequestError::unsupported(PROMPT, why))
        }
        (kind, _) => Err(RequestError::invalid(PROMPT, format_args!("expected a string, found {kind}"))),
    }
}

fn check_numbers(wire: &Wire<'_>) -> Result<(), RequestError> {
    for (count, name) in [
        (wire.max_tokens, MAX_TOKENS),
        (wire.n, "n"),
        (wire.top_k, "top_k"),
        (wire.logprobs, "logprobs"),
        (wire.best_of, "best_of"),
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
    Ok(())
}

const MAX_TOKENS: &str = "max_tokens";

/// Reads what the gateway itself must know. Every prompt has as many answers as are asked for.
///
/// # Errors
/// Not JSON, or a member of it is not what it must be.
pub fn read_envelope(body: &Document) -> Result<Envelope, RequestError> {
    json_object! { struct Prompts<'a> { prompt: &'a RawValue, .. } }
    let envelope = read_name(body)?;
    if envelope.model.is_empty() {
        return Err(RequestError::missing("model"));
    }
    let prompt = body.read::<Prompts<'_>>()?.prompt;
    let (mut texts, mut is_token) = (0_usize, false);
    if let Some(list) = prompt.filter(|prompt| prompt.get().starts_with('[')) {
        each(list, &mut |prompt| {
            is_token |= kind(prompt) == "a number";
            texts = texts.saturating_add(1);
        });
    }
    let prompts = if is_token { 1 } else { texts.max(1) };
    Ok(Envelope { choices: envelope.choices.saturating_mul(prompts), of_old: false, ..envelope })
}

/// What routes and strategies go by.
pub fn read_facts(body: &Document) -> Facts<'_> {
    json_object! {
        struct Patient<'a> {
            prompt: &'a RawValue,
            stream: &'a RawValue,
            max_tokens: Number<'a>,
            user: &'a RawValue,
            ..
        }
    }
    let Ok(wire) = body.read::<Patient<'_>>() else { return Facts::default() };
    let (mut text_bytes, mut prompt) = (0_u64, Prompt::default());
    let mut say = |raw| {
        // Where millions are tokens, saying each time that one is no text would take long.
        if kind(raw) == "a string"
            && let Some(said) = text(raw)
        {
            text_bytes = text_bytes.saturating_add(length(&said));
            prompt.push(said);
        }
    };
    match wire.prompt {
        Some(list) if list.get().starts_with('[') => each(list, &mut say),
        one => one.into_iter().for_each(say),
    }
    Facts {
        stream: wire.stream.and_then(read).unwrap_or_default(),
        text_bytes,
        max_tokens: wire.max_tokens.and_then(Number::as_u64),
        user: wire.user.and_then(text),
        prompt,
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_error(body: &str) -> (String, &'static str) {
        let document = Document::new(body);
        let error = read_request(&document).unwrap_err();
        (error.param.as_ref().map(super::super::spell).unwrap_or_default(), error.code)
    }

    #[test]
    fn what_no_chat_can_say_is_refused_by_name() {
        for (body, param, code) in [
            (r#"{"model":"m"}"#, "prompt", "missing_field"),
            (r#"{"model":"m","prompt":[]}"#, "prompt", "invalid_value"),
            (r#"{"model":"m","prompt":{}}"#, "prompt", "invalid_value"),
            (r#"{"model":"m","prompt":[{}]}"#, "prompt", "invalid_value"),
            (r#"{"model":"m","prompt":["a","b"]}"#, "prompt", "unsupported_parameter"),
            (r#"{"model":"m","prompt":[1,2]}"#, "prompt", "unsupported_parameter"),
            (r#"{"model":"m","prompt":[[1,2]]}"#, "prompt", "unsupported_parameter"),
            (r#"{"model":"m","prompt":"a","suffix":"b"}"#, "suffix", "unsupported_parameter"),
            (r#"{"model":"m","prompt":"a","echo":true,"logprobs":1}"#, "echo", "unsupported_parameter"),
            (r#"{"model":"m","prompt":"a","logprobs":true}"#, "logprobs", "invalid_value"),
            (r#"{"model":"m","prompt":"a","max_tokens":1.5}"#, "max_tokens", "invalid_value"),
            (r#"{"model":"m","prompt":"a","echo":1}"#, "echo", "invalid_value"),
        ] {
            assert_eq!(read_error(body), (param.to_owned(), code), "{body}");
        }
    }

    #[test]
    fn a_prompt_is_what_the_user_says() {
        let document = Document::new(
            r#"{"model":"m","prompt":["a\ud83d"],"suffix":"","echo":true,"best_of":3,"n":2,"tools":[],"messages":null,
               "min_p":0.5,"stream_options":{"include_usage":true,"x":1},"logprobs":null}"#,
        );
        let chat = read_request(&document).unwrap();
        let said = chat.messages.iter().flat_map(|message| &message.parts);
        let said: Vec<_> = said.map(|part| format!("{:?}", part.kind)).collect();
        assert_eq!(said.len(), 1);
        assert!(said.iter().all(|said| said.contains("a\u{fffd}")), "{said:?}");
        assert!(chat.echo.is_some_and(|echo| echo.starts_with("a\u{fffd}")));
        assert_eq!(chat.unsaid, [Param::from("best_of"), Param::from("tools")]);
        let extra: Vec<_> = chat.extra.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(extra, ["min_p", "stream_options.x"]);
    }

    #[test]
    fn every_prompt_has_its_answers() {
        for (members, want) in [
            (r#""prompt":"a","n":2"#, 2),
            (r#""prompt":["a","b","c"],"n":2"#, 6),
            (r#""prompt":[1,2,3]"#, 1),
            (r#""prompt":[[1],[2]]"#, 2),
            (r#""prompt":[]"#, 1),
            (r#""best_of":4"#, 1),
        ] {
            let body = Document::new(format!(r#"{{"model":"m",{members}}}"#));
            assert_eq!(read_envelope(&body).unwrap().choices, want, "{members}");
        }
        assert!(read_envelope(&Document::new(r#"{"prompt":"a"}"#)).is_err());
        let body =
            Document::new(r#"{"model":"m","prompt":["ab","c"],"max_tokens":7,"user":"u","stream":true}"#);
        let facts = read_facts(&body);
        assert_eq!((facts.text_bytes, facts.max_tokens, facts.stream), (3, Some(7), true));
        assert_eq!(facts.prompt.pieces().collect::<Vec<_>>(), ["ab", "c"]);
    }
}
