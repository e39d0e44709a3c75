//! The hub's request as a `GenerateContentRequest`: <https://ai.google.dev/api/generate-content#request-body>.

use serde::Serialize;

use super::constraints::FUNCTION;
use super::contents::{self, Content};
use super::models::Model;
use super::schema::{self, Allowance, Node, Place, Use};
use super::thinking::{self, ThinkingConfig};
use super::tools::{self, ToolConfig, Tools, wants_json};
use crate::dialect::names::Names;
use crate::dialect::{Written, instruction};
use crate::hub::json::{Number, Str};
use crate::hub::{Chat, Dropped, Field, RequestError, ResponseFormat};

/// Writes the body.
///
/// # Errors
/// What Gemini cannot be told without a loss of meaning: the field's path.
pub fn write(chat: &Chat<'_>, model: &str, dropped: &mut Dropped) -> Result<Written, RequestError> {
    let model = Model::of(model);
    let names = Names::of_functions(&FUNCTION, chat)?;
    let mut conversation = contents::write(chat, &model, &names, dropped)?;
    let mut allowance = if model.json_schema { Allowance::modest() } else { Allowance::default() };
    let (tools, tool_config) = tools::write(chat, &model, &names, &mut allowance, dropped)?;
    let mut generation_config = GenerationConfig::of(chat, &model, dropped);
    match &chat.response_format {
        Some(format) if tools.is_some() && !model.third && wants_json(chat) => {
            dropped.add(Field::ResponseFormat);
            instruction::form(format).into_iter().for_each(|text| conversation.instruct(text));
        }
        _ => generation_config.format(chat, &model, &mut allowance, dropped)?,
    }
    dropped.add_if(chat.user.is_some(), Field::User);
    dropped.add_if(chat.metadata.is_some(), Field::Metadata);
    chat.report_unknown(&[], dropped);
    let body = Body {
        system_instruction: conversation.system,
        contents: conversation.contents,
        tools: tools.map(|tools| [tools]),
        tool_config,
        generation_config: (!generation_config.is_empty()).then_some(generation_config),
    };
    Ok(Written { body: chat.write(&body)?, memo: names.memo(), ..Written::default() })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tools<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation_config: Option<GenerationConfig<'a>>,
}

/// <https://ai.google.dev/api/generate-content#generationconfig>
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig<'a> {
    #[serde(skip_serializing_if = "<[Str<'_>]>::is_empty")]
    stop_sequences: &'a [Str<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate_count: Option<Count<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<Count<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<Node<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_schema: Option<Node<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
}

/// A number: the client's, or ours.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Count<'a> {
    Given(Number<'a>),
    Ours(u64),
}

impl<'a> GenerationConfig<'a> {
    fn of(chat: &'a Chat<'a>, model: &Model, dropped: &mut Dropped) -> Self {
        let n = chat.n.filter(|n| n.as_u64() != Some(1));
        let (candidate_count, fewer) = at_most(n, Some(MOST_CANDIDATES));
        let mut config = Self {
            stop_sequences: chat.stop.get(..MOST_STOPS).unwrap_or(&chat.stop),
            candidate_count,
            seed: chat.seed.filter(|seed| seed.digits().parse::<i32>().is_ok()),
            ..Self::default()
        };
        dropped.add_if(fewer, Field::N);
        dropped.add_if(config.stop_sequences.len() < chat.stop.len(), Field::Stop);
        dropped.add_if(chat.seed.is_some() && config.seed.is_none(), Field::Seed);
        config.sampling(chat, model, dropped);
        config.thinking_config = thinking::write(chat, model, dropped);
        let (limit, clamped) = at_most(chat.max_tokens, model.output);
        config.max_output_tokens = limit;
        // Thoughts count as output: a budget that leaves no room for the answer gets it.
        let budget = config.thinking_config.as_ref().and_then(ThinkingConfig::budget).unwrap_or_default();
        let raised = chat.max_tokens.and_then(Number::as_u64).filter(|limit| budget > 0 && budget >= *limit);
        if let Some(limit) = raised {
            let limit = limit.saturating_add(budget).min(model.output.unwrap_or(u64::MAX));
            config.max_output_tokens = Some(Count::Ours(limit));
        }
        dropped.add_if(clamped || raised.is_some(), chat.max_tokens_name);
        config
    }

    fn sampling(&mut self, chat: &'a Chat<'a>, model: &Model, dropped: &mut Dropped) {
        if model.sampling_and_prefill {
            (self.temperature, self.top_p, self.top_k) = (chat.temperature, chat.top_p, chat.top_k);
        } else {
            dropped.add_if(chat.temperature.is_some(), Field::Temperature);
            dropped.add_if(chat.top_p.is_some(), Field::TopP);
            dropped.add_if(chat.top_k.is_some(), Field::TopK);
        }
        let logprobs = chat.logprobs.filter(|wanted| *wanted);
        if model.penalties_and_logprobs {
            self.presence_penalty = chat.presence_penalty;
            self.frequency_penalty = chat.frequency_penalty;
            self.response_logprobs = logprobs;
            self.logprobs = chat.top_logprobs.filter(|_| logprobs.is_some());
        } else {
            dropped.add_if(chat.presence_penalty.is_some(), Field::PresencePenalty);
            dropped.add_if(chat.frequency_penalty.is_some(), Field::FrequencyPenalty);
            dropped.add_if(logprobs.is_some(), Field::Logprobs);
            dropped.add_if(chat.top_logprobs.is_some(), Field::TopLogprobs);
        }
    }

    fn format(
        &mut self,
        chat: &'a Chat<'a>,
        model: &Model,
        allowance: &mut Allowance,
        dropped: &mut Dropped,
    ) -> Result<(), RequestError> {
        match &chat.response_format {
            None | Some(ResponseFormat::Text) => {}
            Some(ResponseFormat::JsonObject) => self.response_mime_type = Some(JSON),
            Some(ResponseFormat::JsonSchema { description, schema, .. }) => {
                dropped.add_if(description.is_some(), Field::SchemaDescription);
                self.response_mime_type = Some(JSON);
                match schema {
                    Some(schema) if model.json_schema => {
                        self.response_json_schema =
                            Some(schema::settle(schema, Place::Answer, allowance, dropped));
                    }
                    Some(schema) => {
                        self.response_schema =
                            schema::lower(schema, Use::ANSWER, Place::Answer, allowance, dropped)?
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// Whether nothing is configured.
    const fn is_empty(&self) -> bool {
        let Self {
            stop_sequences: [],
            candidate_count: None,
            max_output_tokens: None,
            temperature: None,
            top_p: None,
            top_k: None,
            seed: None,
            presence_penalty: None,
            frequency_penalty: None,
            response_logprobs: None,
            logprobs: None,
            response_mime_type: None,
            response_json_schema: None,
            response_schema: None,
            thinking_config: None,
        } = self
        else {
            return false;
        };
        true
    }
}

/// A client's number; or the bound, where it is beyond it: whether it is.
fn at_most(number: Option<Number<'_>>, most: Option<u64>) -> (Option<Count<'_>>, bool) {
    let beyond = most.filter(|most| {
        let number = number.and_then(Number::as_f64);
        // No bound of theirs is so large that it is no float.
        number.is_some_and(|number| number > *most as f64)
    });
    (beyond.map(Count::Ours).or(number.map(Count::Given)), beyond.is_some())
}

const JSON: &str = "application/json";

/// The most alternatives.
pub const MOST_CANDIDATES: u64 = 8;

/// The most texts that end an answer.
pub const MOST_STOPS: usize = 5;
