//! Images of a prompt, as clients ask for them and get them: <https://platform.openai.com/docs/api-reference/images>. What
//! providers of other formats say and take is written with this.
//!
//! The bytes of an image may be many megabytes: they are copied once, from a provider's answer into the client's.

mod size;

pub use size::{Ratio, Size};

use std::ops::Range;

use serde_json::value::RawValue;

use super::beyond::Beyond;
use super::object::{Object, literal};
use super::task::{check_crowd, read_body};
use super::{Arrival, Splice, TaskAnswer, splice};
use crate::hub::json::{Document, Few, Number, Str, is_null, span};
use crate::hub::{Dropped, Fault, Malformed, ProviderError, RequestError, Told, Usage};
use crate::json_object;

/// The surface.
pub const SURFACE: &str = "images";

json_object! {
    struct Wire<'a> {
        model: &'a RawValue,
        prompt: Str<'a>,
        n: Number<'a>,
        size: Str<'a>,
        response_format: Str<'a>,
        quality: Str<'a>,
        style: Str<'a>,
        background: Str<'a>,
        moderation: Str<'a>,
        output_format: Str<'a>,
        output_compression: Number<'a>,
        partial_images: Number<'a>,
        stream: bool,
        user: Str<'a>,
    }
}

/// What a client wants.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What is to be seen.
    pub prompt: Str<'a>,
    /// How large, if it says so.
    pub size: Option<Size>,
    /// How many.
    pub count: u64,
    /// How an image is handed over, in OpenAI's word for it, if it says so.
    pub response_format: Option<Str<'a>>,
    /// What an image is written as, if it says so.
    pub output_format: Option<Str<'a>>,
    /// How good it is to be, in OpenAI's word for it, if it says so.
    pub quality: Option<Str<'a>>,
    /// Who the caller's own user is, if it says so.
    pub user: Option<Str<'a>>,
    /// Members that OpenAI does not know.
    pub(super) beyond: Beyond<'a>,
    /// What it says of how an image looks or is written, that only OpenAI's own models know.
    own: Vec<&'static str>,
}

impl<'a> Wanted<'a> {
    /// Reads a request's body.
    ///
    /// # Errors
    /// Not JSON, a wrong type, or what nobody but OpenAI's own models does: with the field.
    pub fn read(body: &'a Document) -> Result<Self, RequestError> {
        check_crowd(body, "prompt")?;
        let wire: Wire<'a> = body.read()?;
        let prompt = wire.prompt.ok_or_else(|| RequestError::missing("prompt"))?;
        if wire.stream == Some(true) {
            return Err(RequestError::unsupported("stream", "the image comes whole; leave `stream` out"));
        }
        let count = match wire.n {
            Some(n) => n.as_u64().filter(|count| *count > 0).ok_or_else(|| {
                RequestError::invalid(
                    "n",
                    format_args!("expected a whole number of at least 1, found {}", n.digits()),
                )
            })?,
            None => 1,
        };
        let mut own = Vec::new();
        // What is left to the model is not said.
        let mut says = |name: &'static str, said: Option<&Str<'_>>, usual: &str| {
            if said.is_some_and(|said| said.as_str() != usual) {
                own.push(name);
            }
        };
        says("quality", wire.quality.as_ref(), "auto");
        says("style", wire.style.as_ref(), "");
        says("background", wire.background.as_ref(), "auto");
        says("moderation", wire.moderation.as_ref(), "auto");
        says("output_format", wire.output_format.as_ref(), "");
        says("response_format", wire.response_format.as_ref(), "b64_json");
        says("user", wire.user.as_ref(), "");
        own.extend(wire.output_compression.map(|_| "output_compression"));
        own.extend(wire.partial_images.filter(|count| count.as_u64() != Some(0)).map(|_| "partial_images"));
        let size = wire.size.as_ref().filter(|size| size.as_str() != "auto");
        let size = match size {
            Some(size) => Some(Size::parse(size).ok_or_else(|| {
                let why = format_args!("expected a width and a height such as 1024x1024, or auto");
                RequestError::invalid("size", why)
            })?),
            None => None,
        };
        let Wire { response_format, output_format, quality, user, extra, .. } = wire;
        let beyond = Beyond::new(extra);
        Ok(Self { prompt, size, count, response_format, output_format, quality, user, beyond, own })
    }

