//! Images of a prompt: <https://platform.openai.com/docs/api-reference/images/create>. Each is a small PNG, whatever its
//! size was to be: see `picture.rs`.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::delivery::{self, Ending, Refusal};
use super::super::{picture, script};
use super::{Asked, invalid, missing, now, number, read, text, word};

/// A request that OpenAI would accept.
pub(super) struct Request {
    model: String,
    family: &'static Family,
    prompt: String,
    count: usize,
    size: &'static str,
    quality: &'static str,
    background: &'static str,
    /// The images are addresses.
    by_url: bool,
    stream: bool,
    /// How many unfinished images a stream has.
    partial_images: usize,
}

/// Models that are asked alike.
struct Family {
    name: &'static str,
    sizes: &'static [&'static str],
    qualities: &'static [&'static str],
    most_images: u64,
    most_letters: usize,
    /// Parameters of others.
    lacks: &'static [&'static str],
}

impl Asked for Request {
    fn read(body: &[u8]) -> Result<Self, Box<Refusal>> {
        let (body, model) = read(body, PARAMETERS)?;
        let family = FAMILIES.iter().find(|family| model.starts_with(family.name)).unwrap_or(&NEWEST);
        let given = |name: &&&str| body.get(**name).is_some_and(|given| !given.is_null());
        if let Some(name) = family.lacks.iter().find(given) {
            let message = format!("Unknown parameter: '{name}'.");
            return Err(invalid(&message, Some(name), Some("unknown_parameter")));
        }
        let prompt = text(&body, "prompt")?;
        if prompt.is_empty() {
            return Err(missing("prompt"));
        }
        if prompt.chars().count() > family.most_letters {
            let message =
                format!("Invalid 'prompt': string too long. Maximum length {}.", family.most_letters);
            return Err(invalid(&message, Some("prompt"), Some("string_above_max_length")));
        }
        word(&body, "output_format", &["png"]).map_err(|_| only_png())?;
        word(&body, "moderation", &["auto", "low"])?;
        word(&body, "style", &["vivid", "natural"])?;
        number(&body, "output_compression", 0, 100)?;
        let background = word(&body, "background", &["auto", "transparent", "opaque"])?;
        Ok(Self {
            count: number(&body, "n", 1, family.most_images)?.unwrap_or(1),
            size: word(&body, "size", family.sizes)?,
            quality: word(&body, "quality", family.qualities)?,
            background: if background == "auto" { "opaque" } else { background },
            by_url: family.name != NEWEST.name
                && word(&body, "response_format", &["url", "b64_json"])? == "url",
            stream: body.get("stream").and_then(Value::as_bool).unwrap_or(false),
            partial_images: number(&body, "partial_images", 0, 3)?.unwrap_or(0),
            prompt: prompt.to_owned(),
            family,
            model,
        })
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn answer(&self, ending: Ending) -> Response {
        if self.stream {
            return delivery::stream("text/event-stream; charset=utf-8", self.events(), ending);
        }
        let data: Vec<Value> = (0..self.count).map(|n| self.image(n)).collect();
        let mut body = json!({ "created": now(), "data": data });
        if let (Some(members), true) = (body.as_object_mut(), self.family.name == NEWEST.name) {
            members.extend(self.details());
        }
        delivery::whole(body.to_string(), ending)
    }
}

impl Request {
    fn image(&self, alternative: usize) -> Value {
        let data = self.data(&format!("image {alternative}"));
        match self.by_url {
            // There is no host that would keep it.
            true => json!({ "url": format!("data:image/png;base64,{data}"), "revised_prompt": self.prompt }),
            false => json!({ "b64_json": data }),
        }
    }

    fn data(&self, which: &str) -> String {
        let said = [&*self.prompt, self.size, self.quality, self.background, which].join("\n");
        STANDARD.encode(picture::of(&said))
    }

    /// What the newer models say of their images.
    fn details(&self) -> impl Iterator<Item = (String, Value)> {
        let (input, output) = (script::tokens(&self.prompt), self.count.saturating_mul(TOKENS));
        let usage = json!({
            "input_tokens": input,
            "input_tokens_details": { "text_tokens": input, "image_tokens": 0 },
            "output_tokens": output,
            "total_tokens": input.saturating_add(output),
        });
        let size = if self.size == "auto" { "1024x1024" } else { self.size };
        let quality = if self.quality == "auto" { "medium" } else { self.quality };
        let said = [
            ("background", json!(self.background)),
            ("output_format", json!("png")),
            ("quality", json!(quality)),
            ("size", json!(size)),
            ("usage", usage),
        ];
        said.into_iter().map(|(name, value)| (name.to_owned(), value))
    }

    fn events(&self) -> Vec<String> {
        let event = |kind: &str, which: &str, details: Vec<(String, Value)>| {
            let kind = format!("image_generation.{kind}");
            let mut event = json!({ "type": kind, "b64_json": self.data(which), "created_at": now() });
            if let Some(members) = event.as_object_mut() {
                members.extend(details);
            }
            format!("event: {kind}\ndata: {event}\n\n")
        };
        let partial = (0..self.partial_images).map(|n| {
            let mut details: Vec<_> = self.details().filter(|(name, _)| name != "usage").collect();
            details.push(("partial_image_index".to_owned(), json!(n)));
            event("partial_image", &format!("partial {n}"), details)
        });
        partial.chain([event("completed", "image 0", self.details().collect())]).collect()
    }
}

fn only_png() -> Box<Refusal> {
    let message = "Invalid 'output_format': expected 'png' (all that the stand-in draws).";
    invalid(message, Some("output_format"), Some("invalid_value"))
}

/// Every parameter that OpenAI knows.
const PARAMETERS: &[&str] = &[
    "background",
    "model",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "prompt",
    "quality",
    "response_format",
    "size",
    "stream",
    "style",
    "user",
];

/// What older models do not know.
const NEW: &[&str] =
    &["background", "moderation", "output_compression", "output_format", "partial_images", "stream"];

const FAMILIES: &[Family] = &[
    Family {
        name: "dall-e-3",
        sizes: &["1024x1024", "1792x1024", "1024x1792"],
        qualities: &["standard", "hd", "auto"],
        most_images: 1,
        most_letters: 4000,
        lacks: NEW,
    },
    Family {
        name: "dall-e-2",
        sizes: &["1024x1024", "512x512", "256x256"],
        qualities: &["standard", "auto"],
        most_images: 10,
        most_letters: 1000,
        lacks: NEW,
    },
];

/// `gpt-image-1` and its successors; any other name is answered as these are.
static NEWEST: Family = Family {
    name: "gpt-image",
    sizes: &["auto", "1024x1024", "1536x1024", "1024x1536"],
    qualities: &["auto", "low", "medium", "high"],
    most_images: 10,
    most_letters: 32_000,
    lacks: &["response_format", "style"],
};

/// What an image is counted as.
const TOKENS: usize = 272;
