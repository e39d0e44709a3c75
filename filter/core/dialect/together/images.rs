//! Images of Together's: <https://docs.together.ai/reference/post-images-generations>,
//! <https://docs.together.ai/docs/inference/images/parameters>.
//!
//! | OpenAI | Together |
//! |---|---|
//! | `prompt`, `n` | the same |
//! | `size` | `width`, `height`, unless the client gives one of these or an `aspect_ratio` |
//! | `response_format`: `b64_json` | `base64` |
//! | `output_format` | the same but for `webp`, which it has not |
//! | `steps`, `seed`, `negative_prompt` and others that are its own | the same |
//! | `data[].url`, `data[].b64_json` | the same |
//! | `created` | nothing: the time at which the answer came |
//!
//! `quality`, `style` and all else is reported.

use crate::dialect::images::{self, SURFACE, Wanted};
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::Document;
use crate::hub::{Dropped, Malformed, RequestError};

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/images/generations", provider: &Images };

/// Members of Together's that clients give by the same name.
const OWN: &[&str] = &[
    "width",
    "height",
    "aspect_ratio",
    "steps",
    "seed",
    "negative_prompt",
    "guidance_scale",
    "image_url",
    "reference_images",
    "image_loras",
    "disable_safety_checker",
];
/// Those of them that say how large an image is to be.
const SIZES: &[&str] = &["width", "height", "aspect_ratio"];
/// Members of OpenAI's that are said.
const SAID: &[&str] = &["n", "response_format"];
/// What it writes images as.
const ENCODINGS: &[&str] = &["png", "jpeg"];

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
        let mut object = wanted.begin(model);
        let sized = SIZES.iter().any(|name| wanted.beyond.get(name).is_some());
        match wanted.size {
            Some(_) if sized => dropped.add("size"),
            Some(size) => {
                object = object.raw("width", &size.width.to_string());
                object = object.raw("height", &size.height.to_string());
            }
            None => {}
        }
        let form = wanted.response_format.as_deref();
        object = object
            .text_if("response_format", form.map(|form| if form == "b64_json" { "base64" } else { form }));
        let encoding = wanted.output_format.as_deref().filter(|encoding| ENCODINGS.contains(encoding));
        object = object.text_if("output_format", encoding);
        let encoded: &[&str] = if encoding.is_some() { &["output_format"] } else { &[] };
        let object = wanted.end(object, OWN, &[SAID, encoded].concat(), dropped);
        Ok(Written::of(object.close().into_bytes()))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        images::pass(body, arrival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_width_and_a_height() {
        for (body, want, reported) in [
            (r#"{"model":"m","prompt":"a \"cat\"","n":1}"#, r#"{"model":"flux","prompt":"a \"cat\""}"#, ""),
            (
                r#"{"prompt":"p","n":2,"size":"512x768","response_format":"b64_json","output_format":"png","steps":4,"seed":7,"quality":"hd","style":"vivid","user":"u","x":1,"negative_prompt":null}"#,
                r#"{"model":"flux","prompt":"p","n":2,"width":512,"height":768,"response_format":"base64","output_format":"png","steps":4,"seed":7}"#,
                "quality, style, user, x",
            ),
            (
                r#"{"prompt":"p","size":"512x768","aspect_ratio":"1:1","response_format":"url","output_format":"webp"}"#,
                r#"{"model":"flux","prompt":"p","response_format":"url","aspect_ratio":"1:1"}"#,
                "size, output_format",
            ),
            (
                r#"{"prompt":"p","size":"auto","width":8,"height":16,"response_format":"base64"}"#,
                r#"{"model":"flux","prompt":"p","response_format":"base64","width":8,"height":16}"#,
                "",
            ),
        ] {
            let mut dropped = Dropped::default();
            let written = Images.write_request(&Document::new(body), "flux", &mut dropped).unwrap();
            assert_eq!(String::from_utf8(written.body).unwrap(), want, "{body}");
            assert_eq!(dropped.names(crate::dialect::openai::spell).join(", "), reported, "{body}");
        }
    }
}
