//! Completions of a prompt: <https://platform.openai.com/docs/api-reference/completions>. Models for chats are refused, as
//! OpenAI does.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::conversation::Prompt;
use super::super::delivery::{self, Ending, Refusal};
use super::super::script::{self, Answer, End, Usage};
use super::{Asked, invalid, missing, now, number, read, refusal};

/// A request that OpenAI would accept.
pub(super) struct Request {
    model: String,
    prompts: Vec<Prompt>,
    /// How many answers each of them gets.
    choices: usize,
    echo: bool,
    stream: bool,
    include_usage: bool,
}

impl Asked for Request {
    fn read(body: &[u8]) -> Result<Self, Box<Refusal>> {
        let (body, model) = read(body, PARAMETERS)?;
        if FOR_CHATS.iter().any(|family| model.starts_with(family)) && !model.contains("instruct") {
            let (kind, param) = ("invalid_request_error", Some("model"));
            return Err(refusal(StatusCode::NOT_FOUND, A_CHAT_MODEL, kind, param, None));
        }
        let choices = number(&body, "n", 1, 8)?.unwrap_or(1);
        let best_of = number(&body, "best_of", 1, 20)?;
        let stream = body.get("stream").and_then(Value::as_bool).unwrap_or(false);
        if best_of.is_some_and(|best| best < choices) {
            let message = "You requested that the server return more choices than it will generate (HINT: best_of must \
                           be >= n)";
            return Err(invalid(message, Some("best_of"), None));
        }
        if stream && best_of.is_some_and(|best| best > choices) {
            return Err(invalid("Cannot stream results with best_of > n.", Some("best_of"), None));
        }
        let limit = number(&body, "max_tokens", 0, 4096)?.unwrap_or(USUAL_TOKENS);
        let stops = read_stops(&body)?;
        let prompt = |text: &str| {
            let mut prompt = Prompt::new("GPT");
            prompt.user(text);
            prompt.limit = Some(limit);
            prompt.stops = stops.clone();
            prompt
        };
        let prompts = match body.get("prompt").ok_or_else(|| missing("prompt"))? {
            Value::String(text) => vec![prompt(text)],
            Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_string) => {
                list.iter().filter_map(Value::as_str).map(prompt).collect()
            }
            Value::Array(tokens) if !tokens.is_empty() && tokens.iter().all(Value::is_u64) => {
                let words: Vec<String> = tokens.iter().map(Value::to_string).collect();
                vec![prompt(&words.join(" "))]
            }
            _ => {
                let message = "Invalid type for 'prompt': expected a string, an array of strings or an array of tokens.";
                return Err(invalid(message, Some("prompt"), Some("invalid_type")));
            }
        };
        let include_usage = body.pointer("/stream_options/include_usage").and_then(Value::as_bool);
        Ok(Self {
            model,
            prompts,
            choices,
            echo: body.get("echo").and_then(Value::as_bool).unwrap_or(false),
            stream,
            include_usage: include_usage.unwrap_or(false),
        })
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn answer(&self, ending: Ending) -> Response {
        let mut answers = Vec::new();
        let mut usage = Usage::default();
        for prompt in &self.prompts {
            let said: Vec<Answer> = (0..self.choices).map(|n| script::answer(prompt, n)).collect();
            usage = usage.and(script::usage(prompt, &said));
            let echo = if self.echo { prompt.text.as_str() } else { "" };
            answers.extend(
                said.into_iter().map(|answer| Answer { text: format!("{echo}{}", answer.text), ..answer }),
            );
        }
        let id = format!("cmpl-demo{:022}", script::serial());
        let usage = json!({
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.output(),
            "total_tokens": usage.total(),
        });
        if self.stream {
            let pieces = self.chunks(&id, &answers, self.include_usage.then_some(usage));
            return delivery::stream("text/event-stream; charset=utf-8", pieces, ending);
        }
        let choice =
            |(index, answer): (usize, &Answer)| choice(index, &answer.text, Some(finish_reason(answer)));
        let choices: Vec<Value> = answers.iter().enumerate().map(choice).collect();
        delivery::whole(self.body(&id, json!(choices), Some(usage)).to_string(), ending)
    }
}

impl Request {
    fn body(&self, id: &str, choices: Value, usage: Option<Value>) -> Value {
        let mut body = json!({
            "id": id,
            "object": "text_completion",
            "created": now(),
            "model": self.model,
            "choices": choices,
        });
        if let (Some(members), Some(usage)) = (body.as_object_mut(), usage) {
            members.insert("usage".to_owned(), usage);
        }
        body
    }

    fn chunks(&self, id: &str, answers: &[Answer], usage: Option<Value>) -> Vec<String> {
        // Who asked for the usage gets the member in every chunk: null in all but the last.
        let unknown = usage.is_some().then_some(Value::Null);
        let data =
            |choices: Value, usage: Option<Value>| format!("data: {}\n\n", self.body(id, choices, usage));
        let mut pieces = Vec::new();
        for (index, answer) in answers.iter().enumerate() {
            for words in delivery::deltas(&answer.text) {
                pieces.push(data(json!([choice(index, &words, None)]), unknown.clone()));
            }
            pieces.push(data(json!([choice(index, "", Some(finish_reason(answer)))]), unknown.clone()));
        }
        if usage.is_some() {
            pieces.push(data(json!([]), usage));
        }
        pieces.push("data: [DONE]\n\n".to_owned());
        pieces
    }
}

fn choice(index: usize, text: &str, finish: Option<&str>) -> Value {
    json!({ "text": text, "index": index, "logprobs": null, "finish_reason": finish })
}

fn finish_reason(answer: &Answer) -> &'static str {
    match answer.end {
        End::Done | End::Calls | End::Stop(_) => "stop",
        End::Limit => "length",
    }
}

fn read_stops(body: &Value) -> Result<Vec<String>, Box<Refusal>> {
    let stops: Vec<String> = match body.get("stop") {
        Some(Value::String(stop)) => vec![stop.clone()],
        Some(Value::Array(stops)) => stops.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    match stops.len() {
        0..=4 => Ok(stops),
        _ => Err(invalid("Invalid 'stop': expected at most 4 sequences.", Some("stop"), None)),
    }
}

const A_CHAT_MODEL: &str = "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use \
                            v1/chat/completions?";
/// How the names of models for chats begin, but for those that complete, which say `instruct`.
const FOR_CHATS: &[&str] = &["gpt-3.5", "gpt-4", "gpt-5", "chatgpt-", "o1", "o3", "o4"];
/// Where no limit is said.
const USUAL_TOKENS: usize = 16;

/// Every parameter that OpenAI knows.
const PARAMETERS: &[&str] = &[
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "model",
    "n",
    "presence_penalty",
    "prompt",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
];
