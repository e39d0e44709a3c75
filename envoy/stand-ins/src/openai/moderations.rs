//! Moderations: <https://platform.openai.com/docs/api-reference/moderations/create>. A text is as bad as the words that it
//! has of a short list; a picture is never.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::super::delivery::{self, Ending, Refusal};
use super::super::script;
use super::{Asked, invalid, missing, read};

/// A request that OpenAI would accept.
pub(super) struct Request {
    model: String,
    inputs: Vec<Input>,
}

/// What is looked at at once.
#[derive(Default)]
struct Input {
    text: String,
    has_image: bool,
}

impl Asked for Request {
    fn read(body: &[u8]) -> Result<Self, Box<Refusal>> {
        let (body, model) = read(body, &["input", "model"])?;
        let wrong = |message: &str| invalid(message, Some("input"), Some("invalid_type"));
        let inputs = match body.get("input").ok_or_else(|| missing("input"))? {
            Value::String(text) => vec![Input { text: text.clone(), has_image: false }],
            Value::Array(list) if list.is_empty() => {
                return Err(invalid("Invalid 'input': empty array.", Some("input"), Some("empty_array")));
            }
            Value::Array(list) if list.iter().all(Value::is_string) => {
                let text = |text: &Value| text.as_str().unwrap_or_default().to_owned();
                list.iter().map(|item| Input { text: text(item), has_image: false }).collect()
            }
            Value::Array(parts) if parts.iter().all(Value::is_object) => {
                if !model.starts_with("omni-moderation") {
                    return Err(wrong("Invalid type for 'input': this model looks at texts only."));
                }
                vec![read_parts(parts)?]
            }
            _ => return Err(wrong("Invalid type for 'input': expected a string or an array.")),
        };
        Ok(Self { model, inputs })
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn answer(&self, ending: Ending) -> Response {
        let results: Vec<Value> = self.inputs.iter().map(Input::judge).collect();
        let id = format!("modr-demo{:020}", script::serial());
        delivery::whole(json!({ "id": id, "model": self.model, "results": results }).to_string(), ending)
    }
}

fn read_parts(parts: &[Value]) -> Result<Input, Box<Refusal>> {
    let mut input = Input::default();
    for (index, part) in parts.iter().enumerate() {
        let text = part.get("text").and_then(Value::as_str);
        let url = part.pointer("/image_url/url").and_then(Value::as_str);
        match (part.get("type").and_then(Value::as_str), text, url) {
            (Some("text"), Some(text), _) => input.text.push_str(&format!(" {text}")),
            (Some("image_url"), _, Some(_)) if !input.has_image => input.has_image = true,
            (Some("image_url"), _, Some(_)) => {
                return Err(invalid(
                    "Invalid 'input': at most one image.",
                    Some("input"),
                    Some("invalid_value"),
                ));
            }
            (Some("text"), None, _) => return Err(missing(&format!("input[{index}].text"))),
            (Some("image_url"), _, None) => return Err(missing(&format!("input[{index}].image_url.url"))),
            (kind, _, _) => {
                let kind = kind.unwrap_or_default();
                let message =
                    format!("Invalid value: '{kind}'. Supported values are: 'text' and 'image_url'.");
                let param = format!("input[{index}].type");
                return Err(invalid(&message, Some(&param), Some("invalid_value")));
            }
        }
    }
    Ok(input)
}

impl Input {
    fn judge(&self) -> Value {
        let text = self.text.to_lowercase();
        let words: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric()).collect();
        let (mut categories, mut scores, mut kinds) = (Map::new(), Map::new(), Map::new());
        let mut flagged = false;
        for (category, of_images, bad) in CATEGORIES {
            let is_bad = bad.iter().any(|bad| words.contains(bad));
            flagged |= is_bad;
            categories.insert((*category).to_owned(), json!(is_bad));
            scores.insert((*category).to_owned(), json!(if is_bad { 0.97 } else { 0.0001 }));
            let image = ["image"].into_iter().filter(|_| self.has_image && *of_images);
            let kind: Vec<&str> = ["text"].into_iter().filter(|_| !text.is_empty()).chain(image).collect();
            kinds.insert((*category).to_owned(), json!(kind));
        }
        json!({
            "flagged": flagged,
            "categories": categories,
            "category_scores": scores,
            "category_applied_input_types": kinds,
        })
    }
}

/// The categories, whether images are looked at for them, and the words that they are known by.
const CATEGORIES: &[(&str, bool, &[&str])] = &[
    ("harassment", false, &["idiot", "loser"]),
    ("harassment/threatening", false, &["threaten"]),
    ("hate", false, &["hate", "hateful"]),
    ("hate/threatening", false, &[]),
    ("illicit", false, &["counterfeit", "smuggle"]),
    ("illicit/violent", false, &["bomb"]),
    ("self-harm", true, &["suicide"]),
    ("self-harm/intent", true, &[]),
    ("self-harm/instructions", true, &[]),
    ("sexual", true, &["porn"]),
    ("sexual/minors", false, &[]),
    ("violence", true, &["kill", "murder", "stab"]),
    ("violence/graphic", true, &["gore"]),
];
