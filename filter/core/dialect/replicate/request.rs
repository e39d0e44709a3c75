//! The hub's request as the body of a prediction: <https://replicate.com/docs/reference/http#predictions.create>.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::models::{Images, Model};
use super::prompt::Prompt;
use crate::dialect::{Written, instruction};
use crate::hub::json::{Number, is_null};
use crate::hub::{Chat, Dropped, Effort, Field, RequestError};

/// The body.
#[derive(serde::Serialize)]
struct Body<'a> {
    version: &'a str,
    input: Inputs<'a>,
}

/// The inputs of a model, by its own names.
#[derive(Default)]
struct Inputs<'a>(Vec<(&'a str, Value<'a>)>);

/// What an input holds.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Text(String),
    Texts(Vec<String>),
    Word(&'static str),
    Number(Number<'a>),
    Whole(u64),
    Raw(&'a RawValue),
}

impl Serialize for Inputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Writes the body.
///
/// # Errors
/// What this model cannot be told without a loss of meaning: the field's path.
pub fn write(chat: &Chat<'_>, name: &str, dropped: &mut Dropped) -> Result<Written, RequestError> {
    let model = Model::of(name);
    let mut prompt = Prompt::of(chat, &model, dropped)?;
    report_tools(chat, dropped);
    if let Some(text) = chat.response_format.as_ref().and_then(instruction::form) {
        dropped.add(Field::ResponseFormat);
        prompt.instruct(&text);
    }
    let mut inputs = Inputs::default();
    let images = std::mem::take(&mut prompt.images);
    inputs.say(prompt, &model);
    inputs.show(images, &model);
    inputs.limit(chat, &model, dropped);
    inputs.sampling(chat, &model, dropped);
    inputs.effort(chat, &model, dropped);
    inputs.stop(chat, &model, dropped);
    report_unknown(chat, &model, dropped);
    for (name, value) in chat.extra.iter().filter(|(_, value)| !is_null(value)) {
        if model.own.contains(&name.as_str()) {
            inputs.0.push((name.as_str(), Value::Raw(value)));
        }
    }
    Ok(Written::of(chat.write(&Body { version: name, input: inputs })?))
}

impl<'a> Inputs<'a> {
    fn say(&mut self, mut prompt: Prompt, model: &Model) {
        if let Some(name) = model.system {
            let system = std::mem::take(&mut prompt.system);
            if !system.is_empty() {
                self.0.push((name, Value::Text(system)));
            }
        }
        self.0.push(("prompt", Value::Text(prompt.with_system())));
    }

    fn show(&mut self, mut images: Vec<String>, model: &Model) {
        match model.images {
            Images::Many(name) if !images.is_empty() => self.0.push((name, Value::Texts(images))),
            Images::One(name) => self.0.extend(images.pop().map(|image| (name, Value::Text(image)))),
            Images::No | Images::Many(_) => {}
        }
    }

    fn limit(&mut self, chat: &Chat<'a>, model: &Model, dropped: &mut Dropped) {
        let Some(wanted) = chat.max_tokens else { return };
        let is_less = wanted.as_u64().is_some_and(|wanted| wanted < model.least);
        dropped.add_if(is_less, chat.max_tokens_name);
        let limit = if is_less { Value::Whole(model.least) } else { Value::Number(wanted) };
        self.0.push((model.limit, limit));
    }

    fn sampling(&mut self, chat: &Chat<'a>, model: &Model, dropped: &mut Dropped) {
        for (name, field, number) in [
            ("temperature", Field::Temperature, chat.temperature),
            ("top_p", Field::TopP, chat.top_p),
            ("top_k", Field::TopK, chat.top_k),
            ("frequency_penalty", Field::FrequencyPenalty, chat.frequency_penalty),
            ("presence_penalty", Field::PresencePenalty, chat.presence_penalty),
        ] {
            let Some(number) = number else { continue };
            match model.takes.contains(&field) {
                true => self.0.push((name, Value::Number(number))),
                false => dropped.add(field),
            }
        }
    }

    fn effort(&mut self, chat: &Chat<'_>, model: &Model, dropped: &mut Dropped) {
        let Some(effort) = chat.effort else { return };
        if !model.takes.contains(&Field::Effort) {
            return dropped.add(Field::Effort);
        }
        let (word, is_same) = match effort {
            Effort::None | Effort::Minimal => ("low", false),
            Effort::Low => ("low", true),
            Effort::Medium => ("medium", true),
            Effort::High => ("high", true),
            Effort::XHigh | Effort::Max => ("high", false),
        };
        dropped.add_if(!is_same, Field::Effort);
        self.0.push(("reasoning_effort", Value::Word(word)));
    }

    /// Texts that end the answer, in one with commas: one that holds a comma cannot be said.
    fn stop(&mut self, chat: &Chat<'_>, model: &Model, dropped: &mut Dropped) {
        let takes = model.takes.contains(&Field::Stop);
        let said: Vec<_> = chat.stop.iter().map(|text| text.as_str()).collect();
        let said: Vec<_> = said.into_iter().filter(|text| takes && !text.contains(',')).collect();
        dropped.add_if(said.len() < chat.stop.len(), Field::Stop);
        if !said.is_empty() {
            self.0.push(("stop_sequences", Value::Text(said.join(","))));
        }
    }
}

/// Reports the tools: no model of theirs is told of any.
fn report_tools(chat: &Chat<'_>, dropped: &mut Dropped) {
    dropped.add_if(!chat.tools.is_empty(), "tools");
    dropped.add_if(chat.tool_choice.is_some(), Field::ToolChoice);
    dropped.add_if(chat.parallel_tool_calls.is_some(), Field::ParallelToolCalls);
}

/// Reports what no model has a word for. What is the default anyway (`n: 1`) needs none.
fn report_unknown(chat: &Chat<'_>, model: &Model, dropped: &mut Dropped) {
    let told = |number: Option<Number<'_>>, default: f64| {
        number.is_some_and(|number| number.as_f64() != Some(default))
    };
    dropped.add_if(told(chat.n, 1.0), Field::N);
    dropped.add_if(chat.seed.is_some(), Field::Seed);
    dropped.add_if(chat.logprobs == Some(true), Field::Logprobs);
    dropped.add_if(told(chat.top_logprobs, 0.0), Field::TopLogprobs);
    dropped.add_if(chat.thinking.is_some(), Field::Thinking);
    dropped.add_if(chat.user.is_some(), Field::User);
    dropped.add_if(chat.metadata.is_some(), Field::Metadata);
    chat.report_unknown(model.own, dropped);
}
