//! `batchEmbedContents`: <https://ai.google.dev/api/embeddings#method:-models.batchembedcontents>. What the vectors are of:
//! `vector.rs`; that they are for something, or of a document with a title, shows in them.

use axum::response::Response;
use serde_json::Value;

use super::super::delivery::{self, Ending, Refusal};
use super::super::{script, vector};
use super::rules::{Broken, CONTENT, invalid, only, parts};
use super::{list, member};

/// A request that Gemini would accept.
pub(super) struct Request {
    inputs: Vec<Input>,
}

/// What a vector is wanted of.
struct Input {
    text: String,
    /// What it is for, and its title.
    context: String,
    dimensions: usize,
}

impl Request {
    pub(super) fn read(body: &Value, model: &str) -> Result<Self, Box<Refusal>> {
        let inputs = read_inputs(body, model).map_err(Broken::refusal)?;
        Ok(Self { inputs })
    }

    pub(super) fn answer(&self, ending: Ending) -> Response {
        // Many vectors are millions of numbers: they are written as they are made.
        let mut body = String::from(r#"{"embeddings":["#);
        for (index, input) in self.inputs.iter().enumerate() {
            let vector = vector::of(&input.text, &input.context, input.dimensions);
            let numbers: Vec<String> = vector.iter().map(f32::to_string).collect();
            let comma = if index == 0 { "" } else { "," };
            body.push_str(&format!(r#"{comma}{{"values":[{}]}}"#, numbers.join(",")));
        }
        let tokens =
            self.inputs.iter().map(|input| script::tokens(&input.text)).fold(0, usize::saturating_add);
        body.push_str(&format!(r#"],"usageMetadata":{{"promptTokenCount":{tokens}}}}}"#));
        delivery::whole(body, ending)
    }
}

fn read_inputs(body: &Value, model: &str) -> Result<Vec<Input>, Broken> {
    only(body, &["requests"], "")?;
    let requests = list(body, "requests");
    if requests.is_empty() || requests.len() > MOST_INPUTS {
        return Err(invalid(&format!(
            "* BatchEmbedContentsRequest.requests: at least one and at most {MOST_INPUTS} requests can be in one batch\n"
        )));
    }
    let inputs = requests.iter().enumerate();
    inputs.map(|(index, request)| read_input(request, model, &format!("requests[{index}]"))).collect()
}

fn read_input(request: &Value, model: &str, at: &str) -> Result<Input, Broken> {
    only(request, REQUEST, at)?;
    let wrong = |what: &str| invalid(&format!("* BatchEmbedContentsRequest.{at}.{what}\n"));
    match member(request, "model").and_then(Value::as_str) {
        None => return Err(wrong("model: model is not specified")),
        Some(named) if named.strip_prefix("models/") != Some(model) => {
            return Err(wrong("model: the model does not match that of the batch"));
        }
        Some(_) => {}
    }
    let content = member(request, "content").ok_or_else(|| wrong("content: content is not specified"))?;
    only(content, CONTENT, &format!("{at}.content"))?;
    parts(content, &format!("{at}.content"))?;
    let texts: Option<Vec<&str>> =
        list(content, "parts").iter().map(|part| part.get("text").and_then(Value::as_str)).collect();
    let texts = texts.filter(|texts| !texts.is_empty());
    let texts = texts.ok_or_else(|| wrong("content: content must be of texts"))?;
    let purpose = match member(request, "taskType") {
        None => "",
        Some(purpose) => PURPOSES
            .iter()
            .find(|known| purpose == *known)
            .ok_or_else(|| invalid(&format!("Invalid value at '{at}.task_type' (TaskType), {purpose}")))?,
    };
    let title = member(request, "title").and_then(Value::as_str).unwrap_or_default();
    if !title.is_empty() && purpose != "RETRIEVAL_DOCUMENT" {
        return Err(wrong("title: a title is only for RETRIEVAL_DOCUMENT"));
    }
    let dimensions = match member(request, "outputDimensionality") {
        None => MOST_DIMENSIONS,
        Some(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0),
    };
    if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
        let most = MOST_DIMENSIONS;
        return Err(wrong(&format!("output_dimensionality: must be between 1 and {most}")));
    }
    Ok(Input { text: texts.join("\n"), context: format!("{purpose}\n{title}"), dimensions })
}

/// Members that Gemini knows.
const REQUEST: &[&str] = &["content", "model", "outputDimensionality", "taskType", "title"];
const PURPOSES: &[&str] = &[
    "TASK_TYPE_UNSPECIFIED",
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
];
const MOST_INPUTS: usize = 100;
const MOST_DIMENSIONS: usize = 3072;
