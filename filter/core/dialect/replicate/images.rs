//! Images of a prompt. What official models take: <https://replicate.com/black-forest-labs/flux-dev/api/schema>,
//! <https://replicate.com/google/gemini-2.5-flash-image/api/schema>, <https://replicate.com/stability-ai/sdxl/api/schema>.
//!
//! | OpenAI | input |
//! |---|---|
//! | `prompt` | `prompt` |
//! | `n` | `num_outputs`; `number_of_images` of OpenAI's models; of those that draw one at a time it is reported |
//! | `size` | `aspect_ratio`, the nearest; `width` and `height` of SDXL and Stable Diffusion |
//! | `output_format` | `output_format`; `jpeg` is `jpg` |
//! | `response_format` | `url` is what there is; `b64_json` is reported: the bytes are at another host, which nobody asks |
//! | inputs that only Replicate has, `seed` say | the same |
//! | all else | reported |
//!
//! | `output` | OpenAI |
//! |---|---|
//! | a URL, or several | `data[].url`. Replicate deletes what is there after an hour |

use super::PATH;
use super::prediction::Prediction;
use crate::dialect::images::{self, Ratio, SURFACE, Size, Wanted};
use crate::dialect::object::{Object, literal};
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::Document;
use crate::hub::{Dropped, Malformed, RequestError};

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: PATH, provider: &Images };

/// The proportions that most models have.
const RATIOS: &[Ratio] = &[
    Ratio::new("1:1", 1, 1),
    Ratio::new("2:3", 2, 3),
    Ratio::new("3:2", 3, 2),
    Ratio::new("3:4", 3, 4),
    Ratio::new("4:3", 4, 3),
    Ratio::new("9:16", 9, 16),
    Ratio::new("16:9", 16, 9),
];

/// Inputs by the names that clients give them, too.
const OWN: &[&str] = &[
    "aspect_ratio",
    "width",
    "height",
    "seed",
    "negative_prompt",
    "guidance",
    "guidance_scale",
    "num_inference_steps",
    "output_quality",
    "go_fast",
    "megapixels",
    "prompt_upsampling",
    "safety_tolerance",
];

/// Those of OpenAI's that are said here, or of which there is nothing to say.
const SAID: &[&str] = &["n", "output_format", "response_format"];

/// How the names of models begin that draw one image at a time.
const ONE_AT_A_TIME: &[&str] = &[
    "black-forest-labs/flux-1.1-",
    "black-forest-labs/flux-pro",
    "black-forest-labs/flux-kontext-",
    "google/",
];

/// How the names of models begin that are told sides instead of a proportion.
const WITH_SIDES: &[&str] = &["stability-ai/sdxl", "stability-ai/stable-diffusion:"];

#[derive(Debug)]
struct Images;

impl TaskProvider for Images {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        let begins = |known: &[&str]| known.iter().any(|known| model.starts_with(known));
        let prompt = literal(&wanted.prompt);
        let mut input = Object::new(prompt.len().saturating_add(128)).raw("prompt", &prompt);
        if wanted.count != 1 {
            match begins(ONE_AT_A_TIME) {
                true => dropped.add("n"),
                false => input = input.raw(name_of_count(model), &wanted.count.to_string()),
            }
        }
        let own = ["aspect_ratio", "width", "height"].iter().any(|name| wanted.beyond.get(name).is_some());
        if let Some(size) = wanted.size.filter(|_| !own) {
            input = sized(input, size, begins(WITH_SIDES), dropped);
        }
        if let Some(format) = &wanted.output_format {
            input = input.text("output_format", if **format == *"jpeg" { "jpg" } else { format });
        }
        let wants_bytes = wanted.response_format.as_ref().is_some_and(|format| **format != *"url");
        dropped.add_if(wants_bytes, "response_format");
        let input = wanted.end(input, OWN, SAID, dropped);
        let body = Object::new(prompt.len().saturating_add(256)).text("version", model);
        Ok(Written::of(body.raw("input", &input.close()).close().into_bytes()))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()))?;
        images::write_urls(&Prediction::read(text)?.texts()?, arrival)
    }
}

fn name_of_count(model: &str) -> &'static str {
    if model.starts_with("openai/") { "number_of_images" } else { "num_outputs" }
}

/// What is said of a size.
fn sized(input: Object, size: Size, with_sides: bool, dropped: &mut Dropped) -> Object {
    if with_sides {
        let input = input.raw("width", &size.width.to_string());
        return input.raw("height", &size.height.to_string());
    }
    let nearest = size.nearest(RATIOS);
    dropped.add_if(!nearest.is_some_and(|(_, is_exact)| is_exact), "size");
    input.text_if("aspect_ratio", nearest.map(|(ratio, _)| ratio.word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Head, Memo, Stamp};

    #[test]
    fn a_prompt_becomes_an_input() {
        for (members, model, input, reported) in [
            ("", "black-forest-labs/flux-schnell", "", ""),
            (
                r#","n":2,"size":"1024x1536","output_format":"jpeg","seed":7,"response_format":"url""#,
                "black-forest-labs/flux-schnell",
                r#","num_outputs":2,"aspect_ratio":"2:3","output_format":"jpg","seed":7"#,
                "",
            ),
            (
                r#","n":2,"size":"1792x1024","response_format":"b64_json","quality":"high","x":1"#,
                "google/imagen-4",
                r#","aspect_ratio":"16:9""#,
                "n, size, response_format, quality, x",
            ),
            (
                r#","size":"512x768","negative_prompt":"dogs""#,
                "stability-ai/sdxl:7762fd07",
                r#","width":512,"height":768,"negative_prompt":"dogs""#,
                "",
            ),
            (
                r#","n":3,"size":"1024x1024","aspect_ratio":"21:9""#,
                "openai/gpt-image-1",
                r#","number_of_images":3,"aspect_ratio":"21:9""#,
                "",
            ),
        ] {
            let mut dropped = Dropped::default();
            let body = Document::new(format!(r#"{{"model":"m","prompt":"a \"cat\""{members}}}"#));
            let written = Images.write_request(&body, model, &mut dropped).unwrap();
            let want = format!(r#"{{"version":"{model}","input":{{"prompt":"a \"cat\""{input}}}}}"#);
            assert_eq!(String::from_utf8(written.body).unwrap(), want);
            assert_eq!(dropped.names(crate::dialect::openai::spell).join(", "), reported, "{members}");
        }
    }

    #[test]
    fn urls_are_given() {
        let stamp = Stamp { seed: 1, created: 7 };
        let arrival = Arrival { head: Head::of(200), stamp, memo: &Memo::NONE };
        let read = |output: &str| {
            let body = format!(r#"{{"id":"p","status":"succeeded","output":{output}}}"#);
            Images
                .read_answer(body.as_bytes(), &arrival)
                .map(|answer| String::from_utf8(answer.body).unwrap())
        };
        let (a, b) = ("https://replicate.delivery/x/a.png", "https://replicate.delivery/x/b.png");
        let one = format!(r#"{{"created":7,"data":[{{"url":"{a}"}}]}}"#);
        assert_eq!(read(&format!("\"{a}\"")), Ok(one));
        let two = format!(r#"{{"created":7,"data":[{{"url":"{a}"}},{{"url":"{b}"}}]}}"#);
        assert_eq!(read(&format!("[\"{a}\",\"{b}\"]")), Ok(two));
        for output in ["null", "[]", "\"\"", "\"javascript:1\"", "{\"a\":1}", "[1]"] {
            assert!(read(output).is_err(), "{output}");
        }
    }
}
