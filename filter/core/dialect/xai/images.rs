//! Images of xAI's: <https://docs.x.ai/docs/api-reference>,
//! <https://docs.x.ai/developers/model-capabilities/images/generation>.
//!
//! | OpenAI | xAI |
//! |---|---|
//! | `prompt`, `n`, `response_format`, `user` | the same |
//! | `size` | `aspect_ratio`, the nearest; from 2,048 pixels on `resolution` `2k`, unless the client gives these |
//! | `quality`: `low`, `medium`, `high` | the same; `hd` is `high` and `standard` `medium` |
//! | `data[].url`, `data[].b64_json`, `data[].revised_prompt` | the same |
//! | `created` | nothing: the time at which the answer came |
//!
//! `style` and all else is reported.

use crate::dialect::images::{self, Ratio, SURFACE, Size, Wanted};
use crate::dialect::object::Object;
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::Document;
use crate::hub::{Dropped, Malformed, RequestError};

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/images/generations", provider: &Images };

/// Members of xAI's that clients give by the same name.
const OWN: &[&str] = &["aspect_ratio", "resolution"];
/// Members of OpenAI's that are said.
const SAID: &[&str] = &["n", "response_format", "user"];

/// The proportions that it has words for.
const RATIOS: &[Ratio] = &[
    Ratio::new("1:1", 1, 1),
    Ratio::new("3:4", 3, 4),
    Ratio::new("4:3", 4, 3),
    Ratio::new("9:16", 9, 16),
    Ratio::new("16:9", 16, 9),
    Ratio::new("2:3", 2, 3),
    Ratio::new("3:2", 3, 2),
    Ratio::new("9:19.5", 18, 39),
    Ratio::new("19.5:9", 39, 18),
    Ratio::new("9:20", 9, 20),
    Ratio::new("20:9", 20, 9),
    Ratio::new("1:2", 1, 2),
    Ratio::new("2:1", 2, 1),
];

/// How good an image is to be: OpenAI's word, and xAI's.
const QUALITIES: &[(&str, &str)] =
    &[("low", "low"), ("medium", "medium"), ("high", "high"), ("hd", "high"), ("standard", "medium")];

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
        if let Some(size) = wanted.size {
            match OWN.iter().any(|name| wanted.beyond.get(name).is_some()) {
                true => dropped.add("size"),
                false => object = sized(size, object, dropped),
            }
        }
        object = object.text_if("response_format", wanted.response_format.as_deref());
        let quality = wanted.quality.as_deref();
        let quality = QUALITIES.iter().find(|(ours, _)| quality == Some(ours)).map(|(_, theirs)| *theirs);
        object = object.text_if("quality", quality).text_if("user", wanted.user.as_deref());
        let judged: &[&str] = if quality.is_some() { &["quality"] } else { &[] };
        let object = wanted.end(object, OWN, &[SAID, judged].concat(), dropped);
        Ok(Written::of(object.close().into_bytes()))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        images::pass(body, arrival)
    }
}

/// Says how large an image is to be.
fn sized(size: Size, object: Object, dropped: &mut Dropped) -> Object {
    let nearest = size.nearest(RATIOS);
    // It has no more than 2k.
    let is_said = size.longest() <= 2048 && nearest.is_some_and(|(_, is_exact)| is_exact);
    dropped.add_if(!is_said, "size");
    let object = object.text_if("aspect_ratio", nearest.map(|(ratio, _)| ratio.word));
    object.text_if("resolution", (size.longest() >= 2048).then_some("2k"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_proportion() {
        for (body, want, reported) in [
            (r#"{"model":"m","prompt":"p","n":1,"quality":"auto"}"#, r#"{"model":"grok","prompt":"p"}"#, ""),
            (
                r#"{"prompt":"p","n":2,"size":"1024x1536","quality":"hd","style":"vivid","user":"u","response_format":"b64_json"}"#,
                r#"{"model":"grok","prompt":"p","n":2,"aspect_ratio":"2:3","response_format":"b64_json","quality":"high","user":"u"}"#,
                "style",
            ),
            (
                r#"{"prompt":"p","size":"2048x2048","quality":"best","background":"opaque"}"#,
                r#"{"model":"grok","prompt":"p","aspect_ratio":"1:1","resolution":"2k"}"#,
                "quality, background",
            ),
            (
                r#"{"prompt":"p","size":"1792x1024"}"#,
                r#"{"model":"grok","prompt":"p","aspect_ratio":"16:9"}"#,
                "size",
            ),
            (
                r#"{"prompt":"p","size":"1024x1024","resolution":"2k","x":1}"#,
                r#"{"model":"grok","prompt":"p","resolution":"2k"}"#,
                "size, x",
            ),
        ] {
            let mut dropped = Dropped::default();
            let written = Images.write_request(&Document::new(body), "grok", &mut dropped).unwrap();
            assert_eq!(String::from_utf8(written.body).unwrap(), want, "{body}");
            assert_eq!(dropped.names(crate::dialect::openai::spell).join(", "), reported, "{body}");
        }
    }
}
