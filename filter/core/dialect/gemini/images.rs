//! Images of a prompt, by Gemini's models for images: <https://ai.google.dev/gemini-api/docs/image-generation>.
//!
//! | OpenAI | Gemini |
//! |---|---|
//! | `prompt` | the text of one content of role `user` |
//! | `size` | `imageConfig.aspectRatio`, the nearest; from 2,048 pixels on `imageSize`, of models that have it |
//! | `aspect_ratio` | `imageConfig.aspectRatio` |
//! | `data[].b64_json` | `inlineData` of parts that are no thoughts |
//! | `usage` | `usageMetadata` |
//! | `content_policy_violation` | `promptFeedback.blockReason`, and a `finishReason` of a filter |
//!
//! All else is reported: a model draws one image at a time, and says itself of what kind. Imagen, which had `:predict`, was
//! shut down on 2026-08-17: <https://ai.google.dev/gemini-api/docs/deprecations>.

use serde::Serialize;

use super::answer::{Response, UsageMetadata};
use super::error::ErrorWords;
use crate::dialect::images::{self, Image, Ratio, SURFACE, Size, Wanted};
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{self, Document, Str};
use crate::hub::{Dropped, Finish, Malformed, ProviderError, RequestError};

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/models/{model}:generateContent", provider: &Images };

/// The proportions that all models for images have: <https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios>.
const RATIOS: &[Ratio] = &[
    Ratio::new("1:1", 1, 1),
    Ratio::new("2:3", 2, 3),
    Ratio::new("3:2", 3, 2),
    Ratio::new("3:4", 3, 4),
    Ratio::new("4:3", 4, 3),
    Ratio::new("4:5", 4, 5),
    Ratio::new("5:4", 5, 4),
    Ratio::new("9:16", 9, 16),
    Ratio::new("16:9", 16, 9),
    Ratio::new("21:9", 21, 9),
];

/// Parts of the names of models that draw images of one size only.
const OF_ONE_SIZE: &[&str] = &["2.5", "2.0", "lite"];

#[derive(Debug)]
struct Images;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    contents: [Content<'a>; 1],
    generation_config: Config<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    role: &'static str,
    parts: [Text<'a>; 1],
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    response_modalities: [&'static str; 1],
    #[serde(skip_serializing_if = "ImageConfig::is_empty")]
    image_config: ImageConfig<'a>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct ImageConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_size: Option<&'static str>,
}

impl ImageConfig<'_> {
    const fn is_empty(&self) -> bool {
        self.aspect_ratio.is_none() && self.image_size.is_none()
    }
}

impl TaskProvider for Images {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        let ratio = wanted.beyond.get("aspect_ratio").map(|raw| serde_json::from_str::<Str<'_>>(raw.get()));
        let ratio = ratio.transpose().map_err(|error| RequestError::json_of("aspect_ratio", &error))?;
        let mut config = wanted.size.map_or_else(ImageConfig::default, |size| sized(size, model, dropped));
        config.aspect_ratio = ratio.as_deref().or(config.aspect_ratio);
        wanted.report(&["aspect_ratio"], dropped);
        let body = Body {
            contents: [Content { role: "user", parts: [Text { text: &wanted.prompt }] }],
            generation_config: Config { response_modalities: ["IMAGE"], image_config: config },
        };
        Ok(Written::of(serde_json::to_vec(&body).unwrap_or_default()))
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()))?;
        let response: Response<'_> = json::read(text)?;
        if let Some(error) = response.error {
            return Err(Malformed(json::beginning(&ErrorWords::of(error).message, 2048).to_owned()));
        }
        let candidates = response.candidates.unwrap_or_default();
        let aborted = candidates.iter().find_map(super::answer::Candidate::aborted);
        let parts = candidates.iter().filter_map(|candidate| candidate.content.as_ref()?.parts.as_ref());
        // What it drew while it thought is no answer.
        let said = parts.flatten().filter(|part| part.thought != Some(true));
        let images: Vec<_> = said
            .filter_map(|part| {
                let blob = part.inline.as_ref()?;
                let media_type = blob.mime_type.as_deref().filter(|kind| kind.starts_with("image/"))?;
                Some(Image { data: blob.data.as_deref()?, media_type: Some(media_type) })
            })
            .collect();
        match aborted.filter(|_| images.is_empty()) {
            Some(why) => Err(Malformed(why)),
            None => images::write(&images, response.usage.as_ref().map(UsageMetadata::count), arrival),
        }
    }

    fn read_refusal(&self, body: &[u8]) -> Option<ProviderError> {
        refusal(body).map(|why| images::refused(&why))
    }
}

/// What is said of a size.
fn sized(size: Size, model: &str, dropped: &mut Dropped) -> ImageConfig<'static> {
    let nearest = size.nearest(RATIOS);
    let wants_more = match size.longest() {
        ..2048 => None,
        2048..4096 => Some("2K"),
        4096.. => Some("4K"),
    };
    let image_size = wants_more.filter(|_| !OF_ONE_SIZE.iter().any(|part| model.contains(part)));
    let is_exact = nearest.is_some_and(|(_, is_exact)| is_exact);
    dropped.add_if(!is_exact || image_size != wants_more, "size");
    ImageConfig { aspect_ratio: nearest.map(|(ratio, _)| ratio.word), image_size }
}

