//! How tokens are chosen, how many there may be, and how the model is loaded: `options`, whose members are
//! <https://docs.ollama.com/modelfile#valid-parameters-and-values> and those of
//! <https://github.com/ollama/ollama/blob/main/docs/api.md#request-with-options>.
//!
//! | OpenAI | `options` |
//! |---|---|
//! | `max_completion_tokens`, `max_tokens` | `num_predict` |
//! | `temperature`, `top_p`, `top_k`, `seed`, `stop`, `frequency_penalty`, `presence_penalty` | the same |
//!
//! A client may give `options` itself, or some of its members beside OpenAI's. What stands in `options` counts for more
//! than what stands beside, and that for more than OpenAI's parameter of this meaning; what does not count is reported.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::hub::json::{Members, Str, is_null};
use crate::hub::{Chat, Dropped, Field, Param, RequestError};
use crate::json_object;

/// Members of `options` that a client may give beside OpenAI's.
pub const BESIDE: &[&str] = &[
    "num_ctx",
    "num_predict",
    "num_keep",
    "min_p",
    "typical_p",
    "repeat_last_n",
    "repeat_penalty",
    "penalize_newline",
];

/// The member `options`.
#[derive(Default)]
pub struct Options<'a> {
    /// Of OpenAI's parameters, and of what stands beside them.
    named: Vec<(&'static str, Value<'a>)>,
    /// The client's own.
    own: Members<'a>,
}

enum Value<'a> {
    Raw(&'a RawValue),
    Texts(&'a [Str<'a>]),
}

json_object! {
    /// The client's own, whatever is in it.
    struct Own<'a> {}
}

impl Options<'_> {
    /// Whether nothing is to be said.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.own.is_empty()
    }
}

/// Writes the options. `own` is the client's.
///
/// # Errors
/// They are no object.
pub fn write<'a>(
    chat: &'a Chat<'a>,
    own: Option<&'a RawValue>,
    dropped: &mut Dropped,
) -> Result<Options<'a>, RequestError> {
    let own = match own {
        Some(raw) => {
            let own: Result<Own<'_>, _> = serde_json::from_str(raw.get());
            own.map_err(|error| RequestError::json_of(Param::from("options"), &error))?.extra
        }
        None => Members::new(),
    };
    let mut options = Options { named: Vec::new(), own };
    for name in BESIDE {
        let beside = chat.extra.iter().find(|(known, value)| known.as_str() == *name && !is_null(value));
        options.add(name, beside.map(|(_, raw)| Value::Raw(raw)), Param::from(*name), dropped);
    }
    let limit = chat.max_tokens.map(|number| Value::Raw(number.raw()));
    options.add("num_predict", limit, Param::from(chat.max_tokens_name), dropped);
    for (name, number, field) in [
        ("temperature", chat.temperature, Field::Temperature),
        ("top_p", chat.top_p, Field::TopP),
        ("top_k", chat.top_k, Field::TopK),
        ("seed", chat.seed, Field::Seed),
        ("frequency_penalty", chat.frequency_penalty, Field::FrequencyPenalty),
        ("presence_penalty", chat.presence_penalty, Field::PresencePenalty),
    ] {
        options.add(name, number.map(|number| Value::Raw(number.raw())), field.into(), dropped);
    }
    let stop = (!chat.stop.is_empty()).then_some(Value::Texts(&chat.stop));
    options.add("stop", stop, Field::Stop.into(), dropped);
    Ok(options)
}

impl<'a> Options<'a> {
    /// Adds one that was given, unless what counts for more has been.
    fn add(&mut self, name: &'static str, value: Option<Value<'a>>, param: Param, dropped: &mut Dropped) {
        let Some(value) = value else { return };
        let is_own = self.own.iter().any(|(own, value)| own.as_str() == name && !is_null(value));
        match is_own || self.named.iter().any(|(named, _)| *named == name) {
            true => dropped.add(param),
            false => self.named.push((name, value)),
        }
    }
}

impl Serialize for Options<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.named {
            match value {
                Value::Raw(raw) => map.serialize_entry(name, raw)?,
                Value::Texts(texts) => map.serialize_entry(name, texts)?,
            }
        }
        // What is null counts as absent, and may stand above.
        let own = self.own.iter().filter(|(_, value)| !is_null(value));
        own.into_iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}
