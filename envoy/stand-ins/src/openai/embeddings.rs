//! Embeddings: <https://platform.openai.com/docs/api-reference/embeddings/create>. What they are of: `vector.rs`.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::delivery::{self, Ending, Refusal};
use super::super::{script, vector};
use super::{Asked, invalid, missing, number, read, word};

/// A request that OpenAI would accept.
pub(super) struct Request {
    model: String,
    inputs: Vec<Input>,
    dimensions: usize,
    is_base64: bool,
}

/// What a vector is wanted of.
struct Input {
    text: String,
    tokens: usize,
}

impl Asked for Request {
    fn read(body: &[u8]) -> Result<Self, Box<Refusal>> {
        let (body, model) = read(body, PARAMETERS)?;
        let most = if model.contains("3-large") { 3072 } else { 1536 };
        let dimensions = number(&body, "dimensions", 1, most)?;
        if dimensions.is_some() && !model.starts_with("text-embedding-3") {
            let message = "This model does not support specifying dimensions.";
            return Err(invalid(message, None, None));
        }
        let inputs = read_inputs(body.get("input").ok_or_else(|| missing("input"))?)?;
        let is_base64 = word(&body, "encoding_format", &["float", "base64"])? == "base64";
        let usual = usize::try_from(most).unwrap_or_default();
        Ok(Self { model, inputs, dimensions: dimensions.unwrap_or(usual), is_base64 })
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn answer(&self, ending: Ending) -> Response {
        // Many vectors are millions of numbers: they are written as they are made.
        let mut body = String::from(r#"{"object":"list","data":["#);
        for (index, input) in self.inputs.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let vector = vector::of(&input.text, "", self.dimensions);
            let embedding = if self.is_base64 { in_base64(&vector) } else { in_digits(&vector) };
            body.push_str(&format!(
                r#"{comma}{{"object":"embedding","index":{index},"embedding":{embedding}}}"#
            ));
        }
        let tokens = self.inputs.iter().map(|input| input.tokens).fold(0, usize::saturating_add);
        let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
        body.push_str(&format!(r#"],"model":{},"usage":{usage}}}"#, json!(self.model)));
        delivery::whole(body, ending)
    }
}

fn in_digits(vector: &[f32]) -> String {
    let numbers: Vec<String> = vector.iter().map(f32::to_string).collect();
    format!("[{}]", numbers.join(","))
}

fn in_base64(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    format!("\"{}\"", STANDARD.encode(bytes))
}

/// A text, texts, tokens, or lists of tokens.
fn read_inputs(input: &Value) -> Result<Vec<Input>, Box<Refusal>> {
    let inputs = match input {
        Value::Array(list) if !list.iter().any(Value::is_number) => list.iter().map(Input::read).collect(),
        one => Input::read(one).map(|input| vec![input]),
    };
    let inputs: Vec<Input> = inputs.ok_or_else(|| {
        let message = "'$.input' is invalid. Please check the API reference: \
                       https://platform.openai.com/docs/api-reference.";
        invalid(message, None, None)
    })?;
    if inputs.is_empty() || inputs.len() > MOST_INPUTS {
        let message = format!("Invalid 'input': expected an array of 1 to {MOST_INPUTS} items.");
        return Err(invalid(&message, Some("input"), Some("invalid_array_length")));
    }
    if let Some(input) = inputs.iter().find(|input| input.tokens > MOST_TOKENS) {
        let message = format!(
            "This model's maximum context length is {MOST_TOKENS} tokens, however you requested {0} tokens ({0} in your \
             prompt; 0 for the completion). Please reduce your prompt; or completion length.",
            input.tokens
        );
        return Err(invalid(&message, None, None));
    }
    let all = inputs.iter().map(|input| input.tokens).fold(0, usize::saturating_add);
    if all > MOST_TOKENS_IN_ALL {
        let message = format!("Requested {all} tokens, max {MOST_TOKENS_IN_ALL} tokens per request");
        return Err(invalid(&message, None, Some("max_tokens_per_request")));
    }
    Ok(inputs)
}

impl Input {
    /// A text of at least a letter, or at least a token.
    fn read(input: &Value) -> Option<Self> {
        match input {
            Value::String(text) if !text.is_empty() => {
                Some(Self { text: text.clone(), tokens: script::tokens(text) })
            }
            Value::Array(tokens) if !tokens.is_empty() && tokens.iter().all(Value::is_u64) => {
                let words: Vec<String> = tokens.iter().map(Value::to_string).collect();
                Some(Self { text: words.join(" "), tokens: tokens.len() })
            }
            _ => None,
        }
    }
}

/// Every parameter that OpenAI knows.
const PARAMETERS: &[&str] = &["dimensions", "encoding_format", "input", "model", "user"];
const MOST_INPUTS: usize = 2048;
const MOST_TOKENS: usize = 8192;
const MOST_TOKENS_IN_ALL: usize = 300_000;