/// Why a filter let nothing be drawn or said, if one did.
pub(super) fn refusal(body: &[u8]) -> Option<String> {
    let response: Response<'_> = json::read(std::str::from_utf8(body).ok()?).ok()?;
    let reason = response.feedback.and_then(|feedback| feedback.block_reason);
    if let Some(reason) = reason {
        return Some(format!("the prompt was blocked: {}", reason.beginning(json::IN_A_LOG)));
    }
    let candidates = response.candidates.unwrap_or_default();
    let filtered = candidates.iter().find(|candidate| candidate.finish() == Some(Finish::ContentFilter))?;
    let reason = filtered.finish_reason.as_ref().map(|reason| reason.beginning(json::IN_A_LOG));
    Some(format!("the answer was blocked: {}", reason.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Head, Memo, Stamp};

    fn written(body: &str, model: &str) -> (String, String) {
        let mut dropped = Dropped::default();
        let written = Images.write_request(&Document::new(body), model, &mut dropped).unwrap();
        let names = dropped.names(crate::dialect::openai::spell).join(", ");
        (String::from_utf8(written.body).unwrap(), names)
    }

    #[test]
    fn a_size_is_a_proportion() {
        let config = |config: &str| {
            format!(
                r#"{{"contents":[{{"role":"user","parts":[{{"text":"a cat"}}]}}],"generationConfig":{{"responseModalities":["IMAGE"]{config}}}}}"#
            )
        };
        for (members, model, want, dropped) in [
            ("", "gemini-2.5-flash-image", "", ""),
            (r#","size":"auto","n":1"#, "gemini-2.5-flash-image", "", ""),
            (
                r#","size":"1024x1536""#,
                "gemini-2.5-flash-image",
                r#","imageConfig":{"aspectRatio":"2:3"}"#,
                "",
            ),
            (
                r#","size":"1792x1024""#,
                "gemini-2.5-flash-image",
                r#","imageConfig":{"aspectRatio":"16:9"}"#,
                "size",
            ),
            (
                r#","size":"2048x2048""#,
                "gemini-2.5-flash-image",
                r#","imageConfig":{"aspectRatio":"1:1"}"#,
                "size",
            ),
            (
                r#","size":"2048x2048""#,
                "gemini-nano-banana-2.1",
                r#","imageConfig":{"aspectRatio":"1:1","imageSize":"2K"}"#,
                "",
            ),
            (
                r#","size":"4096x4096","n":2,"quality":"high","response_format":"url""#,
                "gemini-3-pro-image",
                r#","imageConfig":{"aspectRatio":"1:1","imageSize":"4K"}"#,
                "quality, response_format, n",
            ),
            (
                r#","aspect_ratio":"21:9","size":"1024x1024""#,
                "gemini-2.5-flash-image",
                r#","imageConfig":{"aspectRatio":"21:9"}"#,
                "",
            ),
        ] {
            let body = format!(r#"{{"model":"m","prompt":"a cat"{members}}}"#);
            assert_eq!(written(&body, model), (config(want), dropped.to_owned()), "{members}");
        }
    }

    #[test]
    fn an_answer_without_an_image_is_none() {
        let stamp = Stamp { seed: 1, created: 7 };
        let arrival = Arrival { head: Head::of(200), stamp, memo: &Memo::NONE };
        let read = |body: &str| Images.read_answer(body.as_bytes(), &arrival);
        let whole = r#"{"candidates":[{"content":{"parts":[{"text":"Here:"},
            {"thought":true,"inlineData":{"mimeType":"image/png","data":"eA=="}},
            {"inlineData":{"mimeType":"image\/jpeg","data":"aWE="}}]},"finishReason":"STOP"}],
            "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1290,"totalTokenCount":1293}}"#;
        assert_eq!(
            String::from_utf8(read(whole).unwrap().body).unwrap(),
            r#"{"created":7,"data":[{"b64_json":"aWE="}],"output_format":"jpeg","usage":{"input_tokens":3,"output_tokens":1290,"total_tokens":1293}}"#
        );
        for (body, refused) in [
            (
                r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}"#,
                Some("the prompt was blocked: PROHIBITED_CONTENT"),
            ),
            (
                r#"{"candidates":[{"finishReason":"IMAGE_SAFETY"}]}"#,
                Some("the answer was blocked: IMAGE_SAFETY"),
            ),
            (r#"{"candidates":[{"finishReason":"NO_IMAGE"}]}"#, None),
            (
                r#"{"candidates":[{"content":{"parts":[{"text":"I would rather not."}]},"finishReason":"STOP"}]}"#,
                None,
            ),
            (r#"{"error":{"code":500,"message":"m"}}"#, None),
            ("{}", None),
            ("[]", None),
            ("\u{0}", None),
        ] {
            assert!(read(body).is_err(), "{body}");
            let error = Images.read_refusal(body.as_bytes());
            assert_eq!(error.as_ref().map(|error| error.message.as_str()), refused, "{body}");
            let code = error.and_then(|error| error.code);
            assert_eq!(code.as_deref(), refused.map(|_| "content_policy_violation"));
        }
    }
}