    /// A request to a provider that says the model, the prompt and a count beyond one as OpenAI does.
    pub fn begin(&self, model: &str) -> Object {
        const REST: usize = 256;
        let prompt = literal(&self.prompt);
        let object =
            Object::new(prompt.len().saturating_add(REST)).text("model", model).raw("prompt", &prompt);
        object.raw_if("n", (self.count != 1).then(|| self.count.to_string()).as_deref())
    }

    /// Ends a request: adds those of the provider's `own` members that the client gave, and reports what is neither of
    /// these nor `said`.
    pub fn end(&self, object: Object, own: &[&str], said: &[&str], dropped: &mut Dropped) -> Object {
        self.report(&[own, said].concat(), dropped);
        let given = own.iter().filter_map(|name| Some((*name, self.beyond.get(name)?)));
        given.fold(object, |object, (name, value)| object.raw(name, value.get()))
    }

    /// Reports what is not said: what only OpenAI's own models know, every image but the first, and other members, but for
    /// those that were `taken`.
    pub fn report(&self, taken: &[&str], dropped: &mut Dropped) {
        for name in self.own.iter().filter(|name| !taken.contains(name)) {
            dropped.add(*name);
        }
        dropped.add_if(self.count > 1 && !taken.contains(&"n"), "n");
        self.beyond.report(taken, dropped);
    }
}

/// One image of an answer.
#[derive(Debug)]
pub struct Image<'a> {
    /// Its bytes, as base64.
    pub data: &'a str,
    /// What they are, if that was said.
    pub media_type: Option<&'a str>,
}

