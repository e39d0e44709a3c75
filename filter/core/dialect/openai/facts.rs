//! The facts of a client's request, for routing: <https://platform.openai.com/docs/api-reference/chat/create>.
//!
//! Reads with more patience than [`read_request`](super::read_request): what it does not understand counts as absent,
//! since a provider of the same format gets the body as it is, and any other reader says itself what is wrong with it.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::hub::json::{Document, Number, Str, is_object};
use crate::hub::{Facts, Prompt};
use crate::json_object;

json_object! {
    struct Wire<'a> {
        messages: &'a RawValue,
        stream: &'a RawValue,
        tools: &'a RawValue,
        functions: &'a RawValue,
        response_format: &'a RawValue,
        max_completion_tokens: Number<'a>,
        max_tokens: Number<'a>,
        user: &'a RawValue,
        ..
    }
}

json_object! {
    struct WireMessage<'a> {
        role: &'a RawValue,
        content: &'a RawValue,
        tool_calls: &'a RawValue,
        function_call: &'a RawValue,
        ..
    }
}

json_object! { struct WirePart<'a> { kind as "type": &'a RawValue, text: &'a RawValue, .. } }
json_object! { struct WireCall<'a> { function: &'a RawValue, .. } }
json_object! { struct WireFunction<'a> { name: &'a RawValue, arguments: &'a RawValue, .. } }
json_object! { struct WireFormat<'a> { kind as "type": &'a RawValue, .. } }

/// The facts of a request's body.
pub fn read_facts(body: &Document) -> Facts<'_> {
    let Ok(wire) = body.read::<Wire<'_>>() else { return Facts::default() };
    let tools = [wire.tools, wire.functions].into_iter().flatten().filter(|list| is_filled(list));
    let described = tools.map(|list| length(list.get())).fold(0, u64::saturating_add);
    let mut sums = Sums { bytes: described, ..Sums::default() };
    if let Some(messages) = wire.messages {
        each(messages, &mut |message| sums.message(message));
    }
    let format = wire.response_format.and_then(read::<WireFormat<'_>>).and_then(|format| format.kind);
    Facts {
        stream: wire.stream.and_then(read).unwrap_or_default(),
        tools: described > 0,
        images: sums.images,
        json_schema: format.and_then(text).is_some_and(|kind| &*kind == "json_schema"),
        text_bytes: sums.bytes,
        max_tokens: [wire.max_completion_tokens, wire.max_tokens]
            .into_iter()
            .flatten()
            .find_map(Number::as_u64),
        user: wire.user.and_then(text),
        prompt: sums.prompt,
    }
}

/// What all messages come to.
#[derive(Default)]
struct Sums<'a> {
    bytes: u64,
    images: bool,
    prompt: Prompt<'a>,
}

impl<'a> Sums<'a> {
    fn message(&mut self, raw: &'a RawValue) {
        let Some(message) = object::<WireMessage<'_>>(raw) else { return };
        let by_user = message.role.and_then(text).is_some_and(|role| &*role == "user");
        if let Some(content) = message.content {
            match text(content) {
                Some(text) => self.text(text, by_user),
                None => self.parts(content, by_user),
            }
        }
        if let Some(calls) = message.tool_calls {
            each(calls, &mut |call| {
                self.function(object::<WireCall<'_>>(call).and_then(|call| call.function))
            });
        }
        self.function(message.function_call);
    }

    fn parts(&mut self, list: &'a RawValue, by_user: bool) {
        each(list, &mut |part| {
            let Some(part) = object::<WirePart<'_>>(part) else { return };
            let kind = part.kind.and_then(text);
            self.images |= matches!(kind.as_deref(), Some("image_url" | "image" | "input_image"));
            if let Some(said) = part.text.and_then(text) {
                self.text(said, by_user);
            }
        });
    }

    fn function(&mut self, called: Option<&'a RawValue>) {
        let Some(function) = called.and_then(object::<WireFunction<'_>>) else { return };
        for said in [function.name, function.arguments].into_iter().flatten().filter_map(text) {
            self.text(said, false);
        }
    }

    fn text(&mut self, said: Str<'a>, by_user: bool) {
        self.bytes = self.bytes.saturating_add(length(&said));
        if by_user {
            self.prompt.push(said);
        }
    }
}

/// Does something with each element of a list, one at a time: a body may hold millions. What is no list has none.
pub(super) fn each<'a>(list: &'a RawValue, work: &mut dyn FnMut(&'a RawValue)) {
    struct Elements<'w, 'a>(&'w mut dyn FnMut(&'a RawValue));
    impl<'de> Visitor<'de> for Elements<'_, 'de> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
            while let Some(element) = elements.next_element()? {
                (self.0)(element);
            }
            Ok(())
        }
    }
    let _ = serde_json::Deserializer::from_str(list.get()).deserialize_seq(Elements(work));
}

/// An object, if it is one. Where millions are something else, saying so each time would take long.
fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    is_object(raw).then(|| read(raw)).flatten()
}

/// A value, if it is what is expected.
pub(super) fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// A text, be it with half a surrogate pair.
pub(super) fn text(raw: &RawValue) -> Option<Str<'_>> {
    read::<Text<'_>>(raw).map(|text| text.0)
}

/// Whether the value is a list that holds something.
fn is_filled(raw: &RawValue) -> bool {
    raw.get().strip_prefix('[').is_some_and(|rest| !rest.trim_start().starts_with(']'))
}

pub(super) fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

/// A string that may hold half a surrogate pair, as clients send it that cut a text inside an emoji.
struct Text<'a>(Str<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                std::str::from_utf8(bytes).map(Str::borrowed).map_err(E::custom)
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Str::from(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
        deserializer.deserialize_bytes(Bytes).map(Self)
    }
}

#[cfg(test)]
mod tests;
