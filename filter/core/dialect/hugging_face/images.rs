//! Images of Hugging Face's: <https://huggingface.co/docs/inference-providers/tasks/text-to-image>.
//!
//! | OpenAI | Hugging Face |
//! |---|---|
//! | `prompt` | `inputs` |
//! | `size` | `parameters.width`, `parameters.height` |
//! | `negative_prompt`, `seed`, `guidance_scale`, `num_inference_steps`, `scheduler` | the same of `parameters` |
//! | `data[0].b64_json` | the whole body: the bytes of one image |
//!
//! All else is reported. An answer that is JSON is an error, whatever its status.

use crate::dialect::images::{self, Image, SURFACE, Wanted};
use crate::dialect::object::{Object, literal};
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written, plain_error};
use crate::hub::json::Document;
use crate::hub::{Dropped, Malformed, ProviderError, RequestError, encode};

/// The task. Models' names have slashes, which stay.
pub const TASK: Task = Task { surface: SURFACE, path: "/models/{model*}", provider: &Images };

/// Parameters by the names that clients give them, too.
const OWN: &[&str] = &["negative_prompt", "seed", "guidance_scale", "num_inference_steps", "scheduler"];

#[derive(Debug)]
struct Images;

impl TaskProvider for Images {
    fn write_request(
        &self,
        body: &Document,
        _model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        let mut parameters = Object::new(64);
        let mut says = false;
        if let Some(size) = wanted.size {
            parameters = parameters.raw("width", &size.width.to_string());
            parameters = parameters.raw("height", &size.height.to_string());
            says = true;
        }
        for (name, value) in OWN.iter().filter_map(|name| Some((*name, wanted.beyond.get(name)?))) {
            parameters = parameters.raw(name, value.get());
            says = true;
        }
        wanted.report(OWN, dropped);
        let prompt = literal(&wanted.prompt);
        let body = Object::new(prompt.len()).raw("inputs", &prompt);
        let parameters = Some(parameters.close()).filter(|_| says);
        Ok(Written::of(body.raw_if("parameters", parameters.as_deref()).close().into_bytes()))
    }

    fn accepts(&self) -> &'static str {
        "image/*"
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let media_type = media_type(body);
        if media_type.is_none() {
            return Err(Malformed("it is no image that is known".to_owned()));
        }
        images::write(&[Image { data: &encode(body), media_type }], None, arrival)
    }

    fn read_refusal(&self, body: &[u8]) -> Option<ProviderError> {
        let is_json = body.trim_ascii_start().starts_with(b"{");
        is_json.then(|| plain_error::read(500, body))
    }
}

/// What kind of image that is.
fn media_type(body: &[u8]) -> Option<&'static str> {
    // The same container holds sound, too; its length comes before its kind.
    let webp = body.starts_with(b"RIFF") && body.get(8..12) == Some(b"WEBP");
    let known = KINDS.iter().find(|(start, _)| body.starts_with(start)).map(|(_, kind)| *kind);
    known.or(webp.then_some("image/webp"))
}

/// How images begin that say at once what they are.
const KINDS: &[(&[u8], &str)] =
    &[(b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Head, Memo, Stamp};

    #[test]
    fn a_prompt_becomes_inputs() {
        for (body, want, reported) in [
            (r#"{"model":"m","prompt":"a \"cat\""}"#, r#"{"inputs":"a \"cat\""}"#, ""),
            (
                r#"{"prompt":"p","size":"512x768","seed":7,"negative_prompt":"dogs","n":2,"x":1}"#,
                r#"{"inputs":"p","parameters":{"width":512,"height":768,"negative_prompt":"dogs","seed":7}}"#,
                "n, x",
            ),
        ] {
            let mut dropped = Dropped::default();
            let written = Images.write_request(&Document::new(body), "m", &mut dropped).unwrap();
            assert_eq!(String::from_utf8(written.body).unwrap(), want);
            assert_eq!(dropped.names(crate::dialect::openai::spell).join(", "), reported);
        }
    }

    #[test]
    fn bytes_become_base64() {
        let stamp = Stamp { seed: 1, created: 7 };
        let arrival = Arrival { head: Head::of(200), stamp, memo: &Memo::NONE };
        let answer = Images.read_answer(b"\xff\xd8\xff\x00", &arrival).unwrap();
        let want = r#"{"created":7,"data":[{"b64_json":"/9j/AA=="}],"output_format":"jpeg"}"#;
        assert_eq!(String::from_utf8(answer.body).unwrap(), want);
        let error = br#"{"error":"Model m is currently loading"}"#;
        assert!(Images.read_answer(error, &arrival).is_err());
        assert_eq!(Images.read_refusal(error).unwrap().message, "Model m is currently loading");
        assert!(Images.read_answer(b"", &arrival).is_err() && Images.read_refusal(b"").is_none());
    }
}
