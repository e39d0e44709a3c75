//! A chat request as it is on the wire, read without copying:
//! <https://platform.openai.com/docs/api-reference/chat/create>.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::request::lift;
use crate::hub::json::{LITERAL, Members, Number, Str};
use crate::json_object;

json_object! {
    pub(super) struct WireRequest<'a> {
        model: Str<'a>,
        messages: Vec<WireMessage<'a>>,
        tools: Vec<WireTool<'a>>,
        tool_choice: WireToolChoice<'a>,
        parallel_tool_calls: bool,
        functions: Vec<WireFunction<'a>>,
        function_call: WireToolChoice<'a>,
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

json_object! { pub(super) struct WireStreamOptions<'a> { include_usage: bool } }

json_object! {
    pub(super) struct WireMessage<'a> {
        role: Str<'a>,
        content: WireContent<'a>,
        reasoning_content: Str<'a>,
        thinking_blocks: Vec<WireThinkingBlock<'a>>,
        refusal: Str<'a>,
        tool_calls: Vec<WireToolCall<'a>>,
        tool_call_id: Str<'a>,
        function_call: WireFunctionCall<'a>,
        cache_control: &'a RawValue,
        extra_content: WireExtraContent<'a>,
    }
}

json_object! {
    pub(super) struct WirePart<'a> {
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

json_object! { pub(super) struct WireImage<'a> { url: Str<'a>, detail: Str<'a> } }
json_object! { pub(super) struct WireAudio<'a> { data: Str<'a>, format: Str<'a> } }
json_object! { pub(super) struct WireFile<'a> { file_data: Str<'a>, file_id: Str<'a>, filename: Str<'a> } }

json_object! {
    pub(super) struct WireThinkingBlock<'a> {
        kind as "type": Str<'a>,
        thinking: Str<'a>,
        signature: Str<'a>,
        data: Str<'a>,
        index: Number<'a>,
    }
}

json_object! {
    pub(super) struct WireToolCall<'a> {
        id: Str<'a>,
        kind as "type": Str<'a>,
        function: WireFunctionCall<'a>,
        index: Number<'a>,
        cache_control: &'a RawValue,
        extra_content: WireExtraContent<'a>,
    }
}

json_object! { pub(super) struct WireFunctionCall<'a> { name: Str<'a>, arguments: Str<'a> } }
json_object! { pub(super) struct WireExtraContent<'a> { google: WireGoogle<'a> } }
json_object! { pub(super) struct WireGoogle<'a> { thought_signature: Str<'a> } }

json_object! {
    pub(super) struct WireTool<'a> {
        kind as "type": Str<'a>,
        function: WireFunction<'a>,
        cache_control: &'a RawValue,
    }
}

json_object! {
    pub(super) struct WireFunction<'a> {
        name: Str<'a>,
        description: Str<'a>,
        parameters: &'a RawValue,
        strict: bool,
        cache_control: &'a RawValue,
    }
}

json_object! {
    pub(super) struct WireChoiceObject<'a> {
        kind as "type": Str<'a>,
        function: WireName<'a>,
        name: Str<'a>,
        allowed_tools: WireAllowed<'a>,
    }
}

json_object! { pub(super) struct WireName<'a> { name: Str<'a> } }
json_object! { pub(super) struct WireAllowed<'a> { mode: Str<'a>, tools: Vec<WireAllowedTool<'a>> } }

json_object! {
    pub(super) struct WireAllowedTool<'a> { kind as "type": Str<'a>, function: WireName<'a>, name: Str<'a> }
}

json_object! { pub(super) struct WireFormat<'a> { kind as "type": Str<'a>, json_schema: WireSchema<'a> } }

json_object! {
    pub(super) struct WireSchema<'a> { name: Str<'a>, description: Str<'a>, schema: &'a RawValue, strict: bool }
}

json_object! { pub(super) struct WireThinking<'a> { kind as "type": Str<'a>, budget_tokens: Number<'a> } }

impl<'a> WireExtraContent<'a> {
    /// The signature. What else is there goes to `extra`.
    pub(super) fn signature(mut self, extra: &mut Members<'a>) -> Option<Str<'a>> {
        lift("extra_content", &mut self.extra, extra);
        let mut google = self.google?;
        lift("extra_content.google", &mut google.extra, extra);
        google.thought_signature
    }
}

/// A message's content: a string, or parts.
#[derive(Debug)]
pub(super) enum WireContent<'a> {
    Text(Str<'a>),
    Parts(Vec<WirePart<'a>>),
}

/// A word, or an object.
#[derive(Debug)]
pub(super) enum WireToolChoice<'a> {
    Word(Str<'a>),
    Object(Box<WireChoiceObject<'a>>),
}

/// One string, or a list of them.
#[derive(Debug)]
pub(super) struct OneOrMany<'a>(pub Vec<Str<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for WireContent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        either::<_, Vec<WirePart<'a>>>(deserializer).map(|read| match read {
            Either::Text(text) => Self::Text(text),
            Either::Other(parts) => Self::Parts(parts),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for OneOrMany<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        either::<_, Vec<Str<'a>>>(deserializer).map(|read| match read {
            Either::Text(text) => Self(vec![text]),
            Either::Other(texts) => Self(texts),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireToolChoice<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        either::<_, Box<WireChoiceObject<'a>>>(deserializer).map(|read| match read {
            Either::Text(word) => Self::Word(word),
            Either::Other(object) => Self::Object(object),
        })
    }
}

/// A string, or something else.
pub(super) enum Either<'a, T> {
    Text(Str<'a>),
    Other(T),
}

/// Reads a string, or a `T` that is a list or an object.
pub(super) fn either<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Either<'de, T>, D::Error> {
    deserializer.deserialize_newtype_struct(LITERAL, LiteralOr(PhantomData))
}

/// Reads the literal of who has it, or whatever else there is.
struct LiteralOr<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for LiteralOr<T> {
    type Value = Either<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TextOr(PhantomData::<T>).expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, literal: A) -> Result<Self::Value, A::Error> {
        Str::of_literal(literal).map(Either::Text)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        value.deserialize_any(TextOr(PhantomData))
    }
}

/// Reads a text, or a `T` that is a list or an object, without looking twice.
struct TextOr<T>(PhantomData<T>);

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
        T::deserialize(SeqAccessDeserializer::new(list)).map(Either::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Either::Other)
    }
}