/// Writes an answer.
///
/// # Errors
/// There is no image in it, or one that is no base64.
pub fn write(
    images: &[Image<'_>],
    usage: Option<Usage>,
    arrival: &Arrival<'_>,
) -> Result<TaskAnswer, Malformed> {
    let first = images.first().ok_or_else(|| Malformed("it has no image".to_owned()))?;
    // Base64 needs no escapes, and holds no end of a text.
    if images.iter().any(|image| image.data.is_empty() || !image.data.bytes().all(is_base64)) {
        return Err(Malformed("an image is not base64".to_owned()));
    }
    let length: usize = images.iter().map(|image| image.data.len().saturating_add(64)).sum();
    let created = arrival.stamp.created.to_string();
    let mut body = String::with_capacity(length.saturating_add(256));
    body.push_str("{\"created\":");
    body.push_str(&created);
    body.push_str(",\"data\":[");
    for (place, image) in images.iter().enumerate() {
        body.push_str(if place > 0 { ",{\"b64_json\":\"" } else { "{\"b64_json\":\"" });
        push_usual(image.data, &mut body);
        body.push_str("\"}");
    }
    body.push(']');
    let same = images.iter().all(|image| image.media_type == first.media_type);
    if let Some(kind) = first.media_type.filter(|_| same).and_then(|kind| kind.strip_prefix("image/"))
        && kind.bytes().all(|byte| byte.is_ascii_lowercase())
    {
        body.push_str(",\"output_format\":\"");
        body.push_str(kind);
        body.push('"');
    }
    if let Some(usage) = usage {
        let number = |count: u64| count.to_string();
        let counted = Object::new(64).raw("input_tokens", &number(usage.prompt));
        let counted = counted.raw("output_tokens", &number(usage.completion));
        body.push_str(",\"usage\":");
        body.push_str(&counted.raw("total_tokens", &number(usage.total())).close());
    }
    body.push('}');
    Ok(TaskAnswer::json(body.into_bytes(), Told { usage, finish: None }))
}

/// Writes an answer of images that are to be fetched.
///
/// # Errors
/// There is none in it, or one that is at no URL.
pub fn write_urls(urls: &[Str<'_>], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
    if urls.is_empty() {
        return Err(Malformed("it has no image".to_owned()));
    }
    if urls.iter().any(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        return Err(Malformed("an image is at no URL".to_owned()));
    }
    let data = urls.iter().map(|url| Object::new(url.len()).text("url", url).close());
    let body = Object::new(256).raw("created", &arrival.stamp.created.to_string()).list("data", data);
    Ok(TaskAnswer::json(body.close().into_bytes(), Told::default()))
}

json_object! { struct Passed<'a> { created: &'a RawValue, data: Few<Shown<'a>, MOST>, .. } }

json_object! { struct Shown<'a> { url: &'a RawValue, b64_json: &'a RawValue, .. } }

/// The most images of an answer: many more than anybody makes at once.
const MOST: usize = 128;

/// Passes on an answer that is OpenAI's but for little: the time is added where it is not said, and of a `data:` URL in
/// the place of base64 only that is left.
///
/// # Errors
/// There is no image in it.
pub fn pass(body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()))?;
    let answer: Passed<'_> = read_body(body)?;
    let Few(images) = answer.data.unwrap_or_default();
    let shows =
        |image: &Shown<'_>| [image.url, image.b64_json].into_iter().flatten().any(|value| !is_null(value));
    if images.is_empty() || !images.iter().all(shows) {
        return Err(Malformed("it has no image".to_owned()));
    }
    let mut edits = Vec::new();
    // An object, which has members.
    let opening = text.find('{').unwrap_or_default().saturating_add(1);
    if answer.created.is_none_or(is_null) {
        edits.push((opening..opening, format!("\"created\":{},", arrival.stamp.created)));
    }
    for data in images.iter().filter_map(|image| image.b64_json) {
        let prefix = data.get().split_once(',').map(|(prefix, _)| prefix);
        if let Some(prefix) = prefix.filter(|it| it.starts_with("\"data:") && it.ends_with(";base64")) {
            let Range { start, .. } = span(text, data.get());
            let (start, length) = (start.saturating_add(1), prefix.len());
            edits.push((start..start.saturating_add(length), String::new()));
        }
    }
    let body = match splice(text, edits) {
        Some(Splice { length, mut with }) => {
            with.extend_from_slice(body.get(length..).unwrap_or_default());
            with
        }
        None => body.to_vec(),
    };
    Ok(TaskAnswer::json(body, Told::default()))
}

/// An image that the provider's policy forbids, in OpenAI's words for it.
pub fn refused(why: &str) -> ProviderError {
    let mut error = ProviderError::new(400, why);
    error.code = Some("content_policy_violation".to_owned());
    error.fault = Fault::ContentFilter;
    error
}

/// Adds base64 in the usual alphabet: that of the web has two letters that clients may read over.
fn push_usual(data: &str, body: &mut String) {
    match data.contains(['-', '_']) {
        true => body.push_str(&data.replace('-', "+").replace('_', "/")),
        false => body.push_str(data),
    }
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Head, Memo, Stamp};
    use crate::hub::Param;

    #[test]
    fn what_only_openai_knows_is_reported() {
        let body = Document::new(
            r#"{"model":"m","prompt":"p","n":3,"size":"auto","quality":"auto","style":"vivid","background":"transparent",
               "response_format":"url","output_format":"webp","output_compression":80,"user":"u","seed":7,"aspect_ratio":"1:1","x":null}"#,
        );
        let wanted = Wanted::read(&body).unwrap();
        let mut dropped = Dropped::default();
        wanted.report(&["aspect_ratio"], &mut dropped);
        let names = dropped.names(|param| match param {
            Param::Own(name) => name.clone(),
            other => format!("{other:?}"),
        });
        let want = [
            "style",
            "background",
            "output_format",
            "response_format",
            "user",
            "output_compression",
            "n",
            "seed",
        ];
        assert_eq!(names, want);
        assert!(
            wanted.size.is_none() && wanted.beyond.get("x").is_none() && wanted.beyond.get("seed").is_some()
        );
        for (body, param) in [
            (r#"{"model":"m"}"#, "prompt"),
            (r#"{"prompt":"p","stream":true}"#, "stream"),
            (r#"{"prompt":"p","n":1.5}"#, "n"),
            (r#"{"prompt":"p","n":0}"#, "n"),
            (r#"{"prompt":"p","size":"big"}"#, "size"),
            (r#"{"prompt":7}"#, "prompt"),
        ] {
            let document = Document::new(body);
            assert_eq!(Wanted::read(&document).unwrap_err().param, Some(param.into()), "{body}");
        }
    }

    #[test]
    fn an_answer_is_written_with_what_is_known() {
        let stamp = Stamp { seed: 1, created: 7 };
        let arrival = Arrival { head: Head::of(200), stamp, memo: &Memo::NONE };
        let png = Image { data: "aWE=", media_type: Some("image/png") };
        let other = Image { data: "-_I=", media_type: Some("image/png") };
        let usage = Usage { prompt: 3, completion: 5, ..Usage::default() };
        let text = |answer: Result<TaskAnswer, Malformed>| String::from_utf8(answer.unwrap().body).unwrap();
        assert_eq!(
            text(write(&[png, other], Some(usage), &arrival)),
            r#"{"created":7,"data":[{"b64_json":"aWE="},{"b64_json":"+/I="}],"output_format":"png","usage":{"input_tokens":3,"output_tokens":5,"total_tokens":8}}"#
        );
        let odd = Image { data: "aWE=", media_type: Some("image/\"") };
        let jpeg = Image { data: "aWE=", media_type: Some("image/jpeg") };
        let png = Image { data: "aWE=", media_type: Some("image/png") };
        let of_two_kinds = text(write(&[png, jpeg], None, &arrival));
        assert!(!of_two_kinds.contains("output_format"), "{of_two_kinds}");
        assert_eq!(text(write(&[odd], None, &arrival)), r#"{"created":7,"data":[{"b64_json":"aWE="}]}"#);
        for data in ["", "a\"", "a\\n"] {
            assert!(write(&[Image { data, media_type: None }], None, &arrival).is_err(), "{data}");
        }
        assert!(write(&[], None, &arrival).is_err());
    }

    #[test]
    fn an_answer_that_passes_gets_its_time() {
        let stamp = Stamp { seed: 1, created: 7 };
        let arrival = Arrival { head: Head::of(200), stamp, memo: &Memo::NONE };
        let read = |body: &str| pass(body.as_bytes(), &arrival);
        let text = |body: &str| String::from_utf8(read(body).unwrap().body).unwrap();
        let images = r#""data":[{"index":0,"url":"https://x/1.png","timings":{"inference":1.50}},{"b64_json":"aWE="}]"#;
        assert_eq!(
            text(&format!("\n {{ \"id\":\"a\",\"object\":\"list\", {images} }}")),
            format!("\n {{\"created\":7, \"id\":\"a\",\"object\":\"list\", {images} }}")
        );
        assert_eq!(
            text(
                r#"{"created":5,"data":[{"b64_json":"data:image/png;base64,aWE=","revised_prompt":"a, b"}]}"#
            ),
            r#"{"created":5,"data":[{"b64_json":"aWE=","revised_prompt":"a, b"}]}"#
        );
        let timed = format!("{{\"created\":5,{images}}}");
        assert_eq!(text(&timed), timed);
        for none in ["{}", r#"{"data":[]}"#, r#"{"data":[{"url":null}]}"#, r#"{"data":7}"#, "[]", "no"] {
            assert!(read(none).is_err(), "{none}");
        }
    }
}
